"""Brokers and swaps: naive attempts satisfy their definition, careful ones mostly do not, and no money is made up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from moneytrail.simulate.calendar import DAY
from moneytrail.simulate.gangs.acts import DEPOSIT, ESCROWED, LEGS, PREPAID, Fee
from moneytrail.simulate.gangs.brokering import BROKERS, LAYERING, PLACEMENT
from moneytrail.simulate.gangs.gang import Gang
from tests.simulate import gates_brokering as gates
from tests.simulate.lone_gang import attempts_of, check_ledger, lone_gang, moves_of, rich_gang

SEEDS = range(24)


def _crypto(gang: Gang, account: int) -> bool:
    platforms = {str(code) for code in gang.town.exchanges.tolist()}
    return gates.crypto_exit_holds(moves_of(gang, {account}), platforms)


GATES: dict[str, Callable[[Gang, int], bool]] = {
    "L02": lambda gang, account: gates.cuckoo_holds(moves_of(gang, {account})),
    "L16": lambda gang, account: gates.mirror_holds(moves_of(gang, {account})),
    "S17": _crypto,
    "S08": lambda gang, account: gates.value_transfer_holds(moves_of(gang, {account})),
}


def _swaps(typology: str, seed: int, strength: float) -> Gang:
    gang = rich_gang(seed, strength, {typology})
    source = gang.fresh("collector", 20)
    gang.move("test", 0, "passengers", source, 3_000_000)

    def act(now: int) -> None:
        if typology in LAYERING:
            LAYERING[typology](gang, now, source, gang.organiser, 600_000)
        else:
            PLACEMENT[typology](gang, now, gang.organiser, 1_500_000)

    for day in (35, 80, 140):
        gang.at(gang.hour(day, 9, 20), act)
    gang.run()
    check_ledger(gang)
    return gang


def brokered(seed: int, strength: float, repertoire: tuple[str, ...], days: int = 240) -> Gang:
    """A gang whose broker takes the fees of four boats."""
    gang = lone_gang(seed, strength, repertoire, days)
    broker = BROKERS["S08"](gang, 20 * DAY, 150 * DAY)
    fees: list[Fee] = []
    for boat, day in enumerate((30, 55, 80, 110)):
        for party in range(6):
            mode = (ESCROWED, LEGS, DEPOSIT, PREPAID)[(party + boat) % 4 if party > 2 else 0]
            fee = Fee(gang.outsider("payer"), 100_000 + 30_000 * party, mode, day * DAY)
            fees.append(fee)
            gang.at((day - 8) * DAY + party * 1_000_000_000, lambda now, fee=fee: broker.agree(now, fee))  # type: ignore[misc]
            done = broker.arrived if boat != 1 else broker.failed
            gang.at(day * DAY, lambda now, fee=fee, done=done: done(now, fee))  # type: ignore[misc]
    gang.run()
    check_ledger(gang)
    return gang


@pytest.mark.parametrize("typology", ["L02", "L16", "S17"])
def test_naive_swaps_satisfy_the_definition(typology: str) -> None:
    outcomes = []
    for seed in SEEDS:
        gang = _swaps(typology, seed, 0.0)
        outcomes += [(s, GATES[typology](gang, account)) for account, s in attempts_of(gang, typology)]
    stood = [holds for strength, holds in outcomes if strength == "naive"]
    assert len(stood) >= max(0.9 * len(outcomes), 40)
    assert sum(stood) >= 0.95 * len(stood)


@pytest.mark.parametrize("typology", ["L02", "L16", "S17"])
def test_careful_swaps_mostly_do_not(typology: str) -> None:
    outcomes = []
    for seed in SEEDS:
        gang = _swaps(typology, seed, 1.0)
        outcomes += [GATES[typology](gang, account) for account, _ in attempts_of(gang, typology)]
    assert len(outcomes) >= 40
    assert sum(outcomes) <= 0.15 * len(outcomes)


@pytest.mark.parametrize("repertoire", [("S08",), ("S08", "S09"), ("S08", "S05")])
def test_brokers_are_found_by_the_definition_unless_careful(repertoire: tuple[str, ...]) -> None:
    naive, careful = [], []
    for seed in SEEDS:
        gang = brokered(seed, 0.0, repertoire)
        naive += [GATES["S08"](gang, account) for account, s in attempts_of(gang, "S08") if s == "naive"]
        gang = brokered(seed, 1.0, repertoire)
        careful += [GATES["S08"](gang, account) for account, _ in attempts_of(gang, "S08")]
    assert len(naive) >= 0.9 * len(SEEDS)
    assert sum(naive) >= 0.95 * len(naive)
    assert sum(careful) <= 0.15 * len(careful)


def _squared(gang: Gang) -> list[tuple[str, bool]]:
    nodes = [account for account, _ in attempts_of(gang, "S08")]
    found = []
    for account, strength in attempts_of(gang, "S09"):
        other = next((node for node in nodes if node != account), -1)
        first, second = moves_of(gang, {account}), moves_of(gang, {other})
        found.append((strength, gates.settlement_holds(first, second, str(other))))
    return found


def test_brokers_square_up() -> None:
    naive = [one for seed in SEEDS for one in _squared(brokered(seed, 0.0, ("S08", "S09")))]
    stood = [holds for strength, holds in naive if strength == "naive"]
    assert len(stood) >= 0.75 * len(naive)
    assert sum(stood) >= 0.95 * len(stood)
    careful = [holds for seed in SEEDS for _, holds in _squared(brokered(seed, 1.0, ("S08", "S09")))]
    assert sum(careful) <= 0.15 * len(careful)


@pytest.mark.parametrize("days", [40, 70])
def test_brokers_cut_short_are_incomplete_and_keep_their_books(days: int) -> None:
    for seed in range(6):
        for repertoire in (("S08",), ("S08", "S09")):
            gang = brokered(seed, 0.0, repertoire, days)
            for account, strength in attempts_of(gang, "S08"):
                assert strength == "incomplete" or GATES["S08"](gang, account)


def test_the_wires_that_a_cuckoo_replaces_are_innocent() -> None:
    gang = _swaps("L02", 3, 0.0)
    innocent = [row for row in gang.truth.rows if row[8] < 0]
    assert len(innocent) >= 6
    debtors = np.array([row[1] for row in innocent])
    assert (gang.bank.register.country(debtors) > 0).all()
