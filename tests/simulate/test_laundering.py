"""Placement, layering and integration alone: one gang, one act, many seeds, judged by gates in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import pytest

from moneytrail.schema import CHANNELS
from moneytrail.simulate.calendar import DAY, Calendar
from moneytrail.simulate.gangs.gang import CASH_BOX, PASSENGERS, Gang
from moneytrail.simulate.gangs.integrating import EXIT
from moneytrail.simulate.gangs.laundering import LAYERING
from moneytrail.simulate.gangs.placing import PLACEMENT
from moneytrail.simulate.honest.people import settle
from moneytrail.simulate.journal import CASH, NOBODY
from moneytrail.simulate.register import Register
from moneytrail.simulate.town import Bank, found
from moneytrail.simulate.truth import Truth
from moneytrail.simulate.weather import forecast
from moneytrail.simulate.words import E_MONEY, OURS, TRADES
from tests.simulate import gates_laundering as gates
from tests.simulate.gates import Move

START = date(2025, 4, 1)
DAYS = 260
BEGIN = 20 * DAY + 14 * 3_600_000_000
SEEDS = range(24)


@dataclass
class World:
    """One gang after one act, and what the gates may ask about it."""

    gang: Gang
    source: int
    target: int

    @property
    def rows(self) -> list[tuple[int, ...]]:
        return sorted(self.gang.truth.rows)

    def moves(self, account: int) -> list[Move]:
        made = []
        for time, debtor, creditor, amount, channel, *_ in self.rows:
            if account in (debtor, creditor):
                peer = debtor if creditor == account else creditor
                name = None if peer == NOBODY else str(peer)
                made.append(Move(time / 1e6, name, amount, creditor == account, CHANNELS[channel]))
        return made

    def notes(self, account: int, side: int) -> list[gates.Notes]:
        return [gates.Notes(r[0] / 1e6, r[3], r[7]) for r in self.rows if r[side] == account and r[4] == CASH]

    def edges(self, attempt: str) -> list[gates.Edge]:
        """Return the transfers of one attempt between accounts, in order of time."""
        truth = self.gang.truth
        rows = [row for row in truth.rows if row[-1] >= 0 and truth.acts[row[-1]][2] == attempt]
        return sorted(
            (gates.Edge(r[0] / 1e6, r[1], r[2], r[3]) for r in rows if NOBODY not in r[1:3]), key=lambda e: e.time
        )

    def column(self, name: str, account: int) -> int:
        return int(self.gang.bank.register.column(name)[account])

    def members(self, *roles: str) -> set[str]:
        return {str(account) for (_, account), (role, _) in self.gang.truth.parties.items() if role in roles}

    def abroad(self) -> set[str]:
        codes = np.array(sorted({row[side] for row in self.rows for side in (1, 2)} - {NOBODY}))
        return {str(code) for code in codes[self.gang.bank.register.country(codes) > 0]}


@cache
def world(typology: str, seed: int, strength: float, pounds: int = 24_000) -> World:
    calendar = Calendar(START, DAYS)
    bank = Bank(seed, 400, calendar, Register(START), forecast(seed, calendar))
    town = found(bank)
    people = settle(bank, town, 400, "customers")
    gang = Gang(bank, town, people, Truth(), seed % 3, strength)
    source = gang.fresh("collector", 10)
    gang.move("fee", 0, PASSENGERS, CASH_BOX if typology in PLACEMENT else source, pounds * 100)

    def act(now: int) -> None:
        if typology in PLACEMENT:
            PLACEMENT[typology](gang, now, gang.organiser, pounds * 100)
        elif typology in LAYERING:
            LAYERING[typology](gang, now, source, gang.organiser, pounds * 95)
        else:
            EXIT[typology](gang, now, source, pounds * 95)

    gang.at(BEGIN, act)
    gang.run()
    return World(gang, source, gang.organiser)


PEERS = (1.05, 0.75)
"""Mean and standard deviation of the logarithm of notes per pound of wages of honest cash businesses in a month."""
CARD_SHARE = 0.53


def _front(made: World, account: int, _: str) -> bool:
    acquirers = {str(code) for code in made.gang.town.acquirers}
    moves = made.moves(account)
    acquirer = next((m.peer for m in moves if m.peer in acquirers), None)
    workers = made.members("unwitting")
    return gates.front_like(moves, workers, acquirer or "", PEERS, CARD_SHARE)


def _cluster(made: World, _: int, attempt: str) -> bool:
    edges = made.edges(attempt)
    codes = {e.payee for e in edges if e.payer == made.source}
    holders = {
        code: gates.Holder(
            made.column("opened", code) * gates.DAY,
            *(made.column(name, code) for name in ("device", "address", "email", "phone")),
        )
        for code in codes
    }
    return gates.one_hand(holders, edges)


def _wageless(made: World, account: int, _: str) -> bool:
    town = made.gang.town
    running = {str(code) for code in (*town.landlords, *town.firms, *town.billers, town.tax)}
    persons = (made.members("mule", "relative") | made.abroad()) - running
    return gates.wageless(made.moves(account), persons, running)


CONTROLLED = ("organiser", "collector", "mule", "depositor", "front", "holder", "paymaster", "shell")

Judge = Callable[[World, int, str], bool]

JUDGES: dict[str, Judge] = {
    "L01": lambda made, account, _: gates.structured(made.moves(account)),
    "S07": lambda made, account, _: gates.funnelled(
        made.notes(account, 2),
        made.notes(account, 1),
        [m for m in made.moves(account) if not m.incoming and m.peer],
        made.column("region", account),
    ),
    "L10": _front,
    "L03": lambda made, account, _: gates.passed_through(made.moves(account)),
    "L05": lambda made, account, _: gates.gathered_and_scattered(made.moves(account)),
    "L06": lambda made, account, code: gates.scattered_and_gathered(made.edges(code), account, made.target),
    "L07": lambda made, _, code: gates.chained(made.edges(code)),
    "L09": lambda made, _, code: gates.crossed(made.edges(code)),
    "L14": _cluster,
    "L04": lambda made, account, _: gates.fanned_out(made.moves(account)),
    "L08": lambda made, _, code: gates.round_tripped(made.edges(code)),
    "L11": _wageless,
    "L12": lambda made, account, _: gates.third_parties_paid(made.moves(account), made.abroad()),
    "L13": lambda made, account, _: gates.woken_up(
        made.moves(account), (made.column("opened", account) - made.gang.bank.register.first_day) * gates.DAY
    ),
    "L15": lambda made, account, _: gates.asset_bought(
        made.moves(account), made.members("seller"), made.members(*CONTROLLED), account == made.source
    ),
}


def verdicts(typology: str, strength: float, kind: str, pounds: int = 24_000) -> list[bool]:
    found = []
    for seed in SEEDS:
        made = world(typology, seed, strength, pounds)
        for code, (_, name, account, how) in made.gang.truth.attempts.items():
            assert name == typology
            if how == kind:
                found.append(JUDGES[typology](made, account, code))
    return found


def test_every_act_has_its_judge() -> None:
    assert set(JUDGES) == {*PLACEMENT, *LAYERING, *EXIT}


@pytest.mark.parametrize("pounds", [24_000, 60_000])
@pytest.mark.parametrize("typology", sorted(JUDGES))
def test_naive_attempts_satisfy_their_definition(typology: str, pounds: int) -> None:
    done = verdicts(typology, 0.0, "naive", pounds)
    assert len(done) >= 0.8 * len(SEEDS)
    assert sum(done) >= 0.95 * len(done), f"{sum(done)} of {len(done)}"


@pytest.mark.parametrize("typology", sorted(JUDGES))
def test_careful_attempts_mostly_stay_below(typology: str) -> None:
    done = verdicts(typology, 1.0, "careful")
    assert len(done) >= 0.8 * len(SEEDS)
    assert sum(done) <= 0.15 * len(done), f"{sum(done)} of {len(done)}"


@pytest.mark.parametrize("strength", [0.0, 1.0])
@pytest.mark.parametrize("typology", sorted(JUDGES))
def test_money_is_conserved_and_in_order(typology: str, strength: float) -> None:
    for seed in SEEDS:
        gang = world(typology, seed, strength).gang
        held: dict[int | str, int] = defaultdict(int)
        before = 0
        for entry in gang.truth.ledger:
            assert before <= entry.time < gang.end
            before = entry.time
            held[entry.source] -= entry.amount
            held[entry.target] += entry.amount
            assert entry.source == PASSENGERS or held[entry.source] >= 0, entry
        assert sum(held.values()) == 0
        assert all(0 <= row[0] < gang.end for row in gang.truth.rows)
        assert not any(str(place).startswith("aside@") and left for place, left in held.items())


@pytest.mark.parametrize("strength", [0.0, 1.0])
@pytest.mark.parametrize("typology", sorted(JUDGES))
def test_the_bank_sees_every_transfer_and_the_subject(typology: str, strength: float) -> None:
    for seed in SEEDS:
        made = world(typology, seed, strength)
        register, truth = made.gang.bank.register, made.gang.truth
        rows = np.array(made.rows)
        sides = [register.institution(rows[:, side]) == OURS for side in (1, 2)]
        assert (sides[0] | sides[1]).all()
        subjects = np.array([account for _, _, account, _ in truth.attempts.values()])
        assert (register.institution(subjects) == OURS).all()
        for time, debtor, creditor, *_, act in made.rows:
            for account in (debtor, creditor) if act >= 0 else ():
                assert account == NOBODY or (made.gang.name, account) in truth.parties
                if 0 <= account < register.size:
                    assert time >= (int(register.column("joined")[account]) + 1) * DAY


@pytest.mark.parametrize("typology", sorted(JUDGES))
def test_an_attempt_has_neither_few_nor_hundreds_of_transfers(typology: str) -> None:
    counts = []
    for seed in SEEDS:
        truth = world(typology, seed, 0.0).gang.truth
        counts += [sum(act[2] == code for act in truth.acts) for code in truth.attempts]
    assert (1 if typology == "L15" else 3) <= np.median(counts) <= 60


@pytest.mark.parametrize("typology", sorted(JUDGES))
def test_hours_and_banks_are_ordinary(typology: str) -> None:
    hours, banks = [], []
    for seed in SEEDS:
        made = world(typology, seed, 0.0)
        register = made.gang.bank.register
        for time, debtor, creditor, *_, act in made.rows:
            if act >= 0:
                hours.append(time % DAY / DAY * 24)
                codes = np.array([debtor, creditor])
                banks += [b for b in register.institution(codes).tolist() if b not in (OURS, NOBODY)]
    night = np.array(hours)
    assert ((night < 6.4) | (night > 23.95)).mean() <= 0.02
    assert not banks or len(banks) < 40 or np.isin(banks, E_MONEY).mean() <= 0.4


@pytest.mark.parametrize("pounds", [0, 40, 700, 1500, 3000])
@pytest.mark.parametrize("typology", sorted(JUDGES))
def test_little_money_does_no_harm(typology: str, pounds: int) -> None:
    gang = world(typology, 5, 0.0, pounds).gang
    for code, (_, _, _, how) in gang.truth.attempts.items():
        assert how in ("naive", "incomplete"), code


def test_acts_begun_near_the_end_are_recorded_as_incomplete() -> None:
    calendar = Calendar(START, 21)
    bank = Bank(3, 400, calendar, Register(START), forecast(3, calendar))
    town = found(bank)
    gang = Gang(bank, town, settle(bank, town, 400, "customers"), Truth(), 0, 0.0)
    gang.move("fee", 0, PASSENGERS, gang.organiser, 4_000_000)
    gang.at(BEGIN, lambda now: EXIT["L11"](gang, now, gang.organiser, 3_000_000))
    gang.at(BEGIN, lambda now: LAYERING["L05"](gang, now, gang.organiser, gang.fresh("holder", 20), 500_000))
    gang.run()
    assert {(name, how) for _, name, _, how in gang.truth.attempts.values()} == {
        ("L05", "incomplete"),
        ("L11", "incomplete"),
    }


def test_trades_of_fronts_are_trades_that_exist() -> None:
    assert {"barber", "car wash", "nail bar", "takeaway", "convenience store"} <= set(TRADES)
