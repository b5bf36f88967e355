"""Which labelled attempts have the structure that they are named for, counted in plain Python.

Many have not: their transfers are one or two, or some were never made. What is counted here owes nothing to the code
that finds motifs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import islice, pairwise
from types import MappingProxyType
from typing import Final

from benchmarks.labelled import Hop

LEAST: Final = 3
"""Counterparties of a fan, on each side of a gather-scatter, in between of a scatter-gather; hops of a line."""

Sides = Mapping[str, set[str]]


def has_shape(family: str, hops: Sequence[Hop]) -> bool:
    """Whether an attempt has the structure it is named for, as loosely as its name can be read.

    - *fan-in*, *fan-out*: one account is paid by, or pays, at least three.
    - *gather-scatter*: one account is paid by at least three and pays at least three, in any order. An account that
      pays itself is a counterparty of its own.
    - *scatter-gather*: at least three accounts are both paid and pay.
    - *cycle*: at least three transfers, each by the account that the one before paid, in ledger order; the last pays
      the account that made the first.
    - *ring*: :func:`closes_in_any_order`.
    - *random*: as a *cycle*, wherever it ends.
    - *stack*: two transfers follow one another (:func:`two_hop_chains`).

    Parameters
    ----------
    family : str
    hops : sequence of Hop
        In ledger order.

    Raises
    ------
    KeyError
        When nothing is counted of the family.
    """
    return _SHAPES[family](hops)


def is_strict(family: str, hops: Sequence[Hop]) -> bool:
    """Whether it has it between different accounts: what a transfer to oneself adds does not count.

    Besides, the accounts in between of a *scatter-gather* were paid by one source and paid one other account, and a
    *cycle* meets no account twice.
    """
    apart = [hop for hop in hops if hop.debtor != hop.creditor]
    if not has_shape(family, apart):
        return False
    if family == "scatter-gather":
        return _has_source_and_sink(apart)
    return family != "cycle" or len({hop.debtor for hop in apart}) == len(apart)


def closes_in_any_order(hops: Sequence[Hop]) -> bool:
    """Whether at least three transfers make one ring, each account paying and paid once, whatever their times."""
    follows = {hop.debtor: hop.creditor for hop in hops}
    if len(hops) < LEAST or len(follows) < len(hops):
        return False
    at: str | None = hops[0].debtor
    for _ in range(len(hops) - 1):
        at = follows.get(at)
        if at is None or at == hops[0].debtor:
            return False
    return follows.get(at) == hops[0].debtor


def lengths(family: str, hops: Sequence[Hop]) -> tuple[int, ...]:
    """How long it takes, in microseconds: of a gather-scatter the gathering, and the scattering from its end.

    The hub of a gather-scatter is the account whose smaller side has most counterparties, of equals the first paid.
    """
    if family != "gather-scatter" or not has_shape(family, hops):
        return (hops[-1].time - hops[0].time,) if hops else (0,)
    payers, payees = _sides(hops)
    hub = max(payers, key=lambda account: min(len(payers[account]), len(payees.get(account, ()))))
    paid = [hop.time for hop in hops if hop.creditor == hub != hop.debtor]
    left = [hop.time for hop in hops if hop.debtor == hub != hop.creditor]
    return paid[-1] - paid[0], max(0, left[-1] - paid[-1])


def two_hop_chains(hops: Sequence[Hop]) -> list[tuple[Hop, Hop]]:
    """The chains of a *stack*: each transfer with the first one later that its payee makes, to another account."""
    made = []
    for place, first in enumerate(hops):
        if first.creditor is None or first.debtor == first.creditor:
            continue
        onward = (hop for hop in hops[place + 1 :] if hop.debtor == first.creditor != hop.creditor)
        made += [(first, second) for second in islice(onward, 1)]
    return made


def _sides(hops: Sequence[Hop]) -> tuple[Sides, Sides]:
    """For each account who paid it, and whom it paid."""
    payers: defaultdict[str, set[str]] = defaultdict(set)
    payees: defaultdict[str, set[str]] = defaultdict(set)
    for hop in hops:
        if hop.debtor is not None and hop.creditor is not None:
            payers[hop.creditor].add(hop.debtor)
            payees[hop.debtor].add(hop.creditor)
    return payers, payees


def _is_fan_in(hops: Sequence[Hop]) -> bool:
    return any(len(others) >= LEAST for others in _sides(hops)[0].values())


def _is_fan_out(hops: Sequence[Hop]) -> bool:
    return any(len(others) >= LEAST for others in _sides(hops)[1].values())


def _is_gather_scatter(hops: Sequence[Hop]) -> bool:
    payers, payees = _sides(hops)
    return any(len(payers[hub]) >= LEAST <= len(payees[hub]) for hub in payers.keys() & payees.keys())


def _is_scatter_gather(hops: Sequence[Hop]) -> bool:
    payers, payees = _sides(hops)
    return len(payers.keys() & payees.keys()) >= LEAST


def _has_source_and_sink(hops: Sequence[Hop]) -> bool:
    payers, payees = _sides(hops)
    return any(
        len((payees[source] & payers[sink]) - {source, sink}) >= LEAST
        for source in payees
        for sink in payers
        if source != sink
    )


def _is_line(hops: Sequence[Hop]) -> bool:
    return len(hops) >= LEAST and all(after.debtor == before.creditor for before, after in pairwise(hops))


def _is_cycle(hops: Sequence[Hop]) -> bool:
    return _is_line(hops) and hops[-1].creditor == hops[0].debtor


_SHAPES: Final[Mapping[str, Callable[[Sequence[Hop]], bool]]] = MappingProxyType(
    {
        "fan-in": _is_fan_in,
        "fan-out": _is_fan_out,
        "gather-scatter": _is_gather_scatter,
        "scatter-gather": _is_scatter_gather,
        "cycle": _is_cycle,
        "ring": closes_in_any_order,
        "random": _is_line,
        "stack": lambda hops: bool(two_hop_chains(hops)),
    }
)
