"""Worlds in which S11 may be found: a business that pays abroad and is paid by all sorts."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.worlds import ANYWAY, DAY, HOUR, INTO_A, MIXED, OUT_OF_A, PUSHED, Case, shares, transfer_lists

MONEY = ("imports", "kit_low", "kit_high")
"""Parameters that are money."""

SAID = ((None, None), (None, None), ("INV 7", None), ("boat", None), ("storage unit", None), (None, "4225"))
"""References and kinds of shop."""
COUNTRIES = ("TR", "TR", "TR", "CN", "CN", "DE", "BG", "GB", None)
FIRM = {"kind": "business"}
REGISTERS: tuple[dict[str, dict[str, Any]], ...] = (
    {"a": FIRM},
    {"a": FIRM},
    {"a": FIRM, "b": {"kind": "personal"}, "c": {"kind": "charity"}},
    {"a": FIRM | {"party": "p"}, "b": FIRM | {"party": "p"}, "d": {"kind": "unknown"}},
    {"a": {"kind": "personal"}, "b": FIRM},
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides: dict[str, int | float] = {
        "window_days": draw(st.sampled_from((3, 7, 91, 91))),
        "imports": draw(st.sampled_from((1, 1, 5, 10))),
        "odd_share": draw(shares(0.001, 0.001, 0.3, 0.5, 1.0)),
        "takings_share": draw(shares(0.0, 0.333, 0.5, 1.0, 1.0)),
        "steady": draw(st.sampled_from((2, 3, 8))),
        "stores": draw(st.sampled_from((0, 0, 1, 2))),
        "kit_low": 2,
        "kit_high": 5,
    }
    ways = OUT_OF_A * 16 + INTO_A * 16 + [("b", "a")] * 8 + ANYWAY
    rows = draw(transfer_lists(ways, (0, 1, 2, 5, 10), (HOUR, DAY // 2, DAY, 10 * DAY), PUSHED + MIXED))
    said = draw(st.lists(st.sampled_from(SAID), min_size=len(rows), max_size=len(rows)))
    country = draw(st.lists(st.sampled_from(COUNTRIES), min_size=len(rows), max_size=len(rows)))
    rows = [
        row | {"reference": s[0], "merchant_category": s[1], "creditor_country": c}
        for row, s, c in zip(rows, said, country, strict=True)
    ]
    return Case("S11", rows, draw(st.sampled_from(REGISTERS)), overrides)
