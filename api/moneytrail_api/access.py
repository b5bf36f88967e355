"""Who may do what: an API key as a bearer token, and the scope that an endpoint needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from moneytrail.storage import KeyRecord, Scope, Store
from moneytrail_api.problems import ForbiddenError, UnauthenticatedError, lacking

if TYPE_CHECKING:
    from collections.abc import Callable

_BEARER: Final = HTTPBearer(
    auto_error=False,
    scheme_name="API key",
    description="A key from `moneytrail keys create`, sent as `Authorization: Bearer KEY`.",
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


def store_of(request: Request) -> Store:
    """Return the store that the service was made with."""
    store: Store = request.app.state.store
    return store


OpenStore = Annotated[Store, Depends(store_of)]


def needs(scope: Scope) -> Callable[[Store, HTTPAuthorizationCredentials | None], KeyRecord]:
    """Return a dependency that answers with the caller's key, which must have `scope`."""

    def check(store: OpenStore, credentials: Credentials) -> KeyRecord:
        key = store.find_key(credentials.credentials) if credentials is not None else None
        if key is None:
            raise UnauthenticatedError
        if scope not in key.scopes:
            raise ForbiddenError(lacking(scope, key.scopes))
        return key

    return check


AlertReader = Annotated[KeyRecord, Depends(needs("alerts:read"))]
Decider = Annotated[KeyRecord, Depends(needs("alerts:decide"))]
RunReader = Annotated[KeyRecord, Depends(needs("runs:read"))]
MoneyReader = Annotated[KeyRecord, Depends(needs("money:read"))]
