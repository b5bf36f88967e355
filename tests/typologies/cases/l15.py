"""Worlds in which L15 may be found: money goes over one or two accounts to a buyer, who pays a seller."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.worlds import DAY, HOUR, OUT_OF_A, Case, Earlier, Transfer, shares, transfer_lists

MONEY = ("price",)
"""Parameters that are money."""

WAYS: list[tuple[str | None, str | None]] = [
    ("b", "c"), ("b", "a"), ("c", "a"), ("c", "a"), ("d", "a"), (None, "a"), ("d", "c"), ("a", "e"), ("a", "e"),
    ("a", None), ("c", "e"),
]  # fmt: skip
LINKS: tuple[dict[str, dict[str, str]], ...] = (
    {},
    {"e": {"occupation": "car dealer", "kind": "business"}},
    {"e": {"occupation": "lender"}},
    {"a": {"party": "p"}, "c": {"party": "p"}},
)


def _position(one: Transfer) -> tuple[int, int]:
    return one["time"], one["row"]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides: dict[str, int | float] = {
        "window_days": draw(st.sampled_from((1, 7, 30, 30))),
        "price": draw(st.sampled_from((1, 1, 2, 5))),
        "traced_share": draw(shares(0.001, 0.001, 0.3, 0.5, 1.0)),
        "hop_days": draw(st.sampled_from((1, 7, 30))),
        "hop_share": draw(shares(0.001, 0.5, 1.0)),
        "history_days": 3,
    }
    rows = draw(transfer_lists(WAYS * 4 + OUT_OF_A, (0, 1, 2, 2, 5), (HOUR, 6 * HOUR, DAY, DAY, 10 * DAY)))
    for t in rows:
        t["reference"] = ("gold", "completion", "thanks")[(t["row"] + t["amount"]) % 3]
    earlier: dict[str, list[Earlier]] = {"S01": [], "L03": []}
    for subject in draw(st.sampled_from(("b", "bc", "ba", "bd", "cc"))):
        own = sorted((t for t in rows if subject in (t["debtor_account"], t["creditor_account"])), key=_position)
        if own:
            one: Transfer = draw(st.sampled_from((own[0], own[0], own[-1], own[len(own) // 2])))
            typology = draw(st.sampled_from(("S01", "L03")))
            earlier[typology].append(Earlier(subject, one["transaction_id"], (one["transaction_id"],)))
    return Case("L15", rows, draw(st.sampled_from(LINKS)), overrides, earlier=earlier)
