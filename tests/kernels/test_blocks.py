"""Blocks of rows against plain Python."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.blocks import advance, clear, share_out
from tests.oracles import blocks as oracle
from tests.worlds import ACCOUNTS, Row, arrays_of, frozen, row_lists


@given(row_lists(), st.lists(st.booleans(), min_size=30, max_size=30), st.booleans(), st.lists(st.integers(0, 30)))
@settings(max_examples=100)
def test_blocks_equal_the_oracle(rows: list[Row], drawn: list[bool], everything: bool, cuts: list[int]) -> None:
    world = arrays_of(rows)
    wanted = [] if everything else drawn[: len(rows)]
    edges = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    begins = np.stack([world.outgoing.indptr[:-1], world.incoming.indptr[:-1]])
    for first, last in pairwise(edges):
        low, high, after = advance(world.debtor, world.creditor, frozen(wanted, np.bool_), (first, last), begins)
        for way, (owner, side) in enumerate(((world.debtor, world.outgoing), (world.creditor, world.incoming))):
            expected = oracle.side_of_block(owner.tolist(), wanted, first, last, ACCOUNTS)
            for account, (part, _, later) in enumerate(expected):
                assert side.edge[low[way, account] : high[way, account]].tolist() == part
                assert side.edge[after[way, account] : side.indptr[account + 1]].tolist() == later
                if not part:
                    assert low[way, account] == high[way, account] == begins[way, account]
        begins = after


def test_a_block_with_an_empty_ledger_is_empty() -> None:
    world = arrays_of([], 2)
    begins = np.zeros((2, 2), np.int64)
    made = advance(world.debtor, world.creditor, frozen([], np.bool_), (0, 0), begins)
    assert [part.tolist() for part in made] == [begins.tolist()] * 3


def test_clearing_leaves_only_zeros() -> None:
    for rows in (0, 1, 63, 1_000):
        matrix = np.full((rows, 3), 7, np.float32)
        clear(matrix)
        assert not matrix.any()


COSTS = st.lists(st.integers(0, 50), max_size=20)


@given(COSTS, st.integers(1, 8))
@settings(max_examples=100)
def test_shares_cover_all_accounts_once_and_none_is_far_too_dear(costs: list[int], chunks: int) -> None:
    borders = share_out(frozen(costs, np.int64), chunks).tolist()
    assert len(borders) == chunks + 1
    assert borders[0] == 0
    assert borders[-1] == len(costs)
    assert borders == sorted(borders)
    fair = sum(costs) / chunks
    for low, high in pairwise(borders):
        assert sum(costs[low:high]) <= fair + max(costs, default=0)


@pytest.mark.parametrize("chunks", [1, 3])
def test_costs_beyond_int32_are_shared_out(chunks: int) -> None:
    assert share_out(frozen([2**40] * 3, np.int64), chunks).tolist() == ([0, 3] if chunks == 1 else [0, 1, 2, 3])
