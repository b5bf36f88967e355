"""Worlds in which S01 may be found: a few payers around one account."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.worlds import AMOUNTS, ANYWAY, INTO_A, LINKS, LONG_UNITS, OUT_OF_A, Case, shares, transfer_lists

MONEY = ("seat_low", "seat_high", "value")
"""Parameters that are money."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides = {
        "window_days": draw(st.sampled_from((1, 3, 7, 30, 180, 180))),
        "payers": draw(st.sampled_from((2, 2, 3))),
        "first_share": draw(shares()),
        "one_shot_share": draw(shares()),
        "one_shot_transfers": draw(st.integers(1, 3)),
        "seat_low": draw(st.sampled_from((0, 2, 5))),
        "seat_high": draw(st.sampled_from((5, 10, 10**6))),
        "value": draw(st.sampled_from((0, 0, 4, 20))),
        "history_days": 3,
        "onward_days": draw(st.integers(1, 3)),
    }
    rows = draw(transfer_lists(INTO_A * 6 + OUT_OF_A + ANYWAY, AMOUNTS, LONG_UNITS))
    return Case("S01", rows, draw(st.sampled_from(LINKS)), overrides)
