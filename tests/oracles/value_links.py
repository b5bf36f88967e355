"""Value links and payments in advance, every pair looked at. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple

HOUR = 3_600_000_000
DAY = 24 * HOUR


class Paid(NamedTuple):
    """A transfer; `debtor` and `creditor` are ``None`` for cash, `traced` is its tainted money by each rule."""

    debtor: str | None
    creditor: str | None
    time: int
    amount: int
    traced: tuple[int, ...]
    undone: bool = False
    loan: bool = False


class World(NamedTuple):
    """Transfers in ledger order, what each account is known by (owner first), and which accounts are not seen."""

    rows: list[Paid]
    known_by: dict[str, tuple[str | None, ...]]
    outside: set[str]
    opening: dict[str, int]


class Link(NamedTuple):
    out: int
    back: int
    shared: int
    rivals: int
    left_out: int
    confidence: float


class Advance(NamedTuple):
    debit: int
    credit: int
    claim: int
    alone: int
    rivals: int
    left_out: int
    fund: str


def shared(world: World, one: str | None, other: str | None) -> int | None:
    """0: one account; else from 1 the first attribute that both have; ``None``: nothing."""
    if one is None or other is None:
        return None
    if one == other:
        return 0
    for number, (mine, theirs) in enumerate(zip(world.known_by[one], world.known_by[other], strict=True)):
        if mine is not None and mine == theirs:
            return number + 1
    return None


def value_links(world: World, least: int, most: int, bands: int) -> list[Link]:
    """The `most` closest links of each transfer that took `least` tainted money or more over a break."""
    rows = world.rows

    def away(account: str | None) -> bool:
        return account is None or account in world.outside

    def slack(out: int) -> int:
        return rows[out].amount * 30 // 1000

    pairs = [
        (out, back)
        for out, left in enumerate(rows)
        for back, came in enumerate(rows)
        if out < back
        and max(left.traced) >= least
        and not (left.undone or came.undone or away(left.debtor) or away(came.creditor))
        and away(left.creditor)
        and away(came.debtor)
        and came.time - left.time <= 72 * HOUR
        and abs(came.amount - left.amount) * 1000 <= 30 * left.amount
        and shared(world, left.debtor, came.creditor) is not None
    ]

    def close(pair: tuple[int, int]) -> float:
        out, back = pair
        off = abs(rows[back].amount - rows[out].amount) * 1000 / (rows[out].amount * 30)
        return (1 - off / 2) * (1 - (rows[back].time - rows[out].time) / (72 * HOUR) / 2)

    found = []
    for out in sorted({pair[0] for pair in pairs}):
        own = [pair for pair in pairs if pair[0] == out]
        pool = set()
        for band in range(bands + 1):
            off = slack(out) * band // bands
            pool |= set([pair for pair in own if abs(rows[pair[1]].amount - rows[out].amount) <= off][:most])
        offered = sorted(sorted(pool), key=lambda pair: -close(pair))[:most]
        for pair in sorted(offered):
            rivals = sum((one[0] == out) != (one[1] == pair[1]) for one in pairs)
            kind = shared(world, rows[out].debtor, rows[pair[1]].creditor)
            assert kind is not None
            found.append(Link(out, pair[1], kind, rivals, len(own) - len(offered), 0.5 * close(pair) / (1 + rivals)))
        # What the search promises of what it leaves out.
        left = [close(pair) for pair in own if pair not in offered]
        assert not left or max(left) <= 1.26 * min(close(pair) for pair in offered)
    return found


def one_holder(world: World, one: str | None, other: str | None) -> bool:
    return one is not None and (one == other or shared(world, one, other) == 1)


def fund(world: World, debit: int) -> str | None:
    """Out of what a debit was paid."""
    rows, account = world.rows, world.rows[debit].debtor
    assert account is not None
    if account in world.opening:
        balance = world.opening[account]
        for row in rows[: debit + 1]:
            balance += row.amount * ((row.creditor == account) - (row.debtor == account))
        if balance < 0:
            return "overdraft"
    for row in reversed(rows[:debit]):
        soon = rows[debit].time - row.time <= 5 * DAY
        if row.creditor == account != row.debtor and soon and 10 * row.amount >= 9 * rows[debit].amount:
            if row.loan:
                return "loan"
            if one_holder(world, row.debtor, account):
                return "own account"
    return None


def repayments(world: World, least: int) -> list[tuple[int, int]]:
    """Credits and the debits that each may have repaid, the latest first."""
    rows = world.rows
    return [
        (credit, debit)
        for credit, came in enumerate(rows)
        for debit, paid in reversed([*enumerate(rows[:credit])])
        if max(came.traced) >= least
        and not (came.undone or paid.undone)
        and came.creditor is not None
        and came.creditor not in world.outside
        and came.time - paid.time <= 5 * DAY
        and abs(max(came.traced) - paid.amount) * 10 <= paid.amount
        and paid.amount > min(paid.traced)
        and one_holder(world, paid.debtor, came.creditor)
        and paid.creditor not in (came.creditor, paid.debtor)
        and fund(world, debit)
    ]


def advances(world: World, least: int, most: int) -> list[Advance]:
    """The `most` latest debits that each credit of `least` tainted money or more may have repaid."""
    rows, pairs = world.rows, repayments(world, least)
    left = {debit: rows[debit].amount - min(rows[debit].traced) for _, debit in pairs}
    brought = {credit: max(rows[credit].traced) for credit, _ in pairs}
    found = []
    for credit in sorted(brought):
        own = [pair for pair in pairs if pair[0] == credit]
        for _, debit in own[:most]:
            both = zip(rows[debit].traced, rows[credit].traced, strict=True)
            alone = max(min(rows[debit].amount - before, after) for before, after in both)
            claim = min(alone, left[debit], brought[credit])
            left[debit] -= claim
            brought[credit] -= claim
            rivals = sum((one[0] == credit) != (one[1] == debit) for one in pairs)
            funded = str(fund(world, debit))
            found.append(Advance(debit, credit, claim, alone, rivals, max(len(own) - most, 0), funded))
    return found
