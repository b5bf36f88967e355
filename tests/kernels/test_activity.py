"""Features and the activity behind them against plain Python."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail.features import FEATURE_NAMES, compute
from moneytrail.kernels.activity import COLUMNS, LONGEST_PAUSE, Part, activity
from moneytrail.kernels.relations import RelationRule
from tests.kernels.account_runs import blocks_of
from tests.oracles import activity as oracle
from tests.oracles.relations import Dealings, relations
from tests.worlds import (
    AMOUNTS,
    DAY,
    HUGE,
    NEW_YEAR,
    Row,
    arrays_of,
    graph_of,
    relations_of,
    row_lists,
    transfer,
)

RULE = RelationRule(lookback=180 * DAY, gap=30 * DAY, payments=3)
UNITS = (DAY // 2, DAY, 7 * DAY // 2, 15 * DAY, 45 * DAY)
ROWS = st.sampled_from(UNITS).flatmap(
    lambda unit: st.one_of(
        row_lists(unit=unit), row_lists(amounts=AMOUNTS + HUGE, unit=unit), row_lists(unit=unit, origin=-400 * DAY)
    )
)
LOGARITHMS = (3, 8, 9)
ABSENT = -7.0


def run(rows: list[Row], *, incoming: bool, chunks: int = 64, cuts: Sequence[int] = ()) -> NDArray[np.float32]:
    """Return the eleven columns between two others, made block by block: one ends at each of `cuts`."""
    world = arrays_of(rows)
    side, other = (world.incoming, world.outgoing) if incoming else (world.outgoing, world.incoming)
    facts = relations_of(world, RULE)
    made = []
    for block in blocks_of(world, cuts, chunks):
        begin, end = (block.in_begin, block.in_end) if incoming else (block.out_begin, block.out_end)
        out = np.full((block.last - block.first, COLUMNS + 2), ABSENT, np.float32)
        activity(side, other, facts, Part(begin, end, block.borders, block.first), out, 1)
        made.append(out)
    return np.concatenate(made)


CUTS = st.lists(st.integers(1, 29), max_size=3, unique=True).map(sorted)


@given(ROWS, st.booleans(), st.sampled_from((1, 3, 64)), CUTS)
@settings(max_examples=100)
def test_activity_equals_the_oracle(rows: list[Row], incoming: bool, chunks: int, cuts: list[int]) -> None:
    facts = relations(rows, [0] * len(rows), [False] * len(rows), [(-1,)] * 6, Dealings(*RULE))
    made = run(rows, incoming=incoming, chunks=chunks, cuts=cuts)
    assert (made[:, [0, COLUMNS + 1]] == ABSENT).all(), "written outside its eleven columns"
    for place in range(len(rows)):
        expected = oracle.activity(rows, facts, place, incoming=incoming)
        if expected is None:
            assert (made[place] == ABSENT).all()
            continue
        for column, value in enumerate(expected):
            got, wanted = made[place, column + 1], np.float32(value)
            # Two libraries' logarithms may differ in the last place.
            slack = abs(np.spacing(wanted)) if column in LOGARITHMS else 0.0
            assert abs(got - wanted) <= slack, (place, column, got, wanted)


@given(ROWS, st.booleans(), CUTS)
@settings(max_examples=100)
def test_blocks_give_the_same_bits_as_the_whole(rows: list[Row], incoming: bool, cuts: list[int]) -> None:
    whole = run(rows, incoming=incoming)
    assert run(rows, incoming=incoming, cuts=cuts).tobytes() == whole.tobytes()
    assert run(rows, incoming=incoming, cuts=range(1, len(rows))).tobytes() == whole.tobytes()


def test_a_large_amount_among_many_does_not_overflow() -> None:
    rows: list[Row] = [(0, 1, 0, 0)] * 1_100 + [(0, 1, 1, 2**53)]
    assert run(rows, incoming=False)[-1, 8] == np.float32(1_101)


def test_what_has_left_the_window_leaves_no_trace() -> None:
    """A sum of floats that loses a penny to a large amount would remember that amount for ever."""
    rows: list[Row] = [(0, 1, 0, 2**53), (0, 2, 29 * DAY, 3), (0, 3, 31 * DAY, 3)]
    assert run(rows, incoming=False)[-1, 8] == np.float32(1.0)


def features_of(*transfers: tuple[int, str | None, str | None, int, str]) -> dict[str, list[float]]:
    rows = [
        transfer(i, time, debtor, creditor, amount, channel=channel)
        for i, (time, debtor, creditor, amount, channel) in enumerate(transfers)
    ]
    matrix = compute(graph_of(rows))
    assert matrix.dtype == np.float32
    assert matrix.shape == (len(rows), len(FEATURE_NAMES))
    return {name: matrix[:, place].tolist() for place, name in enumerate(FEATURE_NAMES)}


def test_features_say_what_they_mean() -> None:
    made = features_of(
        (NEW_YEAR + DAY // 2, "a", "b", 10_000, "credit_transfer"),
        (NEW_YEAR + DAY, "a", "b", 10_001, "credit_transfer"),
        (NEW_YEAR + DAY, "b", "a", 0, "credit_transfer"),
    )
    assert made["amount"] == pytest.approx(np.log1p([10_000, 10_001, 0]).tolist())
    assert made["hour"] == [12.0, 0.0, 0.0]
    assert made["round_amount"] == [1.0, 0.0, 0.0]
    assert made["pair_first"] == [1.0, 0.0, 0.0]
    assert made["pair_recent"] == pytest.approx([0.0, np.log(2), 0.0])
    assert made["debtor_out_count_7d"] == [1.0, 2.0, 1.0]
    assert made["creditor_in_count_1d"] == [1.0, 2.0, 1.0]


def test_a_cash_transfer_has_nothing_on_its_absent_side() -> None:
    made = features_of((NEW_YEAR, None, "b", 500, "cash"))
    absent = {name: values[0] for name, values in made.items() if name.startswith("debtor_")}
    pauses = {name for name in absent if "_since_" in name}
    assert {name: value for name, value in absent.items() if name not in pauses and value} == {}
    assert {absent[name] for name in pauses} == {float(np.float32(np.log1p(LONGEST_PAUSE / 1e6)))}


def test_a_transfer_with_one_side_absent_is_marked_affiliated_as_the_table_says() -> None:
    assert features_of((NEW_YEAR, None, "b", 500, "cash"))["affiliated"] == [1.0]


@given(ROWS, st.integers(0, 30))
@settings(max_examples=100)
def test_no_feature_uses_what_comes_later(rows: list[Row], cut: int) -> None:
    """Causal: the matrix of the first transfers is the first rows of the whole matrix."""
    names = ("a", "b", "c", "d", "e", "f", None)
    bank = [transfer(i, t, names[d], names[c], amount) for i, (d, c, t, amount) in enumerate(rows)]
    whole = compute(graph_of(bank))
    assert np.isfinite(whole).all()
    np.testing.assert_array_equal(compute(graph_of(bank[:cut])), whole[:cut])
