"""Worlds in which S08 may be found: money in from several, then out to several."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.worlds import ANYWAY, DAY, INTO_A, LINKS, NEW_YEAR, OUT_OF_A, Case, shares, transfer

MONEY = ("round_unit",)
"""Parameters that are money."""

REGISTERS: tuple[dict[str, dict[str, Any]], ...] = (
    *LINKS * 2,
    {"a": {"registered_money_service": False, "occupation": "rug shop"}},
    {"b": {"registered_money_service": True}},
    {"a": {"registered_money_service": True}},
)
CHANNELS = ("credit_transfer",) * 8 + ("wire", "cash", "direct_debit")


def some(
    ways: list[tuple[str | None, str | None]], first: int, last: int, least: int, most: int
) -> SearchStrategy[list[Any]]:
    """Return lists of ((debtor, creditor), tick, amount, channel)."""
    one = st.tuples(
        st.sampled_from(ways),
        st.integers(first, last),
        st.sampled_from((0, 1, 2, 2, 5, 5, 10)),
        st.sampled_from(CHANNELS),
    )
    return st.lists(one, min_size=least, max_size=most)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides = {
        "window_days": draw(st.sampled_from((7, 63, 63, 63, 90))),
        "payers": draw(st.sampled_from((2, 2, 2, 3))),
        "payees": draw(st.sampled_from((2, 2, 2, 3))),
        "balance_share": draw(shares(0.1, 0.5, 1.0, 1.0, 1.0)),
        "hold_days": draw(st.sampled_from((1, 5, 30, 60, 60))),
        "overlap_share": draw(shares(0.0, 0.5, 1.0, 1.0, 1.0)),
        "round_unit": draw(st.sampled_from((1, 2, 5))),
        "history_days": 3,
    }
    unit = draw(st.sampled_from((DAY // 4, DAY // 2, DAY, 3 * DAY)))
    origin = draw(st.sampled_from((NEW_YEAR, NEW_YEAR + 28 * DAY + 17 * DAY // 24, 0, -9 * DAY)))
    least = draw(st.sampled_from((0, 6, 7)))
    drawn = (
        draw(some(INTO_A, 0, 12, least, 10)) + draw(some(OUT_OF_A, 4, 20, least, 10)) + draw(some(ANYWAY, 0, 20, 0, 4))
    )
    rows = draw(st.permutations(range(len(drawn))))
    transfers = [
        transfer(row, origin + tick * unit, debtor, creditor, amount, channel=channel, reference="goods" * (row % 2))
        for row, ((debtor, creditor), tick, amount, channel) in zip(rows, drawn, strict=True)
    ]
    return Case("S08", transfers, draw(st.sampled_from(REGISTERS)), overrides)
