"""Gather-scatter with its sums against plain Python."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.turns import TurnGate, turns
from tests.kernels.joined import CHUNKS, joined
from tests.kernels.test_hubs import HUB_LISTS
from tests.oracles import turns as oracle
from tests.oracles.ordering import joins_a_pair
from tests.worlds import Row

NUMBERS = st.tuples(
    st.integers(1, 12), st.integers(1, 12), st.integers(1, 3), st.integers(1, 3),
    st.sampled_from((0, 250, 500, 1000)), st.sampled_from((0, 500, 800)), st.sampled_from((1000, 1020, 1500)),
    st.sampled_from((1, 4, 20)), st.sampled_from((1, 3, 1000)),
)  # fmt: skip


@given(HUB_LISTS, NUMBERS, CHUNKS)
@settings(max_examples=100)
def test_turns_equal_the_oracle(rows: list[Row], numbers: tuple[int, ...], chunks: int) -> None:
    world = joined(rows)
    lists = [(side.indptr, side.edge, side.peer, side.time, side.amount) for side in (world.incoming, world.outgoing)]
    found = turns(lists[0], lists[1], TurnGate(*numbers), world.borders(chunks))
    made = [
        oracle.Turn(
            account,
            world.incoming.edge[first : turn + 1].tolist(),
            world.outgoing.edge[opening : last + 1].tolist(),
            fired,
        )
        for account, first, turn, opening, last, fired, _ in found.tolist()
    ]
    assert made == oracle.turns(rows, [joins_a_pair(row) for row in rows], oracle.Gate(*numbers))
