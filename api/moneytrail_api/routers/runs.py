"""Runs and their records."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from moneytrail_api.access import OpenStore, RunReader
from moneytrail_api.models import RunFilters, RunItem, RunList, RunRecord
from moneytrail_api.problems import documented, lacking
from moneytrail_api.queries import EachOnce

_MAY_COME = documented(
    "unauthenticated", "forbidden", "address-too-long", "invalid-request", "internal-error", "store-unavailable",
    told={"forbidden": lacking("runs:read", ["alerts:read"])},
)  # fmt: skip
router = APIRouter(prefix="/v1/runs", tags=["runs"], responses=_MAY_COME)


@router.get("", summary="List runs")
def list_runs(store: OpenStore, _key: RunReader, _once: EachOnce, filters: Annotated[RunFilters, Query()]) -> RunList:
    """The newest runs, newest first."""
    return RunList(items=[RunItem.of(run) for run in store.runs(filters.limit)])


@router.get(
    "/{run_id}",
    summary="Read a run record",
    responses=documented("not-found", told={"not-found": "there is no run 'A-0'"}),
)
def read_run(
    store: OpenStore,
    _key: RunReader,
    run_id: Annotated[str, Path(description="The run's id.", max_length=400)],
) -> RunRecord:
    """The record as it was saved: data, code, models, parameters, seed."""
    return RunRecord.model_validate(store.run(run_id))
