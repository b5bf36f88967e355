"""The arrival lift against plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail.kernels.arrival_lift import (
    AS_HIGH,
    FEW,
    HIGH_DAYS,
    LOW_DAYS,
    MANY,
    SHIFTS,
    LiftRule,
    arrival_lifts,
    is_rare,
)
from tests.oracles import arrival_lift as oracle
from tests.worlds import frozen


def lifts_of(
    series: list[int], months: list[int], windows: list[tuple[int, list[int]]], rule: LiftRule
) -> NDArray[np.int64]:
    """Run the kernel over windows of (day before which it ends, days of its credits), in order of these days."""
    ends, border = np.unique([end for end, _ in windows], return_index=True)
    edges = np.cumsum([0, *(len(days) for _, days in windows)])
    found: NDArray[np.int64] = arrival_lifts(
        (frozen(series, np.int64), frozen(months, np.int32)),
        (frozen(ends, np.int64), frozen([*border, len(windows)], np.int64)),
        (frozen(edges[:-1], np.int64), frozen(edges[1:], np.int64)),
        frozen([day for _, days in windows for day in sorted(days)], np.int64),
        rule,
    )
    return found


@given(
    series=st.lists(st.integers(0, 4), min_size=12, max_size=40),
    length=st.sampled_from((1, 3, 6, 9)),
    lift=st.sampled_from((0, 1000, 1800, 3000)),
    chance=st.sampled_from((100, 500, 2000)),
    shifts=st.sampled_from(((1, 20), (1, 3), (3, 9), (5, 350))),
    month=st.integers(3, 9),
    data=st.data(),
)
@settings(max_examples=100)
def test_the_lift_equals_the_oracle(
    series: list[int], length: int, lift: int, chance: int, shifts: tuple[int, int], month: int, data: st.DataObject
) -> None:
    months = [day // month for day in range(len(series))]
    ends = sorted(data.draw(st.lists(st.integers(length + 2, len(series)), min_size=1, max_size=4)))
    windows = [(end, data.draw(st.lists(st.integers(end - length, end - 1), min_size=1, max_size=12))) for end in ends]
    rule = LiftRule(length, 3, lift, *shifts, chance)
    for found, (end, credits) in zip(lifts_of(series, months, windows, rule), windows, strict=True):
        own = oracle.lift(credits, series[:end], months, length, 0)
        assert found[:4].tolist() == [own.many, len(own.high), own.few, len(own.low)]
        if own.times is None or own.times * 1000 < lift:
            assert found[SHIFTS] == found[AS_HIGH] == 0
            continue
        tried = range(shifts[0], min(shifts[1], end - shifts[0]) + 1)
        _, as_high, number = oracle.by_chance(credits, series[:end], months, length, tried)
        rare = number > 0 and (as_high + 1) * 1000 < chance * (number + 1)
        assert is_rare(found, chance) == rare
        assert found[SHIFTS] == number
        if rare:
            assert found[AS_HIGH] == as_high


def test_days_that_tie_with_a_border_are_all_counted() -> None:
    """Of nine days seven have no arrivals behind them: all of them are low, and the two others high with their ties."""
    series = [0] * 9 + [5, 0, 0]
    found = lifts_of(series, [0] * 12, [(12, [9, 10, 11, 3, 4])], LiftRule(9, 3, 0, 1, 1, 2000))[0]
    assert (found[MANY], found[HIGH_DAYS], found[FEW], found[LOW_DAYS]) == (3, 3, 2, 6)


def test_a_month_without_a_difference_says_nothing() -> None:
    found = lifts_of([7] * 12, [0] * 12, [(12, [5, 6])], LiftRule(9, 3, 0, 1, 1, 2000))[0]
    assert found.tolist() == [0, 0, 0, 0, 0, 0]


def test_nothing_later_than_the_window_is_used() -> None:
    series = [0, 1, 4, 2, 0, 0, 3, 1, 0, 2, 2, 0]
    rule = LiftRule(6, 3, 0, 1, 350, 2000)
    whole = lifts_of([*series, 9, 9, 9], [0] * 15, [(12, [6, 7, 8])], rule)
    assert whole.tolist() == lifts_of(series, [0] * 12, [(12, [6, 7, 8])], rule).tolist()


@pytest.mark.parametrize("as_high", [0, 1, 2])
def test_chance_must_be_below_its_share(as_high: int) -> None:
    """Of 199 shifts one may fit as well: (1 + 1) / (199 + 1) is exactly 0.01, which is not below it."""
    found = frozen([1, 1, 1, 1, as_high, 199], np.int64)
    assert is_rare(found, 10) == (as_high == 0)
    assert is_rare(found, 11) == (as_high <= 1)
