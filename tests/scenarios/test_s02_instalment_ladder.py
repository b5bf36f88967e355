"""S02: travellers pay stage by stage as they move along, to accounts worked from one device; and what only looks so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.reading import fires, matches

Links = dict[str, dict[str, Any]]

OLD = "2025-01-01 09:00  Someone -> Other 10\n"
"""So that the data reach back far enough to know who is new."""

DEVICE: Links = {"Kiosk": {"device_hash": "d1"}, "Courier": {"device_hash": "d1"}}

ONE_PAYER = (
    OLD
    + """
2025-04-02 09:12  Arben   -> Kiosk    600
2025-04-09 10:40  Arben   -> Courier  400
2025-04-16 09:12  Arben   -> Kiosk    500
"""
)

TWO_PAYERS = (
    OLD
    + """
2025-04-02 09:12  Arben   -> Kiosk    700
2025-04-03 10:40  Besa    -> Kiosk    750
2025-04-16 09:12  Arben   -> Kiosk    800
2025-04-20 10:40  Besa    -> Kiosk    750
"""
)

DOWNSTREAM = (
    OLD
    + """
2025-04-02 09:12  Arben   -> Kiosk    700
2025-04-03 10:40  Kiosk   -> Boss     650
2025-04-17 09:12  Arben   -> Courier  800
2025-04-18 10:40  Courier -> Boss     750
"""
)

TUITION = (
    OLD
    + """
2025-04-02 09:12  Ann -> School 1,500 reference=course
2025-04-03 10:40  Ben -> School 1,500 reference=course
2025-05-02 09:12  Ann -> School 1,500 reference=course
2025-05-03 10:40  Ben -> School 1,500 reference=course
"""
)

LOAN = TUITION.replace("School", "Lender").replace("course", "loan").replace("1,500", "900")

FAMILY = (
    OLD
    + """
