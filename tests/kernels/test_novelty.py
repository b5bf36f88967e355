"""Credits new in kind: the kernel says what the oracle says, for any number of threads and chunks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moneytrail.kernels.novelty import new_in_kind
from moneytrail.kernels.ordering import cost_chunks
from tests.oracles import novelty

ITEM = st.tuples(st.integers(0, 12), st.sampled_from((0, 1, 2, 2, 5)), st.integers(0, 2))
LISTS = st.lists(st.lists(ITEM, max_size=12).map(sorted), min_size=1, max_size=4)


@given(lists=LISTS, gap=st.integers(1, 5), more=st.integers(1, 8), least=st.integers(1, 3), chunks=st.integers(1, 5))
def test_kernel_equals_the_oracle(
    lists: list[list[novelty.Item]], gap: int, more: int, least: int, chunks: int
) -> None:
    expected = [one for items in lists for one in novelty.new_in_kind(items, gap + more, gap, least)]
    indptr = np.cumsum([0, *map(len, lists)]).astype(np.int64)
    columns = np.array([item for items in lists for item in items], np.int64).reshape(-1, 3)
    time, amount = np.ascontiguousarray(columns[:, 0]), np.ascontiguousarray(columns[:, 1])
    kind = columns[:, 2].astype(np.int32)
    found = new_in_kind((indptr, time, amount), kind, 3, (gap + more, gap), least, cost_chunks(indptr, chunks))
    assert found.tolist() == expected


@pytest.mark.parametrize(("amount", "kind", "expected"), [(6, 1, True), (5, 1, False), (6, 0, False)])
def test_new_needs_another_kind_and_a_larger_sum(amount: int, kind: int, expected: bool) -> None:
    indptr = np.array([0, 2], np.int64)
    lists = (indptr, np.array([0, 10], np.int64), np.array([5, amount], np.int64))
    kinds = np.array([0, kind], np.int32)
    assert new_in_kind(lists, kinds, 2, (20, 5), 1, cost_chunks(indptr, 1)).tolist() == [False, expected]
