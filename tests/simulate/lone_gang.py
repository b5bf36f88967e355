"""One gang alone in a small town, for tests of single acts: what it booked, as an account sees it, and its ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date

import numpy as np

from moneytrail.schema import CHANNELS
from moneytrail.simulate.calendar import Calendar
from moneytrail.simulate.gangs.gang import CASH_BOX, CLIENTS, HAWALA, PASSENGERS, Gang
from moneytrail.simulate.honest.people import settle
from moneytrail.simulate.register import Register
from moneytrail.simulate.town import Bank, found
from moneytrail.simulate.truth import Truth
from moneytrail.simulate.weather import forecast
from moneytrail.simulate.words import CATEGORIES, COUNTRIES, REFERENCES
from tests.simulate.gates import Move

SEEDS = range(24)
START = date(2025, 4, 1)

Rule = Callable[[Gang, int, str], bool]
"""Whether the definition holds: a gang, the account of an attempt, and the attempt's code."""


def lone_gang(seed: int, strength: float, repertoire: Iterable[str] = (), days: int = 260, pounds: int = 0) -> Gang:
    """A gang with so many pounds each at its organiser's, in notes and abroad."""
    calendar = Calendar(START, days)
    bank = Bank(seed, 400, calendar, Register(START), forecast(seed, calendar))
    town = found(bank)
    gang = Gang(bank, town, settle(bank, town, 400, "customers"), Truth(), 0, strength)
    gang.repertoire = frozenset(repertoire)
    for place in (gang.organiser, CASH_BOX, HAWALA):
        gang.move("test", 0, PASSENGERS, place, 100 * pounds)
    return gang


def moves_of(gang: Gang, *accounts: int) -> list[Move]:
    """Every transfer of the accounts with others, in order; what they pay each other is left out."""
    moves = []
    for time, debtor, creditor, amount, channel, words, category, place, _ in sorted(gang.truth.rows):
        incoming = creditor in accounts
        if incoming == (debtor in accounts):
            continue
        peer = debtor if incoming else creditor
        seen = Move(
            time / 1e6,
            None if peer < 0 else str(peer),
            amount,
            incoming,
            CHANNELS[channel],
            country="" if peer < 0 else COUNTRIES[int(gang.bank.register.country(np.array([peer]))[0])],
            words="" if words < 0 else REFERENCES[words],
            category="" if category < 0 else CATEGORIES[category].code,
            place=place,
        )
        moves.append(seen)
    return moves


def column(gang: Gang, name: str, account: int) -> int:
    return int(gang.bank.register.column(name)[account])


def linked(gang: Gang, account: int) -> set[int]:
    """The account and those of the bank that share its address or device."""
    found_ = {account}
    for name in ("address", "device"):
        values = gang.bank.register.column(name)
        if values[account] >= 0:
            found_ |= set(np.flatnonzero(values == values[account]).tolist())
    return found_


def members(gang: Gang, *roles: str) -> list[int]:
    return [account for (_, account), (role, _) in gang.truth.parties.items() if role in roles]


def names(codes: Iterable[int]) -> set[str]:
    return {str(code) for code in codes}


def attempts_of(gang: Gang, typology: str) -> list[tuple[str, int, str]]:
    """Code, account and strength (naive, careful, incomplete) of every attempt that booked something."""
    begun = {act[2] for act in gang.truth.acts}
    return [
        (code, account, how)
        for code, (_, kind, account, how) in gang.truth.attempts.items()
        if kind == typology and code in begun
    ]


Verdicts = list[tuple[str, bool]]


def verdicts(gangs: Iterable[Gang], typology: str, rule: Rule) -> Verdicts:
    """Strength and whether the definition holds, for every attempt at a typology."""
    return [
        (how, rule(gang, account, code)) for gang in gangs for code, account, how in attempts_of(gang, typology)
    ]  # fmt: skip


def check_naive(found_: Verdicts, least: float) -> None:
    """At least so many were done in full, and nearly all of these satisfy their definition."""
    stood = [holds for how, holds in found_ if how == "naive"]
    assert not [how for how, _ in found_ if how == "careful"]
    assert len(stood) >= least
    assert sum(stood) >= 0.95 * len(stood), f"{sum(stood)} of {len(stood)}"


def check_careful(found_: Verdicts, least: float) -> None:
    """At least so many were tried, and few of them satisfy their definition."""
    assert {how for how, _ in found_} <= {"careful"}
    assert len(found_) >= least
    hits = sum(holds for _, holds in found_)
    assert hits <= 0.15 * len(found_), f"{hits} of {len(found_)}"


def check_ledger(gang: Gang) -> None:
    """Replay the ledger: nothing below zero, nothing made or lost, all in order and inside the calendar."""
    held: Counter[int | str] = Counter()
    last = 0
    for entry in gang.truth.ledger:
        assert entry.amount > 0
        assert last <= entry.time < gang.end
        last = entry.time
        held[entry.source] -= entry.amount
        held[entry.target] += entry.amount
        assert entry.source in (PASSENGERS, CLIENTS) or held[entry.source] >= 0, entry
    assert held.total() == 0
    assert all(0 <= row[0] < gang.end and row[3] > 0 for row in gang.truth.rows)
    assert not any(str(place).startswith("aside@") and left for place, left in held.items())
