"""Which transaction ids were seen before, over any number of batches, at 16 bytes an id."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from moneytrail.schema import rises

_SEEDS: Final = (0x6D6F6E65, 0x74726169)


class SeenIds:
    """The ids of the rows kept so far.

    Within a batch ids are compared as text; across batches by two independent 64-bit hashes, so that a file larger
    than memory can be read. Two different ids of a billion would be taken for one with a chance below 1e-19.

    Ids that rise from row to row cannot repeat, and most banks count: nothing is searched then. Otherwise hashes lie
    in sorted runs, and a run is merged into an older one that is no longer than it: n ids cost O(n log n) in all.
    """

    def __init__(self) -> None:
        self._unsorted: list[np.ndarray] = []
        self._runs: list[np.ndarray] = []
        self._last: pl.Series | None = None
        self._rising = True

    def repeated(self, ids: pl.Series, candidates: np.ndarray) -> np.ndarray:
        """Return bool[n]: the candidate rows whose id an earlier kept row has; remember the other candidates.

        Parameters
        ----------
        ids : Series of String, no nulls among the candidates
        candidates : bool[n]
            The rows that nothing else is wrong with. The first of them with an id is kept.
        """
        where = np.flatnonzero(candidates)
        mine = ids if where.size == candidates.size else ids.gather(where)
        repeated = np.zeros(candidates.size, np.bool_)
        if not where.size:
            return repeated
        keys = np.empty(where.size, dtype=[("high", np.uint64), ("low", np.uint64)])
        keys["high"], keys["low"] = (mine.hash(seed=seed).to_numpy() for seed in _SEEDS)
        if self._still_rising(mine):
            self._unsorted.append(keys)
            return repeated
        for waiting in self._unsorted:
            self._remember(waiting[np.argsort(waiting["high"])])
        self._unsorted = []
        again = ~mine.is_first_distinct().to_numpy()
        order = np.argsort(keys["high"])
        ranked = keys[order]
        for run in self._runs:
            again[order] |= _among(ranked, run)
        self._remember(ranked[~again[order]])
        repeated[where] = again
        return repeated

    def _still_rising(self, ids: pl.Series) -> bool:
        """Return whether each id so far is longer than the one before, or as long and greater."""
        if self._rising:
            self._rising = rises(ids if self._last is None else self._last.append(ids))
            self._last = ids.tail(1)
        return self._rising

    def _remember(self, run: np.ndarray) -> None:
        while self._runs and self._runs[-1].size <= run.size:
            run = np.concatenate([self._runs.pop(), run])
            run = run[np.argsort(run["high"], kind="stable")]
        self._runs.append(run)


def _among(keys: np.ndarray, run: np.ndarray) -> np.ndarray:
    """Return bool[n]: whether each of the sorted keys is in the sorted run."""
    found = np.zeros(keys.size, np.bool_)
    if not run.size:
        return found
    high = np.ascontiguousarray(run["high"])
    first = np.searchsorted(high, keys["high"], "left")
    met = np.flatnonzero((first < run.size) & (high[np.minimum(first, run.size - 1)] == keys["high"]))
    last = np.searchsorted(high, keys["high"][met], "right")
    for at, stop in zip(met.tolist(), last.tolist(), strict=True):
        found[at] = bool((run["low"][first[at] : stop] == keys["low"][at]).any())
    return found
