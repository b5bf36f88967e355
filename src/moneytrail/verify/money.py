"""Tainted money followed once more, by each rule, from an account's transfers alone: plain Python, whole numbers.

What a rule of tracing *is* stands here a second time, apart from the kernels. It is meant to be read aloud: an account
is a row of slices (label and amount, the oldest first) where the rule keeps order, and three sums where it does not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

CLEAN, UNKNOWN, TAINTED = 0, 1, 2
IN_ORDER: Final = ("fifo", "lifo", "haircut", "clean_first", "tainted_first")
KEEPING_ORDER: Final = ("fifo", "lifo")

Slice = tuple[int, int]
"""Label and amount."""


class Transfer(NamedTuple):
    """A transfer; `debtor` or `creditor` is ``None`` where that side is cash. `amount` in minor units."""

    transaction_id: str
    booked_at: str
    debtor: str | None
    creditor: str | None
    amount: int


@dataclass(frozen=True, slots=True)
class Statements:
    """The accounts that tainted money reached, with all their transfers, in ledger order.

    Attributes
    ----------
    transfers : sequence of Transfer
    openings : mapping
        Opening balances, where they are known.
    outside : frozenset
        Accounts at other banks.
    seeds : frozenset
        Transaction ids.
    reversals : mapping
        Of a transfer's id to the id of the earlier one that it takes back.
    floor : int
    """

    transfers: Sequence[Transfer]
    openings: Mapping[str, int]
    outside: frozenset[str]
    seeds: frozenset[str]
    reversals: Mapping[str, str]
    floor: int


class Holding:
    """What an account holds: its slices, the oldest first, where the rule keeps order; and a sum for each label."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        self.sums = [0, 0, 0]
        self.slices: deque[Slice] = deque()

    def whole(self) -> int:
        """All of it."""
        return sum(self.sums)

    def put(self, slices: Sequence[Slice], *, first: bool = False) -> None:
        """Put slices behind what is there, or before it."""
        for label, amount in reversed(slices) if first else slices:
            self.sums[label] += amount
            if self.rule not in KEEPING_ORDER or not amount:
                continue
            end = 0 if first else -1
            if self.slices and self.slices[end][0] == label:
                self.slices[end] = label, self.slices[end][1] + amount
            elif first:
                self.slices.appendleft((label, amount))
            else:
                self.slices.append((label, amount))

    def take(self, amount: int) -> list[Slice]:
        """Take out `amount`, at most all there is, by the rule; returns what was taken."""
        clean, unknown, tainted = self.sums
        if self.rule == "fifo":
            out = self._from_end(amount, oldest=True)
        elif self.rule == "lifo":
            out = self._from_end(amount, oldest=False)[::-1]
        elif self.rule == "haircut":
            first = nearest(tainted, amount, self.whole())
            out = _parts(amount, nearest(tainted + unknown, amount, self.whole()) - first, first)
        elif self.rule == "clean_first":
            beyond = max(0, amount - clean)
            out = _parts(amount, min(beyond, unknown), beyond - min(beyond, unknown))
        else:
            first = min(amount, tainted)
            out = _parts(amount, min(amount - first, unknown), first)
        for label, value in out:
            self.sums[label] -= value
        return out

    def without(self, wanted: Mapping[int, int]) -> None:
        """Take so much of each label out, the newest first."""
        left, rest = dict(wanted), []
        for label, value in reversed(self.slices):
            less = min(left[label], value)
            left[label] -= less
            rest.append((label, value - less))
        self.slices = deque(_joined(rest[::-1]))
        for label, value in wanted.items():
            self.sums[label] -= value

    def _from_end(self, amount: int, *, oldest: bool) -> list[Slice]:
        out = []
        while amount:
            label, value = self.slices.popleft() if oldest else self.slices.pop()
            out.append((label, min(value, amount)))
            if value > amount and oldest:
                self.slices.appendleft((label, value - amount))
            elif value > amount:
                self.slices.append((label, value - amount))
            amount -= min(value, amount)
        return out


