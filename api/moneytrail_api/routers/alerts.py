"""Alerts: list, one, its evidence, its decisions. Handlers are plain functions: the store blocks."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response, StreamingResponse

from moneytrail.storage import KeyRecord
from moneytrail_api.access import AlertReader, Decider, OpenStore
from moneytrail_api.evidence_csv import evidence_csv
from moneytrail_api.headers import wants_body
from moneytrail_api.models import (
    AlertDetail,
    AlertFilters,
    AlertItem,
    AlertList,
    DecisionItem,
    DecisionList,
    EvidenceFilters,
    EvidenceItem,
    EvidenceList,
    NewDecision,
)
from moneytrail_api.problems import documented, lacking
from moneytrail_api.queries import EachOnce, check_typology

_MAY_COME = documented(
    "unauthenticated", "forbidden", "body-too-large", "address-too-long", "invalid-request", "internal-error",
    "store-unavailable",
)  # fmt: skip
_OF_ONE = documented("not-found")
_OF_DECISIONS = documented("forbidden", "not-found", told={"forbidden": lacking("alerts:decide", ["alerts:read"])})
router = APIRouter(prefix="/v1/alerts", tags=["alerts"], responses=_MAY_COME)

AlertId = Annotated[str, Path(description="The alert's id.", max_length=400)]
_CSV = {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The evidence"}


@router.get("", summary="List alerts")
def list_alerts(
    request: Request,
    store: OpenStore,
    _key: AlertReader,
    _once: EachOnce,
    filters: Annotated[AlertFilters, Query()],
) -> AlertList:
    """Alerts that pass every filter, page by page.

    A page goes on behind the last alert of the page before: alerts saved in between move none of the others.
    An alert in the list has its first 25 subjects and their number; the single alert has all.
    """
    check_typology(request, filters.typology)
    page = store.alerts(filters.query())
    return AlertList(items=[AlertItem.of(alert) for alert in page.items], next_cursor=page.next_cursor)


@router.get("/{alert_id}", summary="Read one alert", responses=_OF_ONE)
def read_alert(store: OpenStore, _key: AlertReader, alert_id: AlertId) -> AlertDetail:
    """One alert, whole: who, how much, measured values against thresholds, evidence, run record."""
    alert = store.alert(alert_id)
    return AlertDetail.whole(alert, store.run(alert.run_id))


@router.get(
    "/{alert_id}/evidence",
    summary="Read the evidence",
    response_model=EvidenceList,
    responses={200: _CSV, **_OF_ONE},
)
def read_evidence(
    request: Request,
    store: OpenStore,
    key: AlertReader,
    alert_id: AlertId,
    _once: EachOnce,
    filters: Annotated[EvidenceFilters, Query()],
) -> Response:
    """The transfers that prove the alert, each with its role, as JSON or as CSV.

    In the CSV, text that a spreadsheet would run as a formula has an apostrophe in front, and the last column says
    what shuffled copies of the data say of the transfer's match. Exports are audited.
    """
    alert = store.alert(alert_id)
    currency = alert.reference_currency
    evidence = store.evidence(alert_id, filters.match_id)
    form = filters.format or preferred(request.headers.get("accept", ""))
    # A HEAD hands out no transfer, so it is no export.
    if wants_body(request.scope):
        store.note_export(alert_id, by=name_of(key), form=form, rows=len(evidence))
    if form == "csv":
        headers = {"Content-Disposition": 'attachment; filename="evidence.csv"'}
        said = {one.match_id: one.said for one in alert.placebo.matches} if alert.placebo else {}
        return StreamingResponse(evidence_csv(evidence, currency, said), media_type="text/csv", headers=headers)
    found = EvidenceList(alert_id=alert_id, items=[EvidenceItem.of(transfer, currency) for transfer in evidence])
    return Response(found.model_dump_json(), media_type="application/json")


@router.post(
    "/{alert_id}/decisions",
    status_code=201,
    summary="Decide on an alert",
    responses=documented("bad-request") | _OF_DECISIONS,
)
def decide(store: OpenStore, key: Decider, alert_id: AlertId, decision: NewDecision) -> DecisionItem:
    """Append a decision; the alert takes its status. Earlier decisions stay."""
    return DecisionItem.of(store.decide(alert_id, decision.status, by=name_of(key), reason=decision.reason))


@router.get("/{alert_id}/decisions", summary="Read the decisions", responses=_OF_DECISIONS)
def list_decisions(store: OpenStore, _key: Decider, alert_id: AlertId) -> DecisionList:
    """Every decision on the alert, oldest first."""
    return DecisionList(items=[DecisionItem.of(decision) for decision in store.decisions(alert_id)])


def name_of(key: KeyRecord) -> str:
    """Return the name under which a key's doings are written down."""
    return f"{key.name} ({key.key_id})"


def preferred(accept: str) -> Literal["json", "csv"]:
    """Return the form that an ``Accept`` header likes best; JSON in doubt."""
    weights = {"text/csv": 0.0, "application/json": 0.0}
    for choice in accept.lower().split(","):
        media_type, *parameters = (part.strip() for part in choice.split(";"))
        if media_type in weights:
            weights[media_type] = _weight(parameters)
    return "csv" if weights["text/csv"] > weights["application/json"] else "json"


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
