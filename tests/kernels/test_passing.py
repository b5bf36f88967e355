"""How soon money left and who stands on both sides, against plain Python."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.ordering import cost_chunks
from moneytrail.kernels.passing import left_soon, on_both_sides
from tests.oracles import passing as oracle
from tests.worlds import HUGE

MOVES = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from((0, 1, 2, 5, 10, *HUGE)), st.booleans(), st.integers(-1, 4)),
    max_size=24,
)


@st.composite
def windows(draw: st.DrawFn) -> tuple[list[tuple[int, int, bool, int]], list[tuple[int, int]], int]:
    """Draw moves in order of time, windows over them and a number of threads' runs."""
    moves = sorted(draw(MOVES), key=lambda move: move[0])
    edge = st.integers(0, len(moves))
    spans = draw(st.lists(st.tuples(edge, edge).map(lambda ends: (min(ends), max(ends))), max_size=8))
    return moves, spans, draw(st.integers(1, 5))


@given(windows(), st.integers(0, 6))
@settings(max_examples=100)
def test_windows_equal_the_oracle(
    drawn: tuple[list[tuple[int, int, bool, int]], list[tuple[int, int]], int], reach: int
) -> None:
    moves, spans, chunks = drawn
    begin, end = (np.array([span[side] for span in spans], np.int64) for side in (0, 1))
    time, amount = (np.array([move[place] for move in moves], np.int64) for place in (0, 1))
    credit, peer = np.array([move[2] for move in moves], np.bool_), np.array([move[3] for move in moves], np.int32)
    runs = cost_chunks(np.concatenate([[0], np.cumsum(end - begin)]), chunks)
    soon = left_soon((begin, end), (time, amount, credit), reach, runs)
    both = on_both_sides((begin, end), (peer, credit), 5, runs)
    assert soon.tolist() == [oracle.left_soon([move[:3] for move in moves[a:b]], reach) for a, b in spans]
    assert both.tolist() == [oracle.on_both_sides([(move[3], move[2]) for move in moves[a:b]]) for a, b in spans]


def test_what_was_there_before_leaves_no_piece() -> None:
    """A debit before any credit is paid from an earlier balance; the credit after it stays whole."""
    moves = (np.array([0, 1, 2], np.int64), np.array([50, 80, 30], np.int64), np.array([False, True, False]))
    spans = (np.array([0], np.int64), np.array([3], np.int64))
    assert left_soon(spans, moves, 1, np.array([0, 1])).tolist() == [30]
    assert left_soon(spans, moves, 0, np.array([0, 1])).tolist() == [0]
