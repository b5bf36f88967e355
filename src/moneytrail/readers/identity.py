"""Which transaction ids were seen before, over any number of batches, at 16 bytes an id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import polars as pl

_SEEDS: Final = (0x6D6F6E65, 0x74726169)


class SeenIds:
    """The ids of the rows kept so far.

    Within a batch ids are compared as text; across batches by two independent 64-bit hashes, so that a file larger
    than memory can be read. Two different ids of a billion would be taken for one with a chance below 1e-19.
    Hashes lie in sorted runs, and a run is merged into an older one that is no longer than it: n ids cost
    O(n log n) in all.
    """

    def __init__(self) -> None:
        self._runs: list[np.ndarray] = []

    def repeated(self, ids: pl.Series, candidates: np.ndarray) -> np.ndarray:
        """Return bool[n]: the candidate rows whose id an earlier kept row has; remember the other candidates.

        Parameters
        ----------
        ids : Series of String, no nulls among the candidates
        candidates : bool[n]
            The rows that nothing else is wrong with. The first of them with an id is kept.
        """
        where = np.flatnonzero(candidates)
        mine = ids.gather(where)
        again = ~mine.is_first_distinct().to_numpy()
        keys = np.empty(where.size, dtype=[("high", np.uint64), ("low", np.uint64)])
        keys["high"], keys["low"] = (mine.hash(seed=seed).to_numpy() for seed in _SEEDS)
        for run in self._runs:
            again |= _among(keys, run)
        self._remember(keys[~again])
        repeated = np.zeros(candidates.size, np.bool_)
        repeated[where] = again
        return repeated

    def _remember(self, keys: np.ndarray) -> None:
        run = keys[np.argsort(keys["high"])]
        while self._runs and self._runs[-1].size <= run.size:
            run = np.concatenate([self._runs.pop(), run])
            run = run[np.argsort(run["high"], kind="stable")]
        self._runs.append(run)


def _among(keys: np.ndarray, run: np.ndarray) -> np.ndarray:
    """Return bool[n]: whether each key is in the sorted run."""
    first = np.searchsorted(run["high"], keys["high"], "left")
    found = np.zeros(keys.size, np.bool_)
    met = np.flatnonzero((first < run.size) & (run["high"][np.minimum(first, run.size - 1)] == keys["high"]))
    for at in met.tolist():
        last = np.searchsorted(run["high"], keys["high"][at], "right")
        found[at] = bool((run["low"][first[at] : last] == keys["low"][at]).any())
    return found
