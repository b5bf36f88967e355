"""Worlds in which S13 may be found: bursts found before, and who pays a few small sums after them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.worlds import (
    ANYWAY,
    DAY,
    HOUR,
    LINKS,
    MIXED,
    NAMES,
    OUT_OF_A,
    PUSHED,
    Case,
    Earlier,
    Transfer,
    shares,
    transfer_lists,
)

MONEY = ("pay_low", "pay_high", "funding")
"""Parameters that are money."""

REGISTERS: tuple[dict[str, dict[str, Any]], ...] = (
    *LINKS,
    {"c": {"kind": "business"}, "d": {"kind": "charity"}, "e": {"kind": "personal"}},
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    window = draw(st.sampled_from((1, 3, 7)))
    overrides: dict[str, int | float] = {
        "window_days": window,
        "payees": draw(st.sampled_from((2, 2, 2, 3))),
        "pay_low": draw(st.sampled_from((0, 1, 1, 2))),
        "pay_high": draw(st.sampled_from((10, 100, 100))),
        "uniform_tolerance": draw(shares(0.0, 0.1, 0.5)),
        "uniform_share": draw(shares(0.0, 0.0, 0.5, 0.667, 1.0)),
        "burst_days": draw(st.sampled_from((1, 7, 7))),
        "steps": draw(st.sampled_from((0, 1, 2, 2))),
        "funding": draw(st.sampled_from((1, 2, 100))),
        "dues": draw(st.sampled_from((0, 0, 1))),
        "dues_days": draw(st.sampled_from((1, 35))),
        "history_days": 3,
    }
    ways = OUT_OF_A * 12 + [("b", "a")] * 12 + [("c", "b")] * 6 + ANYWAY
    rows = draw(transfer_lists(ways, (1, 2, 5, 7, 10, 100), (HOUR, HOUR, 6 * HOUR, DAY), PUSHED + MIXED))
    said = draw(st.lists(st.sampled_from((None,) * 30 + ("WAGES", "vat")), min_size=len(rows), max_size=len(rows)))
    rows = [row | {"reference": words} for row, words in zip(rows, said, strict=True)]
    bursts = draw(st.lists(_burst(rows, window), min_size=1, max_size=3)) if rows else []
    earlier = {"S01": bursts[:2], "S03": bursts[2:]}
    return Case("S13", rows, draw(st.sampled_from(REGISTERS)), overrides, (), earlier)


@st.composite
def _burst(draw: st.DrawFn, rows: list[Transfer], window: int) -> Earlier:
    """A burst that ends in the period of its first firing: longer ones are complete only when a later period is."""
    ordered = sorted(rows, key=lambda row: (row["time"], row["row"]))
    fired = ordered[draw(st.integers(0, min(len(rows) - 1, 3)))]
    period = fired["time"] // (window * DAY)
    near = [row["transaction_id"] for row in rows if row["time"] // (window * DAY) == period]
    proof = draw(st.lists(st.sampled_from(near), max_size=3))
    subject = draw(st.sampled_from(("a", "a", "a", "b", "b", "c", *NAMES)))
    return Earlier(subject, fired["transaction_id"], tuple({*proof, fired["transaction_id"]}))
