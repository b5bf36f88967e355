"""Worlds in which S09 may be found: value-transfer accounts a and b, their clients, and a trader abroad."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.typologies.cases.s08 import some
from tests.worlds import ANYWAY, DAY, HOUR, INTO_A, NEW_YEAR, OUT_OF_A, Case, Earlier, shares, transfer

MONEY = ("cash",)
"""Parameters that are money."""

REGISTERS: tuple[dict[str, dict[str, Any]], ...] = (
    {},
    {},
    {"a": {"party": "p"}, "b": {"party": "p"}},
    {"a": {"registered_money_service": True}, "c": {"registered_money_service": True}},
    {"b": {"registered_money_service": True}},
)
SETTLING: list[tuple[str | None, str | None]] = [*[("a", "b"), ("a", "f"), ("a", "f")] * 3, ("b", "a")]
CLIENTS: list[tuple[str | None, str | None]] = [(name, "a") for name in "cde"]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides = {
        "window_days": draw(st.sampled_from((7, 27, 27, 27, 30))),
        "node_days": draw(st.sampled_from((30, 180, 180, 180))),
        "payers": 2,
        "payees": 2,
        "leg_share": draw(shares(0.001, 0.001, 0.05, 0.05, 0.3)),
        "legs": draw(st.sampled_from((1, 2, 5, 5, 5))),
        "tolerance": draw(shares(0.15, 0.5, 1.0, 1.0, 1.0)),
        "cash": 2,
        "history_days": 3,
    }
    unit, origin = draw(st.sampled_from((6 * HOUR, DAY // 2, DAY))), draw(st.sampled_from((NEW_YEAR, 0, -9 * DAY)))
    least = draw(st.sampled_from((0, 5, 6)))
    drawn = draw(some(CLIENTS * 3 + INTO_A, 0, 14, 2 * least, 14)) + draw(some(OUT_OF_A, 4, 20, 0, 2))
    drawn += draw(some(SETTLING, 6, 20, least + 1, 9)) + draw(some(ANYWAY, 0, 20, 0, 4))
    rows = draw(st.permutations(range(len(drawn))))
    countries = draw(
        st.lists(
            st.sampled_from(("TR", "TR", "TR", "TR", "CN", "CN", "US", None)), min_size=len(drawn), max_size=len(drawn)
        )
    )
    transfers = [
        transfer(
            row,
            origin + tick * unit,
            sides[0],
            sides[1],
            amount,
            channel=channel,
            creditor_country=country if sides[1] == "f" else "GB",
            reference=("goods", None)[row % 2],
        )
        for row, (sides, tick, amount, channel), country in zip(rows, drawn, countries, strict=True)
    ]
    return Case("S09", transfers, draw(st.sampled_from(REGISTERS)), overrides, earlier={"S08": draw(before(transfers))})


@st.composite
def before(draw: st.DrawFn, transfers: list[dict[str, Any]]) -> list[Earlier]:
    """Draw matches of S08, mostly of both accounts and early."""
    early = [t["transaction_id"] for t in sorted(transfers, key=lambda t: (t["time"], t["row"]))]
    if not early:
        return []
    subjects = draw(st.sampled_from((("a", "b"), ("a", "b"), ("a", "b"), ("a", "b", "b"), ("a",), ("b", "c"))))
    fired = [draw(st.sampled_from(early[:8] + early[:1] * 16)) for _ in subjects]
    return [Earlier(subject, one, (one,)) for subject, one in zip(subjects, fired, strict=True)]
