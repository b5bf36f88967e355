"""Worlds in which L12 may be found: a trader, buyers abroad and others who pay for goods."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.typologies.cases.s08 import some
from tests.worlds import ANYWAY, DAY, INTO_A, NEW_YEAR, Case, Earlier, shares, transfer

MONEY = ()
"""Parameters that are money."""

REGISTERS: tuple[dict[str, dict[str, Any]], ...] = (
    {"a": {"kind": "business"}},
    {"a": {"kind": "business"}, "b": {"kind": "business"}},
    {"a": {"kind": "business", "party": "p"}, "c": {"kind": "personal", "party": "p"}},
    {"a": {"kind": "business", "phone_hash": "1"}, "d": {"kind": "personal", "phone_hash": "1"}},
    {"a": {"kind": "personal"}, "b": {"kind": "business"}},
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides = {
        "window_days": draw(st.sampled_from((3, 7, 27, 63, 90))),
        "third_share": draw(shares(0.001, 0.001, 0.3, 0.5, 1.0)),
        "third_parties": draw(st.sampled_from((1, 1, 2))),
        "receipts": draw(st.sampled_from((2, 2, 3))),
        "regular": draw(st.sampled_from((2, 3, 4))),
        "regular_days": draw(st.sampled_from((3, 30, 180))),
        "export_receipts": draw(st.sampled_from((1, 1, 2))),
        "history_days": 3,
    }
    unit = draw(st.sampled_from((DAY // 4, DAY // 2, DAY, DAY, 10 * DAY)))
    origin = draw(st.sampled_from((NEW_YEAR, 0, -9 * DAY)))
    drawn = draw(some(INTO_A, 0, 20, draw(st.sampled_from((0, 9, 10))), 16)) + draw(some(ANYWAY, 0, 20, 0, 6))
    rows = draw(st.permutations(range(len(drawn))))
    words = st.sampled_from(("stock", "invoice", "stock", "invoice", "stock", "thanks", None))
    country = st.sampled_from(("GB", "GB", None, "TR", "TR", "DE"))
    transfers = [
        transfer(
            row,
            origin + tick * unit,
            sides[0],
            sides[1],
            amount,
            channel=channel,
            reference=draw(words),
            debtor_country=draw(country),
        )
        for row, (sides, tick, amount, channel) in zip(rows, drawn, strict=True)
    ]
    ids = [t["transaction_id"] for t in transfers][:1]
    return Case("L12", transfers, draw(st.sampled_from(REGISTERS)), overrides, earlier={"S08": before(ids)})


def before(ids: list[str]) -> list[Earlier]:
    """Return a match of S08 of one payer, found at the first of these transfers."""
    return [Earlier("c", one, (one,)) for one in ids]
