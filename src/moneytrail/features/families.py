"""How each family of features fills its columns of a block: by which kernel, from which facts of the graph."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from moneytrail.features.names import BINS, CYCLES, FEATURE_NAMES, STEPS
from moneytrail.features.stems import PAIR
from moneytrail.graph import CHUNKS, DAY
from moneytrail.kernels import cycles, scatter_gather
from moneytrail.kernels.activity import LONGEST_PAUSE, Part, activity
from moneytrail.kernels.bins import LAST_BIN, fill_bins
from moneytrail.kernels.blocks import Block, Ledger
from moneytrail.kernels.concentration import concentration
from moneytrail.kernels.cycles import LONGEST, CycleRule, bounded_cycles, temporal_cycles
from moneytrail.kernels.dwell import dwell
from moneytrail.kernels.habit import habit
from moneytrail.kernels.history import LONGEST as NEVER
from moneytrail.kernels.history import Dealings, Debuts, dealings, debuts, history, pair_history
from moneytrail.kernels.instant import instant
from moneytrail.kernels.medians import medians
from moneytrail.kernels.ordering import cost_chunks, pair_order
from moneytrail.kernels.rhythm import rhythm
from moneytrail.kernels.scatter_gather import ScatterGatherRule, scatter_gathers
from moneytrail.kernels.statistics import STATISTICS, statistics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph

CHUNKS_A_RUN: Final = 2
"""Parts that the accounts are split into for each thread."""

_OF_TRANSFER: Final = 6
_PER_ROLE: Final = (len(FEATURE_NAMES) - _OF_TRANSFER) // 2
_LOGS: Final = np.log1p(np.arange(1024.0)).astype(np.float32)
_PAUSES: Final = (5, 6)
"""The places of pauses among the history of an account."""


class Past:
    """What the families know of a graph from its first row on, made when first asked for and kept as long as it."""

    def __init__(self, graph: TransactionGraph) -> None:
        self._graph = weakref.proxy(graph)

    @classmethod
    def of(cls, graph: TransactionGraph) -> Past:
        """The one past of a graph."""
        return _PASTS.setdefault(graph, cls(graph))

    @cached_property
    def dealings(self) -> Dealings:
        """What each transfer's two accounts did before."""
        graph = self._graph
        indptr, edge = pair_order(graph.debtor, graph.creditor, graph.accounts)
        groups = (indptr, edge, cost_chunks(indptr, CHUNKS))
        return Dealings(*dealings(groups, (graph.debtor, graph.creditor), graph.time))

    @cached_property
    def debuts(self) -> Debuts:
        """The first dealings of every list of the graph's both sides."""
        both = self._graph.both
        return Debuts(*debuts(both, self.dealings.earlier, cost_chunks(both.indptr, CHUNKS)))


_PASTS: Final[weakref.WeakKeyDictionary[TransactionGraph, Past]] = weakref.WeakKeyDictionary()

Family = Callable[["TransactionGraph", Block, "Question", "NDArray[np.float32]"], None]


class Question(NamedTuple):
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


def _fill_fixed(graph: TransactionGraph, block: Block, ask: Question, matrix: NDArray[np.float32]) -> None:
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


def _fill_by(kernel: Callable[..., None]) -> Family:
    """Fill by a kernel that takes both lists of every account."""

    def fill(graph: TransactionGraph, block: Block, ask: Question, matrix: NDArray[np.float32]) -> None:
        kernel(graph.outgoing, graph.incoming, block, ask.window, ask.targets, matrix)

    return fill


def _fill_rhythm(graph: TransactionGraph, block: Block, ask: Question, matrix: NDArray[np.float32]) -> None:
    rhythm(graph.outgoing, graph.incoming, graph.relations, block, ask.window, ask.targets, matrix)


def _fill_statistics(graph: TransactionGraph, block: Block, ask: Question, matrix: NDArray[np.float32]) -> None:
    seen = ask.kept("seen", (block.borders.size - 1, graph.accounts, 2), np.uint32)
    statistics(graph.both, block, ask.window, ask.targets, matrix, seen)


