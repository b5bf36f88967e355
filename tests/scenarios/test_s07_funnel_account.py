"""S07: cash paid in from Leeds to Cardiff, gone from Dover a day later; and what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.reading import fires, matches

FUNNEL = """
2025-05-01 09:00  Funnel -> Grocer       20  channel=card location=London
2025-05-02 10:00  -      -> Funnel    1,000  channel=cash location=Wales
2025-05-02 10:30  -      -> Funnel    1,000  channel=cash location=Yorkshire
2025-05-05 11:00  -      -> Funnel    1,000  channel=cash location=Wales
2025-05-06 11:00  -      -> Funnel    1,000  channel=cash location=Yorkshire
2025-05-08 10:00  Funnel -> Broker    2,400
"""
"""The middle pound of what is gone came on 2 May at 10:30, 143.5 hours before."""

HELD: dict[str, Any] = {"hold_hours": 144}
"""Six days."""

LOOK_ALIKES: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "R-CASHBIZ": (
        """
2025-05-02 09:00  Shop  -> Grocer       20  channel=card location=London
2025-05-02 18:00  -     -> Shop      1,100  channel=cash location=Wales
2025-05-02 18:30  -     -> Shop        900  channel=cash location=Yorkshire
2025-05-03 18:00  -     -> Shop      1,200  channel=cash location=Wales
2025-05-03 18:30  -     -> Shop      1,000  channel=cash location=Yorkshire
2025-05-03 19:00  Acq   -> Shop      4,000
2025-05-04 09:00  Shop  -> Supplier  2,000  reference=invoice
2025-05-04 09:30  Shop  -> Worker      800  reference=wages
2025-05-04 09:40  Shop  -> Landlord    900  reference=rent
""",
        {"Shop": {"kind": "business", "occupation": "barber"}},
    ),
    "R-CHAR": (
        """
2025-05-02 09:00  Mission -> Grocer       20  channel=card location=London
2025-05-04 18:00  -       -> Mission     900  channel=cash location=Wales
2025-05-04 18:30  -       -> Mission     700  channel=cash location=Yorkshire
2025-05-05 18:00  -       -> Mission     800  channel=cash location=Wales
2025-05-05 18:30  -       -> Mission     600  channel=cash location=Yorkshire
2025-05-06 09:00  Mission -> Clinic    2,500
""",
        {"Mission": {"kind": "charity", "occupation": "charity"}},
    ),
}
"""Told apart by a suppressor alone: code, story, what the bank knows of the account."""


def test_a_funnel_exactly_at_every_threshold() -> None:
    (match,) = matches("S07", FUNNEL, hold_hours=168)
    assert match["subject"] == "Funnel"
    assert match["value"] == 400_000
    assert match["evidence"] == {"deposit": ["t1", "t2", "t3", "t4"], "out": ["t5"]}
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {
        "deposits": 4,
        "depositors": 2,
        "regions": 2,
        "value": 400_000,
        "out_share": 0.6,
        "hold_hours": 143.5,
    }


def test_the_explanation_says_how_much_where_and_how_fast() -> None:
    (match,) = matches("S07", FUNNEL, **HELD)
    said = match["explanation"]
    assert said.startswith(
        "Account Funnel took £4,000.00 in 4 cash credits at Wales and Yorkshire, between 2 May 2025 "
    )
    assert (
        "points to 2 depositors or more. 60 % of it left, by transfer or as cash in another region, in 1 debit;" in said
    )
    assert said.endswith("The account's own card and cash spending was in London more often than anywhere else.")


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("deposits: three", "2025-05-06 11:00  -      -> Funnel    1,000", "2025-05-06 11:00  Sister -> Dover 1,000"),
        ("depositors: two regions, but on two days", "2025-05-02 10:30", "2025-05-03 10:30"),
        ("regions: one", "Yorkshire", "Wales"),
        ("away: one of the regions is home", "location=London", "location=Wales"),
        ("out: one penny short of 60 %", "2,400", "2,399.99"),
        ("out: to an account of one's own", "Broker", "Savings"),
        ("out: by card", "2,400", "2,400 channel=card"),
        ("out: cash where it was paid in", "Broker    2,400", "- 2,400 channel=cash location=Wales"),
        ("at an unknown place", "1,000  channel=cash location=Wales\n2025-05-06", "1,000 channel=cash\n2025-05-06"),
    ],
)  # fmt: skip
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in FUNNEL
    links = {"Funnel": {"party": "p"}, "Savings": {"party": "p"}}
    assert not fires("S07", FUNNEL.replace(old, new), links, **HELD), gate


def test_the_middle_pound_may_be_held_three_days() -> None:
    """All is gone at once; half of it had come on or after 5 May at 11:00."""
    soon = FUNNEL.replace("2025-05-08 10:00  Funnel -> Broker    2,400", "{} Funnel -> Broker 4,000")
    assert fires("S07", soon.format("2025-05-08 11:00"))
    assert not fires("S07", soon.format("2025-05-08 11:00:00.000001"))


def test_less_than_the_least_sum_is_let_go() -> None:
    assert fires("S07", FUNNEL, value=400_000, **HELD)
    assert not fires("S07", FUNNEL, value=400_001, **HELD)


def test_cash_a_fortnight_old_no_longer_counts() -> None:
    late = FUNNEL.replace("2025-05-08 10:00", "{}")
    assert fires("S07", late.format("2025-05-16 09:59:59.999999"), hold_hours=720)
    assert not fires("S07", late.format("2025-05-16 10:00"), hold_hours=720)


def test_cash_taken_out_in_a_third_region_counts() -> None:
    """A machine in Dover; it also shows where the holder spends."""
    drawn = FUNNEL.replace("Broker    2,400", "- 2,400 channel=cash location=Kent")
    assert fires("S07", drawn, **HELD)


def test_a_holder_with_no_spending_has_no_home() -> None:
    (match,) = matches("S07", FUNNEL.split("\n", 2)[2], **HELD)
    assert match["explanation"].endswith("No spending at a known place shows where the holder lives.")
    assert "home_cash" not in match["measures"]


def test_two_accounts_that_pay_cash_in_are_two_depositors() -> None:
    days = FUNNEL.replace("2025-05-02 10:30  -   ", "2025-05-03 10:30  Ahmet").replace(
        "06 11:00  -   ", "06 11:00  Berta"
    )
    (match,) = matches("S07", days, **HELD)
    assert "2 different accounts are named as paying it in." in match["explanation"]
    assert not fires("S07", days.replace("Berta", "Ahmet"), **HELD)


def test_a_courier_who_banks_takings_on_the_way_is_one_person() -> None:
    """Four towns on four days, and the firm is paid at once: nothing shows a second depositor."""
    courier = """
2025-05-01 18:00  -       -> Courier   900  channel=cash location=Wales
2025-05-02 18:00  -       -> Courier   800  channel=cash location=Yorkshire
2025-05-03 18:00  -       -> Courier   900  channel=cash location=Kent
2025-05-04 18:00  -       -> Courier   700  channel=cash location=London
2025-05-05 09:00  Courier -> Firm    3,200
"""
    assert not fires("S07", courier)


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_what_only_a_suppressor_tells_apart(code: str) -> None:
    """Suppressed by R-CASHBIZ and R-CHAR: the transfers alone look the same."""
    text, links = LOOK_ALIKES[code]
    assert fires("S07", text, links)
