"""Money held and released: every credit looks for its debit. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple

Move = tuple[int, int]
"""Time and amount of one transfer of an account."""


class Gate(NamedTuple):
    """As the definition has it; times in microseconds, shares in thousandths."""

    window: int
    soonest: int
    latest: int
    share: int
    pairs: int
    receivers: int
    payers: int
    spent: int


class Release(NamedTuple):
    """A matched debit: places of credit and debit, payer and receiver, and what was released."""

    credit: int
    debit: int
    payer: int
    receiver: int
    amount: int


def fits(credit: Move, debit: Move, gate: Gate) -> bool:
    wait = debit[0] - credit[0]
    in_time = gate.soonest <= wait <= gate.latest
    return in_time and 0 < debit[1] <= credit[1] and debit[1] * 1000 >= credit[1] * gate.share


def matched(credits: list[Move], debits: list[Move], gate: Gate) -> list[int]:
    """For each debit the credit that it pays out, -1 for none: each credit in turn takes the earliest free debit."""
    partner = [-1] * len(debits)
    for place, credit in enumerate(credits):
        free = (i for i, debit in enumerate(debits) if partner[i] < 0 and fits(credit, debit, gate))
        taken = next(free, None)
        if taken is not None:
            partner[taken] = place
    return partner


def counted(releases: list[Release], gate: Gate) -> list[Release]:
    """Those to the few receivers with most releases among those who get several payers' money."""
    by_receiver: dict[int, list[Release]] = {}
    for one in releases:
        by_receiver.setdefault(one.receiver, []).append(one)
    several = [own for own in by_receiver.values() if len({one.payer for one in own}) >= gate.payers]
    best = sorted(several, key=lambda own: (-len(own), own[0].debit))[: gate.receivers]
    return sorted((one for own in best for one in own), key=lambda one: one.debit)
