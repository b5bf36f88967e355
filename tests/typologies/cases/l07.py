"""Worlds in which L07 may be found: money hops from a to b to c, and on."""

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
        "window_days": draw(st.sampled_from((1, 3, 7, 21))),
        "hop_hours": draw(st.sampled_from((1, 6, 24, 72))),
        "hops": draw(st.sampled_from((2, 3, 3))),
        "most_hops": draw(st.sampled_from((3, 4, 8))),
        "share_low": draw(shares(0.25, 0.5, 0.85)),
        "share_high": draw(shares(1.0, 1.0, 1.5)),
        "retained_share": draw(shares(0.0, 0.15, 0.5, 1.0, 1.0)),
        "value": draw(st.sampled_from((1, 1, 2))),
        "next_debits": draw(st.sampled_from((1, 2, 50, 50))),
        "waves": 2,
        "cut_spread": 0.1,
    }
    steps: list[Step] = []
    for wave in range(draw(st.integers(1, 2))):
        tick, amount = 8 * wave + draw(st.integers(0, 3)), draw(st.sampled_from((4, 10, 20)))
        for debtor, creditor in pairwise("abcdef"[: draw(st.integers(3, 6))]):
            steps.append((debtor, creditor, tick, amount))
            tick, amount = tick + draw(st.integers(0, 3)), amount - draw(st.integers(0, amount // 8))
    rows = draw(among_others(steps, (0, 1, 2, 4), (HOUR // 2, HOUR, 2 * HOUR, 6 * HOUR, DAY // 2)))
    return Case("L07", rows, draw(st.sampled_from(LINKS)), overrides)
