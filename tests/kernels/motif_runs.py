"""How the tests run a kernel that counts motifs by their size, and compare it with an oracle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail.kernels.blocks import Ledger
from tests.kernels.account_runs import ABSENT
from tests.worlds import DAY, Arrays, Row, frozen, row_lists

SIZES = 30
"""Motifs have 2 to 30 accounts or transfers; place 0 says truncated."""
ENOUGH = 1_000_000
"""Steps that no small world needs."""
TRUNCATED = 1

Columns = NDArray[np.int32]
Search = Callable[[Arrays, Ledger, NDArray[np.int64], int, int, Columns, NDArray[np.float32]], None]
"""Runs a kernel over some rows: world, ledger, borders, window, steps, columns, matrix."""


class Setting(NamedTuple):
    """A world, a window, and where the ledger is cut into blocks and these into runs for the threads."""

    rows: list[Row]
    window: int
    cuts: list[int]
    parts: int


def settings_of() -> st.SearchStrategy[Setting]:
    """Return small dense worlds, windows from 1 µs to all; in half of them no side is absent and most are joined."""
    rows = st.sampled_from((1, DAY)).flatmap(lambda unit: st.one_of(row_lists(unit=unit), _joined(unit)))
    windows = st.one_of(
        st.integers(1, 25), st.integers(1, 25).map(lambda days: days * DAY), st.sampled_from((1, 3660 * DAY))
    )
    cuts = st.lists(st.integers(1, 29), max_size=3, unique=True).map(sorted)
    return st.builds(Setting, rows, windows, cuts, st.sampled_from((1, 2, 7)))


def _joined(unit: int) -> st.SearchStrategy[list[Row]]:
    """Return worlds of five accounts in which every transfer is from one to another."""
    one = st.tuples(st.integers(0, 4), st.integers(1, 4), st.integers(0, 20))
    return st.lists(one, max_size=30).map(
        lambda drawn: sorted(((d, (d + by) % 5, tick * unit, 1) for d, by, tick in drawn), key=lambda row: row[2])
    )


def every_column(longest: int = SIZES) -> Columns:
    """Return a column for truncated and one for each size from 2; the first column of the matrix stays free."""
    columns = np.full(SIZES + 1, -1, np.int32)
    columns[0] = TRUNCATED
    columns[2 : longest + 1] = np.arange(longest - 1) + TRUNCATED + 1
    made: Columns = frozen(columns, np.int32)
    return made


def run(
    search: Search,
    world: Arrays,
    window: int,
    *,
    steps: int = ENOUGH,
    cuts: Sequence[int] = (),
    parts: int = 1,
    columns: Columns | None = None,
) -> NDArray[np.float32]:
    """Return the blocks' matrices on top of one another, with one column more than asked for on each side."""
    columns = every_column() if columns is None else columns
    n = world.time.size
    made = []
    for first, last in pairwise([0, *(cut for cut in cuts if cut < n), n]):
        matrix = np.zeros((last - first, int(columns.max()) + 2), np.float32)
        matrix[:, [0, -1]] = ABSENT
        borders = frozen(np.linspace(first, last, parts + 1), np.int64)
        ledger = Ledger(world.debtor, world.creditor, world.time)
        search(world, ledger, borders, window, steps, columns, matrix)
        made.append(matrix)
    whole = np.concatenate(made)
    assert (whole[:, [0, -1]] == ABSENT).all(), "written outside the columns asked for"
    return whole


def room_of(world: Arrays, borders: NDArray[np.int64], width: int) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """Return what a search keeps of the accounts from block to block, before the first."""
    runs, accounts = borders.size - 1, world.outgoing.indptr.size - 1
    return np.zeros((runs, accounts + 1, width), np.uint32), np.zeros((runs, accounts, 2), np.int32)


def row_of(sizes: list[int], longest: int = SIZES) -> list[float]:
    """Return what a row of the matrix says of these sizes: not truncated, then how many of each."""
    held = [min(size, longest) for size in sizes]
    return [0.0, *(float(held.count(size)) for size in range(2, longest + 1))]


def hub(others: int, transfers: int, apart: int) -> list[Row]:
    """Account 0 is paid by others in turn and pays others, each transfer `apart` after the one before."""
    rows: list[Row] = []
    for i in range(transfers):
        other = 1 + i * 7 % others
        rows.append((other, 0, i * apart, 1) if i % 2 else (0, other, i * apart, 1))
    return rows
