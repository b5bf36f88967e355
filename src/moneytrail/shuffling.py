"""Shuffled copies of a ledger: who paid whom among strangers, and in which order within the day, is chance.

Day by day every account pays and is paid as often as before, by counterparties of the same sort; acquaintances stay
acquaintances. The oracle of what a copy must keep is ``tests/oracles/placebo.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from moneytrail.graph import DAY, TransactionGraph

if TYPE_CHECKING:
    from numpy.typing import NDArray

CREDITOR_SIDE: Final = (
    "creditor_account", "creditor_institution", "creditor_country", "merchant_category", "location",
)  # fmt: skip
"""What goes along with the creditor: a shop keeps its trade and its place. Amount and reference stay with who pays."""


@dataclass(frozen=True, eq=False)
class Shuffle:
    """What may be exchanged with what; made once for all copies of a ledger.

    Attributes
    ----------
    graph : TransactionGraph
    stratum : int64[n]
        In ledger order: equal where day (UTC), degree class of either side, both currencies and channel are.
    free : int64[m]
        Ledger positions, rising, of transfers whose creditor may change: two different accounts, and never affiliated.
    """

    graph: TransactionGraph
    stratum: NDArray[np.int64]
    free: NDArray[np.int64]

    @classmethod
    def of(cls, graph: TransactionGraph) -> Shuffle:
        """Sort the transfers of `graph` into strata."""
        between = (graph.debtor >= 0) & (graph.creditor >= 0) & (graph.debtor != graph.creditor)
        return cls(graph, _strata(graph, between), np.flatnonzero(between & ~_acquainted(graph)))

    def copy(self, seed: int) -> tuple[TransactionGraph, NDArray[np.bool_]]:
        """A shuffled copy, and which transfers (in the order of the frame) have another creditor than before.

        In each stratum the creditors' sides of the free transfers are dealt out anew, and the times of all transfers.
        The same for the same seed and ledger, whatever order the frame has. No transfer to oneself is made: see
        :func:`_no_self`. Kept for every account and day: how many transfers it paid and was paid, the amounts that it
        paid. What it was paid in money is not kept; the sum over a stratum is.
        """
        graph = self.graph
        # Two streams, so that who is dealt whom does not depend on how many transfers there are in all.
        creditors, clocks = (np.random.default_rng([seed, stream]) for stream in (0, 1))
        source = _dealt(self.stratum, self.free, creditors)
        source = _no_self(source, self.stratum, self.free, (graph.debtor, graph.creditor))
        time = graph.time[_dealt(self.stratum, np.arange(graph.transfers), clocks)]
        moved = np.empty(graph.transfers, np.bool_)
        moved[graph.order] = graph.creditor[source] != graph.creditor
        return _rebuilt(graph, source, time), moved


def degree_classes(graph: TransactionGraph) -> NDArray[np.int64]:
    """int64[accounts]: 0 for no other account, 1 for one counterparty, 2 for 2 or 3, 3 for 4 to 7, doubling on."""
    debtor, creditor = graph.debtor.astype(np.int64), graph.creditor.astype(np.int64)
    between = (debtor >= 0) & (creditor >= 0) & (debtor != creditor)
    one, other = debtor[between], creditor[between]
    pairs = np.unique(np.concatenate([one * graph.accounts + other, other * graph.accounts + one]))
    others = np.bincount(pairs // max(1, graph.accounts), minlength=graph.accounts)
    made: NDArray[np.int64] = np.searchsorted(2 ** np.arange(32), others, side="right")
    return made


def _strata(graph: TransactionGraph, between: NDArray[np.bool_]) -> NDArray[np.int64]:
    classes = np.append(degree_classes(graph), 0)
    day = graph.time // DAY
    credited = graph.frame["credited_currency"].to_physical().cast(pl.Int64).fill_null(-1).to_numpy()[graph.order] + 1
    key: NDArray[np.int64] = day - (day.min() if day.size else 0)
    # Transfers with one side, and those to oneself, are strata of their own: only their times are exchanged.
    for value, size in (
        (classes[graph.debtor], 32),
        (classes[graph.creditor], 32),
        (between, 2),
        (graph.currency, 256),
        (credited, 256),
        (graph.channel, 16),
    ):
        key = key * size + value
    return key


def _acquainted(graph: TransactionGraph) -> NDArray[np.bool_]:
    """bool[n]: whether the two sides share an attribute or regular dealings at any time, by the engine's own rule.

    Dealing out the landlord's tenants and the employer's staff anew would make strangers of acquaintances, and with
    them fans of strangers that no chance has made.
    """
    debtor, creditor = graph.debtor.astype(np.int64), graph.creditor.astype(np.int64)
    pair = np.minimum(debtor, creditor) * graph.accounts + np.maximum(debtor, creditor)
    # A shop, or who collects by direct debit, is everybody's counterparty and nobody's acquaintance.
    known = graph.relations.affiliated & ~graph.pulled
    made: NDArray[np.bool_] = np.isin(pair, np.unique(pair[known]))
    return made


def _dealt(stratum: NDArray[np.int64], among: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """int64[n]: the ledger position that each takes its new side from; itself for those that are not `among`."""
    own = stratum[among]
    taken = np.arange(stratum.size)
    # Stable: within a stratum the targets are in ledger order, and the sources in order of their lots.
    lots = rng.random(among.size)
    taken[among[np.argsort(own, kind="stable")]] = among[np.lexsort((lots, own))]
    return taken


def _no_self(
    source: NDArray[np.int64],
    stratum: NDArray[np.int64],
    free: NDArray[np.int64],
    sides: tuple[NDArray[np.int32], NDArray[np.int32]],
) -> NDArray[np.int64]:
    """Exchange until nobody pays himself.

    With the next of the stratum that allows it, in ledger order from the transfer at fault on and round; where none
    does, the stratum stays as it was.
    """
    debtor, creditor = sides
    wrong = free[debtor[free] == creditor[source[free]]]
    if not wrong.size:
        return source
    order = free[np.argsort(stratum[free], kind="stable")]
    keys = stratum[order]
    for at in wrong.tolist():
        if debtor[at] != creditor[source[at]]:
            continue
        low, high = np.searchsorted(keys, [stratum[at], stratum[at] + 1])
        members = order[low:high]
        other = _partner(at, members, source, sides)
        if other is None:
            source[members] = members
        else:
            source[at], source[other] = source[other], source[at]
    return source


def _partner(
    at: int, members: NDArray[np.int64], source: NDArray[np.int64], sides: tuple[NDArray[np.int32], NDArray[np.int32]]
) -> int | None:
    """The next member of the stratum with which `at` can exchange so that neither pays himself."""
    debtor, creditor = sides
    place, size = int(np.searchsorted(members, at)), members.size
    # In growing pieces: the next few nearly always do, and a stratum may have a hundred thousand members.
    start, width = 1, 32
    while start < size:
        stop = min(size, start + width)
        others = members[(place + np.arange(start, stop)) % size]
        fits = (creditor[source[others]] != debtor[at]) & (debtor[others] != creditor[source[at]])
        if fits.any():
            return int(others[fits.argmax()])
        start, width = stop, 2 * width
    return None


def _rebuilt(graph: TransactionGraph, source: NDArray[np.int64], time: NDArray[np.int64]) -> TransactionGraph:
    """The graph with the creditors' sides of `source` and these times, in ledger order again; same account numbers."""
    back = np.empty(graph.transfers, np.int64)
    back[graph.order] = np.arange(graph.transfers)
    rows = pl.Series(graph.order[source][back])
    booked = pl.Series("booked_at", time[back]).cast(graph.frame.schema["booked_at"])
    frame = graph.frame.with_columns(booked, *(graph.frame[name].gather(rows) for name in CREDITOR_SIDE))
    order = np.lexsort((graph.frame["row"].to_numpy()[graph.order], time))
    kept = ("order", "debtor", "amount", "own_amount", "currency", "channel")
    arrays: dict[str, Any] = {name: getattr(graph, name)[order] for name in kept}
    arrays |= {"time": time[order], "creditor": graph.creditor[source][order]}
    for array in arrays.values():
        array.flags.writeable = False
    return replace(graph, frame=frame, **arrays)
