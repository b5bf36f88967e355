"""Scatter-gather against plain Python."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.diamonds import DiamondRule, diamond_evidence, scatter_gathers
from tests.kernels.joined import CHUNKS, busy_lists, joined
from tests.oracles import diamonds as oracle
from tests.worlds import Row, frozen

Made = list[tuple[int, int, list[int], int]]


def search(rows: list[Row], rule: DiamondRule, chunks: int) -> Made:
    """Source, sink, transfers and whether the search stopped, of what was found."""
    world = joined(rows)
    found = scatter_gathers(world.outgoing, world.pairs, world.time, rule, world.borders(chunks))
    found = frozen(found[found[:, 1] > 0], "int64")
    start, ledger, _ = diamond_evidence(world.outgoing, world.incoming, world.time, rule, found)
    return [
        (source, sink, ledger[start[row] : start[row + 1]].tolist(), stopped)
        for row, (source, _, stopped, sink, _) in enumerate(found.tolist())
    ]


@given(busy_lists(30), st.integers(1, 21), st.integers(1, 3), CHUNKS)
@settings(max_examples=100)
def test_scatter_gathers_equal_the_oracle(rows: list[Row], window: int, fewest: int, chunks: int) -> None:
    made = search(rows, DiamondRule(window, fewest, 10**6), chunks)
    assert [one[:3] for one in made] == oracle.scatter_gathers(rows, oracle.Rule(window, fewest))
    assert not any(one[3] for one in made)


@given(busy_lists(30), st.integers(1, 21), st.integers(1, 3), st.integers(1, 3))
@settings(max_examples=100)
def test_a_search_that_stops_says_so(rows: list[Row], window: int, fewest: int, budget: int) -> None:
    """What is not marked is what a search without a budget finds."""
    rule = DiamondRule(window, fewest, 10**6)
    world = joined(rows)
    arguments = (world.outgoing, world.pairs, world.time)
    whole = scatter_gathers(*arguments, rule, world.borders(1)).tolist()
    cut = scatter_gathers(*arguments, rule._replace(budget=budget), world.borders(1)).tolist()
    stopped = {row[0] for row in cut if row[2]}
    assert [row for row in cut if not row[2]] == [row for row in whole if row[0] not in stopped]


@given(busy_lists(30), st.integers(1, 21), st.integers(1, 3))
@settings(max_examples=100)
def test_the_sides_are_right_and_each_gather_follows_its_scatter(rows: list[Row], window: int, fewest: int) -> None:
    rule = DiamondRule(window, fewest, 10**6)
    world = joined(rows)
    found = scatter_gathers(world.outgoing, world.pairs, world.time, rule, world.borders(1))
    found = frozen(found[found[:, 1] > 0], "int64")
    start, ledger, side = diamond_evidence(world.outgoing, world.incoming, world.time, rule, found)
    for row, (source, count, _, sink, closing) in enumerate(found.tolist()):
        own = list(zip(ledger[start[row] : start[row + 1]].tolist(), side[start[row] : start[row + 1]], strict=True))
        scattered = {rows[i][1] for i, s in own if s == 0}
        assert scattered == {rows[i][0] for i, s in own if s == 1}
        assert len(scattered) == count
        assert own[-1] == (closing, 1)
        assert all(rows[i][0] == source if s in (0, 2) else rows[i][1] == sink for i, s in own)
        first = oracle.ahead(rows, source, closing, oracle.Rule(window, fewest))
        for role, place in ((2, 0), (3, 1)):
            assert [i for i, s in own if s == role] == sorted(i for sides in first.values() for i in sides[place])
