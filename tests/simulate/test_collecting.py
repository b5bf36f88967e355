"""Every way to collect, alone, over many seeds: naive attempts satisfy their definition, careful ones mostly do not."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pytest

from moneytrail.simulate.calendar import DAY, HOUR
from moneytrail.simulate.gangs.acts import DEPOSIT, ESCROWED, LEGS, PREPAID, Fee
from moneytrail.simulate.gangs.collecting import COLLECTIONS
from moneytrail.simulate.gangs.crossings import crossings, party_fee, seat_price
from moneytrail.simulate.gangs.gang import Gang
from moneytrail.simulate.gangs.habits import COAST
from moneytrail.simulate.truth import PLACE_OF_ROLE
from tests.simulate import gates_collecting as gates
from tests.simulate.gates import Move, seat_fees_hold
from tests.simulate.lone_gang import (
    SEEDS,
    START,
    Rule,
    check_careful,
    check_ledger,
    check_naive,
    lone_gang,
    members,
    moves_of,
    names,
    verdicts,
)  # fmt: skip


@dataclass(frozen=True)
class Flow:
    """What a collection is given: days of its life, parties a boat, days between boats, and the modes."""

    life: int
    parties: int
    gap: int
    modes: tuple[str, ...]


MIXED = (ESCROWED, ESCROWED, ESCROWED, LEGS, LEGS, DEPOSIT, PREPAID)
FLOWS = {
    "S01": Flow(30, 12, 11, MIXED),
    "S02": Flow(110, 4, 18, (LEGS,)),
    "S03": Flow(230, 5, 12, (ESCROWED,)),
    "S04": Flow(120, 7, 18, (ESCROWED,)),
    "S06": Flow(30, 12, 11, MIXED),
    "S14": Flow(150, 2, 20, MIXED),
    "S16": Flow(70, 3, 20, (DEPOSIT, PREPAID)),
}


@cache
def live(typology: str, seed: int, strength: float, arriving: float = 0.8) -> Gang:
    """Open one collection on day 20 and send boats, as the business of a gang does."""
    gang, flow = lone_gang(seed, strength, {"S05", "S18"}), FLOWS[typology]
    rng = np.random.default_rng([seed, 5])
    collection = COLLECTIONS[typology](gang, 20 * DAY, (20 + flow.life) * DAY)
    boats = crossings(gang.bank).boats
    for turn in range(33, 20 + flow.life, flow.gap):
        near = np.arange(turn - 3, min(turn + 4, boats.size))
        day = int(near[np.argmax(boats[near])])
        price = seat_price(rng)
        for _ in range(flow.parties):
            payer = gang.ordinary("payer") if rng.random() < 0.22 else gang.outsider("payer")
            fee = Fee(payer, party_fee(rng, price, 50)[1], str(rng.choice(flow.modes)), day * DAY)
            gang.at(int((day - rng.uniform(4, 12)) * DAY), partial(collection.agree, fee=fee))
            done = collection.arrived if rng.random() < arriving else collection.failed
            gang.at(day * DAY + 10 * HOUR, partial(done, fee=fee))
    gang.run()
    check_ledger(gang)
    return gang


def _ladder(gang: Gang, account: int, attempt: str) -> bool:
    """Group the payees of the attempt that share a device or pay the same account."""
    paid = [row[2] for row in gang.truth.rows if row[8] >= 0 and gang.truth.acts[row[8]][2] == attempt]
    payees = sorted({*paid, account} & set(members(gang, "collector")))
    moves: dict[str, list[Move]] = {str(one): moves_of(gang, one) for one in payees}
    device = gang.bank.register.column("device")
    groups: dict[str, set[str]] = defaultdict(set)
    for one in payees:
        groups[f"alone {one}"].add(str(one))
        if device[one] >= 0:
            groups[f"device {device[one]}"].add(str(one))
        for move in moves[str(one)]:
            if not move.incoming and move.peer:
                groups[f"downstream {move.peer}"].add(str(one))
    return gates.ladder_holds(moves, groups.values())


def _burst(gang: Gang, account: int, _: str) -> bool:
    days = np.arange(gang.bank.calendar.days) + np.datetime64(START, "D")
    month = days.astype("datetime64[M]").astype(int).tolist()
    return gates.burst_holds(moves_of(gang, account), crossings(gang.bank).arrivals.tolist(), month)


def _bondage(gang: Gang, account: int, _: str) -> bool:
    lives = {str(one): moves_of(gang, one) for one in members(gang, "payer")}
    return gates.bondage_holds(moves_of(gang, account), lives)


RULES: dict[str, Rule] = {
    "S01": lambda gang, account, _: seat_fees_hold(moves_of(gang, account)),
    "S02": _ladder,
    "S03": _burst,
    "S04": lambda gang, account, _: gates.escrow_holds(moves_of(gang, account)),
    "S05": lambda gang, account, _: gates.refunds_hold(moves_of(gang, account)),
    "S06": lambda gang, account, _: gates.border_node_holds(moves_of(gang, account), COAST),
    "S14": _bondage,
    "S16": lambda gang, account, _: gates.vendor_holds(moves_of(gang, account), names(members(gang, "unwitting"))),
    "S18": lambda gang, account, _: gates.raised_holds(
        moves_of(gang, account), names(members(gang, "collector", "holder"))
    ),
}


@pytest.mark.parametrize("typology", sorted(FLOWS))
def test_naive_attempts_satisfy_their_definition(typology: str) -> None:
    found = verdicts([live(typology, seed, 0.0) for seed in SEEDS], typology, RULES[typology])
    check_naive(found, 0.6 * len(SEEDS))


@pytest.mark.parametrize("typology", sorted(FLOWS))
def test_careful_attempts_mostly_do_not(typology: str) -> None:
    found = verdicts([live(typology, seed, 1.0) for seed in SEEDS], typology, RULES[typology])
    check_careful(found, 0.8 * len(SEEDS))


@pytest.mark.parametrize("kind", ["S05", "S18"])
def test_refunds_and_raised_sums_satisfy_theirs(kind: str) -> None:
    strength = {0: 0.5, 1: 0.0}
    gangs = [live(typology, seed, strength[seed % 2], 0.6) for seed in SEEDS for typology in ("S01", "S04")]
    found = verdicts(gangs, kind, RULES[kind])
    check_naive([one for one in found if one[0] != "careful"], 10)
    check_careful([one for one in found if one[0] == "careful"], 1)


@pytest.mark.parametrize("typology", sorted(FLOWS))
def test_the_bank_sees_what_the_ledger_holds(typology: str) -> None:
    gang = live(typology, 3, 0.0)
    seen: Counter[int] = Counter()
    for _, debtor, creditor, amount, *_ in gang.truth.rows:
        seen[debtor] -= amount
        seen[creditor] += amount
    for account in members(gang, *(role for role, place in PLACE_OF_ROLE.items() if place == "account")):
        assert seen[account] == gang.held(account) + gang.held(f"escrow@{account}")
    codes = {code for _, _, code, _ in gang.truth.acts}
    assert codes - {None} == set(gang.truth.attempts)


@pytest.mark.parametrize("days", [14, 40, 90])
@pytest.mark.parametrize("typology", sorted(FLOWS))
def test_short_calendars(typology: str, days: int) -> None:
    gang = lone_gang(1, 0.0, {"S05", "S18"}, days)
    collection = COLLECTIONS[typology](gang, 5 * DAY, 35 * DAY)
    for number in range(12):
        fee = Fee(gang.outsider("payer"), 200_000 + number * 1000, ESCROWED, 10 * DAY)
        gang.at(6 * DAY, partial(collection.agree, fee=fee))
        gang.at(10 * DAY, partial(collection.arrived, fee=fee))
    gang.run()
    check_ledger(gang)
    assert all(how != "naive" or holds for how, holds in verdicts([gang], typology, RULES[typology]))


def test_what_is_due_after_a_failure_is_not_paid() -> None:
    gang = lone_gang(1, 0.0)
    collection = COLLECTIONS["S01"](gang, 5 * DAY, 35 * DAY)
    fee = Fee(gang.outsider("payer"), 200_000, PREPAID, 30 * DAY)
    gang.at(6 * DAY, partial(collection.agree, fee=fee))
    gang.at(6 * DAY + HOUR, partial(collection.failed, fee=fee))
    gang.run()
    assert not gang.truth.rows
