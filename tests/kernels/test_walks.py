"""Walks against every sequence tried."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.walks import WalkRule, walks
from tests.kernels.joined import CHUNKS, busy_lists, joined
from tests.oracles import walks as oracle
from tests.worlds import Row


@given(
    busy_lists(16),
    st.tuples(st.integers(1, 21), st.integers(0, 10), st.integers(2, 4), st.integers(0, 3)),
    CHUNKS,
)
@settings(max_examples=100)
def test_walks_equal_the_oracle(rows: list[Row], numbers: tuple[int, int, int, int], chunks: int) -> None:
    window, hop, fewest, more = numbers
    rule = WalkRule(window, hop, fewest, fewest + more)
    world = joined(rows)
    found = walks(world.outgoing, world.incoming, world.time, rule, world.borders(chunks)).tolist()
    made = [(account, path[:hops]) for account, hops, *path in found]
    assert made == oracle.walks(rows, oracle.Rule(*rule))


def test_a_walk_may_meet_an_account_again() -> None:
    world = joined([(0, 1, 0, 5), (1, 0, 1, 5), (0, 1, 2, 5)])
    found = walks(world.outgoing, world.incoming, world.time, WalkRule(10, 5, 3, 8), world.borders(1))
    assert found[:, :5].tolist() == [[0, 3, 0, 1, 2]]
