"""Worlds in which S07 may be found: cash paid in at several places, and gone."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.worlds import ANYWAY, DAY, HOUR, INTO_A, LINKS, OUT_OF_A, Case, shares, transfer_lists

MONEY = ("value", "deposit_cap")
"""Parameters that are money."""

PLACES = ("north", "south", "west", "east", None)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides = {
        "window_days": draw(st.sampled_from((3, 7, 14, 30))),
        "deposits": draw(st.sampled_from((2, 2, 3))),
        "depositors": draw(st.sampled_from((1, 1, 2))),
        "regions": draw(st.sampled_from((1, 2))),
        "value": draw(st.sampled_from((0, 1, 5))),
        "out_share": draw(shares(0.001, 0.001, 0.3, 0.5, 1.0)),
        "hold_hours": draw(st.sampled_from((12, 72, 720, 720))),
        "home_days": draw(st.sampled_from((1, 9, 180))),
        "deposit_cap": 5,
    }
    ways = INTO_A * 8 + OUT_OF_A * 5 + ANYWAY
    channels = ("cash",) * 8 + ("credit_transfer", "wire", "card")
    rows = draw(transfer_lists(ways, (0, 1, 2, 5, 5, 10, 10), (HOUR, HOUR, 6 * HOUR, DAY // 2), channels))
    places = draw(st.lists(st.sampled_from(PLACES), min_size=len(rows), max_size=len(rows)))
    rows = [row | {"location": place} for row, place in zip(rows, places, strict=True)]
    return Case("S07", rows, draw(st.sampled_from(LINKS)), overrides)
