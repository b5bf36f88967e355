"""Worlds in which L02 may be found: wires from abroad, then as much in cash."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.worlds import ANYWAY, DAY, LINKS, NEW_YEAR, Case, shares, transfer, transfer_lists

MONEY = ()
"""Parameters that are money: none, but the lines are."""

EXEMPT = {"money": "the law scales what is paid, and not what the bank says was received"}

CASH = (25_500, 30_000, 34_000, 34_000, 35_000, 50_000, 50_000, 99_999, 100_000)
WIRED = (100_000, 101_999, 102_000, 104_000, 104_041, 150_000, 150_000, 200_000)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides = {
        "window_days": draw(st.sampled_from((3, 7, 7, 9, 10))),
        "credits": draw(st.sampled_from((2, 2, 3))),
        "tolerance": draw(shares(0.0, 0.02, 0.3, 0.5, 0.5)),
        "history": draw(st.sampled_from((1, 1, 1, 2))),
        "lookback_days": draw(st.sampled_from((7, 30, 180, 180))),
        "places": 2,
    }
    wires = draw(st.lists(_wire(), min_size=1, max_size=6))
    cash = draw(st.lists(_cash(), min_size=2, max_size=8))
    around = draw(transfer_lists(ANYWAY, CASH, (DAY, 3 * DAY), ("cash", "wire", "credit_transfer")))[:2]
    told = [
        *wires,
        *cash,
        *({k: t[k] for k in ("time", "debtor_account", "creditor_account", "amount")} for t in around),
    ]
    rows = [transfer(row, t["time"], t["debtor_account"], t["creditor_account"], t["amount"], **_more(t))
            for row, t in enumerate(told)]  # fmt: skip
    return Case("L02", rows, draw(st.sampled_from(LINKS)), overrides)


def _more(told: dict[str, Any]) -> dict[str, Any]:
    known = ("time", "debtor_account", "creditor_account", "amount")
    return {"channel": "cash"} | {name: value for name, value in told.items() if name not in known}


@st.composite
def _wire(draw: st.DrawFn) -> dict[str, Any]:
    amount = draw(st.sampled_from(WIRED))
    told: dict[str, Any] = {
        "time": NEW_YEAR + draw(st.integers(0, 12)) * DAY,
        "debtor_account": draw(st.sampled_from(("b", "b", "b", "c", None))),
        "creditor_account": "a",
        "amount": amount,
        "channel": draw(st.sampled_from(("wire",) * 6 + ("internal",))),
        "debtor_country": draw(st.sampled_from(("TR",) * 7 + ("GB", None))),
    }
    if draw(st.integers(0, 3)) == 0:
        told |= {"credited_amount": draw(st.sampled_from(WIRED)), "credited_currency": "GBP"}
    return told


@st.composite
def _cash(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "time": NEW_YEAR + draw(st.integers(15, 20)) * DAY,
        "debtor_account": draw(st.sampled_from((None, None, None, None, "d", "b"))),
        "creditor_account": "a",
        "amount": draw(st.sampled_from(CASH)),
        "channel": "cash",
        "currency": draw(st.sampled_from(("GBP",) * 12 + ("EUR",))),
        "location": draw(st.sampled_from(("north", "south", None))),
    }
