"""Worlds in which L08 may be found: money goes round a few accounts."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from tests.typologies.cases.shapes import Step, among_others
from tests.worlds import DAY, HOUR, LINKS, Case, shares

MONEY = ("value",)
"""Parameters that are money."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides = {
        "window_days": draw(st.sampled_from((1, 3, 7, 21, 63))),
        "hops": draw(st.sampled_from((3, 3, 4))),
        "most_hops": draw(st.sampled_from((3, 4, 8))),
        "even_share": draw(shares(0.001, 0.5, 0.7, 1.0)),
        "value": draw(st.sampled_from((1, 1, 2))),
        "next_debits": draw(st.sampled_from((1, 2, 100, 100))),
        "rounds": 2,
        "budget": 10**6,
    }
    steps: list[Step] = []
    for turn in range(draw(st.integers(1, 2))):
        ring, tick = "abcde"[: draw(st.integers(3, 5))], 7 * turn + draw(st.integers(0, 3))
        for debtor, creditor in pairwise(ring + ring[0]):
            steps.append((debtor, creditor, tick, draw(st.sampled_from((7, 8, 10)))))
            tick += draw(st.integers(0, 3))
    rows = draw(among_others(steps, (0, 1, 7, 10), (HOUR, 6 * HOUR, DAY // 2, DAY, 5 * DAY)))
    words = draw(st.lists(st.sampled_from((None, "INV 12", "loan", "gift")), min_size=len(rows), max_size=len(rows)))
    rows = [row | {"reference": text} for row, text in zip(rows, words, strict=True)]
    return Case("L08", rows, draw(st.sampled_from(LINKS)), overrides)
