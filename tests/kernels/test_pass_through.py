"""Pass-through against plain Python."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moneytrail.kernels.ordering import cost_chunks
from moneytrail.kernels.pass_through import PassThroughRule, left_within, pass_throughs
from tests.oracles import pass_through as oracle
from tests.worlds import AMOUNTS, DAY, HUGE, Row, arrays_of, frozen, row_lists

TICK = DAY // 4
SHARES = st.sampled_from((1, 333, 500, 667, 900, 1000))


def busy(rows: list[Row]) -> list[Row]:
    """Account 0 takes part in two of three transfers."""
    return [(0, c, t, a) if i % 3 == 0 and c >= 0 else (d, 0, t, a) if i % 3 == 1 else (d, c, t, a)
            for i, (d, c, t, a) in enumerate(rows)]  # fmt: skip


ROWS = st.one_of(
    row_lists(unit=TICK), row_lists(unit=TICK, origin=-10 * TICK), row_lists(amounts=AMOUNTS + HUGE, unit=TICK)
).map(busy)
RULES = st.builds(
    PassThroughRule,
    window=st.sampled_from((2, 4, 8, 12)).map(lambda ticks: ticks * TICK),
    credit=st.sampled_from((1, 2, 5)),
    quick=st.integers(0, 8).map(lambda ticks: ticks * TICK),
    slow=st.integers(0, 8).map(lambda ticks: ticks * TICK),
    quick_share=SHARES,
    slow_share=SHARES,
    retained_share=st.sampled_from((0, 100, 333, 500, 999)),
    excess_share=st.sampled_from((0, 250, 1000)),
    days=st.integers(1, 2),
)
Found = list[tuple[int, int, int, int, int]]


def run(rows: list[Row], stranger: list[bool], rule: PassThroughRule, chunks: int) -> Found:
    world = arrays_of(rows)
    borders = frozen(cost_chunks(world.outgoing.indptr + world.incoming.indptr, chunks), np.int64)
    found = pass_throughs(world.outgoing, world.incoming, frozen(stranger, np.bool_), rule, borders)
    return [(a, first, last, fired, value) for first, last, fired, value, a in found.tolist()]


@given(ROWS, RULES, st.integers(0, 9), st.sampled_from((1, 3, 64)))
@settings(max_examples=100)
def test_pass_throughs_equal_the_oracle(rows: list[Row], rule: PassThroughRule, skip: int, chunks: int) -> None:
    stranger = [i % 10 != skip and d >= 0 and c >= 0 and d != c for i, (d, c, _, _) in enumerate(rows)]
    expected = [
        (seen.account, seen.window[0], seen.window[-1], fired, seen.slow)
        for seen, fired in oracle.pass_throughs(rows, stranger, oracle.Gate(*rule))
    ]
    assert run(rows, stranger, rule, chunks) == expected


def test_quick_may_be_longer_than_slow() -> None:
    """The two marks are two ways to hold; neither bounds the other."""
    rows: list[Row] = [(1, 0, 0, 10), (0, 2, 2, 10)]
    rule = PassThroughRule(
        window=8, credit=1, quick=3, slow=1, quick_share=500, slow_share=1000, retained_share=100, days=1
    )
    assert len(run(rows, [True, True], rule, 1)) == 1


MOVES = st.lists(st.tuples(st.integers(0, 20), st.sampled_from(AMOUNTS + HUGE), st.booleans()), max_size=30).map(
    lambda moves: sorted(moves, key=lambda move: move[0])
)


@given(MOVES, st.integers(0, 12))
@example([(0, 5, False), (0, 5, True), (3, 7, False)], 3)
@settings(max_examples=100)
def test_left_within_equals_the_oracle(moves: list[tuple[int, int, bool]], reach: int) -> None:
    time, amount, credit = ([move[place] for move in moves] for place in range(3))
    made = left_within(frozen(time, np.int64), frozen(amount, np.int64), frozen(credit, np.bool_), reach)
    assert made.tolist() == oracle.left_within(moves, reach)
