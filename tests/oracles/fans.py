"""Fans and what backs them: every window worked out anew. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracles.ordering import Row
from tests.oracles.relations import Relation


class Gate(NamedTuple):
    """As the definition has it; shares in thousandths."""

    window: int
    peers: int
    first_share: int
    one_shot_share: int
    one_shot: int
    value: int
    median_low: int
    median_high: int
    backing_share: int


class Fan(NamedTuple):
    """One window: all its transfers, the counted ones among them, and what was measured of these."""

    account: int
    window: list[int]
    counted: list[int]
    peers: int
    firsts: int
    one_shots: int
    value: int
    median: int


def at_least(part: int, whole: int, thousandths: int) -> bool:
    """Whether ``part / whole >= thousandths / 1000``, in whole numbers of any size."""
    return part * 1000 >= whole * thousandths


def backing(rows: list[Row], reach: int) -> list[int]:
    """For each transfer the two largest credits of its debtor, earlier and in ``(t - reach, t]``, summed.

    A transfer to oneself brings nothing and is no credit.
    """
    found = []
    for place, (debtor, _, time, _) in enumerate(rows):
        credits_before = [
            rows[i][3]
            for i in range(place)
            if debtor >= 0 and rows[i][1] == debtor and rows[i][0] != debtor and rows[i][2] > time - reach
        ]
        found.append(sum(sorted(credits_before)[-2:]))
    return found


def measure(rows: list[Row], relations: list[Relation], place: int, incoming: bool, gate: Gate) -> Fan:
    """The window that ends at the transfer at `place`."""
    own, other = (1, 0) if incoming else (0, 1)
    account, end = rows[place][own], rows[place][2]
    window = [i for i in range(place + 1) if rows[i][own] == account and rows[i][2] > end - gate.window]
    counted = [i for i in window if relations[i].stranger]
    by_peer: dict[int, list[int]] = {}
    for i in counted:
        by_peer.setdefault(rows[i][other], []).append(i)
    amounts = sorted(rows[i][3] for i in counted)
    return Fan(
        account=account,
        window=window,
        counted=counted,
        peers=len(by_peer),
        firsts=sum(relations[own_transfers[0]].first for own_transfers in by_peer.values()),
        one_shots=sum(relations[own_transfers[-1]].recent <= gate.one_shot for own_transfers in by_peer.values()),
        value=sum(amounts),
        median=amounts[(len(amounts) - 1) // 2],
    )


def holds(fan: Fan, gate: Gate, backed_by: list[int]) -> bool:
    """Whether the gate holds for one window."""
    return (
        fan.peers >= gate.peers
        and at_least(fan.firsts, fan.peers, gate.first_share)
        and at_least(fan.one_shots, fan.peers, gate.one_shot_share)
        and gate.median_low <= fan.median <= gate.median_high
        and fan.value >= gate.value
        and (gate.backing_share == 0 or at_least(backed_by[fan.counted[0]], fan.value, gate.backing_share))
    )


def fans(
    rows: list[Row], relations: list[Relation], backed_by: list[int], gate: Gate, *, incoming: bool
) -> list[tuple[Fan, int]]:
    """The strongest window of each account and period, with the place of the period's first firing."""
    firing: dict[tuple[int, int], list[Fan]] = {}
    for place, row in enumerate(rows):
        if relations[place].stranger:
            fan = measure(rows, relations, place, incoming, gate)
            if holds(fan, gate, backed_by):
                firing.setdefault((fan.account, row[2] // gate.window), []).append(fan)
    found = []
    for _, windows in sorted(firing.items()):
        best = max(windows, key=lambda fan: (fan.peers, fan.value, -fan.window[-1]))
        found.append((best, windows[0].window[-1]))
    return found
