"""Worlds in which L10 may be found: a few shops, and one that banks far more cash than they do."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.worlds import DAY, HOUR, NEW_YEAR, Case, shares, transfer

MONEY = ("value", "least_wages", "hourly_takings")
"""Parameters that are money."""

EXEMPT = {"periods": "it compares with a calendar month, which another start would move"}

FEBRUARY = NEW_YEAR + 31 * DAY
"""A month short enough that a world with some days of March is shorter than 30 days."""

SHOPS = ("a", "b", "c", "d")
TRADES = ("barber", "Barber", "car wash", "chef")
WAGES = (None, "wages", "SALARY week 3", "payrolls")
"""``payrolls`` is no word for pay."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides = {
        "window_days": draw(st.sampled_from((7, 21, 30))),
        "value": draw(st.sampled_from((1, 10, 40))),
        "days": draw(st.sampled_from((1, 1, 2))),
        "z_peer": draw(shares(0.0, 1.0, 3.0)),
        "peers": draw(st.sampled_from((2, 2, 3))),
        "spread": draw(shares(0.25, 1.0)),
        "least_wages": draw(st.sampled_from((1, 10, 30))),
        "card_share": draw(shares(0.0, 0.5, 0.5, 1.0)),
        "hourly_takings": draw(st.sampled_from((1, 1, 5))),
        "daily_hours": 1,
    }
    last = draw(st.sampled_from((28, 50)))
    before = draw(st.lists(_told(SHOPS, (0, 27), (5, 10, 20)), min_size=6, max_size=14))
    after = draw(st.lists(_told(("a", "a", "a", "b"), (28, last), (10, 50, 200)), min_size=2, max_size=8))
    told = [*before, *after]
    # Without any reference nobody could know wages, and nothing would be looked for.
    told.append(
        {"time": FEBRUARY + 28 * DAY, "amount": 1, "reference": "x", "pays": "e", "paid": "f", "channel": "wire"}
    )
    if draw(st.integers(0, 3)):
        told[0] |= {"time": FEBRUARY + HOUR}
    rows = [transfer(row, t["time"], t["pays"], t["paid"], t["amount"], channel=t["channel"], reference=t["reference"])
            for row, t in enumerate(told)]  # fmt: skip
    links: dict[str, dict[str, Any]] = {
        name: {"kind": "business", "occupation": draw(st.sampled_from(TRADES[:1] * 3 + TRADES))} for name in SHOPS
    }
    if draw(st.booleans()):
        links["a"]["party"] = "p"
        links["f"] = {"party": "p"}
    return Case("L10", rows, links, overrides)


@st.composite
def _told(draw: st.DrawFn, shops: tuple[str, ...], days: tuple[int, int], amounts: tuple[int, ...]) -> dict[str, Any]:
    shop, what = draw(st.sampled_from(shops)), draw(st.sampled_from(("cash",) * 4 + ("cards", "cards", "wages")))
    other = draw(st.sampled_from(("e", "f", None)))
    time = FEBRUARY + draw(st.integers(*days)) * DAY + draw(st.sampled_from((0, 9 * HOUR, 21 * HOUR)))
    told = {"time": time, "amount": draw(st.sampled_from(amounts)), "reference": None}
    if what == "wages":
        return told | {
            "pays": shop,
            "paid": other,
            "channel": "credit_transfer",
            "reference": draw(st.sampled_from(WAGES)),
        }
    channel = "cash" if what == "cash" else draw(st.sampled_from(("credit_transfer", "card", "internal")))
    return told | {"pays": None if what == "cash" else other, "paid": shop, "channel": channel}
