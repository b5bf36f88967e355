"""Where tainted money went, by six rules, in plain Python with fractions and lists. Imports nothing of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

Lot = tuple[str, int]
"""A label (``C`` clean, ``U`` unknown, ``T`` tainted) and an amount."""

Transfer = tuple[int | None, int | None, int]
"""Debtor, creditor (``None``: cash) and amount; a list of them is in ledger order."""

ORDERED: Final = ("fifo", "lifo")
RULES: Final = (*ORDERED, "haircut", "clean_first", "tainted_first")
CASH: Final = "cash"
LENDER: Final = "lender"


@dataclass(frozen=True)
class World:
    """What is known beside the transfers.

    Attributes
    ----------
    openings : mapping
        Opening balances of the accounts whose balance is known; it may be below zero.
    outside : frozenset
        Accounts whose own ledger is not seen.
    reversals : mapping
        Of a transfer's place to the earlier place that it takes back.
    """

    openings: Mapping[int, int] = field(default_factory=dict)
    outside: frozenset[int] = frozenset()
    reversals: Mapping[int, int] = field(default_factory=dict)


def nearest(value: Fraction) -> int:
    """Halves up."""
    return int((value + Fraction(1, 2)).__floor__())


def total(lots: Sequence[Lot], label: str | None = None) -> int:
    return sum(amount for own, amount in lots if label in (None, own))


def joined(lots: Sequence[Lot]) -> list[Lot]:
    made: list[Lot] = []
    for label, amount in lots:
        if amount and made and made[-1][0] == label:
            made[-1] = (label, made[-1][1] + amount)
        elif amount:
            made.append((label, amount))
    return made


def first(lots: Sequence[Lot], amount: int) -> tuple[list[Lot], list[Lot]]:
    """The lots that come to `amount` from the front, and the rest."""
    out, rest = [], list(lots)
    while amount:
        label, value = rest.pop(0)
        out.append((label, min(value, amount)))
        if value > amount:
            rest.insert(0, (label, value - amount))
        amount -= min(value, amount)
    return out, rest


def last(lots: Sequence[Lot], amount: int) -> tuple[list[Lot], list[Lot]]:
    out, rest = first(lots[::-1], amount)
    return out[::-1], rest[::-1]


def pot(lots: Sequence[Lot]) -> tuple[int, int, int]:
    return total(lots, "C"), total(lots, "U"), total(lots, "T")


def lots_of(clean: int, unknown: int, tainted: int) -> list[Lot]:
    return joined([("U", unknown), ("T", tainted), ("C", clean)])


def taken(rule: str, lots: Sequence[Lot], amount: int) -> tuple[list[Lot], list[Lot]]:
    """What a debit takes of an account's lots, and what it leaves."""
    if rule == "fifo":
        return first(lots, amount)
    if rule == "lifo":
        return last(lots, amount)
    clean, unknown, tainted = pot(lots)
    if rule == "haircut":
        whole = clean + unknown + tainted
        t = nearest(Fraction(tainted * amount, whole)) if whole else 0
        u = nearest(Fraction((tainted + unknown) * amount, whole)) - t if whole else 0
        c = amount - t - u
    elif rule == "clean_first":
        c = min(clean, amount)
        u = min(unknown, amount - c)
        t = amount - c - u
    else:
        t = min(tainted, amount)
        u = min(unknown, amount - t)
        c = amount - t - u
    return lots_of(c, u, t), lots_of(clean - c, unknown - u, tainted - t)


@dataclass
class Trace:
    """Where the money is by one rule.

    Attributes
    ----------
    lots : dict
        What each account holds, the oldest first; of an outside account: what it was paid.
    moved : dict
        By place: what a transfer carried, as it arrived.
    touched : dict
        The accounts that tainted money reached, whatever the rule, and the place at which it first did.
    seeded, withdrawn, dropped : int
    gone : dict
        What went out as ``cash`` or to a ``lender`` (an overdraft that was repaid).
    """

    lots: dict[int, list[Lot]] = field(default_factory=dict)
    debt: dict[int, int] = field(default_factory=dict)
    touched: dict[int, int] = field(default_factory=dict)
    before: dict[int, list[Lot]] = field(default_factory=dict)
    moved: dict[int, list[Lot]] = field(default_factory=dict)
    gone: dict[str, list[Lot]] = field(default_factory=lambda: {CASH: [], LENDER: []})
    seeded: int = 0
    withdrawn: int = 0
    dropped: int = 0

    def tainted(self, account: int) -> int:
        return total(self.lots.get(account, []), "T")


def trace(
    transfers: Sequence[Transfer], seeds: set[int], rule: str, world: World | None = None, floor: int = 0
) -> Trace:
    """Go through the ledger; every account's lots are kept, touched or not."""
    known = world or World()
    now = Trace()
    for account, opening in known.openings.items():
        now.lots[account] = [("U", opening)] if opening > 0 else []
        now.debt[account] = max(0, -opening)
    for place, (debtor, creditor, amount) in enumerate(transfers):
        if amount == 0 or debtor == creditor:
            continue
        if place in known.reversals:
            _reverse(now, known, rule, (place, debtor, creditor, amount))
        else:
            _transfer(now, known, rule, (place, debtor, creditor, amount), place in seeds, floor)
    return now


