"""Temporal and bounded cycles against plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail.kernels.blocks import Ledger
from moneytrail.kernels.cycles import LONGEST, ROW, CycleRule, SearchRoom, bounded_cycles, temporal_cycles
from tests.kernels.motif_runs import (
    SIZES,
    TRUNCATED,
    Columns,
    Search,
    Setting,
    every_column,
    room_of,
    row_of,
    run,
    settings_of,
)
from tests.oracles import cycles as oracle
from tests.worlds import Arrays, Row, arrays_of, frozen

ORDERS = pytest.mark.parametrize("in_order", [True, False], ids=["temporal", "bounded"])


def searching(longest: int = LONGEST, *, in_order: bool) -> Search:
    left: list[SearchRoom] = []

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
            left[:] = [SearchRoom(*room_of(world, borders, ROW))]
        rule = CycleRule(window, longest, steps, columns, borders)
        kernel = temporal_cycles if in_order else bounded_cycles
        kernel(world.both, ledger, rule, left[0], matrix)

    return search


def expected(setting: Setting, longest: int = LONGEST, *, in_order: bool) -> list[list[float]]:
    return [
        row_of(oracle.cycles(setting.rows, place, setting.window, longest, in_order=in_order))
        for place in range(len(setting.rows))
    ]


@ORDERS
@given(setting=settings_of(), longest=st.sampled_from((2, 3, 4, LONGEST)))
@settings(max_examples=100)
def test_cycles_equal_the_oracle(setting: Setting, longest: int, in_order: bool) -> None:
    search = searching(longest, in_order=in_order)
    made = run(search, arrays_of(setting.rows), setting.window, cuts=setting.cuts, parts=setting.parts)
    assert made[:, TRUNCATED:-1].tolist() == expected(setting, longest, in_order=in_order)


@ORDERS
@given(setting=settings_of(), longest=st.sampled_from((2, 4, LONGEST)), steps=st.integers(0, 60))
@settings(max_examples=100)
def test_few_steps_never_count_more_than_there_is_and_say_so(
    setting: Setting, longest: int, steps: int, in_order: bool
) -> None:
    """What is counted is true; where nothing is said to be left out, it is all. The same in blocks."""
    world, search = arrays_of(setting.rows), searching(longest, in_order=in_order)
    made = run(search, world, setting.window, steps=steps, parts=setting.parts)[:, TRUNCATED:-1]
    truth = np.array(expected(setting, longest, in_order=in_order)).reshape(made.shape)
    assert (made[:, 1:] <= truth[:, 1:]).all()
    assert set(made[:, 0].tolist()) <= {0.0, 1.0}
    whole = made[:, 0] == 0.0
    assert (made[whole] == truth[whole]).all()
    again = run(search, world, setting.window, steps=steps, cuts=setting.cuts)[:, TRUNCATED:-1]
    assert made.tolist() == again.tolist()


@given(settings_of())
@settings(max_examples=100)
def test_every_temporal_cycle_is_a_bounded_one(setting: Setting) -> None:
    world = arrays_of(setting.rows)
    temporal, bounded = (run(searching(in_order=order), world, setting.window) for order in (True, False))
    assert (temporal <= bounded).all()


@ORDERS
@pytest.mark.parametrize("length", [2, 3, 29, 30, 31])
def test_rings_up_to_the_longest_are_found(length: int, in_order: bool) -> None:
    rows: list[Row] = [(i, (i + 1) % length, 0, 1) for i in range(length)]
    made = run(searching(in_order=in_order), arrays_of(rows, length), 1)[:, TRUNCATED:-1]
    assert made[-1].tolist() == row_of([length] if length <= LONGEST else [])
    assert not made[:-1].any()


@ORDERS
def test_a_ring_in_the_wrong_order_is_bounded_only(in_order: bool) -> None:
    rows: list[Row] = [(1, 2, 1, 1), (0, 1, 1, 1), (2, 0, 1, 1)]
    made = run(searching(in_order=in_order), arrays_of(rows), 1)[-1, TRUNCATED:-1]
    assert made.tolist() == row_of([] if in_order else [3])


@ORDERS
@pytest.mark.parametrize(("window", "found"), [(10, False), (11, True)])
def test_the_left_end_of_the_window_is_left_out(window: int, found: bool, in_order: bool) -> None:
    rows: list[Row] = [(0, 1, 0, 1), (1, 2, 10, 1), (2, 0, 10, 1)]
    made = run(searching(in_order=in_order), arrays_of(rows), window)[-1, TRUNCATED:-1]
    assert made.tolist() == row_of([3] if found else [])


@ORDERS
def test_parallel_transfers_do_not_multiply_cycles(in_order: bool) -> None:
    rows: list[Row] = [(0, 1, 0, 1)] * 3 + [(1, 1, 0, 1), (-1, 2, 0, 1), (1, -1, 0, 1)] + [(1, 2, 0, 1)] * 3
    made = run(searching(in_order=in_order), arrays_of([*rows, (2, 0, 0, 1)]), 1)[-1, TRUNCATED:-1]
    assert made.tolist() == row_of([3])


@ORDERS
def test_only_the_columns_asked_for_are_written(in_order: bool) -> None:
    rng = np.random.default_rng(2)
    rows: list[Row] = [(int(d), int(c), i, 1) for i, (d, c) in enumerate(rng.integers(0, 9, (60, 2)))]
    world, search = arrays_of(rows, 9), searching(5, in_order=in_order)
    whole = run(search, world, 25)
    assert whole[:, every_column()[[2, 3, 4]]].any(axis=0).all()
    for size in (0, 2, 3, 5):
        columns = np.full(SIZES + 1, -1, np.int32)
        columns[size] = 1
        made = run(search, world, 25, columns=frozen(columns, np.int32))
        assert made[:, 1].tolist() == whole[:, every_column()[size]].tolist()


@ORDERS
@pytest.mark.parametrize("seed", range(4))
def test_larger_worlds_with_a_hub_equal_the_oracle(seed: int, in_order: bool) -> None:
    """Sparse round a hub: the two searches meet now at one end, now at the other."""
    rng = np.random.default_rng(seed)
    sides = rng.integers(0, 30, (110, 2))
    sides[::4, seed % 2] = 0
    rows: list[Row] = [(int(d), int(c), i // 2, 1) for i, (d, c) in enumerate(sides)]
    for window, longest in ((12, LONGEST), (25, LONGEST if in_order else 6)):
        setting = Setting(rows, window, [40, 70], 3)
        search = searching(longest, in_order=in_order)
        made = run(search, arrays_of(rows, 30), window, cuts=setting.cuts, parts=setting.parts)
        assert made[:, TRUNCATED:-1].tolist() == expected(setting, longest, in_order=in_order)


@ORDERS
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("longest", [3, 6])
def test_cycles_through_a_hub_equal_the_oracle(seed: int, longest: int, in_order: bool) -> None:
    """One end of the search is a list of dozens, the other one short: the walk begins at the short one."""
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for place in range(150):
        a, b = (int(one) for one in rng.integers(1, 30, 2))
        kind = rng.integers(0, 8)
        pair = (a, 0) if kind < 4 else (0, a) if kind < 6 else (a, b)
        rows.append((*pair, place, 1))
    world = arrays_of(rows, 30)
    made = run(searching(longest, in_order=in_order), world, 1000, cuts=(70,))
    truth = [row_of(oracle.cycles(rows, place, 1000, longest, in_order=in_order)) for place in range(len(rows))]
    assert made[:, TRUNCATED:-1].tolist() == truth
    assert np.array(truth)[:, 1:].sum() > 20
