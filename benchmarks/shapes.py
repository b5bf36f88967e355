"""Which labelled attempts have the structure that they are named for, counted in plain Python.

Many have not: their transfers are one or two, or some were never made. What is counted here owes nothing to the code
that finds motifs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
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
    - *random*: the same, wherever it ends.
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


def two_hop_chains(hops: Sequence[Hop]) -> list[tuple[Hop, Hop]]:
    """The unconnected chains of a *stack*: each transfer with the first one later that its payee makes, each once."""
    made: list[tuple[Hop, Hop]] = []
    used: set[int] = set()
    for place, first in enumerate(hops):
        if place in used or first.creditor is None or first.debtor == first.creditor:
            continue
        for later in range(place + 1, len(hops)):
            second = hops[later]
            if later not in used and second.debtor == first.creditor != second.creditor:
                made.append((first, second))
                used |= {place, later}
                break
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
        "random": _is_line,
        "stack": lambda hops: bool(two_hop_chains(hops)),
    }
)
