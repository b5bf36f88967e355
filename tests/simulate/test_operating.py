"""Costs of crossings: naive attempts satisfy their definition, careful ones mostly do not, and no money is made up."""

from __future__ import annotations

from functools import cache, partial

import pytest

from moneytrail.simulate.calendar import DAY
from moneytrail.simulate.gangs.gang import CASH_BOX, HAWALA, Gang
from moneytrail.simulate.gangs.operating import OPERATION
from tests.simulate import gates_operating as gates
from tests.simulate.gates import Move
from tests.simulate.lone_gang import (
    SEEDS,
    Rule,
    check_careful,
    check_ledger,
    check_naive,
    linked,
    lone_gang,
    members,
    moves_of,
    names,
    verdicts,
)  # fmt: skip

RULES: dict[str, Rule] = {
    "S10": lambda gang, account, _: gates.procurement_holds(moves_of(gang, *linked(gang, account))),
    "S11": lambda gang, account, _: gates.supplier_holds(
        moves_of(gang, account), names(members(gang, "buyer", "organiser"))
    ),
    "S12": lambda gang, account, _: gates.logistics_holds(
        moves_of(gang, *linked(gang, account)), gang.bank.weather.red.tolist()
    ),
    "S13": lambda gang, account, _: gates.crew_pay_holds(moves_of(gang, account)),
    "S15": lambda gang, account, _: gates.bulk_travel_holds(moves_of(gang, account)),
}


def _prepare(typology: str, gang: Gang, now: int) -> None:
    OPERATION[typology](gang, now, now + 11 * DAY)


@cache
def operated(typology: str, seed: int, strength: float) -> Gang:
    gang = lone_gang(seed, strength, {typology}, pounds=60_000)
    for day in (30, 70):
        now = gang.hour(day, 9, 20)
        gang.at(now, partial(_prepare, typology, gang))
    gang.run()
    check_ledger(gang)
    return gang


@pytest.mark.parametrize("typology", sorted(OPERATION))
def test_naive_attempts_satisfy_their_definition(typology: str) -> None:
    found = verdicts([operated(typology, seed, 0.0) for seed in SEEDS], typology, RULES[typology])
    check_naive(found, max(10, 0.75 * len(found)))


@pytest.mark.parametrize("typology", sorted(OPERATION))
def test_careful_attempts_mostly_do_not(typology: str) -> None:
    check_careful(verdicts([operated(typology, seed, 1.0) for seed in SEEDS], typology, RULES[typology]), 10)


@pytest.mark.parametrize("typology", sorted(OPERATION))
def test_a_gang_without_money_books_nothing(typology: str) -> None:
    gang = lone_gang(1, 0.0, {typology})
    assert not any(gang.held(place) for place in (gang.organiser, CASH_BOX, HAWALA))
    gang.at(30 * DAY, partial(_prepare, typology, gang))
    gang.run()
    assert not gang.truth.rows
    assert not gang.truth.attempts


def test_life_jackets_alone_are_no_kit() -> None:
    jackets = [Move(day * DAY / 1e6, "S", 90_000, False, "card", category="4468") for day in range(5)]
    assert not gates.procurement_holds(jackets)
