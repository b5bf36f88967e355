"""Worlds in which L13 may be found: an account that is quiet for long, or paid little, and then much."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.worlds import DAY, INTO_A, MIXED, OUT_OF_A, Case, transfer_lists

MONEY = ("least_spread", "jump_value", "wake_value")
"""Parameters that are money."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides: dict[str, int | float] = {
        "window_days": draw(st.sampled_from((1, 1, 2, 7))),
        "baseline_windows": draw(st.sampled_from((2, 2, 3))),
        "jump": draw(st.sampled_from((1.0, 1.5, 4.0))),
        "least_spread": draw(st.sampled_from((1, 2))),
        "jump_value": draw(st.sampled_from((1, 5, 10))),
        "jump_times": draw(st.integers(1, 3)),
        "regime_credits": draw(st.integers(1, 2)),
        "known_credits": draw(st.integers(1, 2)),
        "quiet_days": draw(st.sampled_from((7, 14, 60))),
        "seen_days": draw(st.sampled_from((1, 5, 7))),
        "wake_value": draw(st.sampled_from((1, 5, 10))),
        "history_days": 3,
    }
    rows = draw(transfer_lists(INTO_A * 6 + OUT_OF_A, (0, 1, 1, 2, 5, 20), (DAY // 2, DAY, DAY, 7 * DAY), MIXED))
    for t in rows:
        t["debtor_country"] = ("GB", "GB", "TR", None)[(t["row"] * 5 + t["amount"]) % 4]
    first = min((t["time"] for t in rows), default=0) // DAY
    age = draw(st.sampled_from((-3, 5, 100)))
    born: dict[str, Any] = {"opened": date(1970, 1, 1) + timedelta(days=first - age)}
    known: tuple[dict[str, dict[str, Any]], ...] = (
        {},
        {"a": born},
        {"a": born | {"party": "p"}, "b": {"party": "p"}},
    )
    links = draw(st.sampled_from(known))
    return Case("L13", rows, links, overrides)
