"""Worlds in which S05 may be found: sums into an account that was found to collect, and back."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.worlds import ANYWAY, DAY, INTO_A, LINKS, OUT_OF_A, Case, Earlier, shares, transfer_lists

MONEY = ()
"""Parameters that are money."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides = {
        "window_days": draw(st.sampled_from((3, 7, 21, 63, 63))),
        "soonest_days": draw(st.sampled_from((0, 0, 1, 2))),
        "latest_days": draw(st.sampled_from((1, 5, 20, 60, 60))),
        "refund_share": draw(shares(0.001, 0.5, 0.9, 1.0)),
        "pairs": draw(st.sampled_from((1, 1, 2, 3))),
        "goods_share": draw(shares(0.0, 0.5, 0.5, 1.0, 1.0)),
        "linked": draw(st.sampled_from((2, 10))),
        "calm_days": 1,
        "history_days": 3,
    }
    ways = INTO_A[1:3] * 24 + OUT_OF_A[1:3] * 24 + ANYWAY[::4]
    channels = ("credit_transfer",) * 12 + ("card", "wire")
    rows = draw(transfer_lists(ways, (0, 8, 9, 10, 10, 10), (DAY // 4, DAY // 2, DAY, 3 * DAY), channels))
    words = st.sampled_from((None, None, "for the trip", "INV 12", "goods", "invented"))
    said = draw(st.lists(words, min_size=len(rows), max_size=len(rows)))
    rows = [row | {"reference": text} for row, text in zip(rows, said, strict=True)]
    earlier: dict[str, list[Earlier]] = {"S01": [], "S04": []}
    for name in draw(st.lists(st.sampled_from(("S01", "S01", "S04")), min_size=1, max_size=3)) if rows else []:
        fired = str(draw(st.sampled_from(rows))["transaction_id"])
        earlier[name].append(Earlier(draw(st.sampled_from(("a", "a", "a", "b"))), fired, (fired,)))
    return Case("S05", rows, draw(st.sampled_from(LINKS)), overrides, earlier=earlier)
