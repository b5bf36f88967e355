"""Bins of sizes against plain Python."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.bins import LAST_BIN, fill_bins
from tests.kernels.account_runs import ABSENT
from tests.oracles.bins import in_bin
from tests.worlds import frozen

SIZES = st.lists(st.one_of(st.integers(0, 4), st.integers(27, 33), st.sampled_from((1_000, 2**24))), max_size=50)


@given(SIZES, st.sets(st.integers(1, LAST_BIN)))
@settings(max_examples=100)
def test_bins_equal_the_oracle(sizes: list[int], asked: set[int]) -> None:
    """Where a bin stands in the matrix is the caller's; what is not asked for is not written."""
    columns = np.full(LAST_BIN + 1, -1, np.int32)
    places = dict(zip(sorted(asked, reverse=True), range(1, len(asked) + 1), strict=True))
    for size, column in places.items():
        columns[size] = column
    matrix = np.full((len(sizes), len(asked) + 2), ABSENT, np.float32)
    fill_bins(frozen(sizes, np.float32), frozen(columns, np.int32), matrix)
    assert (matrix[:, [0, -1]] == ABSENT).all()
    for size, column in places.items():
        assert matrix[:, column].tolist() == [ABSENT + held for held in in_bin(sizes, size)]


def test_bins_add_up() -> None:
    """Both accounts of a transfer may stand in the same bin."""
    matrix = np.zeros((2, 1), np.float32)
    columns = np.full(LAST_BIN + 1, -1, np.int32)
    columns[[2, 30]] = 0
    for sizes in ([2, 30], [2, 31], [1, 29], [0, 3]):
        fill_bins(frozen(sizes, np.float32), frozen(columns, np.int32), matrix)
    assert matrix[:, 0].tolist() == [2.0, 2.0]
