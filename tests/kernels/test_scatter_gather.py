"""Scatter-gathers against plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail.kernels.blocks import Ledger
from moneytrail.kernels.scatter_gather import ROW, ScatterGatherRule, SearchRoom, scatter_gathers
from tests.kernels.motif_runs import SIZES, TRUNCATED, Columns, Setting, every_column, room_of, row_of, run, settings_of
from tests.oracles import scatter_gather as oracle
from tests.worlds import Arrays, Row, arrays_of, frozen

LEFT: list[SearchRoom] = []
"""What the search before has left to the next block."""


def search(
    world: Arrays,
    ledger: Ledger,
    borders: NDArray[np.int64],
    window: int,
    steps: int,
    columns: Columns,
    matrix: NDArray[np.float32],
) -> None:
    if borders[0] == 0:
        LEFT[:] = [SearchRoom(*room_of(world, borders, ROW))]
    rule = ScatterGatherRule(window, steps, columns, borders)
    scatter_gathers(world.both, ledger, rule, LEFT[0], matrix)


def expected(setting: Setting) -> list[list[float]]:
    return [row_of(oracle.scatter_gathers(setting.rows, place, setting.window)) for place in range(len(setting.rows))]


@given(settings_of())
@settings(max_examples=100)
def test_scatter_gathers_equal_the_oracle(setting: Setting) -> None:
    made = run(search, arrays_of(setting.rows), setting.window, cuts=setting.cuts, parts=setting.parts)
    assert made[:, TRUNCATED:-1].tolist() == expected(setting)


@given(settings_of(), st.integers(0, 40))
@settings(max_examples=100)
def test_few_steps_leave_a_role_out_and_say_so(setting: Setting, steps: int) -> None:
    """What is counted is true; where nothing is said to be left out, it is all."""
    made = run(search, arrays_of(setting.rows), setting.window, steps=steps, parts=setting.parts)[:, TRUNCATED:-1]
    truth = np.array(expected(setting)).reshape(made.shape)
    assert (made[:, 1:] <= truth[:, 1:]).all()
    whole = made[:, 0] == 0.0
    assert set(made[:, 0].tolist()) <= {0.0, 1.0}
    assert (made[whole] == truth[whole]).all()
    again = run(search, arrays_of(setting.rows), setting.window, steps=steps, cuts=setting.cuts)[:, TRUNCATED:-1]
    assert made.tolist() == again.tolist()


@pytest.mark.parametrize("between", [1, 2, 29, 30, 31, 40])
def test_the_last_bin_holds_every_larger_one(between: int) -> None:
    rows: list[Row] = [(0, 2 + m, 0, 1) for m in range(between)] + [(2 + m, 1, 1, 1) for m in range(between)]
    made = run(search, arrays_of(rows, between + 2), 10)[-1, TRUNCATED:-1]
    assert made.tolist() == row_of([between] if between > 1 else [])


def test_parallel_transfers_and_transfers_to_oneself_add_nothing() -> None:
    plain: list[Row] = [(0, 2, 0, 1), (0, 3, 0, 1), (2, 1, 1, 1), (3, 1, 2, 1)]
    noisy: list[Row] = [*plain[:3], *plain[:3], (2, 2, 1, 1), (0, 0, 1, 1), (-1, 1, 1, 1), (0, -1, 1, 1), plain[3]]
    made = [run(search, arrays_of(rows), 10)[-1].tolist() for rows in (plain, noisy)]
    assert made[0] == made[1]
    assert made[0][TRUNCATED:-1] == row_of([2])


def test_only_the_columns_asked_for_are_written() -> None:
    rng = np.random.default_rng(2)
    rows: list[Row] = [(int(d), int(c), i, 1) for i, (d, c) in enumerate(rng.integers(0, 12, (120, 2)))]
    world = arrays_of(rows, 12)
    whole = run(search, world, 60)
    assert whole[:, every_column()[[2, 3, 4]]].any(axis=0).all()
    for size in (0, 2, 3, 4):
        columns = np.full(SIZES + 1, -1, np.int32)
        columns[size] = 1
        made = run(search, world, 60, columns=frozen(columns, np.int32))
        assert made[:, 1].tolist() == whole[:, every_column()[size]].tolist()


@pytest.mark.parametrize("seed", range(4))
def test_larger_worlds_with_a_hub_equal_the_oracle(seed: int) -> None:
    """The cheaper end changes from transfer to transfer; hubs are asked rather than read."""
    rng = np.random.default_rng(seed)
    sides = rng.integers(0, 25, (160, 2))
    sides[::3, seed % 2] = 0
    rows: list[Row] = [(int(d), int(c), i // 2, 1) for i, (d, c) in enumerate(sides)]
    for window in (7, 40, 200):
        setting = Setting(rows, window, [50, 90], 3)
        made = run(search, arrays_of(rows, 25), window, cuts=setting.cuts, parts=setting.parts)
        assert made[:, TRUNCATED:-1].tolist() == expected(setting)
