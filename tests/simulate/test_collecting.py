"""Every way to collect, alone, over many seeds: naive attempts satisfy their definition, careful ones mostly do not."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
import pytest

from moneytrail.simulate.calendar import DAY, Calendar
from moneytrail.simulate.gangs.acts import DEPOSIT, ESCROWED, LEGS, PREPAID, Fee
from moneytrail.simulate.gangs.collecting import COAST, COLLECTIONS
from moneytrail.simulate.gangs.crossings import crossings, party_fee, seat_price
from moneytrail.simulate.gangs.gang import PASSENGERS, Gang
from moneytrail.simulate.honest.people import settle
from moneytrail.simulate.journal import CARD, CASH
from moneytrail.simulate.register import Register
from moneytrail.simulate.town import Bank, found
from moneytrail.simulate.truth import PLACE_OF_ROLE, Truth
from moneytrail.simulate.weather import forecast
from tests.simulate import gates_collecting as gates
from tests.simulate.gates import Move
from tests.simulate.gates_collecting import Placed

SEEDS = range(24)
START = date(2025, 4, 1)


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


def gang_of(seed: int, strength: float, days: int = 260) -> Gang:
    calendar = Calendar(START, days)
    bank = Bank(seed, 400, calendar, Register(START), forecast(seed, calendar))
    town = found(bank)
    gang = Gang(bank, town, settle(bank, town, 400, "customers"), Truth(), 0, strength)
    gang.repertoire = frozenset({"S05", "S18"})
    return gang


def live(typology: str, seed: int, strength: float, arriving: float = 0.8) -> Gang:
    """Open one collection on day 20 and send boats, as the business of a gang does."""
    gang, flow = gang_of(seed, strength), FLOWS[typology]
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
            gang.at(day * DAY + 4 * 3_600_000_000, partial(_in_six_hours, done, fee))
    gang.run()
    return gang


def _in_six_hours(done: object, fee: Fee, now: int) -> None:
    assert callable(done)
    done(now + 6 * 3_600_000_000, fee)


def moves_of(gang: Gang, account: int) -> list[Placed]:
    moves = []
    for time, debtor, creditor, amount, channel, _, _, place, *_ in gang.truth.rows:
        if account in (debtor, creditor):
            peer = debtor if creditor == account else creditor
            kind = {CARD: "card", CASH: "cash"}.get(channel, "transfer")
            peer_name = str(peer) if peer >= 0 else None
            moves.append(Placed(time / 1e6, peer_name, amount, creditor == account, kind, place=place))
    return sorted(moves, key=lambda move: move.time)


def members(gang: Gang, *roles: str) -> list[int]:
    return [account for (_, account), (role, _) in gang.truth.parties.items() if role in roles]


def satisfied(gang: Gang, typology: str, account: int) -> bool:
    moves = moves_of(gang, account)
    plain: list[Move] = list(moves)
    if typology == "S02":
        return gates.ladder_holds(*_payees(gang, account))
    if typology == "S03":
        days = np.arange(gang.bank.calendar.days) + np.datetime64(START, "D")
        month = days.astype("datetime64[M]").astype(int).tolist()
        return gates.burst_holds(plain, crossings(gang.bank).arrivals.tolist(), month)
    if typology == "S06":
        return gates.border_node_holds(moves, COAST)
    if typology == "S14":
        return gates.bondage_holds(plain, {str(one): list(moves_of(gang, one)) for one in members(gang, "payer")})
    if typology == "S16":
        return gates.vendor_holds(plain, {str(one) for one in members(gang, "unwitting")})
    if typology == "S18":
        return gates.raised_holds(plain, {str(one) for one in members(gang, "collector", "holder")})
    rule = {"S01": gates.fan_in_holds, "S04": gates.escrow_holds, "S05": gates.refunds_hold}[typology]
    return rule(plain)


def _payees(gang: Gang, account: int) -> tuple[dict[str, list[Move]], list[set[str]]]:
    """Group the payees of the attempt on `account` that share a device or pay the same account."""
    own = {code for code, (*_, one, _) in gang.truth.attempts.items() if one == account}
    paid = [row[2] for row in gang.truth.rows if row[8] >= 0 and gang.truth.acts[row[8]][2] in own]
    payees = sorted({*paid, account} & set(members(gang, "collector")))
    moves: dict[str, list[Move]] = {str(one): list(moves_of(gang, one)) for one in payees}
    device = gang.bank.register.column("device")
    groups: dict[str, set[str]] = defaultdict(set)
    for one in payees:
        groups[f"alone {one}"].add(str(one))
        if device[one] >= 0:
            groups[f"device {device[one]}"].add(str(one))
        for move in moves[str(one)]:
            if not move.incoming and move.peer:
                groups[f"downstream {move.peer}"].add(str(one))
    return moves, list(groups.values())


def attempts(gang: Gang, typology: str) -> list[tuple[int, str]]:
    return [(account, how) for _, kind, account, how in gang.truth.attempts.values() if kind == typology]


@pytest.mark.parametrize("typology", sorted(COLLECTIONS))
def test_naive_attempts_satisfy_their_definition(typology: str) -> None:
    made: Counter[str] = Counter()
    hits = 0
    for seed in SEEDS:
        gang = live(typology, seed, 0.0)
        for account, how in attempts(gang, typology):
            made[how] += 1
            hits += how == "naive" and satisfied(gang, typology, account)
    assert made["careful"] == 0
    assert made["naive"] >= 0.6 * len(SEEDS)
    assert hits >= 0.95 * made["naive"]


@pytest.mark.parametrize("typology", sorted(COLLECTIONS))
def test_careful_attempts_mostly_do_not(typology: str) -> None:
    gangs = [live(typology, seed, 1.0) for seed in SEEDS]
    tried = [(gang, account) for gang in gangs for account, _ in attempts(gang, typology)]
    assert len(tried) >= 0.8 * len(SEEDS)
    assert sum(satisfied(gang, typology, account) for gang, account in tried) <= 0.15 * len(tried)


def test_refunds_and_raised_sums_satisfy_theirs() -> None:
    made: Counter[tuple[str, str]] = Counter()
    hits: Counter[tuple[str, str]] = Counter()
    for seed in SEEDS:
        for typology in ("S01", "S04"):
            gang = live(typology, seed, 0.0 if seed % 2 else 0.5, arriving=0.6)
            for kind in ("S05", "S18"):
                for account, how in attempts(gang, kind):
                    made[kind, how] += 1
                    hits[kind, how] += satisfied(gang, kind, account)
    for kind in ("S05", "S18"):
        assert made[kind, "naive"] >= 10
        assert hits[kind, "naive"] >= 0.95 * made[kind, "naive"]
        assert hits[kind, "careful"] <= 0.15 * made[kind, "careful"]


@pytest.mark.parametrize("typology", sorted(COLLECTIONS))
@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_no_money_is_made_or_lost(typology: str, strength: float) -> None:
    for seed in SEEDS[:6]:
        gang = live(typology, seed, strength, arriving=0.7)
        held: Counter[int | str] = Counter()
        last = 0
        for entry in gang.truth.ledger:
            assert last <= entry.time < gang.end
            last = entry.time
            assert entry.amount > 0
            held[entry.source] -= entry.amount
            held[entry.target] += entry.amount
            assert entry.source == PASSENGERS or held[entry.source] >= 0
        assert held.total() == 0


@pytest.mark.parametrize("typology", sorted(COLLECTIONS))
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
def test_short_calendars(days: int) -> None:
    for typology in sorted(COLLECTIONS):
        gang = gang_of(1, 0.0, days)
        collection = COLLECTIONS[typology](gang, 5 * DAY, 35 * DAY)
        for number in range(12):
            fee = Fee(gang.outsider("payer"), 200_000 + number * 1000, ESCROWED, 10 * DAY)
            gang.at(6 * DAY, partial(collection.agree, fee=fee))
            gang.at(10 * DAY, partial(collection.arrived, fee=fee))
        gang.run()
        for account, how in attempts(gang, typology):
            assert how != "naive" or satisfied(gang, typology, account), (typology, days)
