"""Brokers: naive attempts satisfy their definition, careful ones mostly do not, and no money is made up."""

from __future__ import annotations

from functools import cache, partial

import pytest

from moneytrail.simulate.calendar import DAY
from moneytrail.simulate.gangs.acts import DEPOSIT, ESCROWED, LEGS, PREPAID, Fee
from moneytrail.simulate.gangs.collecting import COLLECTIONS
from moneytrail.simulate.gangs.gang import Gang
from tests.simulate import gates_brokering as gates
from tests.simulate.lone_gang import (
    SEEDS,
    attempts_of,
    check_careful,
    check_ledger,
    check_naive,
    lone_gang,
    moves_of,
    verdicts,
)  # fmt: skip


def _value_transfer(gang: Gang, account: int, _: str) -> bool:
    return gates.value_transfer_holds(moves_of(gang, account))


def _squared(gang: Gang, account: int, _: str) -> bool:
    other = next((node for _, node, _ in attempts_of(gang, "S08") if node != account), -1)
    return gates.settlement_holds(moves_of(gang, account), moves_of(gang, other), str(other))


@cache
def brokered(seed: int, strength: float, repertoire: tuple[str, ...], days: int = 260) -> Gang:
    """A gang whose broker takes the fees of four boats."""
    gang = lone_gang(seed, strength, repertoire, days)
    broker = COLLECTIONS["S08"](gang, 20 * DAY, 150 * DAY)
    for boat, day in enumerate((30, 55, 80, 110)):
        for party in range(6):
            mode = (ESCROWED, LEGS, DEPOSIT, PREPAID)[(party + boat) % 4 if party > 2 else 0]
            fee = Fee(gang.outsider("payer"), 100_000 + 30_000 * party, mode, day * DAY)
            gang.at((day - 8) * DAY + party * 1_000_000_000, partial(broker.agree, fee=fee))
            gang.at(day * DAY, partial(broker.arrived if boat != 1 else broker.failed, fee=fee))
    gang.run()
    check_ledger(gang)
    return gang


@pytest.mark.parametrize("repertoire", [("S08",), ("S08", "S09"), ("S08", "S05")])
def test_brokers_are_found_by_the_definition_unless_careful(repertoire: tuple[str, ...]) -> None:
    naive, careful = ([brokered(seed, strength, repertoire) for seed in SEEDS] for strength in (0.0, 1.0))
    check_naive(verdicts(naive, "S08", _value_transfer), 0.9 * len(SEEDS))
    check_careful(verdicts(careful, "S08", _value_transfer), len(SEEDS))


def test_brokers_square_up() -> None:
    naive, careful = ([brokered(seed, strength, ("S08", "S09")) for seed in SEEDS] for strength in (0.0, 1.0))
    found = verdicts(naive, "S09", _squared)
    check_naive(found, 0.75 * len(found))
    check_careful(verdicts(careful, "S09", _squared), 1)


@pytest.mark.parametrize("days", [40, 70])
def test_brokers_cut_short_are_incomplete(days: int) -> None:
    gangs = [brokered(seed, 0.0, ways, days) for seed in range(6) for ways in (("S08",), ("S08", "S09"))]
    assert all(how == "incomplete" or holds for how, holds in verdicts(gangs, "S08", _value_transfer))
