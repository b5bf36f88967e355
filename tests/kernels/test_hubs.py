"""Gather-scatter and pass-through against plain Python."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.hubs import DwellRule, TurnRule, gather_scatters, passes, turn_evidence
from tests.kernels.joined import CHUNKS, busy_lists, joined
from tests.oracles import hubs as oracle
from tests.worlds import Row, frozen

HUB_LISTS = busy_lists(30).map(
    # Most transfers touch account 0, so that it gathers and scatters.
    lambda rows: [
        (d, c, t, a) if i % 3 == 0 else ((d, 0, t, a) if (i + t) % 2 else (0, c, t, a))
        for i, (d, c, t, a) in enumerate(rows)
    ]
)


@given(HUB_LISTS, st.tuples(st.integers(1, 12), st.integers(1, 12), st.integers(1, 3), st.integers(1, 3)), CHUNKS)
@settings(max_examples=100)
def test_gather_scatters_equal_the_oracle(rows: list[Row], numbers: tuple[int, int, int, int], chunks: int) -> None:
    rule = TurnRule(*numbers)
    world = joined(rows)
    found = frozen(gather_scatters(world.outgoing, world.incoming, rule, world.borders(chunks)), "int64")
    start, ledger, side = turn_evidence(world.outgoing, world.incoming, found)
    made = []
    for row, account in enumerate(found[:, 0].tolist()):
        own, sides = ledger[start[row] : start[row + 1]], side[start[row] : start[row + 1]]
        made.append((account, own[sides == 0].tolist(), own[sides == 1].tolist()))
    assert made == oracle.gather_scatters(rows, oracle.Turn(*rule))


@given(HUB_LISTS, st.integers(1, 12), st.sampled_from((0, 1, 333, 500, 850, 1000)), CHUNKS)
@settings(max_examples=100)
def test_passes_equal_the_oracle(rows: list[Row], dwell: int, share: int, chunks: int) -> None:
    world = joined(rows)
    outgoing, incoming = world.outgoing, world.incoming
    found = passes(outgoing, incoming, DwellRule(dwell, share), world.borders(chunks))
    made = [
        (account, sorted([*incoming.edge[first:stop].tolist(), *outgoing.edge[low:high].tolist()]))
        for account, first, stop, low, high in found.tolist()
    ]
    assert made == oracle.passes(rows, dwell, share)
