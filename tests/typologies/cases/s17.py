"""Worlds in which S17 may be found: an account found before is paid, and pays a platform."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.worlds import DAY, HOUR, INTO_A, Case, Earlier, Transfer, shares, transfer_lists

MONEY = ()
"""Parameters that are money."""

TO_PLATFORM: list[tuple[str | None, str | None]] = [("a", "e"), ("a", "e"), ("a", None), ("b", "e"), ("e", "c")]
LINKS: tuple[dict[str, dict[str, str]], ...] = (
    {},
    {},
    {"e": {"occupation": "crypto exchange", "kind": "business"}},
    {"e": {"kind": "personal"}},
    {"a": {"party": "p"}, "b": {"party": "p"}},
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides: dict[str, int | float] = {
        "window_days": draw(st.sampled_from((1, 7, 30))),
        "exit_hours": draw(st.sampled_from((1, 6, 24, 24))),
        "exit_share": draw(shares(0.001, 0.5, 0.5, 1.0)),
        "new_days": draw(st.sampled_from((1, 3, 30))),
        "platform_payers": 2,
        "platform_payees": 1,
        "feeders": 2,
        "history_days": 3,
    }
    units = (HOUR, 6 * HOUR, 6 * HOUR, DAY, 10 * DAY)
    rows = draw(transfer_lists(INTO_A * 3 + TO_PLATFORM * 5, (0, 1, 2, 2, 5), units))
    for t in rows:
        t["reference"] = ("bitcoin", None, "thanks")[(t["row"] + t["amount"]) % 3]
        t["merchant_category"] = "6051" if t["channel"] == "card" else None
    earlier: dict[str, list[Earlier]] = {"S01": [], "L03": []}
    for subject in ("a", "a", "a", "b") if rows else ():
        one: Transfer = draw(st.sampled_from(rows))
        typology = draw(st.sampled_from(("S01", "L03")))
        sides = (one["debtor_account"], one["creditor_account"])
        if subject in sides:
            earlier[typology].append(Earlier(subject, one["transaction_id"], (one["transaction_id"],)))
    return Case("S17", rows, draw(st.sampled_from(LINKS)), overrides, earlier=earlier)
