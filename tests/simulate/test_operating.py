"""Costs of crossings: naive attempts satisfy their definition, careful ones mostly do not, and no money is made up."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from moneytrail.simulate.calendar import DAY
from moneytrail.simulate.gangs.gang import Gang
from moneytrail.simulate.gangs.operating import OPERATION
from tests.simulate import gates_operating as gates
from tests.simulate.gates_brokering import Seen
from tests.simulate.lone_gang import attempts_of, check_ledger, linked, moves_of, rich_gang

SEEDS = range(24)


def _supplier(gang: Gang, account: int) -> bool:
    persons = {str(code) for (_, code), (role, _) in gang.truth.parties.items() if role in ("buyer", "organiser")}
    return gates.supplier_holds(moves_of(gang, {account}), persons)


def _logistics(gang: Gang, account: int) -> bool:
    return gates.logistics_holds(moves_of(gang, linked(gang, account)), gang.bank.weather.red.tolist())


GATES: dict[str, Callable[[Gang, int], bool]] = {
    "S10": lambda gang, account: gates.procurement_holds(moves_of(gang, linked(gang, account))),
    "S11": _supplier,
    "S12": _logistics,
    "S13": lambda gang, account: gates.crew_pay_holds(moves_of(gang, {account})),
    "S15": lambda gang, account: gates.bulk_travel_holds(moves_of(gang, {account})),
}


def _operate(gang: Gang, typology: str, now: int) -> None:
    OPERATION[typology](gang, now, now + 11 * DAY, 1)


def _outcomes(typology: str, strength: float) -> list[tuple[str, bool]]:
    """Strength and whether the gate holds, for every attempt of many gangs."""
    found = []
    for seed in SEEDS:
        gang = rich_gang(seed, strength, {typology})
        for day in (30, 70):
            now = gang.hour(day, 9, 20)
            gang.at(now, partial(_operate, gang, typology))
        gang.run()
        check_ledger(gang)
        found += [(s, GATES[typology](gang, account)) for account, s in attempts_of(gang, typology)]
    return found


@pytest.mark.parametrize("typology", sorted(OPERATION))
def test_naive_attempts_satisfy_the_definition(typology: str) -> None:
    outcomes = _outcomes(typology, 0.0)
    stood = [holds for strength, holds in outcomes if strength == "naive"]
    assert len(stood) >= 0.75 * len(outcomes)
    assert len(stood) >= 10
    assert sum(stood) >= 0.95 * len(stood)


@pytest.mark.parametrize("typology", sorted(OPERATION))
def test_careful_attempts_mostly_do_not(typology: str) -> None:
    outcomes = _outcomes(typology, 1.0)
    assert len(outcomes) >= 10
    assert {strength for strength, _ in outcomes} == {"careful"}
    assert sum(holds for _, holds in outcomes) <= 0.15 * len(outcomes)


@pytest.mark.parametrize("typology", sorted(OPERATION))
def test_a_gang_without_money_books_nothing(typology: str) -> None:
    gang = rich_gang(1, 0.0, {typology})
    for place in (gang.organiser, "cash", "hawala"):
        gang.move("test", 0, place, "spent:living", 6_000_000)
    gang.at(30 * DAY, partial(_operate, gang, typology))
    gang.run()
    assert not gang.truth.rows


def test_life_jackets_alone_are_no_kit() -> None:
    jackets = [Seen(day * DAY / 1e6, "S", 90_000, False, "card", category="4468") for day in range(5)]
    assert not gates.procurement_holds(jackets)
