"""Payment in stages: sets of payees, and every payer's steps looked at anew. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple


class Step(NamedTuple):
    """One step into a set: when it is seen, by whom, how much, to whom, and whether a ladder may begin with it."""

    time: int
    payer: int
    amount: int
    payee: int
    new: bool


class Gate(NamedTuple):
    """When one payer's steps are a ladder; spans in microseconds."""

    window: int
    fewest: int
    most: int
    span: int
    low: int
    high: int
    payees: int


def groups(links: list[tuple[int, ...]], most: int) -> list[int]:
    """The lowest account of each account's group; attributes are numbers, -1 where unknown."""
    number = len(links)
    joined: list[set[int]] = [{account} for account in range(number)]
    for kind in range(len(links[0]) if links else 0):
        for value in {own[kind] for own in links} - {-1}:
            sharing = {account for account in range(number) if links[account][kind] == value}
            if len(sharing) <= most:
                together = set().union(*(joined[account] for account in sharing))
                for account in together:
                    joined[account] = together
    return [min(own) for own in joined]


def is_ladder(steps: list[Step], gate: Gate) -> bool:
    """Whether one payer's steps in one window, in order, make a ladder."""
    return (
        gate.fewest <= len(steps) <= gate.most
        and steps[0].new
        and steps[-1].time - steps[0].time >= gate.span
        and gate.low <= sum(step.amount for step in steps) <= gate.high
        and len({step.payee for step in steps}) >= gate.payees
    )


def held(steps: list[Step], place: int, gate: Gate) -> dict[int, list[int]]:
    """By payer, the places of the steps of each ladder into one set that holds at the step at `place`."""
    by_payer: dict[int, list[int]] = {}
    for i in range(place + 1):
        if steps[i].time > steps[place].time - gate.window:
            by_payer.setdefault(steps[i].payer, []).append(i)
    return {payer: own for payer, own in by_payer.items() if is_ladder([steps[i] for i in own], gate)}
