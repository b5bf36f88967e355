"""Worlds in which L04 may be found: one account pays a few."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.worlds import ANYWAY, DAY, HOUR, INTO_A, LINKS, OUT_OF_A, Case, shares, transfer_lists

MONEY = ("value",)
"""Parameters that are money."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides = {
        "window_days": draw(st.sampled_from((1, 3, 7, 30, 60))),
        "payees": draw(st.sampled_from((2, 2, 3))),
        "first_share": draw(shares(0.0, 0.0, 0.5, 1.0)),
        "value": draw(st.sampled_from((1, 1, 4, 20))),
        "funding_hours": draw(st.sampled_from((1, 48, 720, 720))),
        "funding_share": draw(shares(0.001, 0.001, 0.5, 0.8, 1.0)),
        "history_days": 3,
        "institutions": 2,
    }
    units = (HOUR, 2 * HOUR, 6 * HOUR, DAY // 2, DAY, 30 * DAY)
    rows = draw(transfer_lists(OUT_OF_A * 12 + INTO_A * 6 + ANYWAY, (0, 1, 2, 2, 5, 40), units))
    return Case("L04", rows, draw(st.sampled_from(LINKS)), overrides)