def _sizes(
    graph: TransactionGraph, block: Block, ask: Question, wanted: list[tuple[int, int, str]]
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


def _fill_bins(graph: TransactionGraph, block: Block, ask: Question, matrix: NDArray[np.float32]) -> None:
    kinds = sorted({int(kind) for kind in ask.targets[:, 0]})
    names = [name for name, _ in BINS.values()]
    sizes = _sizes(graph, block, ask, [(kind % 2, kind % 2, names[kind]) for kind in kinds])
    alone = graph.debtor[block.first : block.last] == graph.creditor[block.first : block.last]
    sizes[:, alone] = 0.0
    for kind, size in zip(kinds, sizes, strict=True):
        fill_bins(size, _of_sizes(ask.targets[ask.targets[:, 0] == kind, 1:]), matrix)


def _fill_gather_scatter(graph: TransactionGraph, block: Block, ask: Question, matrix: NDArray[np.float32]) -> None:
    sizes = _sizes(graph, block, ask, [(role, way, "fan") for role in range(2) for way in range(2)])
    alone = graph.debtor[block.first : block.last] == graph.creditor[block.first : block.last]
    for role in range(2):
        both = np.minimum(sizes[2 * role], sizes[2 * role + 1])
        both[alone] = 0.0
        fill_bins(both, _of_sizes(ask.targets), matrix)


def _searched(
    graph: TransactionGraph, block: Block, ask: Question, width: int
) -> tuple[NDArray[np.int64], Ledger, NDArray[np.uint32], NDArray[np.int32]]:
    """What a search for motifs takes: runs of rows, one for each thread; the ledger; and the two arrays of its room."""
    runs = (block.borders.size - 1) // CHUNKS_A_RUN
    borders = np.linspace(block.first, block.last, runs + 1).astype(np.int64)
    kept = ask.kept("kept", (runs, graph.accounts + 1, width), np.uint32)
    last = ask.kept("last", (runs, graph.accounts, 2), np.int32)
    return borders, Ledger(graph.debtor, graph.creditor, graph.time), kept, last


def _fill_scatter_gather(graph: TransactionGraph, block: Block, ask: Question, matrix: NDArray[np.float32]) -> None:
    borders, ledger, kept, last = _searched(graph, block, ask, scatter_gather.ROW)
    scatter_gathers(
        graph.both,
        ledger,
        ScatterGatherRule(ask.window, STEPS["scatter_gather"], _of_sizes(ask.targets), borders),
        scatter_gather.SearchRoom(kept, last),
        matrix,
    )


def _fill_cycles(name: str, search: Callable[..., None]) -> Family:
    def fill(graph: TransactionGraph, block: Block, ask: Question, matrix: NDArray[np.float32]) -> None:
        borders, ledger, kept, last = _searched(graph, block, ask, cycles.ROW)
        search(
            graph.both,
            ledger,
            CycleRule(ask.window, CYCLES[name], STEPS[name], _of_sizes(ask.targets), borders),
            cycles.SearchRoom(kept, last),
            matrix,
        )

    return fill


def _roles(targets: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The targets of accounts, and those of pairs without their role."""
    of_pair = targets[:, 0] == PAIR
    return np.ascontiguousarray(targets[~of_pair]), np.ascontiguousarray(targets[of_pair, 1:])


def _fill_history(graph: TransactionGraph, block: Block, ask: Question, matrix: NDArray[np.float32]) -> None:
    past = Past.of(graph)
    of_account, of_pair = _roles(ask.targets)
    if len(of_account):
        matrix[:, of_account[np.isin(of_account[:, 1], _PAUSES), 2]] = NEVER
        history(graph.both, past.debuts, _LOGS, block, of_account, matrix)
    if len(of_pair):
        pair_history(past.dealings, _LOGS, (block.first, block.last), of_pair, matrix)


def _fill_instant(graph: TransactionGraph, block: Block, ask: Question, matrix: NDArray[np.float32]) -> None:
    past = Past.of(graph)
    of_account, of_pair = _roles(ask.targets)
    if len(of_account):
        instant(graph.both, past.debuts, block, of_account, matrix)
    for _, column in of_pair:
        matrix[:, column] = past.dealings.at_once[block.first : block.last]


FAMILIES: Final[dict[str, Family]] = {
    "fixed": _fill_fixed,
    "statistics": _fill_statistics,
    "medians": _fill_by(medians),
    "concentration": _fill_by(concentration),
    "dwell": _fill_by(dwell),
    "rhythm": _fill_rhythm,
    "habit": _fill_by(habit),
    "history": _fill_history,
    "instant": _fill_instant,
    "bins": _fill_bins,
    "gather_scatter": _fill_gather_scatter,
    "scatter_gather": _fill_scatter_gather,
    "temporal_cycle": _fill_cycles("temporal_cycle", temporal_cycles),
    "bounded_cycle": _fill_cycles("bounded_cycle", bounded_cycles),
    "short_cycle": _fill_cycles("short_cycle", bounded_cycles),
}
