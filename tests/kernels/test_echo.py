"""The echo kernel equals plain Python, and keeps its laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail.kernels.echo import WIDTH, echo
from tests.oracles import echo as oracle

ACCOUNTS = 5
SIDE = st.none() | st.integers(0, ACCOUNTS - 1)
ROWS = st.lists(st.tuples(SIDE, SIDE, st.integers(0, 20), st.sampled_from((0.0, 0.1, 0.5, 1.0))), max_size=25)


def run(rows: list[oracle.Row], half_life: int) -> NDArray[np.float32]:
    """Give the kernel's columns for rows in order of time."""
    sides = tuple(np.array([-1 if row[side] is None else row[side] for row in rows], np.int32) for side in range(2))
    out = np.zeros((len(rows), WIDTH), np.float32)
    echo(
        (sides[0], sides[1]),
        np.array([row[2] for row in rows], np.int64),
        np.array([row[3] for row in rows], np.float64),
        ACCOUNTS,
        half_life,
        out,
    )
    return out


@given(ROWS, st.integers(1, 30))
def test_equals_the_oracle(rows: list[oracle.Row], half_life: int) -> None:
    rows = sorted(rows, key=lambda row: row[2])
    wanted = np.array(oracle.echo(rows, half_life)).reshape(len(rows), WIDTH)
    np.testing.assert_allclose(run(rows, half_life), wanted, atol=1e-6)


@given(ROWS, st.integers(1, 30), st.randoms(use_true_random=False))
def test_the_order_within_an_instant_does_not_count(rows: list[oracle.Row], half_life: int, random: object) -> None:
    rows = sorted(rows, key=lambda row: row[2])
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    order.sort(key=lambda place: rows[place][2])
    shuffled = run([rows[place] for place in order], half_life)
    np.testing.assert_allclose(shuffled, run(rows, half_life)[order], atol=1e-6)


@given(ROWS, st.integers(1, 30), st.integers(0, 10**15))
def test_shifting_all_times_changes_nothing(rows: list[oracle.Row], half_life: int, shift: int) -> None:
    rows = sorted(rows, key=lambda row: row[2])
    moved: list[oracle.Row] = [(a, b, time + shift, score) for a, b, time, score in rows]
    assert np.array_equal(run(moved, half_life), run(rows, half_life))


@given(ROWS, st.integers(1, 30))
def test_what_follows_changes_nothing_before(rows: list[oracle.Row], half_life: int) -> None:
    rows = sorted(rows, key=lambda row: row[2])
    earlier = [row for row in rows if row[2] <= 10]
    assert np.array_equal(run(rows, half_life)[: len(earlier)], run(earlier, half_life))


def test_a_score_halves_with_each_half_life() -> None:
    found = run([(0, 1, 0, 0.8), (1, 2, 10, 0.0), (1, 3, 20, 0.0)], 10)
    into_debtor = 2
    assert found[:, into_debtor] == pytest.approx([0.0, 0.4, 0.2])
