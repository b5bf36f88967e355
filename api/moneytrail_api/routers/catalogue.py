"""The catalogue of typologies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from moneytrail_api.access import AlertReader
from moneytrail_api.models import TypologyItem, TypologyList
from moneytrail_api.problems import documented

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def catalogue_of(typologies: Sequence[Mapping[str, Any]] | None) -> TypologyList:
    """Return `typologies` as they are shown; without them, the catalogue of this package."""
    if typologies is None:
        from moneytrail.catalogue import describe

        typologies = describe()
    return TypologyList(items=[TypologyItem.model_validate(typology) for typology in typologies])


def catalogue_router(catalogue: TypologyList) -> APIRouter:
    """Return the router that shows `catalogue`."""
    may_come = documented("unauthenticated", "forbidden", "address-too-long", "internal-error", "store-unavailable")
    router = APIRouter(prefix="/v1/typologies", tags=["typologies"], responses=may_come)

    @router.get("", summary="List the typologies")
    def list_typologies(_key: AlertReader) -> TypologyList:
        """Every typology with its parameters, roles, sources and innocent explanations."""
        return catalogue

    return router
