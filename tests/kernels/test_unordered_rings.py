"""Rings in any order against every ring tried."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail.kernels.unordered_rings import UnorderedRule, unordered_rings
from tests.kernels.joined import CHUNKS, Joined, busy_lists, joined
from tests.oracles import unordered_rings as oracle
from tests.worlds import Row

ENDLESS = 10**6


@st.composite
def rules(draw: st.DrawFn) -> UnorderedRule:
    fewest = draw(st.integers(2, 4))
    return UnorderedRule(draw(st.integers(1, 21)), fewest, draw(st.integers(fewest, 6)), ENDLESS)


def find(world: Joined, rule: UnorderedRule, chunks: int = 1) -> NDArray[np.int64]:
    made: NDArray[np.int64] = unordered_rings(
        world.outgoing, world.incoming, world.pairs, (world.time, world.amount), rule, world.borders(chunks)
    )
    return made


@st.composite
def crowds(draw: st.DrawFn) -> list[Row]:
    """Return six to sixteen transfers between up to six accounts, each to another one, so that rings are frequent."""
    accounts = draw(st.integers(3, 6))
    one = st.tuples(st.integers(0, accounts - 1), st.integers(1, accounts - 1), st.integers(0, 12))
    drawn = draw(st.lists(one, min_size=6, max_size=16))
    amounts = draw(st.lists(st.sampled_from((1, 90, 100, 2**53 + 1)), min_size=len(drawn), max_size=len(drawn)))
    rows = [(d, (d + by) % accounts, t, a) for (d, by, t), a in zip(drawn, amounts, strict=True)]
    return sorted(rows, key=lambda row: row[2])


@given(st.one_of(crowds(), busy_lists(18)), rules(), CHUNKS)
@settings(max_examples=100)
def test_rings_equal_the_oracle(rows: list[Row], rule: UnorderedRule, chunks: int) -> None:
    found = find(joined(rows), rule, chunks).tolist()
    assert [stopped for _, _, stopped, *_ in found] == [0] * len(found)
    made = [(account, even, ring[:hops]) for account, hops, _, even, *ring in found]
    assert made == oracle.unordered_rings(rows, oracle.Rule(*rule[:-1]))


@given(st.one_of(crowds(), busy_lists()), rules(), st.integers(1, 40))
@settings(max_examples=100)
def test_a_search_that_stops_says_so_and_what_it_found_is_sound(
    rows: list[Row], rule: UnorderedRule, budget: int
) -> None:
    """With a budget: what is not marked is what a search without one finds."""
    world = joined(rows)
    whole = find(world, rule).tolist()
    cut = find(world, rule._replace(budget=budget)).tolist()
    assert [row for row in cut if not row[2]] == [row for row in whole if row in cut]
    assert {row[0] for row in whole} <= {row[0] for row in cut}
    for account, hops, _, _, *ring in cut:
        own = [rows[i] for i in ring[:hops]]
        assert hops == 0 or own[-1][0] == account
        assert sorted(row[0] for row in own) == sorted({row[1] for row in own})
        assert not own or own[-1][2] - own[0][2] < rule.window


@pytest.mark.parametrize(("last", "found"), [(9, 1), (10, 0)])
def test_a_ring_as_long_as_the_window_is_too_long(last: int, found: int) -> None:
    world = joined([(1, 2, 0, 5), (0, 1, 5, 5), (2, 0, last, 5)])
    assert len(find(world, UnorderedRule(10, 3, 8, ENDLESS))) == found


@pytest.mark.parametrize("hops", [3, 4, 5, 6])
def test_every_length_is_found_between_its_bounds(hops: int) -> None:
    """Every second transfer comes first, so that hardly one passes on what came."""
    order = [*range(0, hops, 2), *range(1, hops, 2)]
    world = joined([(i, (i + 1) % hops, t, 5) for t, i in enumerate(order)])
    assert find(world, UnorderedRule(20, 3, 6, ENDLESS))[:, :4].tolist() == [[order[-1], hops, 0, 1000]]
    assert len(find(world, UnorderedRule(20, 2, hops - 1, ENDLESS))) == 0
    assert len(find(world, UnorderedRule(20, hops + 1, 8, ENDLESS))) == 0


def test_many_rings_of_a_dense_crowd_are_all_found() -> None:
    """One search after another over the same accounts: what an earlier one knew does not count in a later one."""
    rng = np.random.default_rng(4)
    debtors, by, times = rng.integers(0, 6, 60), rng.integers(1, 6, 60), np.sort(rng.integers(0, 120, 60))
    rows = [(int(d), int(d + k) % 6, int(t), 1 + i) for i, (d, k, t) in enumerate(zip(debtors, by, times, strict=True))]
    found = find(joined(rows), UnorderedRule(30, 3, 6, ENDLESS)).tolist()
    assert len(found) > 10
    made = [(account, even, ring[:hops]) for account, hops, _, even, *ring in found]
    assert made == oracle.unordered_rings(rows, oracle.Rule(30, 3, 6))


def test_evenness_of_huge_amounts_is_exact() -> None:
    """2^60 - 1 by 2^60 is below one, however near."""
    world = joined([(0, 1, 0, 2**60), (1, 0, 1, 2**60 - 1)])
    assert find(world, UnorderedRule(10, 2, 8, ENDLESS))[0, 3] == 999


def test_a_hub_at_one_end_costs_nothing_where_the_other_end_is_small() -> None:
    """Account 1 pays the hub and is paid by one account, which only the hub pays: a small budget is enough."""
    spokes = [(0, 2 + i % 3, i, 5) for i in range(200)]
    rows = [*spokes, (5, 1, 200, 5), (0, 5, 201, 5), (1, 0, 202, 5)]
    found = find(joined(rows), UnorderedRule(1_000, 3, 8, 20))
    assert found[:, :3].tolist() == [[1, 3, 0]]
