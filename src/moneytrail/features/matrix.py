"""The matrix of features: only what is asked for, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numba
import numpy as np

from moneytrail.errors import ParameterError
from moneytrail.features.families import CHUNKS_A_RUN, FAMILIES, Question
from moneytrail.features.names import AHEAD, FEATURE_NAMES, parse
from moneytrail.kernels.blocks import Block, advance, clear, room, share_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph

LEAST_BLOCK: Final = 262_144
"""Rows of the smallest block; larger where the ledger is longer, so that windows are not walked through too often."""

BLOCKS: Final = 16
"""A long ledger is computed in about so many blocks."""

MOST_RUNS: Final = 16
"""Threads that search for motifs at a time; each keeps some 40 bytes an account."""


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
    plan, ahead = _plan(names)
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
        if ahead.names:
            _look_ahead(graph, block, asked, ahead, matrix)
        yield first, matrix


_Fill = Callable[["TransactionGraph", Block, "slice | NDArray[np.int64]", "NDArray[np.float32]"], None]


class _Ahead(NamedTuple):
    """Columns that look ahead: their names without that, and their places in the matrix."""

    names: list[str]
    places: list[int]


def _plan(names: Sequence[str]) -> tuple[list[_Fill], _Ahead]:
    """What fills which columns, and the columns of the reversed ledger."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        raise ParameterError(f"the feature {twice!r} is named twice")
    for name in names:
        parse(name)
    plain = [(name, place) for place, name in enumerate(names) if not name.startswith(AHEAD)]
    places = [place for place, name in enumerate(names) if name.startswith(AHEAD)]
    return _fillers(plain), _Ahead([names[place].removeprefix(AHEAD) for place in places], places)


def _fillers(columns: Iterable[tuple[str, int]]) -> list[_Fill]:
    """One call for each family and window in use, from names and their places in the matrix."""
    asked: dict[tuple[str, int], list[tuple[int, ...]]] = {}
    for name, column in columns:
        stem, window, _ = parse(name)
        asked.setdefault((stem.family, window), []).append((*stem.key, column))
    return [_filler(family, window, targets) for (family, window), targets in asked.items()]


def _filler(family: str, window: int, asked: list[tuple[int, ...]]) -> _Fill:
    targets = np.array(asked, np.int32)
    room: dict[str, Any] = {}

    def fill(
        graph: TransactionGraph, block: Block, rows: slice | NDArray[np.int64], matrix: NDArray[np.float32]
    ) -> None:
        FAMILIES[family](graph, block, Question(window, targets, rows, room), matrix)

    return fill


def _look_ahead(
    graph: TransactionGraph,
    block: Block,
    rows: slice | NDArray[np.int64],
    ahead: _Ahead,
    matrix: NDArray[np.float32],
) -> None:
    """Fill the columns of the reversed ledger: of the same rows there, put back in their order."""
    turned = _turned(graph, block)
    there = slice(turned.first, turned.last) if isinstance(rows, slice) else graph.transfers - 1 - rows[::-1]
    made = room(len(matrix), len(ahead.names))
    clear(made)
    # Planned anew, with room of its own: what searches keep counts on blocks that move on in time, and these move back.
    for fill in _fillers((name, column) for column, name in enumerate(ahead.names)):
        fill(graph.reversed, turned, there, made)
    low, high = ahead.places[0], ahead.places[-1] + 1
    # Columns that stand together are copied several times faster as one part.
    matrix[:, slice(low, high) if high - low == len(ahead.places) else ahead.places] = made[::-1]


def _turned(graph: TransactionGraph, block: Block) -> Block:
    """The block as the reversed ledger sees it: every list stands the other way round within its own place."""
    out = graph.outgoing.indptr[:-1] + graph.outgoing.indptr[1:]
    into = graph.incoming.indptr[:-1] + graph.incoming.indptr[1:]
    return Block(
        graph.transfers - block.last,
        graph.transfers - block.first,
        out - block.out_end,
        out - block.out_begin,
        into - block.in_end,
        into - block.in_begin,
        block.borders,
    )
