"""Pass-through, retained share and dwell time against plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from moneytrail.kernels.blocks import Block
from moneytrail.kernels.dwell import LATEST, STATISTICS, dwell
from tests.kernels.account_runs import Setting, blocks_of, compare, every_target, run, settings_of
from tests.oracles import dwell as oracle
from tests.worlds import HOUR, MINUTE, Arrays, Row, arrays_of

SECOND = 1_000_000


def fill(world: Arrays, block: Block, window: int, targets: NDArray[np.int32], matrix: NDArray[np.float32]) -> None:
    dwell(world.outgoing, world.incoming, block, window, targets, matrix)


@given(settings_of(unit=SECOND))
@settings(max_examples=100)
def test_dwell_equals_the_oracle(setting: Setting) -> None:
    def values(place: int, account: int, _way: int) -> list[float]:
        return [float(value) for value in oracle.dwell(setting.rows, place, account, setting.window, LATEST)]

    compare(fill, setting, len(STATISTICS), values)


def last_values(rows: list[Row], window: int = HOUR) -> list[float]:
    """Pass-through share, retained share and dwell time of the last transfer's debtor."""
    world = arrays_of(rows)
    values: list[float] = run(fill, world, every_target(3), window, blocks_of(world, ()))[-1, 1:4].tolist()
    return values


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # All of one credit leaves after ten seconds.
        ([(1, 0, 0, 100), (0, 2, 10 * SECOND, 100)], [1.0, 0.0, 10.0]),
        # A quarter is kept.
        ([(1, 0, 0, 100), (0, 2, 10 * SECOND, 75)], [0.75, 0.25, 10.0]),
        # What a debit takes beyond the credits came from before.
        ([(1, 0, 0, 100), (0, 2, 10 * SECOND, 900)], [1.0, 0.0, 10.0]),
        # A debit before the credit takes none of it, but counts as money out.
        ([(0, 2, 0, 80), (1, 0, 0, 100), (0, 2, 10 * SECOND, 50)], [0.5, 0.0, 10.0]),
        # Half of the value stayed one second: the shorter time is the middle.
        ([(1, 0, 0, 50), (1, 0, 9 * SECOND, 50), (0, 2, 10 * SECOND, 100)], [1.0, 0.0, 1.0]),
        ([(1, 0, 0, 51), (1, 0, 9 * SECOND, 50), (0, 2, 10 * SECOND, 101)], [1.0, 0.0, 10.0]),
        # The credit has just left the window.
        ([(1, 0, 0, 100), (0, 2, HOUR, 100)], [0.0, 0.0, 0.0]),
        # Money moved to oneself neither comes nor goes.
        ([(1, 0, 0, 100), (0, 0, 5 * SECOND, 60), (0, 2, 10 * SECOND, 50)], [0.5, 0.5, 10.0]),
    ],
)
def test_small_stories(rows: list[Row], expected: list[float]) -> None:
    assert last_values(rows) == expected


def test_of_a_long_window_only_the_latest_are_matched_for_the_dwell_time() -> None:
    rng = np.random.default_rng(3)
    rows: list[Row] = []
    for place, amount in enumerate(np.exp(rng.normal(6, 1, 900)).astype(np.int64).tolist()):
        ends = (0, place % 5 + 1) if rng.random() < 0.4 else (place % 5 + 1, 0)
        rows.append((*ends, place // 2 * MINUTE, amount))
    made = run(fill, arrays_of(rows), every_target(3), 5 * HOUR, blocks_of(arrays_of(rows), (300,)))
    for place in range(0, 900, 97):
        expected = oracle.dwell(rows, place, 0, 5 * HOUR, LATEST)
        column = 1 if rows[place][0] == 0 else 7
        assert made[place, column : column + 3].tolist() == [float(np.float32(float(value))) for value in expected]
