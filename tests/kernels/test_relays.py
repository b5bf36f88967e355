"""Chains that pass money on against plain Python."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.ordering import Adjacency
from moneytrail.kernels.relays import RelayRule, Side, moved, relay_links, relays
from tests.kernels.joined import CHUNKS, busy_lists, joined
from tests.oracles import relays as oracle
from tests.oracles.ordering import joins_a_pair
from tests.worlds import Row, frozen

RELAY_LISTS = busy_lists(20).map(
    # Most transfers go from one account to the next.
    lambda rows: [((d, (d + 1) % 6, t, a) if i % 4 else (d, c, t, a)) for i, (d, c, t, a) in enumerate(rows)]
)

Numbers = tuple[int, int, int, int, int, int, int, int]
NUMBERS = st.tuples(
    st.integers(1, 12), st.sampled_from((1, 500, 850)), st.sampled_from((1000, 1020, 1500)),
    st.sampled_from((0, 150, 500, 1000)), st.sampled_from((1, 2, 50)), st.integers(2, 3), st.integers(3, 5),
    st.integers(1, 6),
)  # fmt: skip


def side(lists: Adjacency) -> Side:
    return Side(
        frozen(lists.indptr, "int64"),
        frozen(lists.edge, "int32"),
        frozen(lists.time, "int64"),
        frozen(np.append(0, np.cumsum(lists.amount)), "int64"),
    )


@given(RELAY_LISTS, NUMBERS, CHUNKS)
@settings(max_examples=100)
def test_relays_equal_the_oracle(rows: list[Row], numbers: Numbers, chunks: int) -> None:
    rows = [(d, c, t, a % 2**40) for d, c, t, a in rows if d >= 0 or c >= 0]
    world = joined(rows)
    rule = RelayRule(*numbers[:7], 10**6, numbers[7])
    outgoing, incoming = world.outgoing, world.incoming
    links = relay_links(outgoing, incoming, side(outgoing), side(incoming), rule, world.borders(chunks))
    debtor = frozen([row[0] for row in rows], "int32")
    found = relays(outgoing, debtor, links, rule)
    assert not found[:, 1].any()
    joining = [row if joins_a_pair(row) else (-1, -1, *row[2:]) for row in rows]
    expected = oracle.chains(joining, [row[0] >= 0 for row in joining], oracle.Rule(*numbers))
    assert [row[2 : 2 + row[0]][::-1] for row in found.tolist()] == expected


def test_a_search_stops_at_its_budget_with_the_longest_so_far() -> None:
    """The latest credit leads no further, the one before it does; one link looked at is one too few to see that."""
    rows = [(5, 0, 0, 10), (0, 1, 1, 10), (4, 1, 2, 10), (1, 2, 3, 10), (2, 3, 4, 10)]
    world = joined(rows)
    debtor = frozen([row[0] for row in rows], "int32")
    for budget, hops, stopped in ((2, 3, 1), (10, 4, 0)):
        rule = RelayRule(10, 1, 1000, 1000, 50, 2, 5, budget, 100)
        sides = side(world.outgoing), side(world.incoming)
        links = relay_links(world.outgoing, world.incoming, *sides, rule, world.borders(1))
        last = relays(world.outgoing, debtor, links, rule)[-1]
        assert last[:2].tolist() == [hops, stopped]


def test_what_moved_counts_both_ends_of_the_stretch() -> None:
    rows = [(0, 1, 0, 1), (0, 1, 5, 2), (0, 1, 9, 4), (0, 1, 9, 8)]
    assert moved(1, 5, 2, side(joined(rows).incoming)) == 6
