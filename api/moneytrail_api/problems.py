"""Every error that the service answers with: one table from exception to ``application/problem+json``.

The shape is that of RFC 9457 (IETF, Problem Details for HTTP APIs, 2023). What went wrong inside is logged
under the request's id and never answered.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from moneytrail.errors import ConflictError, MoneytrailError, NotFoundError, ParameterError, StoreError
from moneytrail_api.headers import protect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope

MEDIA_TYPE: Final = "application/problem+json"
_PLACEHOLDER: Final = re.compile(r"\{\w+\}")
logger = logging.getLogger("moneytrail_api")


class UnauthenticatedError(Exception):
    """No key, or one that is malformed, unknown, revoked or expired. The answer never says which."""


class ForbiddenError(Exception):
    """The key is good, but does not have the scope."""


def lacking(scope: str, has: Sequence[str]) -> str:
    """Return what a key is told that has not `scope` but others."""
    return f"This needs the scope {scope}; the key has {', '.join(has)}."


class UnanswerableError(Exception):
    """The question is well formed, and the ledger cannot answer it: it has no such transfer or account."""


class BusyError(Exception):
    """As much as is worked on at a time is being worked on."""


class FieldError(BaseModel):
    """One thing that is wrong in a request."""

    where: Annotated[str, Field(description="The part of the request: `query.limit`, `body.status`.")]
    message: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: Annotated[str, Field(description="Names the kind of problem; stable.")]
    title: Annotated[str, Field(description="The kind of problem in words.")]
    status: Annotated[int, Field(ge=400, le=599)]
    detail: Annotated[str, Field(description="What was wrong this time.")]
    instance: Annotated[str, Field(description="The path that was asked for.")]
    errors: Annotated[list[FieldError] | None, Field(description="Of a 422: each thing that is wrong.")] = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table.

    Attributes
    ----------
    status : int
    name, title : str
        The end of the problem's ``type``, and the kind in words.
    detail : str or None
        Replaces the exception's own words where those must stay inside.
    example : str
        Such words, for the OpenAPI document; where `detail` replaces them, it is the example.
    """

    status: int
    name: str
    title: str
    detail: str | None = None
    example: str = ""


KINDS: Final[Mapping[type[Exception], Kind]] = {
    UnauthenticatedError: Kind(
        401,
        "unauthenticated",
        "A valid API key is needed",
        "Send a valid key as `Authorization: Bearer KEY`.",
    ),
    ForbiddenError: Kind(403, "forbidden", "The key may not do this", example=lacking("alerts:read", ["runs:read"])),
    NotFoundError: Kind(404, "not-found", "There is no such thing", example="there is no alert 'A-0'"),
    ConflictError: Kind(409, "conflict", "The store holds something else"),
    UnanswerableError: Kind(
        409, "unanswerable", "The ledger cannot answer this", example="no transfer '41' in the ledger"
    ),
    ParameterError: Kind(422, "invalid-request", "The request is wrong"),
    RequestValidationError: Kind(422, "invalid-request", "The request is wrong", "See `errors`."),
    BusyError: Kind(503, "busy", "The service is busy", "Ask again in half a minute."),
    StoreError: Kind(503, "store-unavailable", "The store cannot be reached", "Try again later."),
    MoneytrailError: Kind(500, "internal-error", "Something failed inside", "It was logged under the request's id."),
    Exception: Kind(500, "internal-error", "Something failed inside", "It was logged under the request's id."),
}
"""The nearest class in an exception's line of descent decides."""

HTTP_KINDS: Final[Mapping[int, Kind]] = {
    400: Kind(400, "bad-request", "The request cannot be read", "The request cannot be read."),
    404: Kind(404, "not-found", "There is no such thing", "There is nothing at this path."),
    405: Kind(405, "method-not-allowed", "The path does not know this method", "See the `Allow` header."),
    413: Kind(413, "body-too-large", "The body is too large", example="A body may have 65,536 bytes."),
    414: Kind(414, "address-too-long", "The address is too long", example="Path and query may have 8,192 bytes."),
}
"""For what the web framework itself refuses, by status."""


