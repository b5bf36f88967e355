"""What a model of the query cannot check: that a parameter comes once, and that a typology is in the catalogue."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError


def each_once(request: Request) -> None:
    """Refuse a parameter that is given twice: the framework would drop all but the last without a word."""
    counts = Counter(name for name, _ in request.query_params.multi_items())
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise refusal(*twice, message="Give this parameter once.")


EachOnce = Annotated[None, Depends(each_once)]
"""Stands behind the key among a handler's parameters, so that a request without a key is told only that."""


def check_typology(request: Request, typology: str | None) -> None:
    """Refuse a typology that the service's catalogue does not have, and name those that it has."""
    known: tuple[str, ...] = request.app.state.typology_ids
    if typology is not None and typology not in known:
        raise refusal("typology", message=f"There is no such typology; there are: {', '.join(known) or 'none'}.")


def refusal(*names: str, message: str) -> RequestValidationError:
    """Return the error that says `message` of each of these query parameters."""
    return RequestValidationError([{"loc": ("query", name), "msg": message} for name in names])