def _parts(amount: int, unknown: int, tainted: int) -> list[Slice]:
    return _joined([(UNKNOWN, unknown), (TAINTED, tainted), (CLEAN, amount - unknown - tainted)])


@dataclass(slots=True)
class Replay:
    """Where the money is by one rule.

    Attributes
    ----------
    rule : str
    held : dict
        By account, what it holds; of an account at another bank what it was paid.
    debt : dict
        By account, by how much it is overdrawn.
    touched : dict
        By account, the id of the transfer with which tainted money first came.
    carried : dict
        By transaction id, tainted and unknown money in the transfer as it arrived.
    repaid : dict
        By transaction id, tainted money in it that repaid an overdraft.
    seeded, withdrawn, dropped, cash, overdrafts : int
        Tainted money, as the totals of a trace name it.
    """

    rule: str
    held: dict[str, Holding] = field(default_factory=dict)
    debt: dict[str, int] = field(default_factory=dict)
    touched: dict[str, str] = field(default_factory=dict)
    carried: dict[str, tuple[int, int]] = field(default_factory=dict)
    repaid: dict[str, int] = field(default_factory=dict)
    seeded: int = 0
    withdrawn: int = 0
    dropped: int = 0
    cash: int = 0
    overdrafts: int = 0

    def of(self, account: str) -> tuple[int, int]:
        """Tainted and unknown money of an account."""
        sums = self.holding(account).sums
        return sums[TAINTED], sums[UNKNOWN]

    def holding(self, account: str) -> Holding:
        """What an account holds."""
        return self.held.setdefault(account, Holding(self.rule))


def amount_of(slices: Iterable[Slice], label: int | None = None) -> int:
    """The money in some slices, or that of one label."""
    return sum(amount for own, amount in slices if label is None or own == label)


def nearest(part: int, taken: int, whole: int) -> int:
    """``part * taken / whole`` to the nearest whole number, halves up; 0 of nothing."""
    return (2 * part * taken + whole) // (2 * whole) if whole else 0


def replay(statements: Statements, rule: str) -> Replay:
    """Follow the seeds' money through `statements` by a rule of :data:`IN_ORDER`."""
    now = Replay(rule)
    for account, opening in statements.openings.items():
        now.holding(account).put([(UNKNOWN, max(0, opening))])
        now.debt[account] = max(0, -opening)
    # What a transfer held before and after it became a seed, or fell below the floor, for those taken back later.
    kept: dict[str, tuple[list[Slice], list[Slice]]] = {}
    taken_back = frozenset(statements.reversals.values())
    for transfer in statements.transfers:
        if transfer.amount == 0 or transfer.debtor == transfer.creditor:
            continue
        earlier = statements.reversals.get(transfer.transaction_id)
        if earlier is None:
            before, after = _transfer(now, statements, transfer)
            if transfer.transaction_id in taken_back:
                kept[transfer.transaction_id] = before, after
        else:
            _take_back(now, statements, transfer, kept.pop(earlier))
    return now


def _transfer(now: Replay, known: Statements, transfer: Transfer) -> tuple[list[Slice], list[Slice]]:
    """One transfer: what was taken from the debtor, and what reached the creditor."""
    name, _, debtor, creditor, amount = transfer
    seed = name in known.seeds
    if creditor is not None and creditor not in known.outside and (seed or debtor in now.touched):
        now.touched.setdefault(creditor, name)
    before = _paid(now, known, debtor, amount)
    after, dirty = before, amount_of(before, TAINTED)
    if seed:
        now.seeded += amount - dirty
        after = [(TAINTED, amount)]
    elif 0 < dirty < known.floor:
        now.dropped += dirty
        after = _joined((CLEAN if label == TAINTED else label, value) for label, value in before)
    _credit(now, known, transfer, after)
    return before, after


def _paid(now: Replay, known: Statements, debtor: str | None, amount: int) -> list[Slice]:
    """What leaves the debtor: clean money, unless tainted money had reached the account by then."""
    if debtor is None or debtor in known.outside:
        return [(CLEAN, amount)]
    held = now.holding(debtor)
    there = min(amount, held.whole())
    out = held.take(there)
    if debtor in known.openings:
        now.debt[debtor] = now.debt.get(debtor, 0) + amount - there
    if debtor not in now.touched:
        return [(CLEAN, amount)]
    return _joined([*out, (UNKNOWN, amount - there)])


