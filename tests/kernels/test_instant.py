"""What is booked at the same time, against plain Python."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail.kernels.instant import STATISTICS, instant
from tests.kernels.account_runs import ABSENT, blocks_of
from tests.kernels.test_history import past_of
from tests.oracles import instant as oracle
from tests.worlds import AMOUNTS, Arrays, Row, arrays_of, frozen, row_lists

ROWS = st.sampled_from((1, 7)).flatmap(
    lambda ticks: row_lists(AMOUNTS, origin=-3).map(
        lambda rows: sorted(((d, c, time // ticks, amount) for d, c, time, amount in rows), key=lambda row: row[2])
    )
)
"""Some with at most four moments."""
TARGETS = np.array([(r, s, 3 * r + s) for r in range(2) for s in range(3)], np.int32)


def run(
    world: Arrays, cuts: Sequence[int], wanted: Sequence[bool] = (), targets: NDArray[np.int32] = TARGETS
) -> NDArray[np.float32]:
    _, firsts = past_of(world)
    made = []
    for block in blocks_of(world, cuts, 3, wanted):
        matrix = np.full((block.last - block.first, len(TARGETS)), ABSENT, np.float32)
        instant(world.both, firsts, block, targets, matrix)
        made.append(matrix)
    return np.concatenate(made)


@given(ROWS, st.lists(st.integers(1, 29), max_size=4, unique=True).map(sorted))
@settings(max_examples=150)
def test_instants_equal_the_oracle(rows: list[Row], cuts: list[int]) -> None:
    made = run(arrays_of(rows), cuts)
    for place, row in enumerate(rows):
        for role in range(2):
            wanted = oracle.instant(rows, place, role) if row[role] >= 0 else [ABSENT] * len(STATISTICS)
            assert made[place, 3 * role : 3 * role + 3].tolist() == wanted, (place, role)


@given(ROWS, st.lists(st.booleans(), min_size=30, max_size=30))
@settings(max_examples=60)
def test_wanted_rows_and_one_column_are_the_same(rows: list[Row], drawn: list[bool]) -> None:
    world = arrays_of(rows)
    wanted = drawn[: len(rows)]
    kept = np.flatnonzero(frozen(wanted, np.bool_))
    whole = run(world, ())
    np.testing.assert_array_equal(run(world, (5, 17), wanted)[kept], whole[kept])
    for target in TARGETS:
        column = target[2]
        alone = run(world, (), targets=target[None, :])
        np.testing.assert_array_equal(alone[:, column], whole[:, column])


def test_a_long_run_over_many_blocks_is_counted_whole() -> None:
    rows: list[Row] = [(0, 1 + place % 5, 7, 1) for place in range(500)]
    rows = [(0, 1, 6, 1), *rows, (0, 1, 8, 1)]
    made = run(arrays_of(rows), range(3, 501, 3))
    assert made[:, 0].tolist() == [1.0, *(500.0,) * 500, 1.0]
    assert made[:, 2].tolist() == [1.0, *(4.0,) * 500, 0.0], "account 1 was paid before"
