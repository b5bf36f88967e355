"""The matrix of features: only what is asked for, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numba
import numpy as np

from moneytrail.errors import ParameterError
from moneytrail.features.names import BINS, CYCLES, FEATURE_NAMES, STEPS, parse
from moneytrail.graph import DAY
from moneytrail.kernels import cycles, scatter_gather
from moneytrail.kernels.activity import LONGEST_PAUSE, Part, activity
from moneytrail.kernels.bins import LAST_BIN, fill_bins
from moneytrail.kernels.blocks import Block, Ledger, advance, clear, room, share_out
from moneytrail.kernels.concentration import concentration
from moneytrail.kernels.cycles import LONGEST, CycleRule, bounded_cycles, temporal_cycles
from moneytrail.kernels.dwell import dwell
from moneytrail.kernels.medians import medians
from moneytrail.kernels.rhythm import rhythm
from moneytrail.kernels.scatter_gather import ScatterGatherRule, scatter_gathers
from moneytrail.kernels.statistics import STATISTICS, statistics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph

LEAST_BLOCK: Final = 262_144
"""Rows of the smallest block; larger where the ledger is longer, so that windows are not walked through too often."""

BLOCKS: Final = 16
"""A long ledger is computed in about so many blocks."""

MOST_RUNS: Final = 16
"""Threads that search for motifs at a time; each keeps some 40 bytes an account."""

CHUNKS_A_RUN: Final = 2
"""Parts that the accounts are split into for each thread."""

_OF_TRANSFER: Final = 6
_PER_ROLE: Final = (len(FEATURE_NAMES) - _OF_TRANSFER) // 2


def compute(graph: TransactionGraph, names: Sequence[str] = FEATURE_NAMES) -> NDArray[np.float32]:
    """The feature matrix of every transfer, in ledger order.

    Parameters
    ----------
    graph : TransactionGraph
    names : sequence of str
        Columns, in this order.

    Returns
    -------
    float32[transfers, len(names)]
        Finite throughout. The same bits for any number of threads, and whether it is made whole or in blocks.

    Raises
    ------
    ParameterError
        When there is no such column, or one is named twice.
    """
    for _, matrix in blocks(graph, names, rows=max(1, graph.transfers)):
        return matrix
    return np.empty((0, len(names)), np.float32)


def blocks(
    graph: TransactionGraph,
    names: Sequence[str] = FEATURE_NAMES,
    *,
    rows: int | None = None,
    wanted: NDArray[np.bool_] | None = None,
    reuse: bool = False,
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """The feature matrix block by block: the ledger place of the block's first row, and its rows.

    Parameters
    ----------
    graph : TransactionGraph
    names : sequence of str
        Columns, in this order; nothing else is computed.
    rows : int, optional
        Rows of a block, 1 or more. By default a sixteenth of the ledger, and at least 262,144.
    wanted : bool[transfers], optional
        Rows that are asked for, in ledger order. Blocks without one are left out; in the others the rows that nobody
        asked for hold anything.
    reuse : bool
        Write every block into the memory of the one before: for a caller that is done with a block when it asks for the
        next. Fetching memory anew can cost as much as computing what goes into it.

    Raises
    ------
    ParameterError
        When there is no such column, one is named twice, or `rows` is below 1.
    """
    plan = _plan(names)
    n = graph.transfers
    step = max(LEAST_BLOCK, -(-n // BLOCKS)) if rows is None else rows
    if step < 1:
        raise ParameterError(f"rows = {rows}: allowed is 1 or more")
    runs = min(MOST_RUNS, int(numba.get_num_threads()))
    everything = np.empty(0, np.bool_)
    held = np.empty((0, len(names)), np.float32)
    begins = np.stack([graph.outgoing.indptr[:-1], graph.incoming.indptr[:-1]])
    marks = everything if wanted is None else wanted
    for first in range(0, n, step):
        last = min(n, first + step)
        (low_out, low_in), (high_out, high_in), begins = advance(
            graph.debtor, graph.creditor, marks, (first, last), begins
        )
        asked = slice(first, last) if wanted is None else first + np.flatnonzero(wanted[first:last])
        if not isinstance(asked, slice) and not asked.size:
            continue
        borders = share_out(((high_out - low_out) + (high_in - low_in)) * 4 + 1, CHUNKS_A_RUN * runs)
        block = Block(first, last, low_out, high_out, low_in, high_in, borders)
        if not reuse or held.shape[0] < last - first:
            held = room(last - first, len(names))
        matrix = held[: last - first]
        clear(matrix)
        for fill in plan:
            fill(graph, block, asked, matrix)
        yield first, matrix


_Fill = Callable[["TransactionGraph", Block, "slice | NDArray[np.int64]", "NDArray[np.float32]"], None]
_Family = Callable[["TransactionGraph", Block, "_Question", "NDArray[np.float32]"], None]


class _Question(NamedTuple):
    """What a family is asked: over which window, which of its numbers into which columns, for which ledger rows.

    ``room`` is what one block leaves to the next, so that memory is not fetched anew for each.
    """

    window: int
    targets: NDArray[np.int32]
    rows: slice | NDArray[np.int64]
    room: dict[str, Any]

    def kept(self, name: str, shape: tuple[int, ...], dtype: Any) -> Any:
        """An array of zeros when first asked for, and then as it was left."""
        if name not in self.room:
            self.room[name] = np.zeros(shape, dtype)
        return self.room[name]


def _plan(names: Sequence[str]) -> list[_Fill]:
    """What fills which columns: one call for each family and window in use."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        raise ParameterError(f"the feature {twice!r} is named twice")
    columns: dict[tuple[str, int], list[tuple[int, ...]]] = {}
    for column, name in enumerate(names):
        stem, window, _ = parse(name)
        columns.setdefault((stem.family, window), []).append((*stem.key, column))
    return [_filler(family, window, asked) for (family, window), asked in columns.items()]


