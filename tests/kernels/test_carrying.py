"""Marks are carried as the oracle says: for so long, so far, and by the latest transfer."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from moneytrail.kernels.carrying import carried
from tests.oracles import carrying as oracle
from tests.worlds import ACCOUNTS, Row, arrays_of, frozen, row_lists


def run(rows: list[Row], passes: list[bool], marks: list[oracle.Mark], reach: int, most: int) -> list[tuple[int, int]]:
    world = arrays_of(rows)
    ordered = sorted(marks)
    ledger, account, until = (
        frozen([mark[place] for mark in ordered], dtype) for place, dtype in enumerate((np.int64, np.int32, np.int64))
    )
    steps, source = carried(
        (world.debtor, world.creditor), world.time, frozen(passes, np.bool_), (ledger, account, until),
        (reach, most, ACCOUNTS),
    )  # fmt: skip
    return list(zip(steps.tolist(), source.tolist(), strict=True))


@given(st.data(), row_lists(size=20), st.integers(0, 8), st.integers(0, 3))
def test_carrying_equals_the_oracle(data: st.DataObject, rows: list[Row], reach: int, most: int) -> None:
    passes = data.draw(st.lists(st.sampled_from((True, True, False)), min_size=len(rows), max_size=len(rows)))
    mark = st.tuples(st.integers(0, 20), st.integers(0, ACCOUNTS - 1), st.integers(0, 20))
    marks = data.draw(st.lists(mark, max_size=4))
    assert run(rows, passes, marks, reach, most) == oracle.carried(rows, passes, marks, reach, most)


def test_two_steps_and_the_latest_transfer_that_brought_it() -> None:
    rows = [(0, 1, 1, 9), (0, 1, 2, 9), (1, 2, 3, 9), (2, 3, 4, 9), (3, 4, 5, 9)]
    assert run(rows, [True] * 5, [(0, 0, 9)], 3, 2) == [(0, -1), (0, -1), (1, 1), (2, 2), (-1, -1)]


def test_the_last_microsecond_counts_and_the_next_does_not() -> None:
    rows = [(0, 1, 1, 9), (1, 2, 4, 9), (1, 2, 5, 9)]
    assert [one[0] for one in run(rows, [True] * 3, [(0, 0, 1)], 3, 1)] == [0, 1, -1]
