"""Worlds in which S04 may be found: sums into one account, and nearly the same sums out of it."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.worlds import ANYWAY, DAY, INTO_A, LINKS, OUT_OF_A, Case, shares, transfer_lists

MONEY = ("held",)
"""Parameters that are money."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides = {
        "window_days": draw(st.sampled_from((7, 63, 63, 180))),
        "held": draw(st.sampled_from((1, 1, 1, 9))),
        "soonest_days": draw(st.sampled_from((0, 0, 0, 1, 2))),
        "latest_days": draw(st.sampled_from((5, 20, 90, 90, 180))),
        "release_share": draw(shares(0.001, 0.5, 0.8, 0.9)),
        "pairs": draw(st.sampled_from((2, 2, 2, 3))),
        "receivers": draw(st.sampled_from((1, 2, 5))),
        "payers": draw(st.sampled_from((1, 1, 1, 2))),
        "spent_share": draw(shares(0.0, 0.0, 0.0, 0.5, 0.9)),
        "history_days": 3,
    }
    ways = INTO_A[1:5] * 12 + OUT_OF_A[4:6] * 24 + ANYWAY[::6]
    channels = ("credit_transfer",) * 12 + ("card", "wire")
    rows = draw(transfer_lists(ways, (0, 8, 9, 10, 10, 10, 10), (DAY // 4, DAY // 2, DAY, 3 * DAY), channels))
    return Case("S04", rows, draw(st.sampled_from(LINKS)), overrides)
