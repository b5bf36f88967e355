"""Money: traces, an alert's money, freeze plans. Each is audited, with whose key it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from moneytrail.errors import ParameterError
from moneytrail.money import documents
from moneytrail.money.questions import follow_question, standing_of
from moneytrail.tracing import Rule, prove
from moneytrail_api.access import MoneyReader, OpenStore
from moneytrail_api.ledgers import Ledgers, OpenLedgers
from moneytrail_api.money_models import (
    AlertMoney,
    FreezePlanAnswer,
    MoneyFilters,
    NewFreezePlan,
    NewTrace,
    TraceAnswer,
)
from moneytrail_api.problems import UnanswerableError, documented
from moneytrail_api.queries import EachOnce
from moneytrail_api.routers.alerts import name_of

router = APIRouter(prefix="/v1", tags=["money"], responses=documented(401, 403, 404, 409, 413, 414, 422, 500, 503))


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


@router.post("/traces", summary="Follow money through a run's ledger", responses=documented(400))
def trace_money(store: OpenStore, ledgers: OpenLedgers, key: MoneyReader, wanted: NewTrace) -> TraceAnswer:
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
    kept = dict.fromkeys(list(document["accounts"])[: wanted.accounts])
    document["accounts_in_all"] = len(document["accounts"])
    document["accounts"] = {name: document["accounts"][name] for name in kept}
    document["rules"] = {
        rule: {name: told for name, told in by_account.items() if name in kept}
        for rule, by_account in document["rules"].items()
    }
    document["transfers_in_all"] = len(document["transfers"])
    if not wanted.transfers:
        document |= {"transfers": [], "breaks": []}
    return TraceAnswer(**document, proof=proof, picture=picture)


@router.get("/alerts/{alert_id}/money", summary="Read an alert's money")
def read_money(
    store: OpenStore,
    ledgers: OpenLedgers,
    key: MoneyReader,
    alert_id: Annotated[str, Path(description="The alert's id.", max_length=400)],
    _once: EachOnce,
    filters: Annotated[MoneyFilters, Query()],
) -> AlertMoney:
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
        document = documents.alert_document(source, made, question)
        picture = documents.picture_of(made, question.held_to_be) if filters.picture else None
    return AlertMoney(**document, picture=picture)


@router.post("/freeze-plans", summary="Plan which accounts to freeze", responses=documented(400))
def plan_freezes(store: OpenStore, ledgers: OpenLedgers, key: MoneyReader, wanted: NewFreezePlan) -> FreezePlanAnswer:
    """The few accounts whose freezing catches most expected proceeds, in order, and what that leaves.

    An estimate from how the money moved before.
    """
    with _answering(ledgers):
        source = ledgers.source(store, wanted.run_id, wanted.alert_ids)
        store.note_money("freeze_planned", str(source.told["run_id"]), by=name_of(key), detail=_asked(wanted))
        question = wanted.question(tuple(Rule), standing_of(source.alerts))
        made = follow_question(source, question, _untold)
        document = documents.plan_document(source, made, wanted.plan(), question.held_to_be)
        frozen = [one["account"] for one in document["accounts"]]
        picture = documents.picture_of(made, question.held_to_be, frozen) if wanted.picture else None
    return FreezePlanAnswer(**document, picture=picture)


def _asked(wanted: NewTrace | NewFreezePlan) -> dict[str, Any]:
    """What the audit keeps of a question, before it is answered: an answer of nothing tells something too."""
    asked: dict[str, Any] = {
        "alerts": list(wanted.alert_ids),
        "seeds": list(wanted.seeds),
        "through_other_banks": wanted.through_other_banks,
        "held_to_be": dict(wanted.held_to_be),
    }
    return asked | ({"only": wanted.only} if isinstance(wanted, NewFreezePlan) else {})
