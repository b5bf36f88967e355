"""Worlds in which S15 may be found: one account that pays shops, agents and people abroad."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.worlds import ANYWAY, DAY, HOUR, LINKS, MIXED, OUT_OF_A, PUSHED, Case, shares, transfer_lists

MONEY = ("ticket_low", "ticket_high")
"""Parameters that are money."""

SAID = (
    ("A B", None), ("A B", None), ("C D", None), ("E F", None), ("G", None), (None, "4511"), (None, "7011"),
    ("return flight", None), ("Ferry tickets", None), (None, None), ("rent", "5411"),
)  # fmt: skip
"""References and kinds of shop."""
COUNTRIES = ("GB", "GB", "GB", "TR", "IQ", "US", None)
REGISTERS: tuple[dict[str, dict[str, Any]], ...] = (*LINKS, {"c": {"occupation": "travel agent"}})


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides: dict[str, int | float] = {
        "window_days": draw(st.sampled_from((1, 3, 7, 30))),
        "tickets": draw(st.sampled_from((2, 2, 3))),
        "travellers": draw(st.sampled_from((1, 2, 3))),
        "said": draw(st.sampled_from((0, 0, 1, 2))),
        "route": draw(st.sampled_from((0, 1, 1, 2))),
        "one_way_share": draw(shares(0.0, 0.5, 0.667, 1.0)),
        "ticket_low": draw(st.sampled_from((0, 1, 2))),
        "ticket_high": draw(st.sampled_from((5, 10, 10))),
    }
    ways = OUT_OF_A * 12 + [("a", "b"), ("a", "c")] * 6 + ANYWAY
    rows = draw(transfer_lists(ways, (0, 1, 2, 5, 10, 11), (HOUR, DAY // 2, DAY, 10 * DAY), PUSHED + MIXED))
    said = draw(st.lists(st.sampled_from(SAID), min_size=len(rows), max_size=len(rows)))
    country = draw(st.lists(st.sampled_from(COUNTRIES), min_size=len(rows), max_size=len(rows)))
    rows = [
        row | {"reference": s[0], "merchant_category": s[1], "creditor_country": c}
        for row, s, c in zip(rows, said, country, strict=True)
    ]
    return Case("S15", rows, draw(st.sampled_from(REGISTERS)), overrides)
