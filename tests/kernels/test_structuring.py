"""Structuring against plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.ordering import cost_chunks
from moneytrail.kernels.structuring import StructuringRule, structured
from tests.oracles import structuring as oracle
from tests.worlds import HUGE, frozen

Credits = list[tuple[int, int, int]]
LINE = 10
AMOUNTS = (0, 4, 5, 7, 8, 9, 9, 9, 10, 11, 12, 13, 25, *HUGE)


@st.composite
def credit_lists(draw: st.DrawFn) -> Credits:
    """Return (account, time, amount), by account, then time."""
    origin = draw(st.sampled_from((0, -10)))
    one = st.tuples(st.integers(0, 2), st.integers(0, 20).map(lambda t: t + origin), st.sampled_from(AMOUNTS))
    return sorted(draw(st.lists(one, max_size=30)), key=lambda credit: credit[:2])


RULES = st.builds(
    StructuringRule,
    window=st.integers(1, 9),
    lookback=st.integers(1, 22),
    credits=st.integers(1, 3),
    near_share=st.sampled_from((500, 701, 750, 800, 999)),
    sum_share=st.sampled_from((1000, 1100, 1200, 2500)),
    excess=st.integers(1, 3),
)


def run(
    credits_: Credits, rule: StructuringRule, chunks: int = 64, accounts: int = 3, line: int = LINE
) -> list[tuple[int, ...]]:
    owner, time, amount = ([credit[place] for credit in credits_] for place in range(3))
    indptr = frozen(np.searchsorted(owner, np.arange(accounts + 1)), np.int64)
    borders = frozen(cost_chunks(indptr, chunks), np.int64)
    found = structured(indptr, frozen(time, np.int64), frozen(amount, np.int64), line, rule, borders)
    return [tuple(row) for row in found.tolist()]


@given(credit_lists(), RULES, st.sampled_from((1, 3, 64)), st.sampled_from((LINE, 7)))
@settings(max_examples=100)
def test_structured_equals_the_oracle(credits_: Credits, rule: StructuringRule, chunks: int, line: int) -> None:
    expected = [
        (seen.window[0], seen.window[-1], fired, seen.account)
        for seen, fired in oracle.structured(credits_, line, oracle.Gate(*rule))
    ]
    assert run(credits_, rule, chunks, line=line) == expected


@pytest.mark.parametrize(
    ("amounts", "fires"),
    [
        ([8, 8, 8], True),
        ([8, 8, 7], False),
        # Two and a half lines together, but one of them reaches the line.
        ([9, 9, 9, 10], True),
        ([9, 10, 10, 10], False),
    ],
)
def test_the_gate_at_its_borders(amounts: list[int], fires: bool) -> None:
    rule = StructuringRule(window=5, lookback=20, credits=3, near_share=800, sum_share=2500, excess=3)
    assert bool(run([(0, 0, amount) for amount in amounts], rule)) is fires
