"""Round trips against plain Python."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.rings import RingRule, rings
from tests.kernels.joined import CHUNKS, busy_lists, joined
from tests.oracles import rings as oracle
from tests.oracles.ordering import joins_a_pair
from tests.worlds import Row

NUMBERS = st.tuples(
    st.integers(1, 25), st.integers(2, 4), st.integers(4, 6), st.sampled_from((1, 500, 700, 1000)),
    st.sampled_from((1, 2, 100)),
)  # fmt: skip


@given(busy_lists(22), NUMBERS, CHUNKS)
@settings(max_examples=100)
def test_rings_equal_the_oracle(rows: list[Row], numbers: tuple[int, int, int, int, int], chunks: int) -> None:
    rows = [(d, c, t, max(1, a)) for d, c, t, a in rows]
    world = joined(rows)
    found = rings(world.outgoing, world.incoming, len(rows), RingRule(*numbers, 10**6), world.borders(chunks))
    made = sorted((row[2 : 2 + row[0]] for row in found.tolist()), key=lambda ring: ring[-1])
    assert made == oracle.rings(rows, [joins_a_pair(row) for row in rows], oracle.Rule(*numbers))


def test_a_search_that_passes_its_budget_says_so() -> None:
    rows = [(0, 1, 0, 10), (1, 2, 1, 10), (2, 0, 2, 10)]
    world = joined(rows)
    for budget, hops in ((1, 0), (100, 3)):
        found = rings(world.outgoing, world.incoming, 3, RingRule(10, 3, 8, 700, 100, budget), world.borders(1))
        assert found[:, :2].tolist() == [[hops, 2]]
