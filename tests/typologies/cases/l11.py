"""Worlds in which L11 may be found: a business that takes money month after month and pays people."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.oracles.typologies.l11 import DUES, SUPPLIES
from tests.typologies.cases.s08 import some
from tests.worlds import ANYWAY, DAY, INTO_A, NEW_YEAR, OUT_OF_A, Case, shares, transfer

MONEY = ("turnover",)
"""Parameters that are money."""

REGISTERS: tuple[dict[str, dict[str, Any]], ...] = (
    {"a": {"kind": "business"}, "b": {"kind": "personal"}, "c": {"kind": "business"}},
    {"a": {"kind": "business", "address_hash": "1"}, "b": {"kind": "business", "address_hash": "1"}},
    {"a": {"kind": "business"}, "b": {"kind": "personal"}, "c": {"kind": "personal"}, "d": {"kind": "charity"}},
    {"a": {"kind": "business"}, "b": {"kind": "business", "registered_money_service": True}},
    {"a": {"kind": "business", "registered_money_service": True}, "b": {"kind": "personal"}},
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides = {
        "months": draw(st.sampled_from((3, 3, 3, 2))),
        "month_days": draw(st.sampled_from((1, 7, 9, 21, 30))),
        "turnover": draw(st.sampled_from((1, 2, 5))),
        "upkeep_share": draw(shares(0.0, 0.1, 0.5, 1.0)),
        "person_share": draw(shares(0.001, 0.3, 0.6, 1.0)),
        "firm_payers": draw(st.sampled_from((2, 2, 3))),
        "wage_payers": 1,
        "firms_at_address": 2,
        "history_days": 3,
    }
    # The latest transfers lie a window and more after the first.
    unit = round(overrides["months"] * overrides["month_days"] * draw(st.sampled_from((0.05, 0.08, 0.1))) * DAY)
    origin = draw(st.sampled_from((NEW_YEAR, 0)))
    least = draw(st.sampled_from((0, 8, 9)))
    drawn = draw(some(INTO_A, 0, 20, least, 14)) + draw(some(OUT_OF_A, 10, 20, least // 2, 8))
    drawn += draw(some(ANYWAY, 0, 20, 0, 5))
    words = st.sampled_from((*DUES, *SUPPLIES, *("thanks", None) * 8))
    rows = draw(st.permutations(range(len(drawn))))
    transfers = [
        transfer(
            row,
            origin + tick * unit,
            sides[0],
            sides[1],
            amount,
            channel=channel if row % 11 else "card",
            reference=draw(words),
            creditor_country=draw(st.sampled_from(("GB", "GB", "GB", "DE", None))),
        )
        for row, (sides, tick, amount, channel) in zip(rows, drawn, strict=True)
    ]
    return Case("L11", transfers, draw(st.sampled_from(REGISTERS)), overrides)
