"""S01: eight travellers pay one collector for their seats; and what only looks like it."""

from __future__ import annotations

import pytest

from tests.scenarios.reading import fires, matches

SEATS = """
2025-05-03 09:12  Arben   -> Collector  1,000
2025-05-04 10:40  Besa    -> Collector  1,000
2025-05-06 18:03  Cyril   -> Collector  1,000
2025-05-09 08:00  Dana    -> Collector  1,000
2025-05-11 21:30  Edon    -> Collector  1,000
2025-05-15 12:15  Flora   -> Collector  1,000
2025-05-19 07:45  Genc    -> Collector  1,000
2025-05-28 16:20  Hana    -> Collector  1,000
"""


def test_eight_strangers_paying_seat_fees_are_found_exactly_at_the_threshold() -> None:
    (match,) = matches("S01", SEATS)
    assert match["subject"] == "Collector"
    assert match["value"] == 800_000
    assert match["evidence"] == {"credit": [f"t{i}" for i in range(8)]}
    assert match["detectable_at"] == match["ended_at"]
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {
        "payers": 8,
        "value": 800_000,
        "first_share": 1.0,
        "one_shot_share": 1.0,
        "seat_low": 100_000,
        "seat_high": 100_000,
    }


def test_the_explanation_names_the_account_the_money_and_the_people() -> None:
    (match,) = matches("S01", SEATS)
    said = match["explanation"]
    assert said.startswith("Account Collector was paid £8,000.00 by 8 ")
    assert "with no known tie to it, between 3 May 2025 and 28 May 2025." in said
    assert "The middle credit is £1,000.00; a seat's price is taken to be £400.00 to £6,000.00" in said
    assert "the credits of that size come to £8,000.00." in said
    assert "The data begin less than a day before, too late to say who had dealt with it earlier." in said
    assert said.endswith("lie near one of two unit prices or a small multiple of one.")


def test_a_ninth_payer_and_money_sent_on_raise_the_score() -> None:
    more = SEATS + "2025-05-29 08:00  Ilir -> Collector 1,000\n2025-05-29 09:00  Collector -> Broker 8,500\n"
    (plain,), (stronger,) = matches("S01", SEATS), matches("S01", more)
    assert stronger["measures"]["payers"]["value"] == 9
    assert stronger["score"] > plain["score"]


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("payers: seven people, one of them twice", "Hana ", "Arben"),
        ("value: one penny short", "Hana    -> Collector  1,000", "Hana    -> Collector    999.99"),
        ("window: the first fee is exactly 30 days old", "2025-05-28 16:20", "2025-06-02 09:12"),
        ("a fee pulled by the payee", "1,000\n2025-05-28", "1,000 channel=direct_debit\n2025-05-28"),
        ("a fee paid by card", "Hana    -> Collector  1,000", "Hana    -> Collector  1,000 channel=card"),
        ("cash paid in comes from nobody", "Hana    -> Collector  1,000", "-       -> Collector  1,000 channel=cash"),
    ],
)  # fmt: skip
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in SEATS
    assert not fires("S01", SEATS.replace(old, new)), gate


def test_a_fee_just_inside_the_thirty_days_counts() -> None:
    assert fires("S01", SEATS.replace("2025-05-28 16:20", "2025-06-02 09:11:59.999999"))


@pytest.mark.parametrize(
    ("price", "expected"), [("400", True), ("399.99", False), ("6,000", True), ("6,000.01", False)]
)
def test_the_middle_fee_must_be_a_seat_price(price: str, expected: bool) -> None:
    assert fires("S01", SEATS.replace("1,000", price), value=0) is expected


def known(count: int, day: str = "2025-02-01") -> str:
    """Return a story in which the first `count` travellers had each paid the collector before, once."""
    names = ["Arben", "Besa", "Cyril", "Dana", "Edon", "Flora", "Genc", "Hana"][:count]
    return "".join(f"{day} 12:00  {name} -> Collector 20\n" for name in names)


@pytest.mark.parametrize(("acquaintances", "expected"), [(2, True), (3, False)])
def test_most_payers_must_be_new(acquaintances: int, expected: bool) -> None:
    """Six of eight are 75 %, five of eight 62.5 %; the mark is 70 %."""
    assert fires("S01", known(acquaintances) + SEATS) is expected


def test_dealings_more_than_180_days_ago_are_forgotten() -> None:
    assert fires("S01", known(8, day="2024-10-01") + SEATS)


def test_seven_new_payers_of_ten_are_exactly_enough() -> None:
    ten = SEATS + "2025-05-29 08:00  Ilir -> Collector 1,000\n2025-05-29 09:00  Jeta -> Collector 1,000\n"
    assert fires("S01", known(3) + ten, payers=10)
    assert not fires("S01", known(4) + ten, payers=10)


@pytest.mark.parametrize(("regulars", "expected"), [(1, True), (2, False)])
def test_most_payers_must_pay_only_a_few_times(regulars: int, expected: bool) -> None:
    """Seven of eight are 87.5 %, six of eight 75 %; the mark is 80 %. A fourth transfer is one too many."""
    extra = "".join(
        f"2025-05-20 {hour:02d}:00  {name} -> Collector 1,000\n"
        for name in ("Arben", "Besa")[:regulars]
        for hour in (1, 2, 3)
    )
    assert fires("S01", SEATS + extra) is expected


def test_three_transfers_are_a_few() -> None:
    extra = "".join(f"2025-05-20 {hour}:00  {n} -> Collector 1,000\n" for n in ("Arben", "Besa") for hour in (11, 12))
    assert fires("S01", SEATS + extra)


def test_a_tenant_who_has_paid_for_months_is_no_stranger() -> None:
    """A landlord: eight tenants, rent every month. Once three rents are a month old, tenants are tied to him."""
    tenants = ["Ann", "Ben", "Cat", "Dan", "Eve", "Fay", "Gus", "Hal"]
    rents = "".join(
        f"2025-{month:02d}-01 09:{minute:02d}  {name} -> Landlord 1,000\n"
        for month in range(1, 7)
        for minute, name in enumerate(tenants)
    )
    settled = [match for match in matches("S01", rents) if match["ended_at"].month >= 4]
    assert settled == []


def test_a_family_is_affiliated() -> None:
    """Eight cousins at one address pay into the kitty."""
    everyone = ["Collector", "Arben", "Besa", "Cyril", "Dana", "Edon", "Flora", "Genc", "Hana"]
    assert not fires("S01", SEATS, {name: {"address_hash": "12 Elm Road"} for name in everyone})
    assert not fires("S01", SEATS, {name: {"address_hash": "12 Elm Road"} for name in everyone[:2]})
