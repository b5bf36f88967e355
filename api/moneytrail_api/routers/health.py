"""Whether the service lives, and whether it can work."""

from __future__ import annotations

from fastapi import APIRouter

from moneytrail_api.access import OpenStore
from moneytrail_api.models import Health
from moneytrail_api.problems import documented

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Does the service answer?", responses=documented("address-too-long", "internal-error"))
async def healthz() -> Health:
    """Answer, without asking the store."""
    return Health(status="ok")


@router.get(
    "/readyz",
    summary="Can the service work?",
    responses=documented("address-too-long", "internal-error", "store-unavailable"),
)
def readyz(store: OpenStore) -> Health:
    """Answer once the store can be reached and is of the right version."""
    store.check()
    return Health(status="ok")
