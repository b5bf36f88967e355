"""L04: one large credit, then five new payees at once; and what only looks like it."""

from __future__ import annotations

import pytest

from tests.scenarios.reading import fires, matches

SCATTER = """
2025-07-01 09:00  Broker -> Hub    2,400
2025-07-01 10:00  Hub    -> Mule1    600 creditor_institution=A
2025-07-01 10:05  Hub    -> Mule2    600 creditor_institution=B
2025-07-01 10:10  Hub    -> Mule3    600 creditor_institution=C
2025-07-01 10:15  Hub    -> Mule4    600 creditor_institution=A
2025-07-02 08:00  Hub    -> Mule5    600 creditor_institution=A
"""
"""Five payees, £3,000, of which the credit covers exactly 80 %."""


def test_five_new_payees_funded_by_one_credit_are_found_exactly_at_the_threshold() -> None:
    (match,) = matches("L04", SCATTER)
    assert match["subject"] == "Hub"
    assert match["value"] == 300_000
    assert match["evidence"] == {"funding": ["t0"], "scatter": ["t1", "t2", "t3", "t4", "t5"]}
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {"payees": 5, "value": 300_000, "first_share": 1.0, "funding_share": 0.8}
    assert match["measures"]["institutions"]["value"] == 3


def test_the_explanation_names_the_account_the_money_and_the_payees() -> None:
    (match,) = matches("L04", SCATTER)
    said = match["explanation"]
    assert said.startswith(
        "Account Hub sent £3,000.00 to 5 accounts with no known tie to it, between 1 July 2025 and 2 July 2025."
    )
    assert (
        "In the 48 hours up to the first of these payments 1 credit of £2,400.00 came in: enough for 80 % of it."
        in said
    )
    assert said.endswith("The payees bank with 3 institutions.")


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("payees: four, one of them twice", "Mule5", "Mule4"),
        ("value: one penny short", "Mule5    600", "Mule5    599.99"),
        ("window: the first exactly three days before the last", "2025-07-02 08:00", "2025-07-04 10:00"),
        ("funding: a penny too little", "Hub    2,400", "Hub    2,399.99"),
        ("funding: it came exactly 48 hours before", "2025-07-01 09:00", "2025-06-29 10:00"),
        ("funding: it came after the first debit", "2025-07-01 09:00", "2025-07-01 10:00:00.000001"),
        ("funding: the account moved its own money", "Broker -> Hub ", "Hub    -> Hub "),
        ("a payee is paid by card", "Mule5    600", "Mule5    600 channel=card"),
        ("a payee is cash taken out", "Hub    -> Mule5", "Hub    -> -"),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in SCATTER
    assert not fires("L04", SCATTER.replace(old, new)), gate


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2025-07-02 08:00", "2025-07-04 09:59:59.999999"),
        ("2025-07-01 09:00", "2025-06-29 10:00:00.000001"),
        ("2025-07-01 09:00", "2025-07-01 10:00"),
        ("Broker -> Hub", "-      -> Hub"),
    ],
    ids=["window", "funding 48 hours before", "funding at the same moment, earlier in the ledger", "funded in cash"],
)
def test_just_inside_the_border_counts(old: str, new: str) -> None:
    assert fires("L04", SCATTER.replace(old, new))


def test_two_credits_may_fund_it_and_three_may_not() -> None:
    two = SCATTER.replace("2,400", "1,200") + "2025-07-01 09:30 Other -> Hub 1,200\n"
    assert {len(match["evidence"]["funding"]) for match in matches("L04", two)} == {2}
    three = SCATTER.replace("2,400", "800") + "2025-07-01 09:30 X -> Hub 800\n2025-07-01 09:31 Y -> Hub 800\n"
    assert not fires("L04", three)


def test_adding_small_credits_does_not_help_the_gang() -> None:
    small = "".join(f"2025-07-01 09:{minute} Z -> Hub 1\n" for minute in range(10, 20))
    (match,) = matches("L04", SCATTER + small)
    assert len(match["evidence"]["funding"]) == 2


@pytest.mark.parametrize(("acquaintances", "expected"), [(1, True), (2, False)])
def test_most_payees_must_be_new(acquaintances: int, expected: bool) -> None:
    """Four of five are exactly 80 %."""
    before = "".join(f"2025-04-01 12:0{i} Mule{i} -> Hub 5\n" for i in range(1, acquaintances + 1))
    assert fires("L04", before + SCATTER) is expected


def test_a_payroll_is_made_of_regular_payees() -> None:
    """Wages on the first of each month: new payees only once, and tied to the firm later."""
    months = "".join(
        f"2025-{month:02d}-01 09:00 Client -> Firm 9,000\n"
        + "".join(f"2025-{month:02d}-01 10:0{worker} Firm -> Worker{worker} 1,500\n" for worker in range(6))
        for month in range(1, 7)
    )
    assert [match["ended_at"].month for match in matches("L04", months)] == [1]


def test_a_household_with_one_address_is_affiliated() -> None:
    links = {name: {"address_hash": "home"} for name in ("Hub", "Mule1", "Mule2", "Mule3", "Mule4", "Mule5")}
    assert not fires("L04", SCATTER, links)


def test_worthless_transfers_are_never_called_covered() -> None:
    """With the value at 0 five transfers of nothing pass; the measures must agree with the gate."""
    nothing = SCATTER.replace("600", "0")
    for match in matches("L04", nothing, value=0):
        assert all(measure["met"] for measure in match["measures"].values() if measure["kind"] == "gate")
