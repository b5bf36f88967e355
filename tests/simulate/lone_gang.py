"""One gang alone in a small town, for tests of single acts: what it booked, seen from an account, and its ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import numpy as np

from moneytrail.simulate.calendar import DAY, Calendar
from moneytrail.simulate.gangs.gang import Gang
from moneytrail.simulate.honest.people import settle
from moneytrail.simulate.journal import CASH, WIRE
from moneytrail.simulate.register import Register
from moneytrail.simulate.town import Bank, found
from moneytrail.simulate.truth import Truth
from moneytrail.simulate.weather import forecast
from moneytrail.simulate.words import CATEGORIES, COUNTRIES, REFERENCES
from tests.simulate.gates_brokering import Seen

DAYS = 240
OUTSIDE = "passengers"
CHANNEL = {CASH: "cash", WIRE: "wire"}


def lone_gang(seed: int, strength: float, repertoire: Iterable[str] = (), days: int = DAYS) -> Gang:
    start = date(2025, 4, 1)
    calendar = Calendar(start, days)
    bank = Bank(seed, 600, calendar, Register(start), forecast(seed, calendar))
    town = found(bank)
    gang = Gang(bank, town, settle(bank, town, 600, "customers"), Truth(), 0, strength)
    gang.repertoire = frozenset(repertoire)
    return gang


def rich_gang(seed: int, strength: float, repertoire: Iterable[str] = (), days: int = DAYS) -> Gang:
    """A gang with 60,000 pounds each at its organiser's, in notes and abroad."""
    gang = lone_gang(seed, strength, repertoire, days)
    for place in (gang.organiser, "cash", "hawala"):
        gang.move("test", 0, OUTSIDE, place, 6_000_000)
    return gang


def moves_of(gang: Gang, accounts: set[int]) -> list[Seen]:
    """Every transfer of the accounts with others, in order; what they pay each other is left out."""
    moves = []
    for time, debtor, creditor, amount, channel, words, category, place, _ in sorted(gang.truth.rows):
        incoming = creditor in accounts
        if incoming == (debtor in accounts):
            continue
        peer = debtor if incoming else creditor
        country = "" if peer < 0 else COUNTRIES[int(gang.bank.register.country(np.array([peer]))[0])]
        moves.append(
            Seen(
                time / 1e6,
                None if peer < 0 else str(peer),
                amount,
                incoming,
                CHANNEL.get(channel, "other"),
                country=country,
                words="" if words < 0 else REFERENCES[words],
                category="" if category < 0 else CATEGORIES[category].code,
                place=place,
            )
        )
    return moves


def linked(gang: Gang, account: int) -> set[int]:
    """The account and those of the bank that share its address or device."""
    register = gang.bank.register
    found_ = {account}
    if account < register.size:
        for name in ("address", "device"):
            column = register.column(name)
            if column[account] >= 0:
                found_ |= set(np.flatnonzero(column == column[account]).tolist())
    return found_


def attempts_of(gang: Gang, typology: str) -> list[tuple[int, str]]:
    """Account and strength (naive, careful, incomplete) of every attempt at a typology that booked something."""
    begun = {act[2] for act in gang.truth.acts}
    return [
        (account, strength)
        for code, (_, kind, account, strength) in gang.truth.attempts.items()
        if kind == typology and code in begun
    ]


def check_ledger(gang: Gang) -> None:
    """Replay the ledger: nothing below zero, all sums to nothing; transfers in the calendar, in order of the acts."""
    held: dict[int | str, int] = defaultdict(int)
    last = 0
    for entry in gang.truth.ledger:
        assert entry.amount > 0
        assert last <= entry.time < gang.end
        last = entry.time
        held[entry.source] -= entry.amount
        held[entry.target] += entry.amount
        assert entry.source in (OUTSIDE, "clients") or held[entry.source] >= 0, entry
    assert sum(held.values()) == 0
    assert all(0 <= row[0] < DAY * gang.bank.calendar.days and row[3] > 0 for row in gang.truth.rows)
