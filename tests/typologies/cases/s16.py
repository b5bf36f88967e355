"""Worlds in which S16 may be found: a few payers around one agency, and what it buys for them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.worlds import ANYWAY, DAY, HOUR, INTO_A, LINKS, OUT_OF_A, Case, shares, transfer_lists

MONEY = ("fee_low", "fee_high", "value")
"""Parameters that are money."""

EXEMPT: dict[str, str] = {}

WORDS: tuple[dict[str, Any], ...] = (
    {"reference": "Visa fee 22"},
    {"reference": "passport"},
    {"reference": "rent"},
    {"reference": "thank you", "merchant_category": "9399"},
    {"reference": "visas"},
    {},
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides = {
        "window_days": draw(st.sampled_from((3, 7, 9, 27, 63))),
        "payers": draw(st.sampled_from((2, 2, 3))),
        "first_share": draw(shares()),
        "one_shot_share": draw(shares()),
        "one_shot_transfers": draw(st.integers(1, 3)),
        "fee_low": draw(st.sampled_from((0, 2, 5))),
        "fee_high": draw(st.sampled_from((5, 10, 10**6))),
        "value": draw(st.sampled_from((1, 1, 4, 20))),
        "uniform_tolerance": draw(st.sampled_from((0.0, 0.05))),
        "uniform_share": draw(shares(0.0, 0.3, 0.5, 0.667, 1.0)),
        "provided_share": draw(shares(0.001, 0.2, 0.5, 1.0, 1.0)),
        "history_days": 3,
    }
    rows = draw(
        transfer_lists(INTO_A * 8 + OUT_OF_A + ANYWAY, (0, 1, 2, 5, 7, 13, 40), (HOUR, DAY // 2, DAY, 10 * DAY))
    )
    said = draw(st.lists(st.sampled_from(WORDS), min_size=len(rows), max_size=len(rows)))
    rows = [row | words for row, words in zip(rows, said, strict=True)]
    trade = draw(st.sampled_from(("visa agent", "Travel agent", "education agent", "visa agent", "baker")))
    links: dict[str, dict[str, Any]] = dict(draw(st.sampled_from(LINKS)))
    return Case("S16", rows, links | {"a": links.get("a", {}) | {"occupation": trade}}, overrides)