2025-04-02 09:12  Son -> Mother 400 reference=remittance
2025-04-02 09:20  Son -> Uncle  400 reference=remittance
2025-05-02 09:12  Son -> Mother 400 reference=remittance
2025-05-02 09:20  Son -> Uncle  400 reference=remittance
"""
)

LOOK_ALIKES: dict[str, tuple[str, Links]] = {
    "R-TUITION": (TUITION, {"School": {"kind": "business", "occupation": "education provider"}}),  # suppressed by it
    "R-LOAN": (LOAN, {"Lender": {"kind": "business", "occupation": "lender"}}),  # suppressed by R-LOAN
    "R-REM": (FAMILY, {"Mother": {"address_hash": "h"}, "Uncle": {"address_hash": "h"}}),  # suppressed by R-REM
}


def test_one_payer_and_two_linked_payees_are_found_exactly_at_the_threshold() -> None:
    (match,) = matches("S02", ONE_PAYER, DEVICE)
    assert match["subject"] == "Kiosk"
    assert match["value"] == 150_000
    assert match["evidence"] == {"step": ["t1", "t3"], "step elsewhere": ["t2"]}
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {
        "payees": 2,
        "fewest": 3,
        "most": 3,
        "span_days": 14.0,
        "total_low": 150_000,
        "total_high": 150_000,
    }


def test_two_payers_and_one_payee_are_found_when_the_second_has_paid_twice() -> None:
    (match,) = matches("S02", TWO_PAYERS)
    assert match["measures"]["payers"]["value"] == 2
    assert match["detectable_at"] == match["ended_at"]
    assert match["evidence"] == {"step": ["t1", "t2", "t3", "t4"]}


def test_the_explanation_names_the_account_the_stages_and_the_sums() -> None:
    (match,) = matches("S02", ONE_PAYER, DEVICE)
    said = match["explanation"]
    assert said.startswith(
        "Account Kiosk and 1 other account (Courier) linked to it by shared attributes were together paid £1,500.00 in "
        "stages by 1 payer, between 2 April 2025 and 16 April 2025. The payer made 3 payments in 14 days, £1,500.00 in "
        "all. The payer had not dealt with the account it first paid in the 180 days before, as far as the data show: "
        "they reach back 91 days or more."
    )


def test_payees_that_share_nothing_but_where_their_money_goes() -> None:
    (match,) = matches("S02", DOWNSTREAM)
    assert match["subject"] == "Courier"
    assert match["evidence"] == {"step elsewhere": ["t1"], "step": ["t3"], "onward": ["t2", "t4"]}
    assert match["value"] == 150_000
    assert "Each payee passed money on within 2 days to the same account, Boss." in match["explanation"]


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("total: one penny short", "500\n", "499.99\n"),
        ("span: one second less than 14 days", "2025-04-16 09:12 ", "2025-04-16 09:11:59"),
        ("one payee only, and one payer", "Courier ", "Kiosk "),
        ("payees that share nothing", "Courier ", "Stranger "),
        ("a step pulled by the payee", "500\n", "500 channel=direct_debit\n"),
        ("a step too small to count leaves one step", "Arben   -> Courier  400", "Dana -> Courier 400"),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in ONE_PAYER
    assert not fires("S02", ONE_PAYER.replace(old, new), DEVICE), gate


@pytest.mark.parametrize(("amount", "expected"), [("24,000", True), ("24,000.01", False)])
def test_the_total_has_an_upper_end(amount: str, expected: bool) -> None:
    assert fires("S02", ONE_PAYER.replace(" 500\n", f" {amount}\n"), DEVICE) is expected


@pytest.mark.parametrize(("extra", "expected"), [(3, True), (4, False)])
def test_six_steps_are_a_ladder_and_seven_a_running_account(extra: int, expected: bool) -> None:
    more = "".join(f"2025-04-1{day} 12:00  Arben -> Courier 100\n" for day in range(extra))
    text = "\n".join(sorted((ONE_PAYER + more).split("\n")))
    found = matches("S02", text, DEVICE)
    assert (bool(found) and found[0]["measures"]["most"]["value"] == 6) is expected


def test_a_payment_below_the_least_step_does_not_hide_the_ladder() -> None:
    more = "".join(f"2025-04-1{day} 12:00  Arben -> Courier 99.99\n" for day in range(5))
    assert fires("S02", "\n".join(sorted((ONE_PAYER + more).split("\n"))), DEVICE)


def test_one_payer_of_two_who_dealt_with_it_before_is_one_too_few() -> None:
    assert not fires("S02", OLD + "2025-03-01 09:00  Arben -> Kiosk 20\n" + TWO_PAYERS.removeprefix(OLD))


@pytest.mark.parametrize(("begin", "expected"), [("2025-02-26 09:12", True), ("2025-02-26 09:13", False)])
def test_the_data_must_reach_back_35_days(begin: str, expected: bool) -> None:
    assert fires("S02", ONE_PAYER.replace("2025-01-01 09:00", begin), DEVICE) is expected


def test_a_month_of_salary_and_rent_begins_no_ladder() -> None:
    """When the data begin, everyone pays everyone for the first time."""
    wages = "".join(
        f"2025-{month:02d}-01 09:00  Employer -> Worker{n} 1,500\n"
        f"2025-{month:02d}-02 09:00  Worker{n} -> Landlord 600\n"
        for month in (1, 2, 3, 4)
        for n in (1, 2, 3)
    )
    assert not fires("S02", "\n".join(sorted(wages.split("\n"))))


def test_a_firm_is_no_traveller() -> None:
    assert not fires("S02", ONE_PAYER, DEVICE | {"Arben": {"kind": "business"}})


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("the second payee pays somebody else", "Courier -> Boss ", "Courier -> Other "),
        ("the debit comes after more than seven days", "2025-04-18 10:40", "2025-04-24 09:12:01"),
        ("the debit is a penny too small", "650\n", "499.99\n"),
    ],
)
def test_without_a_common_downstream_two_payees_are_no_set(gate: str, old: str, new: str) -> None:
    assert old in DOWNSTREAM
    assert not fires("S02", DOWNSTREAM.replace(old, new)), gate


def test_an_attribute_of_many_links_nobody() -> None:
    hostel = {f"guest{n}": {"address_hash": "h"} for n in range(9)}
    text = ONE_PAYER + "".join(f"2025-05-01 09:00  guest{n} -> Shop 5\n" for n in range(9))
    shared = {"Kiosk": {"address_hash": "h"}, "Courier": {"address_hash": "h"}}
    assert fires("S02", text, shared)
    assert not fires("S02", text, shared | hostel)


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_look_alikes_that_only_a_suppressor_tells_apart(code: str) -> None:
    text, links = LOOK_ALIKES[code]
    assert fires("S02", text, links)
