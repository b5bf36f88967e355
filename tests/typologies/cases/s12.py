"""Worlds in which S12 may be found: journeys to the coast, and days that are red or not."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.worlds import ANYWAY, DAY, HOUR, LINKS, OUT_OF_A, Case, transfer_lists

MONEY = ()
"""Parameters that are money."""

EXEMPT: dict[str, str] = {}

SHOPS: tuple[dict[str, Any], ...] = (
    {"merchant_category": "7512"},
    {"merchant_category": "4225"},
    {"merchant_category": "5541"},
    {"merchant_category": "5542"},
    {"merchant_category": "4814"},
    {"merchant_category": "7011"},
    {"reference": "VAN HIRE 2 days"},
    {"reference": "hotel fuel"},
    {"merchant_category": "5411"},
    {},
)
PLACES: tuple[dict[str, Any], ...] = (
    {"location": "South East"},
    {"location": "South East"},
    {"location": "South East", "creditor_country": "GB"},
    {"location": None, "creditor_country": "BE"},
    {"location": None, "creditor_country": "GB"},
    {"location": None},
    {"location": "Wales"},
    {"location": None, "creditor_country": "ES"},
)
PAIRS: list[tuple[str | None, str | None]] = [("a", "e"), ("a", "f"), ("b", "e"), ("c", "e")]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides: dict[str, int | float] = {
        "window_days": draw(st.sampled_from((1, 2, 4))),
        "kinds": draw(st.sampled_from((1, 1, 2, 3))),
        "fuel": draw(st.sampled_from((1, 2, 3))),
        "telephone": draw(st.sampled_from((1, 2, 4))),
        "at_coast": draw(st.sampled_from((0, 0, 1, 2))),
        "ahead_days": draw(st.sampled_from((0, 1, 3))),
        "spells": draw(st.sampled_from((1, 1, 2))),
        "reach_days": draw(st.sampled_from((9, 21, 27))),
        "linked": draw(st.sampled_from((1, 2, 5))),
    }
    rows = draw(transfer_lists(PAIRS * 12 + OUT_OF_A * 2 + ANYWAY, (1, 2, 5), (6 * HOUR, DAY // 2, DAY, DAY)))
    number = len(rows)
    shops = draw(st.lists(st.sampled_from(SHOPS), min_size=number, max_size=number))
    places = draw(st.lists(st.sampled_from(PLACES), min_size=number, max_size=number))
    rows = [row | shop | place for row, shop, place in zip(rows, shops, places, strict=True)]
    begun = min((row["time"] for row in rows), default=0) // DAY + draw(st.sampled_from((-2, -2, 0, 1)))
    ended = max((row["time"] for row in rows), default=0) // DAY + draw(st.sampled_from((-2, 1, 4)))
    size = max(ended - begun, 0)
    red = draw(st.lists(st.sampled_from((True, True, False, False, None)), min_size=size, max_size=size))
    arrivals = tuple((begun + place, 0, is_red) for place, is_red in enumerate(red))
    return Case("S12", rows, draw(st.sampled_from(LINKS)), overrides, arrivals)
