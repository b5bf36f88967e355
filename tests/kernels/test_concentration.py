"""Modal concentration against plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from moneytrail.kernels.blocks import Block
from moneytrail.kernels.concentration import LATEST, STATISTICS, concentration
from tests.kernels.account_runs import Setting, blocks_of, compare, every_target, run, settings_of
from tests.oracles import concentration as oracle
from tests.worlds import HOUR, Arrays, Row, arrays_of

AMOUNTS = (0, 1, 19, 20, 21, 94, 95, 100, 105, 106, 200, 210, 315, 570, 630, 631, 2**53 + 1, 2**59, 2**59 + 1)


def fill(world: Arrays, block: Block, window: int, targets: NDArray[np.int32], matrix: NDArray[np.float32]) -> None:
    concentration(world.outgoing, world.incoming, block, window, targets, matrix)


@given(settings_of(amounts=AMOUNTS))
@settings(max_examples=100)
def test_concentration_equals_the_oracle(setting: Setting) -> None:
    def values(place: int, account: int, way: int) -> list[float]:
        return [float(oracle.concentration(setting.rows, place, account, way, setting.window, LATEST))]

    compare(fill, setting, len(STATISTICS), values)


def last_value(amounts: list[int]) -> float:
    rows: list[Row] = [(0, 1, place, amount) for place, amount in enumerate(amounts)]
    made = run(fill, arrays_of(rows), every_target(1), 10**6, blocks_of(arrays_of(rows), ()))
    return float(made[-1, 1])


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([100], 1.0),
        # A family of three and one of six, and one amount that fits nobody.
        ([100, 300, 600, 437], 0.75),
        # Seven seats are one too many, and one and a half are none.
        ([100, 100, 100, 700, 150], 0.6),
        ([100, 95], 1.0),
        ([100, 94], 0.5),
        # A twentieth of the mode is rounded down to whole minor units.
        ([19, 20], 1.0),
        ([18, 19], 0.5),
        ([0, 0, 0, 5], 0.75),
    ],
)
def test_concentration_at_its_borders(amounts: list[int], expected: float) -> None:
    assert last_value(amounts) == np.float32(expected)


def test_of_a_long_window_only_the_latest_are_looked_at() -> None:
    rng = np.random.default_rng(3)
    times = np.sort(rng.integers(0, 20, 900)) * HOUR
    amounts = (np.exp(rng.normal(6, 1, 900))).astype(np.int64)
    rows: list[Row] = [(0, int(i) % 5, int(t), int(a)) for i, (t, a) in enumerate(zip(times, amounts, strict=True))]
    made = run(fill, arrays_of(rows), every_target(1), 10 * HOUR, blocks_of(arrays_of(rows), (300,)))
    assert len([row for row in rows if row[2] > rows[-1][2] - 10 * HOUR]) > LATEST
    for place in range(0, 900, 97):
        expected = oracle.concentration(rows, place, 0, 0, 10 * HOUR, LATEST)
        assert made[place, 1] == np.float32(float(expected))
