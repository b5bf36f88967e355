"""Small worlds for the motif kernels: only transfers between two different accounts stand in the adjacencies."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from moneytrail.kernels.diamonds import by_payee
from moneytrail.kernels.ordering import Adjacency, cost_chunks
from tests.oracles.ordering import joins_a_pair
from tests.worlds import AMOUNTS, HUGE, Row, arrays_of, frozen, row_lists

CHUNKS = st.sampled_from((1, 3, 64))


class Joined(NamedTuple):
    """What the motif kernels take."""

    outgoing: Adjacency
    incoming: Adjacency
    pairs: tuple[NDArray[np.int32], NDArray[np.int32]]
    time: NDArray[np.int64]
    amount: NDArray[np.int64]

    def borders(self, chunks: int) -> NDArray[np.int64]:
        return frozen(cost_chunks(self.outgoing.indptr + self.incoming.indptr, chunks), np.int64)


def joined(rows: list[Row], accounts: int = 6) -> Joined:
    kept = [row if joins_a_pair(row) else (-1, -1, *row[2:]) for row in rows]
    world = arrays_of(kept, accounts)
    payee, edge = by_payee(world.outgoing, world.incoming)
    return Joined(
        world.outgoing, world.incoming, (frozen(payee, np.int32), frozen(edge, np.int32)), world.time, world.amount
    )


def busy_lists(size: int = 24) -> SearchStrategy[list[Row]]:
    """Return worlds in which few accounts deal with many, so that motifs are frequent."""

    def narrowed(rows: list[Row], accounts: int) -> list[Row]:
        return [(min(d, accounts - 1), min(c, accounts - 1), t, a) for d, c, t, a in rows]

    lists = st.one_of(
        row_lists(size=size), row_lists(amounts=AMOUNTS + HUGE, size=size), row_lists(origin=-10, size=size)
    )
    return st.builds(narrowed, lists, st.sampled_from((3, 4, 5, 6)))