def documented(*names: str, told: Mapping[str, str] | None = None) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI responses with an example of each kind of problem.

    Parameters
    ----------
    *names : str
        The kinds that can come, by the end of their ``type``; several may share a status.
    told : mapping, optional
        The example's `detail` by name, where the table's own does not fit.
    """
    table = {kind.name: kind for kind in (*HTTP_KINDS.values(), *KINDS.values())}
    by_status: dict[int, list[Kind]] = {}
    for kind in sorted((table[name] for name in names), key=lambda kind: kind.status):
        by_status.setdefault(kind.status, []).append(kind)
    return {status: _documented(kinds, told or {}) for status, kinds in by_status.items()}


def situate(document: dict[str, Any]) -> None:
    """Give each example of a problem in an OpenAPI `document` its own endpoint's path, and a fault of its request."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for response in operation["responses"].values():
                examples = response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
                for example in examples.values():
                    situated = {**example["value"], "instance": _PLACEHOLDER.sub("A-0", path)}
                    if "errors" in situated:
                        situated["errors"] = [_a_fault(operation)]
                    example["value"] = situated


def _a_fault(operation: Mapping[str, Any]) -> dict[str, str]:
    if "requestBody" in operation:
        return {"where": "body", "message": "Field required"}
    places = {parameter["in"]: parameter["name"] for parameter in reversed(operation["parameters"])}
    if "query" in places:
        return {"where": f"query.{places['query']}", "message": "Give this parameter once."}
    return {"where": f"path.{places['path']}", "message": "String should have at most 400 characters"}


def install(app: FastAPI) -> None:
    """Let `app` answer every exception from the table."""
    for error in (*KINDS, HTTPException):
        app.add_exception_handler(error, _answer)


def kind_of(error: Exception) -> Kind:
    """Return the row of the table that fits `error` best."""
    if isinstance(error, HTTPException):
        fallback = Kind(error.status_code, "http-error", HTTPStatus(error.status_code).phrase)
        return HTTP_KINDS.get(error.status_code, fallback)
    return next(KINDS[ancestor] for ancestor in type(error).__mro__ if ancestor in KINDS)


def problem(kind: Kind, path: str, detail: str, errors: list[FieldError] | None = None) -> JSONResponse:
    """Return the response of one problem."""
    body = Problem(
        type=f"urn:moneytrail:problem:{kind.name}",
        title=kind.title,
        status=kind.status,
        detail=detail,
        instance=path,
        errors=errors,
    )
    headers = {"WWW-Authenticate": "Bearer"} if kind.status == HTTPStatus.UNAUTHORIZED else None
    content = body.model_dump(mode="json", exclude_none=True)
    return JSONResponse(content, kind.status, headers, media_type=MEDIA_TYPE)


def _answer(request: Request, error: Exception) -> Response:
    kind = kind_of(error)
    if kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("request %s failed", request.scope.get("request_id", "-"), exc_info=error)
    detail = kind.detail or (error.detail if isinstance(error, HTTPException) else str(error))
    errors = _field_errors(error) if isinstance(error, RequestValidationError) else None
    response = problem(kind, request.url.path, detail, errors)
    if kind.status == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ", ".join(_allowed_methods(request.scope))
    # The framework answers an unforeseen error outside of every middleware.
    protect(response.headers, request.scope)
    return response


def _field_errors(error: RequestValidationError) -> list[FieldError]:
    # Only place and message: what was sent is not sent back.
    return [
        FieldError(where=".".join(str(part) for part in found["loc"]), message=str(found["msg"]))
        for found in error.errors()
    ]


def _allowed_methods(scope: Scope) -> list[str]:
    # The framework names only the methods of the first route at the path.
    asked = {name: scope[name] for name in ("type", "path", "root_path", "headers", "app")}
    known = [
        method
        for method in ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT")
        if any(route.matches({**asked, "method": method})[0] is Match.FULL for route in scope["app"].router.routes)
    ]
    return sorted([*known, "HEAD"]) if "GET" in known else known


def _documented(kinds: Sequence[Kind], told: Mapping[str, str]) -> dict[str, Any]:
    examples = {
        kind.name: {
            "summary": kind.title,
            "value": {
                "type": f"urn:moneytrail:problem:{kind.name}",
                "title": kind.title,
                "status": kind.status,
                "detail": kind.detail or told.get(kind.name) or kind.example,
                "instance": "/",
                **({"errors": []} if kind == KINDS[RequestValidationError] else {}),
            },
        }
        for kind in kinds
    }
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}
    return {"description": "; ".join(kind.title for kind in kinds), "content": {MEDIA_TYPE: content}}
