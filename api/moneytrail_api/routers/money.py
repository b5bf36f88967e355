"""Money: traces, an alert's money, freeze plans. Each is audited, with whose key it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from moneytrail.errors import ParameterError
from moneytrail.money import documents
from moneytrail.money.questions import follow_question, standing_of
from moneytrail.tracing import Rule, prove
from moneytrail_api.access import MoneyReader, OpenStore
from moneytrail_api.ledgers import ChosenLevers, Ledgers, OpenLedgers
from moneytrail_api.listing import already_cut, list_first, said
from moneytrail_api.money_answers import AlertMoney, FreezePlanAnswer, TraceAnswer
from moneytrail_api.money_models import MoneyFilters, NewFreezePlan, NewTrace
from moneytrail_api.problems import UnanswerableError, documented, lacking
from moneytrail_api.queries import EachOnce
from moneytrail_api.routers.alerts import name_of

_SEEDS = ("seeds", "seeds_after_the_end")
_DARK = "the evidence of alert A-0 shows no transfer that brought money in; name seeds"
_MAY_COME = documented(
    "unauthenticated", "forbidden", "not-found", "unanswerable", "body-too-large", "address-too-long",
    "invalid-request", "internal-error", "busy", "store-unavailable",
    told={"forbidden": lacking("money:read", ["alerts:read"])},
)  # fmt: skip
# An answer may list 100,000 transfers: it is sent as it is, and the models only describe it.
router = APIRouter(prefix="/v1", tags=["money"], responses=_MAY_COME)


@contextmanager
def _answering(ledgers: Ledgers) -> Iterator[None]:
    """One of a few questions at a time, and a few that wait. What the package refuses is no fault of the form."""
    with ledgers.turn():
        try:
            yield
        except ParameterError as error:
            raise UnanswerableError(str(error)) from error


def _untold(_stage: str, _done: float) -> None:
    """Nobody watches the progress of a request."""


@router.post(
    "/traces",
    summary="Follow money through a run's ledger",
    response_model=TraceAnswer,
    responses=documented("bad-request"),
)
def trace_money(store: OpenStore, ledgers: OpenLedgers, key: MoneyReader, wanted: NewTrace) -> JSONResponse:
    """Where the money of seeds or alerts is, by the legal rules, to the minor unit.

    Which rule applies is for the court. The run must have kept its ledger.
    """
    with _answering(ledgers):
        source = ledgers.source(store, wanted.run_id, wanted.alert_ids)
        store.note_money("money_traced", str(source.told["run_id"]), by=name_of(key), detail=_asked(wanted))
        question = wanted.question(wanted.chosen(), standing_of(source.alerts), equal=wanted.equal_victims)
        made = follow_question(source, question, _untold)
        document = documents.trace_document(source, made, question)
        proof = prove(made) if wanted.proof else None
        picture = documents.picture_of(made, question.held_to_be) if wanted.picture else None
        transfers = wanted.limit if wanted.transfers else 0
        most = {"accounts": wanted.accounts, "transfers": transfers, "breaks": transfers}
        cut = list_first(document, most | dict.fromkeys(("value_links", "advances", *_SEEDS), wanted.limit))
        document["rules"] = {
            rule: {name: by_account[name] for name in document["accounts"]}
            for rule, by_account in document["rules"].items()
        }
        return JSONResponse(document | {"proof": proof, "picture": picture, "cut": said(cut)})


@router.get(
    "/alerts/{alert_id}/money",
    summary="Read an alert's money",
    response_model=AlertMoney,
    responses=documented("unanswerable", told={"unanswerable": _DARK}),
)
def read_money(
    store: OpenStore,
    ledgers: OpenLedgers,
    levers: ChosenLevers,
    key: MoneyReader,
    alert_id: Annotated[str, Path(description="The alert's id.", max_length=400)],
    _once: EachOnce,
    filters: Annotated[MoneyFilters, Query()],
) -> JSONResponse:
    """Where an alert's money is, how long it will stay, which levers appear to be within reach.

    Never says that a legal test is satisfied: that is for the officer and the court. Nothing of this may reach the
    holders.
    """
    wanted = NewTrace(alert_ids=[alert_id], through_other_banks=filters.through_other_banks)
    with _answering(ledgers):
        source = ledgers.source(store, None, [alert_id])
        store.note_money("money_traced", str(source.told["run_id"]), by=name_of(key), detail=_asked(wanted))
        question = wanted.question(tuple(Rule), standing_of(source.alerts))
        made = follow_question(source, question, _untold)
        document = documents.alert_document(source, made, question, levers)
        picture = documents.picture_of(made, question.held_to_be) if filters.picture else None
        cut = already_cut(document, "accounts") + list_first(document, dict.fromkeys(_SEEDS, filters.limit))
        cut += list_first(document["profit"], {"controlled": filters.limit}, inside="profit")
        return JSONResponse(document | {"picture": picture, "cut": said(cut)})


@router.post(
    "/freeze-plans",
    summary="Plan which accounts to freeze",
    response_model=FreezePlanAnswer,
    responses=documented("bad-request"),
)
def plan_freezes(
    store: OpenStore, ledgers: OpenLedgers, levers: ChosenLevers, key: MoneyReader, wanted: NewFreezePlan
) -> JSONResponse:
    """The few accounts whose freezing catches most expected proceeds, in order, and what that leaves.

    An estimate from how the money moved before.
    """
    with _answering(ledgers):
        source = ledgers.source(store, wanted.run_id, wanted.alert_ids)
        store.note_money("freeze_planned", str(source.told["run_id"]), by=name_of(key), detail=_asked(wanted))
        question = wanted.question(tuple(Rule), standing_of(source.alerts))
        made = follow_question(source, question, _untold)
        document = documents.plan_document(source, made, wanted.plan(), question.held_to_be, levers)
        frozen = [one["account"] for one in document["accounts"]]
        picture = documents.picture_of(made, question.held_to_be, frozen) if wanted.picture else None
        cut = list_first(document, dict.fromkeys(_SEEDS, wanted.limit)) + _left_out(document)
        cut += list_first(document["question"], {"held_to_be": wanted.limit}, inside="question")
        return JSONResponse(document | {"picture": picture, "cut": said(cut)})


def _left_out(document: dict[str, Any]) -> list[str]:
    """What a plan, and the plans after it, leave out of their own lists."""
    plans = {"": document}
    for number, turn in enumerate(document["displacement"]):
        plans |= {f"displacement[{number}].{name}": plan for name, plan in turn.items() if name != "round"}
    escape = "could_leave_by_like_payments"
    found = already_cut(document[escape], "bounded_by", inside=escape)
    return found + [
        words for inside, plan in plans.items() for words in already_cut(plan, "not_proposed", inside=inside)
    ]


def _asked(wanted: NewTrace | NewFreezePlan) -> dict[str, Any]:
    """What the audit keeps of a question, before it is answered: an answer of nothing tells something too."""
    asked: dict[str, Any] = {
        "alerts": list(wanted.alert_ids),
        "seeds": list(wanted.seeds),
        "through_other_banks": wanted.through_other_banks,
        "held_to_be": dict(wanted.held_to_be),
    }
    return asked | ({"only": wanted.only} if isinstance(wanted, NewFreezePlan) else {})
