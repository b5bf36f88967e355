"""Cycles and chains against every path tried."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail.kernels.paths import PathRule, chains, cycles
from tests.kernels.joined import CHUNKS, Joined, busy_lists, joined
from tests.oracles import paths as oracle
from tests.worlds import Row

ENDLESS = 10**9


@st.composite
def rules(draw: st.DrawFn) -> PathRule:
    fewest = draw(st.integers(2, 4))
    low, high = sorted(draw(st.tuples(*[st.sampled_from((0, 1, 333, 500, 850, 999, 1000))] * 2)))
    return PathRule(
        window=draw(st.integers(1, 21)),
        hop=draw(st.integers(0, 12)),
        fewest=fewest,
        most=draw(st.integers(fewest, 6)),
        share_low=low,
        share_high=high,
        budget=ENDLESS,
    )


def find_cycles(world: Joined, rule: PathRule, chunks: int = 1) -> NDArray[np.int64]:
    made: NDArray[np.int64] = cycles(
        world.outgoing, world.incoming, world.pairs, (world.time, world.amount), rule, world.borders(chunks)
    )
    return made


def find_chains(world: Joined, rule: PathRule, chunks: int = 1) -> NDArray[np.int64]:
    made: NDArray[np.int64] = chains(world.outgoing, rule, world.borders(chunks))
    return made


@given(busy_lists(18), rules(), CHUNKS)
@settings(max_examples=100)
def test_cycles_equal_the_oracle(rows: list[Row], rule: PathRule, chunks: int) -> None:
    world = joined(rows)
    found = find_cycles(world, rule, chunks).tolist()
    assert [stopped for _, _, stopped, *_ in found] == [0] * len(found)
    made = [(account, even, path[:hops]) for account, hops, _, even, *path in found]
    assert made == oracle.cycles(rows, oracle.Rule(*rule[:-1]))


@given(busy_lists(), rules(), CHUNKS)
@settings(max_examples=100)
def test_chains_equal_the_oracle(rows: list[Row], rule: PathRule, chunks: int) -> None:
    world = joined(rows)
    found = find_chains(world, rule, chunks).tolist()
    made = [(account, kept, path[:hops]) for account, hops, _, kept, *path in found]
    assert made == oracle.chains(rows, oracle.Rule(*rule[:-1]))


@given(busy_lists(), rules(), st.integers(1, 12))
@settings(max_examples=100)
def test_a_search_that_stops_says_so_and_what_it_found_is_sound(rows: list[Row], rule: PathRule, budget: int) -> None:
    """With a budget: what is not marked is what a search without one finds."""
    world = joined(rows)
    for look in (find_cycles, find_chains):
        whole = look(world, rule).tolist()
        cut = look(world, rule._replace(budget=budget)).tolist()
        assert [row for row in cut if not row[2]] == [row for row in whole if row in cut]
        assert {row[0] for row in whole} <= {row[0] for row in cut}
        for _, hops, _, _, *path in cut:
            own = [rows[i] for i in path[:hops]]
            assert all(a[1] == b[0] for a, b in pairwise(own))


@pytest.mark.parametrize(("last", "found"), [(9, 1), (10, 0)])
def test_a_cycle_as_long_as_the_window_is_too_long(last: int, found: int) -> None:
    world = joined([(0, 1, 0, 5), (1, 2, 5, 5), (2, 0, last, 5)])
    rule = PathRule(10, 5, 3, 8, 0, 1000, ENDLESS)
    assert len(find_cycles(world, rule)) == found


@pytest.mark.parametrize(("hop", "found"), [(5, 1), (4, 0)])
def test_a_wait_as_long_as_the_hop_is_not_too_long(hop: int, found: int) -> None:
    world = joined([(0, 1, 0, 5), (1, 2, 5, 5), (2, 0, 8, 5)])
    rule = PathRule(10, hop, 3, 8, 0, 1000, ENDLESS)
    assert len(find_cycles(world, rule)) == found
    assert len(find_chains(world, rule._replace(fewest=2))) == (2 if found else 1)


def test_a_share_of_huge_amounts_is_exact() -> None:
    """2^60 - 1 by 2^60 is below one, however near."""
    world = joined([(0, 1, 0, 2**60), (1, 0, 1, 2**60 - 1)])
    rule = PathRule(10, 5, 2, 8, 1000, 1000, ENDLESS)
    assert find_cycles(world, rule)[0, 3] == 999
    assert find_chains(joined([(0, 1, 0, 2**60), (1, 2, 1, 2**60 - 1)]), rule)[0, 3] == 0
