"""Medians against plain Python."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from numpy.typing import NDArray

from moneytrail.kernels.blocks import Block
from moneytrail.kernels.medians import STATISTICS, medians
from tests.kernels.account_runs import Setting, blocks_of, compare, every_target, run, settings_of
from tests.oracles import medians as oracle
from tests.worlds import HOUR, Arrays, Row, arrays_of


def fill(world: Arrays, block: Block, window: int, targets: NDArray[np.int32], matrix: NDArray[np.float32]) -> None:
    medians(world.outgoing, world.incoming, block, window, targets, matrix)


@given(settings_of(unit=1_000_000))
@settings(max_examples=100)
def test_medians_equal_the_oracle(setting: Setting) -> None:
    def values(place: int, account: int, way: int) -> list[float]:
        return [float(value) for value in oracle.medians(setting.rows, place, account, way, setting.window)]

    compare(fill, setting, len(STATISTICS), values)


def test_long_windows_equal_the_oracle() -> None:
    """Windows of some hundred transfers, which are counted in a tree."""
    rng = np.random.default_rng(3)
    times = np.sort(rng.integers(0, 20, 700)) * HOUR
    amounts = rng.choice((0, 1, 5, 5, 7, 2**53), 700)
    rows: list[Row] = [(0, int(i) % 5, int(t), int(a)) for i, (t, a) in enumerate(zip(times, amounts, strict=True))]
    world = arrays_of(rows)
    made = run(fill, world, every_target(2), 10 * HOUR, blocks_of(world, (300,)))
    for place in range(0, 700, 23):
        expected = oracle.medians(rows, place, 0, 0, 10 * HOUR)
        assert made[place, 1:3].tolist() == [float(np.float32(float(value))) for value in expected]
