"""Worlds in which L03 may be found: money in and straight out."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.worlds import AMOUNTS, ANYWAY, DAY, HOUR, INTO_A, LINKS, OUT_OF_A, Case, shares, transfer_lists

MONEY = ("credit",)
"""Parameters that are money."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides = {
        "window_days": draw(st.sampled_from((1, 3, 7))),
        "credit": draw(st.sampled_from((1, 2, 5))),
        "quick_minutes": draw(st.sampled_from((1, 60, 720, 1440))),
        "quick_share": draw(shares(0.001, 0.3, 0.5, 1.0)),
        "slow_hours": draw(st.sampled_from((1, 12, 24, 48))),
        "slow_share": draw(shares(0.001, 0.5, 0.8, 1.0)),
        "retained_share": draw(shares(0.0, 0.1, 0.2, 0.5, 0.999)),
        "excess_share": draw(shares(0.0, 0.25, 0.5, 1.0)),
        "days": draw(st.sampled_from((1, 1, 2))),
        "history_days": 3,
    }
    rows = draw(transfer_lists(INTO_A * 4 + OUT_OF_A * 4 + ANYWAY, AMOUNTS, (HOUR // 2, HOUR, 6 * HOUR, DAY // 2, DAY)))
    return Case("L03", rows, draw(st.sampled_from(LINKS)), overrides)