Move = tuple[int, int | None, int | None, int]


def _spend(now: Trace, known: World, rule: str, debtor: int | None, amount: int) -> list[Lot]:
    """What leaves the debtor's account."""
    if debtor is None or debtor in known.outside:
        return [("C", amount)]
    lots = now.lots.get(debtor, [])
    there = min(amount, total(lots))
    out, now.lots[debtor] = taken(rule, lots, there)
    if debtor in known.openings:
        now.debt[debtor] = now.debt.get(debtor, 0) + amount - there
    if debtor not in now.touched:
        return [("C", amount)]
    return joined([*out, ("U", amount - there)])


def _receive(
    now: Trace, known: World, rule: str, creditor: int | None, lots: list[Lot], *, in_front: bool = False
) -> None:
    if creditor is None:
        now.gone[CASH] = joined([*now.gone[CASH], *lots])
        return
    held = now.lots.get(creditor, [])
    if creditor in known.outside:
        now.lots[creditor] = lots_of(*(a + b for a, b in zip(pot(held), pot(lots), strict=True)))
        return
    owed = now.debt.get(creditor, 0)
    now.lots[creditor] = joined([*lots, *held] if in_front and not owed else [*held, *lots])
    repaid = min(owed, total(lots))
    if repaid:
        out, now.lots[creditor] = taken(rule, now.lots[creditor], repaid)
        now.debt[creditor] -= repaid
        if creditor in now.touched:
            now.gone[LENDER] = joined([*now.gone[LENDER], *out])
    if creditor not in now.touched and total(lots, "C") != total(lots):
        raise AssertionError("an untouched account was paid money that is not clean")


def _transfer(now: Trace, known: World, rule: str, move: Move, seed: bool, floor: int) -> None:
    place, debtor, creditor, amount = move
    reached = seed or debtor in now.touched
    if reached and creditor is not None and creditor not in known.outside:
        now.touched.setdefault(creditor, place)
    lots = _spend(now, known, rule, debtor, amount)
    now.before[place] = lots
    dirty = total(lots, "T")
    if seed:
        now.seeded += amount - dirty
        lots = [("T", amount)]
    elif dirty < floor:
        now.dropped += dirty
        lots = joined([("C" if label == "T" else label, value) for label, value in lots])
    now.moved[place] = lots
    _receive(now, known, rule, creditor, lots)


def _reverse(now: Trace, known: World, rule: str, move: Move) -> None:
    place, debtor, creditor, amount = move
    assert debtor is not None
    assert creditor is not None
    original = known.reversals[place]
    before, after = now.before[original], now.moved[original]
    if debtor in now.touched and creditor not in known.outside:
        now.touched.setdefault(creditor, place)
    out, unseen = _looked_for(now, known, debtor, amount, after)
    back: list[Lot]
    if pot(out) == pot(after) and not unseen:
        back = before
        now.withdrawn += max(0, total(after, "T") - total(before, "T"))
        now.dropped -= max(0, total(before, "T") - total(after, "T"))
    else:
        clean, unknown, tainted = pot([*out, ("U", unseen)])
        kept = min(tainted, total(before, "T")) if total(after, "T") > total(before, "T") else tainted
        now.withdrawn += tainted - kept
        back = lots_of(clean + tainted - kept, unknown, kept)
    now.moved[place] = back
    _receive(now, known, rule, creditor, back, in_front=rule == "fifo" and creditor in now.touched)


def _looked_for(now: Trace, known: World, debtor: int, amount: int, after: list[Lot]) -> tuple[list[Lot], int]:
    """The reversed transfer's money, the newest first of each label; else clean, unknown, tainted; and money unseen."""
    lots = now.lots.get(debtor, [])
    if debtor in known.outside:
        now.lots[debtor] = lots_of(*(a - b for a, b in zip(pot(lots), pot(after), strict=True)))
        return after, 0
    there = min(amount, total(lots))
    left, wanted = there, {}
    for label in "TUC":
        most = total(lots, label) if label == "C" else min(total(after, label), total(lots, label))
        wanted[label] = min(most, left)
        left -= wanted[label]
    for label in "UT":
        more = min(left, total(lots, label) - wanted[label])
        wanted[label] += more
        left -= more
    rest = dict(wanted)
    kept: list[Lot] = []
    for label, value in reversed(lots):
        less = min(rest[label], value)
        rest[label] -= less
        kept.append((label, value - less))
    now.lots[debtor] = joined(kept[::-1])
    if debtor in known.openings:
        now.debt[debtor] = now.debt.get(debtor, 0) + amount - there
    if debtor not in now.touched:
        return [("C", amount)], 0
    return lots_of(wanted["C"], wanted["U"], wanted["T"]), amount - there
