"""Worlds in which L01 may be found: cash and wires near a line."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.worlds import ANYWAY, INTO_A, LINKS, LONG_UNITS, Case, shares, transfer_lists

MONEY = ()
"""Parameters that are money."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides = {
        "window_days": draw(st.sampled_from((1, 3, 7))),
        "lookback_days": draw(st.sampled_from((1, 9, 180))),
        "credits": draw(st.sampled_from((2, 2, 3))),
        "near_share": draw(shares(0.5, 0.553, 0.8, 0.999)),
        "sum_share": draw(shares(1.0, 1.1, 1.2, 2.0)),
        "excess": draw(st.sampled_from((1, 2, 3))),
        "places": 2,
    }
    amounts = (0, 40_000, 55_300, 79_999, 80_000, 99_900, 99_999, 100_000, 119_999, 120_000, 250_000, 999_000)
    near = (80_000, 90_000, 99_999, 55_300)
    channels = ("cash", "wire", "cash", "credit_transfer")
    rows = draw(transfer_lists(INTO_A * 6 + ANYWAY, amounts + near * 2, LONG_UNITS, channels))
    currencies = draw(st.lists(st.sampled_from(("GBP",) * 5 + ("EUR",)), min_size=len(rows), max_size=len(rows)))
    rows = [row | {"currency": currency} for row, currency in zip(rows, currencies, strict=True)]
    return Case("L01", rows, draw(st.sampled_from(LINKS)), overrides)
