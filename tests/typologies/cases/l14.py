"""Worlds in which L14 may be found: accounts with a device, an address or days of opening in common."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.worlds import ANYWAY, DAY, HOUR, Case, transfer_lists

MONEY = ()
"""Parameters that are money."""

WAYS: list[tuple[str | None, str | None]] = [*((name, "e") for name in "abcd"), *(("f", name) for name in "abcd")]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides: dict[str, int | float] = {
        "window_days": draw(st.sampled_from((1, 7, 30, 90))),
        "holders": draw(st.sampled_from((2, 2, 3))),
        "shared": draw(st.sampled_from((2, 2, 3))),
        "shared_at_home": draw(st.sampled_from((2, 3))),
        "batch_days": draw(st.sampled_from((0, 2))),
        "first_days": draw(st.sampled_from((5, 30, 180))),
    }
    rows = draw(transfer_lists(WAYS * 5 + ANYWAY, (0, 1, 2, 5), (HOUR, 6 * HOUR, DAY, DAY, 10 * DAY)))
    start = min((t["time"] for t in rows), default=0) // DAY
    return Case("L14", rows, draw(links(start)), overrides)


@st.composite
def links(draw: st.DrawFn, start: int) -> dict[str, dict[str, Any]]:
    made: dict[str, dict[str, Any]] = {}
    common = draw(st.sets(st.sampled_from(("device_hash", "email_hash", "phone_hash", "address_hash")), min_size=1))
    for number, name in enumerate("abcd"):
        odd = draw(st.sampled_from(("", "", "", "", *sorted(common))))
        own: dict[str, Any] = {kind: f"odd {number}" if kind == odd else "same" for kind in sorted(common)}
        age = draw(st.sampled_from((None, 1, 1, 1, 2, 3, -400)))
        if age is not None:
            own["opened"] = date(1970, 1, 1) + timedelta(days=start + age)
        if draw(st.sampled_from((False, False, True))):
            own["party"] = "p"
        made[name] = own
    return made
