"""Worlds in which S06 may be found: a few payers and notes from here and there, and purchases near the border."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.worlds import ANYWAY, INTO_A, LINKS, LONG_UNITS, OUT_OF_A, Case, shares, transfer_lists

MONEY = ()
"""Parameters that are money."""

HELD: tuple[dict[str, dict[str, Any]], ...] = ({"a": {"country": "GB"}}, {"a": {"country": "FR"}})


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides = {
        "window_days": draw(st.sampled_from((1, 3, 7, 30, 180))),
        "payers": draw(st.sampled_from((2, 2, 3))),
        "places": draw(st.sampled_from((1, 1, 2, 3))),
        "first_share": draw(shares(0.0, 0.0, 0.5, 0.667, 1.0)),
        "border_visits": draw(st.sampled_from((1, 1, 2))),
        "branches": 2,
        "history_days": 3,
    }
    channels = ("credit_transfer",) * 4 + ("cash", "cash", "card", "direct_debit")
    rows = draw(transfer_lists(INTO_A * 6 + OUT_OF_A * 3 + ANYWAY, (0, 2, 99_999, 100_000), LONG_UNITS, channels))
    where = st.sampled_from(("South East", "South East", "Wales", "London", None, None))
    bank = st.sampled_from((None, "GB", "FR", "TR"))
    told = draw(st.lists(st.tuples(where, bank), min_size=len(rows), max_size=len(rows)))
    rows = [row | {"location": at, "debtor_country": of} for row, (at, of) in zip(rows, told, strict=True)]
    return Case("S06", rows, draw(st.sampled_from((*LINKS, *HELD))), overrides)
