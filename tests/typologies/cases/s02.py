"""Worlds in which S02 may be found: two payers and two payees, some of whom share a device or pay one account."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.worlds import ANYWAY, DAY, LINKS, Case, transfer_lists

MONEY = ("step", "total_low", "total_high", "onward")
"""Parameters that are money."""

STAGES: list[tuple[str | None, str | None]] = [("b", "a"), ("b", "d"), ("c", "a"), ("c", "d")]
ONWARD: list[tuple[str | None, str | None]] = [("a", "e"), ("d", "e")]
TOGETHER: tuple[dict[str, dict[str, Any]], ...] = (
    {"a": {"device_hash": "1"}, "d": {"device_hash": "1"}},
    {"a": {"device_hash": "1"}, "f": {"device_hash": "1", "phone_hash": "2"}, "d": {"phone_hash": "2"}},
    {name: {"address_hash": "hostel"} for name in "adf"},
    {"b": {"kind": "charity"}},
    {"b": {"kind": "charity"}, "a": {"device_hash": "1"}, "d": {"device_hash": "1"}},
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides: dict[str, int | float] = {
        "window_days": draw(st.sampled_from((7, 9, 27, 63, 180))),
        "payers": draw(st.sampled_from((1, 1, 2))),
        "payees": 2,
        "fewest": draw(st.sampled_from((2, 2, 3))),
        "most": draw(st.sampled_from((3, 6, 12))),
        "span_days": draw(st.sampled_from((0, 1, 5))),
        "step": draw(st.sampled_from((0, 1, 2))),
        "total_low": draw(st.sampled_from((1, 3, 7))),
        "total_high": draw(st.sampled_from((7, 30, 10**6))),
        "known_days": draw(st.sampled_from((0, 0, 1, 6))),
        "onward_days": draw(st.sampled_from((1, 2, 7))),
        "onward": draw(st.sampled_from((1, 2))),
        "linked": draw(st.sampled_from((2, 10))),
        "alike": 2,
    }
    rows = draw(transfer_lists(STAGES * 16 + ONWARD * 8 + ANYWAY, (0, 1, 2, 2, 5), (DAY // 2, DAY, DAY, 3 * DAY)))
    links = dict(draw(st.sampled_from((*LINKS, *TOGETHER))))
    if rows and draw(st.sampled_from((0, 1))):
        begin = date(1970, 1, 1) + timedelta(days=min(row["time"] for row in rows) // DAY)
        opened = begin + timedelta(days=draw(st.integers(-1, 1)))
        links["d"] = links.get("d", {}) | {"opened": opened}
    return Case("S02", rows, links, overrides)
