"""What newcomers bring, against plain Python."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.newcomers import newcomers
from moneytrail.kernels.ordering import cost_chunks
from tests.oracles import newcomers as oracle

MOVES = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 3), st.sampled_from((-1, 0, 1, 5, 2**53 + 1))), max_size=14
)


@given(
    st.lists(MOVES, min_size=1, max_size=4),
    st.tuples(st.integers(1, 8), st.integers(1, 12)),
    st.integers(1, 3),
    st.integers(1, 5),
)
@settings(max_examples=100)
def test_newcomers_equal_the_oracle(
    lists: list[list[tuple[int, int, int]]], spans: tuple[int, int], regular: int, chunks: int
) -> None:
    lists = [sorted(moves, key=lambda move: move[0]) for moves in lists]
    indptr = np.concatenate([[0], np.cumsum([len(moves) for moves in lists])]).astype(np.int64)
    flat = [move for moves in lists for move in moves]
    columns = [
        np.array([move[place] for move in flat], dtype) for place, dtype in enumerate((np.int64, np.int32, np.int64))
    ]
    value, number = newcomers(indptr, (columns[0], columns[1], columns[2]), spans, regular, cost_chunks(indptr, chunks))
    expected = [oracle.newcomers(moves, place, spans, regular) for moves in lists for place in range(len(moves))]
    assert list(zip(value.tolist(), number.tolist(), strict=True)) == expected


def test_a_third_payment_makes_a_regular_of_a_newcomer() -> None:
    time, peer, weight = np.array([0, 1, 2, 3], np.int64), np.array([0, 0, 1, 0], np.int32), np.full(4, 7, np.int64)
    value, number = newcomers(np.array([0, 4]), (time, peer, weight), (10, 10), 3, np.array([0, 1]))
    assert value.tolist() == [7, 14, 21, 7]
    assert number.tolist() == [1, 1, 2, 1]