def _filler(family: str, window: int, asked: list[tuple[int, ...]]) -> _Fill:
    targets = np.array(asked, np.int32)
    room: dict[str, Any] = {}

    def fill(
        graph: TransactionGraph, block: Block, rows: slice | NDArray[np.int64], matrix: NDArray[np.float32]
    ) -> None:
        _FAMILIES[family](graph, block, _Question(window, targets, rows, room), matrix)

    return fill


def _fill_fixed(graph: TransactionGraph, block: Block, ask: _Question, matrix: NDArray[np.float32]) -> None:
    """The columns of :data:`DETECTOR_FEATURES`; their windows are their own."""
    here = slice(None) if isinstance(ask.rows, slice) else ask.rows - block.first
    column_of = {int(place): int(column) for place, column in ask.targets}
    for place, column in column_of.items():
        if place < _OF_TRANSFER:
            matrix[here, column] = _of_transfer(graph, ask.rows, place)
    for role in range(2):
        base = _OF_TRANSFER + role * _PER_ROLE
        asked = [place for place in range(base, base + _PER_ROLE) if place in column_of]
        if asked:
            columns = [(place - base, column_of[place]) for place in asked]
            _fill_activity(graph, block, (role, here), columns, matrix)


def _of_transfer(graph: TransactionGraph, here: slice | NDArray[np.int64], place: int) -> NDArray[Any]:
    """One of the columns that belong to the transfer itself and to its pair of accounts."""
    relations = graph.relations
    of_place: tuple[Callable[[], Any], ...] = (
        lambda: np.log1p(graph.amount[here]),
        lambda: graph.time[here] % DAY / (DAY / 24),
        lambda: (graph.own_amount[here] % 10_000 == 0) & (graph.own_amount[here] > 0),
        lambda: relations.first[here],
        lambda: np.log(np.maximum(relations.recent[here], 1)),
        lambda: relations.affiliated[here] | (graph.debtor[here] < 0) | (graph.creditor[here] < 0),
    )
    return np.asarray(of_place[place]())


def _fill_activity(
    graph: TransactionGraph,
    block: Block,
    where: tuple[int, slice | NDArray[np.int64]],
    columns: list[tuple[int, int]],
    matrix: NDArray[np.float32],
) -> None:
    """The columns of one role; `where` holds the role and the rows of the matrix that are asked for."""
    role, here = where
    sides = (graph.outgoing, graph.incoming) if role == 0 else (graph.incoming, graph.outgoing)
    begin, end = (block.out_begin, block.out_end) if role == 0 else (block.in_begin, block.in_end)
    whole = [place for place, _ in columns] == list(range(_PER_ROLE))
    straight = whole and [column - columns[0][1] for _, column in columns] == list(range(_PER_ROLE))
    made, column = (matrix, columns[0][1]) if straight else (np.zeros((len(matrix), _PER_ROLE), np.float32), 0)
    for pause in (column + 8, column + 9):
        made[here, pause] = np.log1p(LONGEST_PAUSE / 1e6)
    activity(sides[0], sides[1], graph.relations, Part(begin, end, block.borders, block.first), made, column)
    if not straight:
        for place, wanted in columns:
            matrix[:, wanted] = made[:, place]


def _fill_by(kernel: Callable[..., None]) -> _Family:
    """Fill by a kernel that takes both lists of every account."""

    def fill(graph: TransactionGraph, block: Block, ask: _Question, matrix: NDArray[np.float32]) -> None:
        kernel(graph.outgoing, graph.incoming, block, ask.window, ask.targets, matrix)

    return fill


def _fill_rhythm(graph: TransactionGraph, block: Block, ask: _Question, matrix: NDArray[np.float32]) -> None:
    rhythm(graph.outgoing, graph.incoming, graph.relations, block, ask.window, ask.targets, matrix)


