"""L10: a barber's shop with one part-timer banks 500 pounds a day in notes; and what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.reading import fires, matches

LOOSE = {"days": 5, "value": 600_000, "peers": 2, "spread": 0.25}
"""Ten-row stories: five days, and two shops to compare with."""

PEERS = """
2025-04-01 17:00  -      -> Clip  3,000  channel=cash
2025-04-02 04:30  Cards  -> Clip  3,000
2025-04-04 17:30  Clip   -> Cem   1,000  reference=wages
2025-04-05 17:00  -      -> Trim  6,000  channel=cash
2025-04-06 04:30  Cards  -> Trim  6,000
2025-04-25 17:30  Trim   -> Tom   2,000  reference=wages
"""
"""Three pounds of cash for a pound of wages, and half of the takings by card."""

FRONT = """
2025-05-05 17:00  -      -> Front 1,400  channel=cash
2025-05-06 17:00  -      -> Front 1,300  channel=cash
2025-05-07 17:00  -      -> Front 1,300  channel=cash
2025-05-08 17:00  -      -> Front 1,000  channel=cash
2025-05-08 17:30  Front  -> Fred    100  reference=wages
2025-05-09 04:30  Cards  -> Front 2,000
2025-05-09 17:00  -      -> Front 1,000  channel=cash
"""
SHOPS: dict[str, dict[str, Any]] = {
    name: {"kind": "business", "occupation": "barber"} for name in ("Front", "Clip", "Trim")
}

LOOK_ALIKES: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "R-CASHBIZ": (
        PEERS
        + FRONT
        + "2025-05-07 09:00  Front -> Owner 1,200 reference=RENT\n"
        + "2025-05-07 09:30  Front -> State   900 reference=VAT\n"
        + "2025-05-07 10:00  Front -> Maker 1,500 reference=invoice\n",
        SHOPS,
    ),
}
"""Told apart by a suppressor alone: code, story, what the bank knows of the accounts; with the parameters of LOOSE."""


def test_a_front_exactly_at_the_thresholds() -> None:
    """6,000 pounds against 300 of wages taken: twenty to one. Peers have three to one. A quarter came by card."""
    (match,) = matches("L10", PEERS + FRONT, SHOPS, **LOOSE)
    assert match["subject"] == "Front"
    assert match["value"] == 600_000
    assert match["evidence"] == {
        "cash": ["t6", "t7", "t8", "t9", "t12"],
        "wages": ["t10"],
        "other takings": ["t11"],
    }
    gates = {name: (m["value"], m["threshold"]) for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {
        "value": (600_000, 600_000),
        "days": (5, 5),
        "capacity": (600_000, 180_000),
        "z_peer": (7.58848, 3.0),
        "card_share": (0.25, 0.25),
    }


def test_the_explanation_says_how_much_for_which_staff_and_against_whom() -> None:
    (match,) = matches("L10", PEERS + FRONT, SHOPS, **LOOSE)
    said = match["explanation"]
    assert said.startswith("Account Front, a business registered as 'barber', banked £6,000.00 in cash on 5 days, ")
    assert "in 5 days 1 worker could take about £1,800.00, at £45.00 an hour and 8 hours a day." in said
    assert "the 2 businesses it is compared with banked in the month before: 7.6 robust standard deviations" in said
    assert "Takings other than cash were 25 % of all its takings, against 50 % at the middle one." in said
    assert said.endswith("Wages, rent, tax and stock on record come to 2 % of the cash.")


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("value: one penny short", "Front 1,400", "Front 1,399.99"),
        ("days: four", "2025-05-06 17:00", "2025-05-05 18:00"),
        ("card share: a penny more by card", "Front 2,000", "Front 2,000.01"),
        ("peers: one banked no cash in April", "Clip  3,000  channel=cash", "Clip  3,000"),
        ("peers: the month before is not whole", "2025-04-01 17:00", "2025-04-02 00:00"),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    story = PEERS + FRONT
    assert old in story
    assert not fires("L10", story.replace(old, new), SHOPS, **LOOSE), gate


@pytest.mark.parametrize(("hourly", "expected"), [(15_000, True), (15_001, False)])
def test_cash_within_what_the_staff_can_earn_is_let_go(hourly: int, expected: bool) -> None:
    """One worker, five days of eight hours: 6,000 pounds at 150 an hour."""
    assert fires("L10", PEERS + FRONT, SHOPS, **LOOSE, hourly_takings=hourly) is expected


def test_another_worker_can_earn_as_much_again() -> None:
    second = "2025-05-08 17:40  Front -> Flo 100 reference=wages\n"
    assert not fires("L10", PEERS + FRONT + second, SHOPS, **LOOSE, hourly_takings=15_000)


@pytest.mark.parametrize(("z", "expected"), [(7.588, True), (7.589, False)])
def test_it_must_stand_out_among_its_peers(z: float, expected: bool) -> None:
    assert fires("L10", PEERS + FRONT, SHOPS, **LOOSE, z_peer=z) is expected


def test_a_shop_that_pays_its_staff_is_no_outlier() -> None:
    """2,900 pounds of wages for 6,000 of cash."""
    assert not fires("L10", PEERS + FRONT.replace("Fred    100", "Fred  2,900"), SHOPS, **LOOSE)


def test_where_the_trade_has_too_few_shops_all_cash_trades_are_the_peers() -> None:
    mixed = {**SHOPS, "Clip": {"kind": "business", "occupation": "nail bar"}}
    assert fires("L10", PEERS + FRONT, mixed, **LOOSE)
    assert not fires("L10", PEERS + FRONT, {**SHOPS, "Clip": {"kind": "business", "occupation": "florist"}}, **LOOSE)


@pytest.mark.parametrize("known", [{"occupation": "florist", "kind": "business"}, {"occupation": "barber"}], ids=str)
def test_only_businesses_of_a_cash_trade_are_looked_at(known: dict[str, str]) -> None:
    """A barber's own account is a person's."""
    assert not fires("L10", PEERS + FRONT, {**SHOPS, "Front": known}, **LOOSE)


def test_a_month_after_the_first_day_is_too_early_to_compare() -> None:
    assert not fires("L10", FRONT, SHOPS, **LOOSE)


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_what_only_a_suppressor_tells_apart(code: str) -> None:
    """Suppressed by R-CASHBIZ: rent, tax and stock are paid, and only the wages are low."""
    text, links = LOOK_ALIKES[code]
    assert fires("L10", text, links, **LOOSE)
