"""Worlds in which S03 may be found: credits around one account, and arrivals that come and go."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.worlds import ANYWAY, DAY, INTO_A, LINKS, Case, transfer_lists

MONEY = ("seat_low", "seat_high")
"""Parameters that are money."""

EXEMPT = {"periods": "days are compared with those of their calendar month, whose borders a period need not keep"}

KNOWN: tuple[dict[str, dict[str, Any]], ...] = (
    *LINKS,
    {},
    {"a": {"occupation": "Hotel"}},
    {"a": {"occupation": "dentist"}},
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides = {
        "window_days": draw(st.sampled_from((3, 6, 6, 9))),
        "credits": draw(st.sampled_from((1, 1, 2, 3))),
        "seat_low": draw(st.sampled_from((0, 1, 2))),
        "seat_high": draw(st.sampled_from((5, 10, 10**6))),
        "lift": draw(st.sampled_from((1.0, 1.0, 1.5, 1.8))),
        "chance": draw(st.sampled_from((0.2, 0.5, 1.0, 1.0, 1.0))),
        "shifts": draw(st.sampled_from((1, 1, 3, 8))),
        "nearest": draw(st.sampled_from((1, 1, 2))),
        "farthest": draw(st.sampled_from((3, 9, 350))),
        "takings_days": draw(st.sampled_from((0, 1, 360, 360))),
        "seaside_days": draw(st.sampled_from((0, 1, 360))),
        "seasons": 1,
        "lull_days": 2,
    }
    rows = draw(transfer_lists(INTO_A * 10 + ANYWAY, (0, 1, 2, 5, 10), (DAY // 2, DAY, DAY, 2 * DAY)))
    begun = min((row["time"] for row in rows), default=0) // DAY - draw(st.integers(0, 9))
    ended = max((row["time"] for row in rows), default=0) // DAY + draw(st.sampled_from((-3, 0, 0, 0)))
    number = max(ended - begun, 0)
    people = draw(st.lists(st.sampled_from((0, 0, 1, 3, 9)), min_size=number, max_size=number))
    arrivals = tuple((begun + place, count, None) for place, count in enumerate(people))
    return Case("S03", rows, draw(st.sampled_from(KNOWN)), overrides, arrivals)
