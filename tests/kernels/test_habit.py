"""An account's calendar against plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail.kernels.blocks import Block
from moneytrail.kernels.habit import STATISTICS, habit
from tests.kernels.account_runs import Setting, blocks_of, compare, every_target, run, settings_of
from tests.oracles import habit as oracle
from tests.worlds import DAY, HOUR, Arrays, Row, arrays_of

WEEKDAY, WEEKDAY_DAYS, FORTNIGHT, WEEK_BEFORE, SAME_GAP, ACTIVE_DAYS = range(6)


def fill(world: Arrays, block: Block, window: int, targets: NDArray[np.int32], matrix: NDArray[np.float32]) -> None:
    habit(world.outgoing, world.incoming, block, window, targets, matrix)


@given(st.data(), st.sampled_from((1, 5 * HOUR, 12 * HOUR, DAY, 7 * DAY, 30 * DAY)))
@settings(max_examples=200)
def test_habit_equals_the_oracle(data: st.DataObject, unit: int) -> None:
    setting: Setting = data.draw(settings_of(unit=unit))

    def values(place: int, account: int, way: int) -> list[float]:
        return [float(value) for value in oracle.habit(setting.rows, place, account, way, setting.window)]

    compare(fill, setting, len(STATISTICS), values)


@given(st.lists(st.integers(0, 400 * 24), max_size=60), st.sampled_from((HOUR, 15 * DAY, 40 * DAY, 3660 * DAY)))
@settings(max_examples=60)
def test_long_lists_with_long_pauses_equal_the_oracle(hours: list[int], window: int) -> None:
    rows: list[Row] = [(0, 1 + i % 3, hour * HOUR, 5) for i, hour in enumerate(sorted(hours))]
    compare(
        fill,
        Setting(rows, window, [20, 30], 3),
        len(STATISTICS),
        lambda place, account, way: [float(value) for value in oracle.habit(rows, place, account, way, window)],
    )


def values_of(rows: list[Row], window: int, *, role: int = 0, way: int = 0) -> list[float]:
    """Every statistic of an account of the last transfer."""
    world = arrays_of(rows)
    first = 1 + (role * 2 + way) * len(STATISTICS)
    made = run(fill, world, every_target(len(STATISTICS)), window, blocks_of(world, ()))
    values: list[float] = made[-1, first : first + len(STATISTICS)].tolist()
    return values


def test_a_first_transfer_has_nothing_to_fit() -> None:
    assert values_of([(0, 1, 0, 5)], 30 * DAY) == [-1.0, -1.0, -1.0, 0.0, -1.0, 0.0]


def test_a_weekly_payer_fits_itself_wholly() -> None:
    rows: list[Row] = [(0, 1, 9 * HOUR + 7 * DAY * week, 5) for week in range(4)]
    made = values_of(rows, 28 * DAY)
    assert made[:5] == [1.0, 1.0, np.float32(1 / 3), 2.0, 1.0]
    assert made[ACTIVE_DAYS] == np.float32(3 / 28)


def test_what_happened_today_is_no_habit() -> None:
    rows: list[Row] = [(0, 1, 7 * DAY, 5), (0, 1, 7 * DAY + HOUR, 5), (0, 2, 14 * DAY, 5), (0, 2, 14 * DAY, 5)]
    made = values_of(rows, 30 * DAY)
    assert made[WEEKDAY] == made[WEEKDAY_DAYS] == 1.0
    assert made[WEEK_BEFORE] == 2.0
    assert made[SAME_GAP] == 0.5, "gaps of 0 and 7 days before, 0 now"


@pytest.mark.parametrize(("late", "held"), [(0, 0.0), (1, 1.0)])
def test_the_left_end_of_the_window_is_out(late: int, held: float) -> None:
    assert values_of([(0, 1, late, 5), (0, 1, 7 * DAY, 5)], 7 * DAY)[WEEK_BEFORE] == held


def test_days_are_utc_days_before_1970_too() -> None:
    rows: list[Row] = [(0, 1, -7 * DAY - 1, 5), (0, 1, -7 * DAY, 5), (0, 1, DAY - 1, 5)]
    made = values_of(rows, 30 * DAY)
    assert made[WEEKDAY] == 0.5
    assert made[WEEK_BEFORE] == 1.0
