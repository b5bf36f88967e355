"""S04 by its definition. Imports nothing of ours."""

from __future__ import annotations

from tests.oracles import escrow
from tests.oracles.book import DAY, PULLED, Book, Instance, Values, World, book, thousandths
from tests.oracles.escrow import Gate, Release

Firing = tuple[int, list[Release], int]
"""The debit at which it fires, the releases that count, and all that was sent out in the window."""


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    gate = s04_gate(values)
    found = []
    for account in range(len(seen.names)):
        credits = [
            i
            for i, row in enumerate(seen.rows)
            if row[1] == account and seen.relations[i].stranger and row[3] >= values["held"]
        ]
        debits = [i for i, row in enumerate(seen.rows) if row[0] == account and is_debit(seen, world, i)]
        for period in sorted({seen.rows[i][2] // gate.window for i in debits}):
            firing = firings(seen, credits, debits, period, gate)
            if firing:
                best = max(firing, key=lambda one: (len(one[1]), sum(pair.amount for pair in one[1]), -one[0]))
                found.append(stated(seen, account, best, firing[0][0]))
    return found


def is_debit(seen: Book, world: World, place: int) -> bool:
    """Pushed to an account of another party."""
    debtor, creditor, _, _ = seen.rows[place]
    if creditor < 0 or debtor == creditor or seen.transfers[place]["channel"] in PULLED:
        return False
    mine, theirs = (world.links.get(seen.names[account], {}).get("party") for account in (debtor, creditor))
    return mine is None or mine != theirs


def firings(seen: Book, credits: list[int], debits: list[int], period: int, gate: Gate) -> list[Firing]:
    """Every moment of one period at which the gate holds, on a matching of its own."""
    start, end = period * gate.window, (period + 1) * gate.window
    held = [i for i in credits if start - gate.window - gate.latest < seen.rows[i][2] < end]
    paid = [i for i in debits if start - gate.window < seen.rows[i][2] < end]
    partner = escrow.matched([seen.rows[i][2:] for i in held], [seen.rows[i][2:] for i in paid], gate)
    releases = [
        Release(held[match], debit, seen.rows[held[match]][0], seen.rows[debit][1], seen.rows[debit][3])
        for match, debit in zip(partner, paid, strict=True)
        if match >= 0
    ]
    found = []
    for one in releases:
        now = seen.rows[one.debit][2]
        inside = [r for r in releases if r.debit <= one.debit and seen.rows[r.debit][2] > now - gate.window]
        spent = sum(seen.rows[i][3] for i in paid if i <= one.debit and seen.rows[i][2] > now - gate.window)
        best = escrow.counted(inside, gate)
        enough = len(best) >= gate.pairs and sum(r.amount for r in best) * 1000 >= spent * gate.spent
        if now >= start and enough and one in best:
            found.append((one.debit, best, spent))
    return found


def stated(seen: Book, account: int, firing: Firing, first: int) -> Instance:
    _, releases, spent = firing
    receivers = {one.receiver for one in releases}
    days = [(seen.rows[one.debit][2] - seen.rows[one.credit][2]) / DAY for one in releases]
    gates: dict[str, float] = {
        "pairs": len(releases),
        "receivers": len(receivers),
        "payers": min(len({one.payer for one in releases if one.receiver == each}) for each in receivers),
        "soonest_days": min(days),
        "latest_days": max(days),
        "release_share": min(one.amount / seen.rows[one.credit][3] for one in releases),
        "spent_share": sum(one.amount for one in releases) / spent,
    }
    proof = [place for one in releases for place in (one.credit, one.debit)]
    return seen.instance(account, proof, first, gates)


def s04_gate(values: Values) -> Gate:
    return Gate(
        window=int(values["window_days"] * DAY),
        soonest=int(values["soonest_days"] * DAY),
        latest=int(values["latest_days"] * DAY),
        share=thousandths(values["release_share"]),
        pairs=int(values["pairs"]),
        receivers=int(values["receivers"]),
        payers=int(values["payers"]),
        spent=thousandths(values["spent_share"]),
    )
