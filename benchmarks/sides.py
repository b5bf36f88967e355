"""Our side of the comparison: the graph of a world from its integers, and the columns of one family over it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.peer import FAMILIES, SHORT_CYCLE, TOGETHER, Family, Timing
from benchmarks.worlds import World, sparse
from moneytrail import features
from moneytrail.graph import TransactionGraph
from moneytrail.schema import CHANNELS, LINK_COLUMNS


class Outcome(NamedTuple):
    """What our side found.

    Attributes
    ----------
    stopped : bool[n]
        Where a search for a motif stopped at its budget of steps.
    motifs : float
        Motifs counted, for each transfer; 0 where the family has none.
    """

    stopped: NDArray[np.bool_]
    motifs: float


def names_of(world: World) -> pl.Series:
    """The accounts' names, made outside the measured time: turning names into integers is left out on both sides."""
    return pl.Series("account", np.arange(world.accounts)).cast(pl.String)


def graph_of(world: World, names: pl.Series) -> TransactionGraph:
    """The graph of transfers whose accounts are integers already. Its in and out lists are built when first read."""
    n = world.time.size
    return TransactionGraph(
        names=names,
        order=_frozen(np.arange(n, dtype=np.int32)),
        debtor=_frozen(world.debtor),
        creditor=_frozen(world.creditor),
        time=_frozen(world.time),
        amount=_frozen(world.amount),
        own_amount=_frozen(world.amount),
        currency=_frozen(np.zeros(n, np.uint8)),
        channel=_frozen(np.full(n, CHANNELS.index("credit_transfer"), np.uint8)),
        links=_frozen(np.full((world.accounts, len(LINK_COLUMNS)), -1, np.int32)),
        frame=pl.DataFrame(),
        register=pl.DataFrame(),
        known_from=int(world.time[0]) if n else 0,
        reference_currency="GBP",
    )


def run(world: World, names: pl.Series, family: Family) -> Timing:
    """Build the graph with both lists and compute the family's columns block by block; what comes out is dropped.

    The peer builds its graph while it computes and hands its columns over batch by batch, so both is timed here too.
    """
    wall, processor = time.perf_counter(), time.process_time()
    graph = graph_of(world, names)
    for _ in features.blocks(graph, family.ours, reuse=True):
        pass
    return Timing(time.perf_counter() - wall, time.process_time() - processor, world.time.size)


def outcome(world: World, names: pl.Series, family: Family) -> Outcome:
    """What a run computes, untimed."""
    graph = graph_of(world, names)
    motifs = [place for place, name in enumerate(family.ours) if _search_of(name)]
    searches = sorted({_search_of(family.ours[place]) for place in motifs})
    width = len(family.ours)
    stopped = np.zeros(world.time.size, np.bool_)
    found = 0.0
    for first, matrix in features.blocks(graph, (*family.ours, *searches)):
        stopped[first : first + len(matrix)] = (matrix[:, width:] != 0).any(axis=1)
        found += float(matrix[:, motifs].sum(dtype=np.float64))
    return Outcome(stopped, found / max(1, world.time.size))


def _search_of(name: str) -> str:
    """The column that says whether the search behind `name` stopped, or nothing."""
    motif, _, rest = name.rpartition("_")
    stem = motif.rpartition("_")[0]
    searched = ("scatter_gather", "temporal_cycle", "bounded_cycle", "short_cycle")
    return f"{stem}_truncated_{rest}" if stem in searched else ""


def warm_up() -> None:
    """Compile everything that is measured, or load it from the cache."""
    world = sparse(3_000)
    names = names_of(world)
    for family in (*FAMILIES, SHORT_CYCLE, TOGETHER):
        run(world, names, family)


@contextmanager
def threads_used(threads: int) -> Iterator[None]:
    """Give this thread, and what it starts, so many threads; one thread means one processor, for either side."""
    allowed = _processors()
    numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    if allowed and threads == 1:
        os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        if allowed:
            os.sched_setaffinity(0, allowed)


def _processors() -> set[int]:
    """The processors that this thread may use; empty where the system does not tell."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    shown = array.view()
    shown.flags.writeable = False
    return shown
