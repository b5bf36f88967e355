"""Worlds in which L05 may be found: some pay one account, which pays some."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.typologies.cases.shapes import Step, among_others, some
from tests.worlds import DAY, HOUR, LINKS, Case, shares

MONEY = ("value",)
"""Parameters that are money."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    gather, scatter = draw(st.sampled_from(((1, 2), (2, 1), (3, 4), (7, 2), (6, 3), (14, 7), (7, 5), (30, 30))))
    overrides = {
        "gather_days": gather,
        "scatter_days": scatter,
        "payers": draw(st.sampled_from((2, 2, 3))),
        "payees": draw(st.sampled_from((2, 2, 3))),
        "common_share": draw(shares(0.0, 0.25, 0.5, 1.0, 1.0)),
        "share_low": draw(shares(0.0, 0.5, 0.8)),
        "share_high": draw(shares(1.0, 1.02, 1.5)),
        "value": draw(st.sampled_from((1, 1, 4, 20))),
        "history_days": 3,
        "budget": draw(st.sampled_from((1, 3, 1000, 1000, 1000))),
    }
    payers, payees = some(draw, "bcde"), some(draw, "cdef")
    steps: list[Step] = [(payer, "a", draw(st.integers(0, 8)), draw(st.sampled_from((2, 3, 5)))) for payer in payers]
    part = max(1, sum(step[3] for step in steps) // len(payees))
    steps += [("a", payee, draw(st.integers(7, 14)), part - draw(st.integers(0, 1))) for payee in payees]
    rows = draw(among_others(steps, (0, 1, 2, 5), (HOUR, 2 * HOUR, 6 * HOUR, DAY // 2, DAY)))
    return Case("L05", rows, draw(st.sampled_from(LINKS)), overrides)
