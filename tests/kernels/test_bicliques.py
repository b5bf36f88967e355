"""Bipartite and stack against plain Python."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.bicliques import LayerRule, layer_evidence, layers
from tests.kernels.joined import CHUNKS, busy_lists, joined
from tests.oracles import bicliques as oracle
from tests.worlds import Row


@st.composite
def rules(draw: st.DrawFn) -> LayerRule:
    return LayerRule(
        window=2 * draw(st.integers(1, 12)),
        senders=draw(st.integers(1, 3)),
        receivers=draw(st.integers(1, 3)),
        share=draw(st.sampled_from((1, 333, 334, 500, 600, 667, 1000))),
        last=draw(st.sampled_from((0, 0, 1, 2))),
        budget=10**6,
    )


LISTS = st.one_of(
    busy_lists(30),
    # Two accounts pay two others, who pay the last two.
    busy_lists(30).map(lambda rows: [(abs(d) % 4, abs(d) % 4 // 2 * 2 + 2 + c % 2, t, a) for d, c, t, a in rows]),
)


@given(LISTS, rules(), CHUNKS)
@settings(max_examples=100)
def test_layers_equal_the_oracle(rows: list[Row], rule: LayerRule, chunks: int) -> None:
    world = joined(rows)
    made = []
    for account, _, stopped, stretch in layers(*world[:4], rule, world.borders(chunks)).tolist():
        ledger, layer = layer_evidence(*world[:4], rule, (account, stretch))
        assert not stopped
        made.append((account, ledger[layer == 0].tolist(), ledger[layer == 1].tolist()))
    assert made == oracle.layers(rows, oracle.Rule(*rule[:-1]))


@given(LISTS, rules(), st.integers(1, 6))
@settings(max_examples=100)
def test_a_search_that_stops_says_so(rows: list[Row], rule: LayerRule, budget: int) -> None:
    """What is not marked is what a search without a budget finds."""
    world = joined(rows)
    whole = layers(*world[:4], rule, world.borders(1)).tolist()
    cut = layers(*world[:4], rule._replace(budget=budget), world.borders(1)).tolist()
    assert [row for row in cut if not row[2]] == [row for row in whole if row in cut]
    assert {row[0] for row in whole} <= {row[0] for row in cut}
