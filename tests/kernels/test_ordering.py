"""Orders and adjacencies against plain Python."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moneytrail.kernels.ordering import cost_chunks, is_sorted, pair_order, time_order
from tests.oracles import ordering as oracle
from tests.worlds import ACCOUNTS, HUGE, Row, arrays_of, frozen, row_lists

SECOND = 1_000_000
TIMES = st.one_of(
    st.lists(st.integers(0, 20)),
    st.lists(st.integers(-5, 20).map(lambda tick: tick * SECOND)),
    st.lists(st.sampled_from((-(2**61), -1, 0, 1, 2**53 - 1, 2**53 + 1, 2**61))),
)


@given(TIMES)
@example([2**11 * SECOND, 2**22 * SECOND, 0, 2**11 * SECOND])
@settings(max_examples=100)
def test_time_order_equals_the_oracle(times: list[int]) -> None:
    assert time_order(frozen(times, np.int64)).tolist() == oracle.time_order(times)


@given(TIMES)
def test_is_sorted_says_whether_any_falls(times: list[int]) -> None:
    assert is_sorted(frozen(times, np.int64)) == (times == sorted(times))


@given(row_lists(amounts=(0, 1, *HUGE)))
@settings(max_examples=100)
def test_adjacency_equals_the_oracle(rows: list[Row]) -> None:
    world = arrays_of(rows)
    for side, incoming in ((world.outgoing, False), (world.incoming, True)):
        parts = [slice(side.indptr[a], side.indptr[a + 1]) for a in range(ACCOUNTS)]
        made = [
            list(zip(*(array[p].tolist() for array in (side.edge, side.peer, side.time, side.amount)), strict=True))
            for p in parts
        ]
        assert made == oracle.adjacency(rows, ACCOUNTS, incoming=incoming)


@given(row_lists())
@settings(max_examples=100)
def test_pair_order_equals_the_oracle(rows: list[Row]) -> None:
    world = arrays_of(rows)
    indptr, edge = pair_order(world.debtor, world.creditor, ACCOUNTS)
    pairs = oracle.pairs(rows)
    assert edge.tolist() == [place for places in pairs.values() for place in places]
    of_smaller = [sum(len(places) for (small, _), places in pairs.items() if small == a) for a in range(ACCOUNTS)]
    assert np.diff(indptr).tolist() == of_smaller
    assert indptr[0] == 0


@given(st.lists(st.integers(0, 9)), st.sampled_from((1, 2, 3, 64)))
def test_chunks_cover_every_account_once_at_about_equal_cost(sizes: list[int], chunks: int) -> None:
    indptr = frozen(np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]), np.int64)
    borders = cost_chunks(indptr, chunks).tolist()
    assert len(borders) == chunks + 1
    assert (borders[0], borders[-1]) == (0, len(sizes))
    assert borders == sorted(borders)
    costs = [sum(size + 1 for size in sizes[a:b]) for a, b in pairwise(borders)]
    fair = (sum(sizes) + len(sizes)) / chunks
    assert max(costs) <= fair + 1 + max((size + 1 for size in sizes), default=0)


@pytest.mark.parametrize("accounts", [0, 1])
def test_an_empty_ledger_has_empty_lists(accounts: int) -> None:
    world = arrays_of([], accounts)
    assert world.outgoing.indptr.tolist() == [0] * (accounts + 1)
    assert world.incoming.edge.size == 0


def test_a_crowded_bucket_is_sorted_too() -> None:
    """One far-off time squeezes all the others into one bucket, larger than insertion sort would take."""
    random = np.random.default_rng(5)
    times = np.concatenate([random.integers(0, 40, 300), random.integers(0, 10**7, 300), [2**60]])
    assert time_order(times).tolist() == np.argsort(times, kind="stable").tolist()
