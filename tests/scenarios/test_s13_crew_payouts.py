"""S13: when the fees of a boat are in, five helpers are paid by the head; and who else pays several people."""

from __future__ import annotations

from typing import Any

import pytest

from moneytrail.catalogue import search
from moneytrail.typologies.ground import Ground
from tests.worlds import graph_of, story

FEES = "".join(f"2025-05-{day:02d} 09:12  Traveller{day} -> Collector 1,000\n" for day in range(1, 9))
"""Eight seat fees: S01 fires on 8 May at 09:12."""
FIRST = "2025-05-09 10:00"

CREW = """
2025-05-09 10:00  Collector -> Ana   150
2025-05-09 11:00  Collector -> Ben   150
2025-05-10 12:00  Collector -> Cid   300
2025-05-11 13:00  Collector -> Dov   157.01
2025-05-12 14:00  Collector -> Eva   999
"""
PAYMASTER = (
    "2025-05-09 08:00  Collector -> Organiser 7,000\n2025-05-10 08:00  Organiser -> Paymaster 2,000\n"
    + CREW.replace("Collector", "Paymaster").replace("05-09", "05-11")
)
REFUNDS = "".join(f"2025-05-{day:02d} 10:00  Collector -> Traveller{day - 8} 1,000\n" for day in range(9, 14))
TIPS = "".join(f"2025-05-09 {hour}:00  Collector -> Waiter{hour} 60\n" for hour in range(10, 16))

Links = dict[str, dict[str, Any]]
LOOK_ALIKES: dict[str, tuple[str, Links]] = {
    # suppressed by R-TRIP: an organiser of a trip gives the money back
    "R-TRIP": (FEES + REFUNDS, {}),
    # suppressed by R-PAY: a tip pool or payroll whose references do not say so
    "R-PAY": (FEES + TIPS, {"Collector": {"kind": "business"}}),
}


def matches(text: str, links: Links | None = None, **overrides: object) -> list[dict[str, Any]]:
    """Return the matches that follow from the seat fees of the story, each with its evidence by role."""
    (searched,) = search(Ground(graph_of(story(text), links)), {"S13": overrides}, only=["S13"])
    found = searched.matches
    rows = []
    for row in found.match.iter_rows(named=True):
        own = found.evidence.filter(match_id=row["match_id"])
        proof: dict[str, list[str]] = {}
        for transaction_id, role in own.select("transaction_id", "role").iter_rows():
            proof.setdefault(role, []).append(transaction_id)
        rows.append(row | {"measures": {m["name"]: m for m in row["measures"]}, "evidence": proof})
    return rows


def test_five_helpers_paid_by_the_collector_are_found_exactly_at_the_threshold() -> None:
    (match,) = matches(FEES + CREW)
    assert match["subject"] == "Collector"
    assert match["evidence"] == {"payout": [f"t{i}" for i in range(8, 13)]}
    assert match["value"] == 175_601
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {"payees": 5, "pay_low": 15_000, "pay_high": 99_900, "uniform_share": 1.0, "dues": 0, "steps": 0}


def test_a_paymaster_two_payments_away_is_found_with_the_way_the_money_came() -> None:
    (match,) = matches(FEES + PAYMASTER)
    assert match["subject"] == "Paymaster"
    assert match["evidence"]["funding"] == ["t8", "t9"]
    assert match["value"] == 175_601, "what came in is not counted again"
    assert match["measures"]["steps"]["value"] == 2
    assert "over up to 2 payments one after the other; these payments sum to £9,000.00." in match["explanation"]
    assert not matches(FEES + PAYMASTER, steps=1)


def test_the_explanation_says_who_was_paid_how_much_and_after_what() -> None:
    (match,) = matches(FEES + CREW)
    said = match["explanation"]
    assert said.startswith(
        "Account Collector paid £1,756.01 to 5 payees with no known tie to it, between 9 May 2025 and 12 May 2025, "
        "£150.00 to £999.00 at a time. All of the payouts are near one of two unit sums or a small multiple of one."
    )
    assert "The account itself had been found to take a burst of fees (S01 or S03) in the days before." in said
    assert "The data have no references, which would show wages, tax or pensions." in said
    (match,) = matches(FEES + CREW.replace("999\n", "999 reference=thanks\n"))
    assert "It made no payment that speaks of wages, tax or pensions in 35 days; an" in match["explanation"]


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("payees: four people, one of them twice", "Eva", "Dov"),
        ("pay_low: one penny short", "Collector -> Ana   150", "Collector -> Ana   49.99"),
        ("pay_high: one penny over", "   999", " 1,500.01"),
        ("window: the first payout is exactly seven days old", "2025-05-12 14:00", "2025-05-16 10:00"),
        ("a helper's direct debit", "   999", "   999 channel=direct_debit"),
        ("no fees before: seven travellers", "Traveller8", "Traveller7"),
        ("wages in the month before", FIRST, f"2025-04-30 09:00 Collector -> Joe 900 reference=wages\n{FIRST}"),
        ("tax paid by the collector", FIRST, f"2025-05-09 09:00 Collector -> HM 90 reference=VAT\n{FIRST}"),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert matches(FEES + CREW)
    assert old in FEES + CREW
    assert not matches((FEES + CREW).replace(old, new)), gate


def test_sums_without_a_common_unit_are_no_pay_by_the_head() -> None:
    """Two of five are near one unit and two near another; with four fifths wanted that is just enough."""
    sums = ("100", "101", "1,000", "1,001", "750")
    crew = "".join(f"2025-05-09 1{i}:00  Collector -> Helper{i} {paid}\n" for i, paid in enumerate(sums))
    assert matches(FEES + crew, uniform_share=0.8)
    assert not matches(FEES + crew, uniform_share=0.801)


@pytest.mark.parametrize(("moment", "expected"), [("2025-05-15 09:12", True), ("2025-05-15 09:13", False)])
def test_payouts_count_until_seven_days_after_the_last_fee(moment: str, expected: bool) -> None:
    assert bool(matches(FEES + CREW.replace("2025-05-12 14:00", moment))) is expected


@pytest.mark.parametrize(("paid", "expected"), [("500", True), ("499.99", False)])
def test_small_payments_do_not_carry_the_burst_on(paid: str, expected: bool) -> None:
    funded = f"2025-05-09 08:00  Collector -> Paymaster {paid}\n" + CREW.replace("Collector", "Paymaster")
    assert bool(matches(FEES + funded)) is expected


def test_a_shop_where_the_collector_buys_is_no_paymaster() -> None:
    """Nor is any other business, charity or institution that it pays; and payouts to these are no helpers' pay."""
    assert not matches(FEES + PAYMASTER, {"Organiser": {"kind": "business"}})
    assert not matches(FEES + CREW, {"Ana": {"kind": "charity"}})


def test_payouts_before_the_burst_show_nothing() -> None:
    assert not matches(CREW.replace("05-", "04-") + FEES)


@pytest.mark.parametrize("code", sorted(LOOK_ALIKES))
def test_what_only_a_suppressor_tells_apart_fires(code: str) -> None:
    story_, links = LOOK_ALIKES[code]
    assert matches(story_, links)
