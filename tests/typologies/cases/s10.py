"""Worlds in which S10 may be found: a few accounts, linked or not, that buy boats and what belongs to them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.worlds import ANYWAY, DAY, LINKS, OUT_OF_A, Case, transfer_lists

MONEY = ("value", "least_price", "boat_price", "engine_price", "jackets_price", "bulk_price")
"""Parameters that are money."""

BOUGHT = (
    ("boat", None), ("Outboard engine 15hp", None), ("lifejackets", None), ("electric pump", "5999"), (None, "5551"),
    (None, "5551"), (None, "4468"), ("gift", "5941"), (None, "5533"), (None, "5211"), (None, "7512"), (None, None),
    ("boat trailer", None), ("chandlery", None), ("life jackets", "5551"), ("engine service", None), ("van", "5411"),
)  # fmt: skip
REGISTERS: tuple[dict[str, dict[str, Any]], ...] = (
    *LINKS,
    {"a": {"device_hash": "1"}, "b": {"device_hash": "1", "address_hash": "2"}, "c": {"address_hash": "2"}},
    {"b": {"party": "p", "occupation": "marina"}, "a": {"party": "p", "occupation": "cleaner"}},
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides: dict[str, int | float] = {
        "window_days": draw(st.sampled_from((1, 3, 7, 30))),
        "parts": draw(st.sampled_from((1, 2, 3, 3))),
        "hulls": draw(st.sampled_from((0, 1, 1, 2))),
        "value": draw(st.sampled_from((0, 1, 30, 60))),
        "marine_life": draw(st.sampled_from((0, 0, 1))),
        "marine_days": draw(st.sampled_from((1, 7, 365))),
        "group_accounts": draw(st.sampled_from((1, 2, 3))),
        "least_price": draw(st.sampled_from((0, 1, 2))),
        "boat_price": 40,
        "engine_price": draw(st.sampled_from((5, 10))),
        "jackets_price": draw(st.sampled_from((2, 5))),
        "bulk_price": 10,
        "repeat_days": draw(st.sampled_from((1, 3))),
    }
    ways = OUT_OF_A * 8 + [("b", "f"), ("b", "e"), ("c", "f")] * 8 + ANYWAY
    units = (DAY // 24, DAY // 2, DAY, 10 * DAY)
    rows = draw(transfer_lists(ways, (0, 1, 2, 5, 10, 40, 40), units))
    said = draw(st.lists(st.sampled_from(BOUGHT), min_size=len(rows), max_size=len(rows)))
    rows = [row | {"reference": s[0], "merchant_category": s[1]} for row, s in zip(rows, said, strict=True)]
    return Case("S10", rows, draw(st.sampled_from(REGISTERS)), overrides)
