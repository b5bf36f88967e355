"""How large a request may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from moneytrail_api.problems import HTTP_KINDS, problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_MAX: Final = 64 * 1024
"""Longest body of a request, bytes."""

ADDRESS_MAX: Final = 8 * 1024
"""Longest path and query together, bytes."""

_LONG_ADDRESS: Final = f"Path and query may have {ADDRESS_MAX:,} bytes."
_LARGE_BODY: Final = f"A body may have {BODY_MAX:,} bytes."


class Limits:
    """Refuses an address or a body that is too long; the body is counted, whatever its header says."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on unless it is too large."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif len(scope.get("raw_path") or b"") + len(scope["query_string"]) > ADDRESS_MAX:
            await problem(HTTP_KINDS[414], scope["path"][:200], _LONG_ADDRESS)(scope, receive, send)
        elif _announced(scope) > BODY_MAX:
            await problem(HTTP_KINDS[413], scope["path"], _LARGE_BODY)(scope, receive, send)
        else:
            await self.app(scope, _counted(receive), send)


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0


def _counted(receive: Receive) -> Receive:
    received = 0

    async def receive_counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > BODY_MAX:
            raise HTTPException(413, _LARGE_BODY)
        return message

    return receive_counted
