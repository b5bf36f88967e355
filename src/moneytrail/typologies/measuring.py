"""Measurements that several typologies take of the evidence they have found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from moneytrail.graph import DAY, RELATION_RULE
from moneytrail.kernels.pass_through import left_within
from moneytrail.matches import Measure
from moneytrail.schema import CURRENCIES
from moneytrail.wording import counted, listed, part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph

FEWEST_DAYS: Final = 7
"""With less data before a finding than this, nothing is said about earlier dealings."""

SEATS: Final = 6
"""The most seats that one payment is taken to cover."""


def gate(
    name: str,
    label: str,
    value: float,
    unit: str,
    threshold: float,
    *,
    upper: bool = False,
    points: float = 0.0,
) -> Measure:
    """A gate's measure. `upper` means that the threshold is the most that is allowed."""
    met = value <= threshold if upper else value >= threshold
    return Measure(name, label, float(value), unit, float(threshold), "<=" if upper else ">=", "gate", met, points)


def booster(
    name: str, label: str, value: float, unit: str, threshold: float, *, points: float, upper: bool = False
) -> Measure:
    """A booster's measure: `points` when it is met, none when it is not. It never decides whether there is a match."""
    met = value <= threshold if upper else value >= threshold
    return Measure(
        name,
        label,
        float(value),
        unit,
        float(threshold),
        "<=" if upper else ">=",
        "booster",
        met,
        points if met else 0.0,
    )


def fact(name: str, label: str, value: float, unit: str) -> Measure:
    """A measured value that nothing is held against."""
    return Measure(name, label, float(value), unit, None, "", "fact", True, 0.0)


def margin(value: float, threshold: float, reach: float, points: float) -> float:
    """Points for passing a threshold by far: none at it, all of them at `reach` times it, straight between."""
    if threshold <= 0 or reach <= 1:
        return 0.0
    return round(points * min(1.0, max(0.0, (value / threshold - 1.0) / (reach - 1.0))), 6)


def lower_median(amounts: NDArray[np.integer[Any]]) -> int:
    """The middle amount, the lower of the two where their number is even."""
    return int(np.sort(amounts)[(amounts.size - 1) // 2])


def modal_concentration(amounts: NDArray[np.integer[Any]], tolerance: float) -> float:
    """The share of `amounts` that lie near one of two unit amounts or a small multiple of it.

    An amount belongs to the unit ``u`` when for some whole ``m`` from 1 to 6 it lies in ``m * u * (1 ± tolerance)``,
    both ends inclusive: a family pays for several seats. Units are taken from the amounts themselves: first the one
    to which most amounts belong, then the one to which most of the rest do; of equals the smallest.

    Parameters
    ----------
    amounts : int array
        Minor units, at least one. Zeros belong to nothing.
    tolerance : float
        A share.

    Returns
    -------
    float
        From 0 to 1. Cost: a sort and a few binary searches an amount.
    """
    units, counts = np.unique(amounts[amounts > 0], return_counts=True)
    taken = 0
    for _ in range(2):
        if units.size:
            near = _belonging(units, counts, tolerance)
            taken += int(counts[near].sum())
            units, counts = units[~near], counts[~near]
    return taken / amounts.size


def _belonging(units: NDArray[np.int64], counts: NDArray[np.int64], tolerance: float) -> NDArray[np.bool_]:
    """Which of the rising `units` belong to the unit to which most do."""
    before = np.concatenate([[0], np.cumsum(counts)])
    covered = np.zeros(units.size, np.int64)
    spans = []
    reached = np.zeros(units.size, np.int64)
    for multiple in range(1, SEATS + 1):
        low = np.searchsorted(units, np.ceil(multiple * units * (1 - tolerance)), side="left")
        high = np.searchsorted(units, np.floor(multiple * units * (1 + tolerance)), side="right")
        low = np.maximum(low, reached)
        reached = np.maximum(high, reached)
        covered += before[reached] - before[np.minimum(low, reached)]
        spans.append((low, reached))
    best = int(np.argmax(covered))
    near = np.zeros(units.size, np.bool_)
    for low, high in spans:
        near[low[best] : high[best]] = True
    return near


def passed_share(graph: TransactionGraph, account: int, ledger: NDArray[np.integer[Any]], reach: int) -> float:
    """Which share of the credits at `ledger` had left `account` within `reach`, first in, first out.

    Matched over the account's transfers from the first to the last of `ledger` only, from an empty queue, so that
    nothing after the last one is used.

    Parameters
    ----------
    graph : TransactionGraph
    account : int
    ledger : int array
        Ledger positions of credits of `account`, rising.
    reach : int
        Microseconds, inclusive.
    """
    own = account_transfers(graph, account, int(ledger[0]), int(ledger[-1]))
    left = left_within(graph.time[own], graph.amount[own], graph.creditor[own] == account, reach)
    total = int(graph.amount[ledger].sum())
    return float(left[np.isin(own, ledger)].sum() / total) if total else 0.0


def history_days(graph: TransactionGraph, first: int) -> float:
    """Days that the data reach back before the transfer at ledger position `first`, at most the relations' lookback."""
    return float(min(graph.time[first] - graph.known_from, RELATION_RULE.lookback) / DAY)


def strangers(share: float, graph: TransactionGraph, first: int, who: str = "them") -> str:
    """What may be said of earlier dealings: a sentence that claims no more than the data before can show.

    `share` is that of those who had none; `who` stands for the others: ``the payers``.
    """
    days, full = int(history_days(graph, first)), RELATION_RULE.lookback // DAY
    if days < FEWEST_DAYS:
        since = counted(days, "day") if days else "less than a day"
        return f"The data begin {since} before, too late to say who had dealt with it earlier."
    looked = f"{full} days before" if days >= full else f"{days} days of data before ({full} are wanted)"
    if share in (0, 1):
        return f"{'None' if share else 'All'} of {who} had dealt with it in the {looked}."
    return f"{part(share, who)} had not dealt with it in the {looked}."


def converted(graph: TransactionGraph, ledger: NDArray[np.integer[Any]]) -> str:
    """A sentence where some of the evidence is in another currency than that of the sums; else nothing."""
    used, number = np.unique(graph.currency[ledger], return_counts=True)
    names = [CURRENCIES[code] for code in used.tolist()]
    foreign = [name for name in names if name != graph.reference_currency]
    if not foreign:
        return ""
    many = sum(count for name, count in zip(names, number.tolist(), strict=True) if name in foreign)
    whole = (
        "The evidence is"
        if many == ledger.size
        else f"Of the {ledger.size:,} transfers in evidence {many:,} {'is' if many == 1 else 'are'}"
    )
    return f" {whole} in {listed(foreign)}; sums in {graph.reference_currency} are converted at the run's rates."


def account_transfers(graph: TransactionGraph, account: int, first: int, last: int) -> NDArray[np.int64]:
    """Ledger positions, rising, of an account's transfers from `first` to `last`, both inclusive; not to oneself."""
    parts = []
    for side in (graph.outgoing, graph.incoming):
        edges = side.edge[side.indptr[account] : side.indptr[account + 1]]
        start, stop = np.searchsorted(edges, [first, last + 1])
        part = edges[start:stop]
        parts.append(part[side.peer[side.indptr[account] + start : side.indptr[account] + stop] != account])
    return np.sort(np.concatenate(parts)).astype(np.int64)
