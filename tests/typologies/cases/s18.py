"""Worlds in which S18 may be found: money comes to one account and goes to one that scored."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.worlds import ANYWAY, DAY, HOUR, INTO_A, LINKS, Case, Earlier, shares, transfer_lists

MONEY = ("raised", "seat_low", "seat_high")
"""Parameters that are money."""

EXEMPT: dict[str, str] = {}

WORDS: tuple[dict[str, Any], ...] = (
    {"reference": "bank loan"},
    {"reference": "Salary May"},
    {"merchant_category": "5511"},
    {},
    {},
    {},
)
KNOWN: tuple[dict[str, dict[str, Any]], ...] = (
    {},
    {},
    {},
    *LINKS,
    {"a": {"kind": "personal"}, "b": {"kind": "business", "occupation": "Lender"}},
    {"a": {"kind": "business"}, "c": {"kind": "personal"}},
)
SCORING = ("e", "e", "e", "f", "b")


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides: dict[str, int | float] = {
        "window_days": draw(st.sampled_from((3, 9, 27, 27))),
        "raised": draw(st.sampled_from((1, 1, 1, 1, 4, 10))),
        "sudden_share": draw(shares(0.0, 0.0, 0.25, 0.5, 1.0)),
        "seat_low": draw(st.sampled_from((0, 1, 1, 2))),
        "seat_high": draw(st.sampled_from((5, 10, 10**6))),
        "payments": draw(st.sampled_from((1, 3, 3, 4))),
        "before_days": draw(st.sampled_from((5, 30, 30, 180))),
        "after_days": draw(st.sampled_from((5, 90, 360))),
        "history_days": 3,
    }
    ways = INTO_A * 6 + [("b", "a"), ("c", "a"), ("d", "a")] * 8 + [("a", "e"), ("a", "e"), ("a", "f")] * 12 + ANYWAY
    rows = draw(transfer_lists(ways, (1, 2, 2, 5, 10, 0), (HOUR, DAY // 2, DAY, 10 * DAY)))
    said = draw(st.lists(st.sampled_from(WORDS), min_size=len(rows), max_size=len(rows)))
    rows = [row | words for row, words in zip(rows, said, strict=True)]
    earlier: dict[str, list[Earlier]] = {"S01": [], "S04": [], "S08": []}
    for subject in draw(st.lists(st.sampled_from(SCORING), min_size=3, max_size=8)) if rows else ():
        fired = draw(st.sampled_from([row["transaction_id"] for row in rows]))
        earlier[draw(st.sampled_from(tuple(earlier)))].append(Earlier(subject, fired, (fired,)))
    return Case("S18", rows, draw(st.sampled_from(KNOWN)), overrides, (), earlier)
