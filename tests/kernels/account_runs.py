"""How the tests run a kernel that fills columns block by block, and compare it with an oracle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail.kernels.blocks import Block, advance, share_out
from tests.worlds import AMOUNTS, HUGE, Arrays, Row, arrays_of, frozen, row_lists

ABSENT = -7.0
"""What the matrix holds where nothing was written."""

Fill = Callable[[Arrays, Block, int, NDArray[np.int32], NDArray[np.float32]], None]
"""Runs a kernel over one block: world, block, window, targets, matrix."""

Oracle = Callable[[int, int, int], Sequence[Fraction | float]]
"""Every statistic at a place of the ledger, of an account, over one way."""


class Setting(NamedTuple):
    """A world, a window and the places where the ledger is cut into blocks."""

    rows: list[Row]
    window: int
    cuts: list[int]
    chunks: int


def _crowd(rows: list[Row]) -> list[Row]:
    """Return the rows with account 0 paid in most of them, so that its windows hold several."""
    return [(d, 0 if i % 3 else c, t, a) for i, (d, c, t, a) in enumerate(rows)]


def settings_of(unit: int = 1, amounts: tuple[int, ...] = AMOUNTS) -> st.SearchStrategy[Setting]:
    """Return small dense worlds, times in steps of `unit` microseconds, windows of 1 to 12 steps."""
    rows = st.one_of(
        row_lists(amounts, unit), row_lists(amounts + HUGE, unit), row_lists(amounts, unit, origin=-10 * unit)
    ).flatmap(lambda drawn: st.sampled_from((drawn, _crowd(drawn), [(0, *row[1:]) for row in drawn])))
    return st.builds(
        Setting,
        rows,
        st.integers(1, 12).map(lambda steps: steps * unit),
        st.lists(st.integers(1, 29), max_size=4, unique=True).map(sorted),
        st.sampled_from((1, 3, 64)),
    )


def blocks_of(world: Arrays, cuts: Iterable[int], chunks: int = 64, wanted: Sequence[bool] = ()) -> list[Block]:
    """Return the ledger in blocks that end at each of `cuts` and at its end."""
    n = world.time.size
    mask = frozen(list(wanted), np.bool_)
    ends = [*(cut for cut in cuts if cut < n), n]
    begins = np.stack([world.outgoing.indptr[:-1], world.incoming.indptr[:-1]])
    made = []
    first = 0
    for last in ends:
        low, high, begins = advance(world.debtor, world.creditor, mask, (first, last), begins)
        borders = share_out((high - low).sum(axis=0), chunks)
        # Not read-only, as features make them: other arrays would be another version to compile.
        made.append(Block(first, last, low[0], high[0], low[1], high[1], borders))
        first = last
    return made


def every_target(statistics: int) -> NDArray[np.int32]:
    """Return one target for every role, way and statistic; the first column of the matrix stays free."""
    asked = [(role, way, statistic) for role in range(2) for way in range(2) for statistic in range(statistics)]
    return np.array([(*what, place + 1) for place, what in enumerate(asked)], np.int32)


def run(fill: Fill, world: Arrays, targets: NDArray[np.int32], window: int, blocks: list[Block]) -> NDArray[np.float32]:
    """Return the blocks' matrices on top of one another, with one column more than asked for on each side."""
    made = [np.full((block.last - block.first, len(targets) + 2), ABSENT, np.float32) for block in blocks]
    for block, matrix in zip(blocks, made, strict=True):
        fill(world, block, window, targets, matrix)
    return np.concatenate(made)


def compare(fill: Fill, setting: Setting, statistics: int, oracle: Oracle) -> None:
    """Check every role, way and statistic at every transfer, and that nothing else was written."""
    world = arrays_of(setting.rows)
    targets = every_target(statistics)
    blocks = blocks_of(world, setting.cuts, setting.chunks)
    made = run(fill, world, targets, setting.window, blocks)
    assert (made[:, [0, -1]] == ABSENT).all(), "written outside the columns asked for"
    for place, row in enumerate(setting.rows):
        for role in range(2):
            for way in range(2):
                expected = oracle(place, row[role], way) if row[role] >= 0 else [ABSENT] * statistics
                column = 1 + (role * 2 + way) * statistics
                got = made[place, column : column + statistics]
                assert got.tolist() == np.array([float(value) for value in expected], np.float32).tolist(), (
                    place,
                    role,
                    way,
                )
