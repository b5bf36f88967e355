"""Worlds in which L06 may be found: one account pays some, who pay another one."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.typologies.cases.shapes import Step, among_others, some
from tests.worlds import HOUR, LINKS, Case, shares

MONEY = ("value",)
"""Parameters that are money."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    scatter, onward = draw(st.sampled_from(((8, 16), (12, 12), (24, 48), (48, 120), (48, 72), (100, 68))))
    overrides = {
        "scatter_hours": scatter,
        "onward_hours": onward,
        "intermediaries": draw(st.sampled_from((2, 2, 3))),
        "share_low": draw(shares(0.001, 0.5, 0.8, 1.0)),
        "share_high": draw(shares(1.0, 1.02, 1.5)),
        "value": draw(st.sampled_from((1, 1, 4, 20))),
        "next_debits": draw(st.sampled_from((1, 2, 50, 50))),
        "history_days": 3,
    }
    steps: list[Step] = []
    for middle in some(draw, "bcde"):
        came, amount = draw(st.integers(0, 8)), draw(st.sampled_from((2, 4, 5, 10)))
        steps.append(("a", middle, came, amount))
        kept = draw(st.sampled_from((0, 0, 1, -1)))
        steps.append((middle, "f", came + draw(st.integers(0, 8)), amount - kept))
    rows = draw(among_others(steps, (0, 1, 2, 4), (HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR)))
    return Case("L06", rows, draw(st.sampled_from(LINKS)), overrides)