def _fill_statistics(graph: TransactionGraph, block: Block, ask: _Question, matrix: NDArray[np.float32]) -> None:
    seen = ask.kept("seen", (block.borders.size - 1, graph.accounts, 2), np.uint32)
    statistics(graph.both, block, ask.window, ask.targets, matrix, seen)


def _sizes(
    graph: TransactionGraph, block: Block, ask: _Question, wanted: list[tuple[int, int, str]]
) -> NDArray[np.float32]:
    """What bins are made from: one row for each (role, way, statistic)."""
    targets = [(role, way, STATISTICS.index(name), column) for column, (role, way, name) in enumerate(wanted)]
    made = np.zeros((block.last - block.first, len(wanted)), np.float32)
    _fill_statistics(graph, block, ask._replace(targets=np.array(targets, np.int32)), made)
    return np.ascontiguousarray(made.T)


def _of_sizes(pairs: NDArray[np.int32]) -> NDArray[np.int32]:
    """The column of each size, -1 where it is not asked for."""
    columns = np.full(max(LAST_BIN, LONGEST) + 1, -1, np.int32)
    columns[pairs[:, 0]] = pairs[:, 1]
    return columns


def _fill_bins(graph: TransactionGraph, block: Block, ask: _Question, matrix: NDArray[np.float32]) -> None:
    kinds = sorted({int(kind) for kind in ask.targets[:, 0]})
    names = [name for name, _ in BINS.values()]
    sizes = _sizes(graph, block, ask, [(kind % 2, kind % 2, names[kind]) for kind in kinds])
    alone = graph.debtor[block.first : block.last] == graph.creditor[block.first : block.last]
    sizes[:, alone] = 0.0
    for kind, size in zip(kinds, sizes, strict=True):
        fill_bins(size, _of_sizes(ask.targets[ask.targets[:, 0] == kind, 1:]), matrix)


def _fill_gather_scatter(graph: TransactionGraph, block: Block, ask: _Question, matrix: NDArray[np.float32]) -> None:
    sizes = _sizes(graph, block, ask, [(role, way, "fan") for role in range(2) for way in range(2)])
    alone = graph.debtor[block.first : block.last] == graph.creditor[block.first : block.last]
    for role in range(2):
        both = np.minimum(sizes[2 * role], sizes[2 * role + 1])
        both[alone] = 0.0
        fill_bins(both, _of_sizes(ask.targets), matrix)


def _searched(
    graph: TransactionGraph, block: Block, ask: _Question, width: int
) -> tuple[NDArray[np.int64], Ledger, NDArray[np.uint32], NDArray[np.int32]]:
    """What a search for motifs takes: runs of rows, one for each thread; the ledger; and the two arrays of its room."""
    runs = (block.borders.size - 1) // CHUNKS_A_RUN
    borders = np.linspace(block.first, block.last, runs + 1).astype(np.int64)
    kept = ask.kept("kept", (runs, graph.accounts + 1, width), np.uint32)
    last = ask.kept("last", (runs, graph.accounts, 2), np.int32)
    return borders, Ledger(graph.debtor, graph.creditor, graph.time), kept, last


def _fill_scatter_gather(graph: TransactionGraph, block: Block, ask: _Question, matrix: NDArray[np.float32]) -> None:
    borders, ledger, kept, last = _searched(graph, block, ask, scatter_gather.ROW)
    scatter_gathers(
        graph.both,
        ledger,
        ScatterGatherRule(ask.window, STEPS["scatter_gather"], _of_sizes(ask.targets), borders),
        scatter_gather.SearchRoom(kept, last),
        matrix,
    )


def _fill_cycles(name: str, search: Callable[..., None]) -> _Family:
    def fill(graph: TransactionGraph, block: Block, ask: _Question, matrix: NDArray[np.float32]) -> None:
        borders, ledger, kept, last = _searched(graph, block, ask, cycles.ROW)
        search(
            graph.both,
            ledger,
            CycleRule(ask.window, CYCLES[name], STEPS[name], _of_sizes(ask.targets), borders),
            cycles.SearchRoom(kept, last),
            matrix,
        )

    return fill


_FAMILIES: Final[dict[str, _Family]] = {
    "fixed": _fill_fixed,
    "statistics": _fill_statistics,
    "medians": _fill_by(medians),
    "concentration": _fill_by(concentration),
    "dwell": _fill_by(dwell),
    "rhythm": _fill_rhythm,
    "bins": _fill_bins,
    "gather_scatter": _fill_gather_scatter,
    "scatter_gather": _fill_scatter_gather,
    "temporal_cycle": _fill_cycles("temporal_cycle", temporal_cycles),
    "bounded_cycle": _fill_cycles("bounded_cycle", bounded_cycles),
    "short_cycle": _fill_cycles("short_cycle", bounded_cycles),
}