def _credit(now: Replay, known: Statements, transfer: Transfer, slices: list[Slice], *, first: bool = False) -> None:
    """What reaches the creditor; an overdraft is repaid out of it at once."""
    name, _, _, creditor, _ = transfer
    now.carried[name] = amount_of(slices, TAINTED), amount_of(slices, UNKNOWN)
    if creditor is None:
        now.cash += now.carried[name][0]
        return
    held = now.holding(creditor)
    owed = min(now.debt.get(creditor, 0), amount_of(slices))
    held.put(slices, first=first and not owed)
    if owed and creditor not in known.outside:
        lender = amount_of(held.take(owed), TAINTED)
        now.debt[creditor] -= owed
        if creditor in now.touched and lender:
            now.repaid[name] = lender
            now.overdrafts += lender


def _take_back(now: Replay, known: Statements, transfer: Transfer, kept: tuple[list[Slice], list[Slice]]) -> None:
    """A transfer that takes an earlier one back: its money is looked for by label, the newest first.

    What of it is spent is made good out of clean, then unknown, then tainted money, and beyond that it is unknown.
    When all is there the payer has back what it had, and taint that a seed made is withdrawn.
    """
    name, _, debtor, creditor, amount = transfer
    before, after = kept
    assert debtor is not None, "a reversal runs between two accounts"
    assert creditor is not None, "a reversal runs between two accounts"
    if debtor in now.touched and creditor not in known.outside:
        now.touched.setdefault(creditor, name)
    out, unseen = _looked_for(now, known, debtor, amount, after)
    wished, had = amount_of(after, TAINTED), amount_of(before, TAINTED)
    if all(amount_of(out, label) == amount_of(after, label) for label in (CLEAN, UNKNOWN, TAINTED)) and not unseen:
        back = before
        now.withdrawn += max(0, wished - had)
        now.dropped -= max(0, had - wished)
    else:
        tainted = amount_of(out, TAINTED)
        stays = min(tainted, had) if wished > had else tainted
        now.withdrawn += tainted - stays
        clean = amount_of(out, CLEAN) + tainted - stays
        back = _joined([(UNKNOWN, amount_of(out, UNKNOWN) + unseen), (TAINTED, stays), (CLEAN, clean)])
    _credit(now, known, transfer, back, first=now.rule == "fifo" and creditor in now.touched)


def _looked_for(
    now: Replay, known: Statements, debtor: str, amount: int, after: list[Slice]
) -> tuple[list[Slice], int]:
    """What of a reversed transfer's money the account still has or makes good, and what nobody saw."""
    held = now.holding(debtor)
    wished = {label: amount_of(after, label) for label in (CLEAN, UNKNOWN, TAINTED)}
    if debtor in known.outside:
        held.without(wished)
        return after, 0
    there = min(amount, held.whole())
    left, wanted = there, dict.fromkeys(wished, 0)
    for label in (TAINTED, UNKNOWN, CLEAN):
        most = held.sums[label] if label == CLEAN else min(held.sums[label], wished[label])
        wanted[label] = min(left, most)
        left -= wanted[label]
    for label in (UNKNOWN, TAINTED):
        more = min(left, held.sums[label] - wanted[label])
        wanted[label] += more
        left -= more
    held.without(wanted)
    if debtor in known.openings:
        now.debt[debtor] = now.debt.get(debtor, 0) + amount - there
    if debtor not in now.touched:
        return [(CLEAN, amount)], 0
    return _parts(there, wanted[UNKNOWN], wanted[TAINTED]), amount - there


# Slices


def _joined(slices: Iterable[Slice]) -> list[Slice]:
    """Neighbours of one label as one, without empty ones."""
    made: list[Slice] = []
    for label, amount in slices:
        if amount and made and made[-1][0] == label:
            made[-1] = label, made[-1][1] + amount
        elif amount:
            made.append((label, amount))
    return made
