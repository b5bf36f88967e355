"""The features of one ledger or several, made once and asked for again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from moneytrail.features.matrix import blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph

HELD_BYTES: Final = 2**30
"""A table of features up to this size is kept; a larger one is computed anew each time."""


class Pool:
    """The features of ledgers, one after the other, block by block.

    They are kept in memory where they fit in :data:`HELD_BYTES`. Places count through all ledgers.

    Parameters
    ----------
    graphs : sequence of TransactionGraph
    columns : tuple of str
        Names of features.

    Attributes
    ----------
    start : int64[ledgers + 1]
        The place at which each ledger begins, and the number of all transfers.
    transfers : int
        Of all ledgers.
    """

    def __init__(self, graphs: Sequence[TransactionGraph], columns: tuple[str, ...]) -> None:
        self.graphs, self.columns = tuple(graphs), columns
        self.start = np.cumsum([0, *(graph.transfers for graph in graphs)])
        self.transfers = int(self.start[-1])
        self._keep = self.transfers * len(columns) * 4 <= HELD_BYTES
        self._kept: list[tuple[int, NDArray[np.float32]]] = []

    def fill(self) -> Pool:
        """Make what will be kept, now rather than when it is first asked for; returns itself."""
        if self._keep:
            for _ in self.blocks():
                pass
        return self

    def blocks(self) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """First place of each block and its rows, to be used before the next is asked for."""
        if self._kept:
            yield from self._kept
            return
        made = []
        for graph, offset in zip(self.graphs, self.start.tolist(), strict=False):
            for start, block in blocks(graph, self.columns, reuse=not self._keep):
                if self._keep:
                    made.append((offset + start, block))
                yield offset + start, block
        self._kept = made

    def rows(self, places: NDArray[np.int64]) -> NDArray[np.float32]:
        """The rows at `places`, which rise: float32[places, columns]."""
        found = np.empty((len(places), len(self.columns)), np.float32)
        for start, block in self.blocks():
            low, high = np.searchsorted(places, (start, start + len(block)))
            found[low:high] = block[places[low:high] - start]
        return found
