"""Worlds in which S14 may be found: three newcomers are paid, and pay one account at even pauses."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from tests.worlds import DAY, NEW_YEAR, Case, Transfer, shares, transfer

MONEY = ()
"""Parameters that are money."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides: dict[str, int | float] = {
        "window_days": draw(st.sampled_from((9, 30, 30, 90))),
        "payers": draw(st.sampled_from((2, 2, 2, 3))),
        "payments": draw(st.sampled_from((2, 2, 2, 2, 3))),
        "near_share": draw(st.sampled_from((0.0, 0.1, 0.1, 0.5))),
        "pause_low": draw(st.sampled_from((1, 2))),
        "pause_high": draw(st.sampled_from((2, 2, 7, 30))),
        "start_low": draw(st.sampled_from((0, 2))),
        "start_high": draw(st.sampled_from((4, 4, 84))),
        "new_days": draw(st.sampled_from((1, 3))),
        "income_share": draw(shares(0.001, 0.15, 0.15, 0.333)),
    }
    origin = draw(st.sampled_from((NEW_YEAR, NEW_YEAR + 28 * DAY + 17 * 3_600_000_000, -9 * DAY)))
    rows: list[tuple[int, str | None, str | None, int, str]] = [(0, "e", "f", 1, "credit_transfer")]
    for payer in ("b", "c", "d"):
        begins, pause = draw(st.sampled_from((1, 3, 3, 5))), draw(st.sampled_from((2, 2, 2, 2, 1, 7)))
        lag = draw(st.sampled_from((4, 4, 4, 2, 0)))
        rows.append((begins, draw(st.sampled_from(("e", None, "a"))), payer, 5, "credit_transfer"))
        for turn in range(draw(st.sampled_from((3, 3, 4, 2, 1)))):
            now = begins + lag + turn * pause
            paid = draw(st.sampled_from((10,) * 9 + (11, 11, 20, 0)))
            rows.append((now, payer, "a", paid, draw(st.sampled_from(("credit_transfer",) * 12 + ("card", "wire")))))
            employer = draw(st.sampled_from(("e", "e", "e", "e", None, "f", "a")))
            rows.append((now + 1, employer, payer, 30, "credit_transfer"))
    name = st.sampled_from("abcdef")
    extra = st.tuples(st.integers(0, 20), name, name, st.sampled_from((1, 10)))
    rows += [(now, one, other, amount, "unknown") for now, one, other, amount in draw(st.lists(extra, max_size=3))]
    made = draw(st.permutations(rows))
    return Case("S14", _transfers(made, origin), draw(links(origin)), overrides)


def _transfers(rows: list[tuple[int, str | None, str | None, int, str]], origin: int) -> list[Transfer]:
    return [
        transfer(i, origin + day * DAY, debtor, creditor, amount, channel=channel)
        for i, (day, debtor, creditor, amount, channel) in enumerate(rows)
    ]


@st.composite
def links(draw: st.DrawFn, origin: int) -> dict[str, dict[str, object]]:
    day = date(1970, 1, 1) + timedelta(days=origin // DAY)
    made: dict[str, dict[str, object]] = {}
    for payer in ("b", "c", "d"):
        age = draw(st.sampled_from((None, None, None, None, -1, 0, 40)))
        own: dict[str, object] = {} if age is None else {"opened": day - timedelta(days=age)}
        if draw(st.booleans()):
            own["address_hash"] = "house"
        made |= {payer: own} if own else {}
    known: tuple[dict[str, dict[str, object]], ...] = (
        {},
        {},
        {"a": {"device_hash": "x"}},
        {"a": {"party": "p"}, "e": {"party": "p"}},
    )
    shared = draw(st.sampled_from(known))
    return made | shared
