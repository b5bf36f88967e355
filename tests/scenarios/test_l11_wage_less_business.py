"""L11: a courier firm that employs nobody, pays no tax and gives its directors what it takes; and what is like it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.scenarios.reading import fires, matches

Known = dict[str, dict[str, Any]]
KNOWN: Known = {"Firm": {"kind": "business", "occupation": "courier"}, "Director": {"kind": "personal"}}


def month(number: int, *, takings: str = "5,000", director: str = "2,700", upkeep: str = "500") -> str:
    """Return a month's day: £5,000 come in, a tenth of it goes on the firm, £2,700 to its director."""
    day = date(2025, 1, 10) + timedelta(days=30 * number)
    return (
        f"{day} 09:00  Payer  -> Firm  {takings}  reference=invoice\n"
        f"{day} 10:00  Firm  -> Landlord  {upkeep}  reference=rent\n"
        f"{day} 11:00  Firm  -> Director  {director}\n"
        f"{day} 12:00  Firm  -> Bank  1,300  channel=internal\n"
    )


LOOK = "2025-06-10 09:00  Firm  -> Director  0\n"
"""The book is looked at on the day after the sixth month's."""


def firm(last: str = LOOK, **changes: str) -> str:
    """Return six months of the firm, the last of them with `changes`, and the moment at which it is looked at."""
    return "".join(month(number, **(changes if number == 5 else {})) for number in range(6)) + last


def test_half_a_year_exactly_at_every_threshold_is_found() -> None:
    """£5,000 a month, £3,000 of £30,000 on the firm, £16,200 of £27,000 to a person: a tenth, and six tenths."""
    (match,) = matches("L11", firm(), KNOWN)
    assert match["subject"] == "Firm"
    assert match["value"] == 3_000_000
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {"turnover": 500_000, "upkeep_share": 0.1, "person_share": 0.6}
    assert match["evidence"]["upkeep"] == [f"t{4 * number + 1}" for number in range(6)]
    assert len(match["evidence"]["to persons"]) == 7


def test_the_explanation_names_the_money_and_what_is_missing() -> None:
    (match,) = matches("L11", firm(), KNOWN)
    assert match["explanation"].startswith(
        "Account Firm, a business, was paid £30,000.00 by 1 payer, between 10 January 2025 and 9 June 2025: at least "
        "£5,000.00 in each of 6 months of 30 days. It spent £3,000.00 on wages, tax, pension, rent, utilities and "
        "trade suppliers, 10 % of what came in. 60 % of the £27,000.00 that it paid out went to persons, "
        "abroad or out in cash."
    )


@pytest.mark.parametrize(
    ("gate", "changes"),
    [
        ("turnover: one penny short in one month", {"takings": "4,999.99"}),
        ("upkeep: one penny more", {"upkeep": "500.01", "director": "2,800"}),
        ("persons: one penny less", {"director": "2,699.99"}),
    ],
)
def test_one_penny_less_and_nothing_is_found(gate: str, changes: dict[str, str]) -> None:
    assert not fires("L11", firm(**changes), KNOWN), gate


def test_a_month_too_few_is_not_enough() -> None:
    """A new firm: five months of work have not shown yet what it pays."""
    assert not fires("L11", "".join(month(number) for number in range(1, 6)) + LOOK, KNOWN)


@pytest.mark.parametrize(("moment", "expected"), [("09:00", False), ("09:00:00.000001", True)])
def test_the_window_begins_just_after_its_border(moment: str, expected: bool) -> None:
    """The first month's money came exactly 180 days before the last transfer, or a microsecond later."""
    later = "".join(month(number).replace(" 09:00  Payer", " 09:30  Payer") for number in range(1, 6))
    tale = month(0).replace("09:00", moment) + later + "2025-07-09 09:00  Firm  -> Director  0\n"
    assert fires("L11", tale, KNOWN) is expected


@pytest.mark.parametrize("known", [{"kind": "personal"}, {"kind": "business", "registered_money_service": True}])
def test_only_businesses_with_an_income_of_their_own_are_looked_at(known: dict[str, Any]) -> None:
    assert not fires("L11", firm(), KNOWN | {"Firm": known})


def test_a_director_at_another_bank_is_a_person_too() -> None:
    """Whom the account table does not know, and hardly anybody pays, is no supplier, whatever the invoice says."""
    tale = firm().replace("-> Director  2,700", "-> Elsewhere  2,700 reference=invoice")
    assert fires("L11", tale, KNOWN)


def test_a_supplier_whom_many_pay_is_no_person() -> None:
    tale = firm().replace("-> Director  2,700", "-> Supplier  2,700 reference=invoice")
    others = "".join(f"2025-01-0{i} 09:00  Shop{i} -> Supplier 10\n" for i in range(1, 5))
    assert not fires("L11", others + tale, KNOWN)
    assert fires("L11", others.replace("Shop4", "Shop3") + tale, KNOWN), "four payers make no firm of it"


@pytest.mark.parametrize(
    "way", ["Relative  2,700 creditor_country=IQ", "-  2,700 channel=cash", "Unknown  2,700 channel=wire"]
)
def test_abroad_and_cash_count_as_persons(way: str) -> None:
    assert fires("L11", firm().replace("Director  2,700", way), KNOWN)


@pytest.mark.parametrize("words", ["wages", "hmrc", "vat", "energy", "rent", "insurance", "mortgage"])
def test_a_firm_that_pays_for_its_work_is_left_alone(words: str) -> None:
    """A sole trader or an honest firm: wages, tax and bills take far more than a tenth."""
    honest = firm().replace("-> Bank  1,300  channel=internal", f"-> Due  1,300 reference={words}")
    assert not fires("L11", honest, KNOWN)


def test_bills_by_direct_debit_are_upkeep() -> None:
    assert not fires("L11", firm().replace("channel=internal", "channel=direct_debit"), KNOWN)


def test_others_pay_and_a_shared_address_raise_the_score() -> None:
    shared: Known = {f"Firm{i}": {"kind": "business", "address_hash": "9"} for i in range(10)}
    beside = "".join(f"2025-01-01 09:00  Firm{i} -> Shop 1\n" for i in range(10))
    pay = "".join(f"2025-06-08 09:0{i}  Works{i} -> Firm 1 reference=wages\n" for i in range(3))
    plain, stronger = (
        matches("L11", text, KNOWN | shared | {"Firm": KNOWN["Firm"] | {"address_hash": address}})[0]
        for text, address in ((firm() + beside, "8"), (firm() + beside + pay, "9"))
    )
    assert {name for name in ("wage_payers", "firms_at_address") if stronger["measures"][name]["met"]} == {
        "wage_payers", "firms_at_address"
    }  # fmt: skip
    assert stronger["score"] > plain["score"]
    assert "11 businesses of this bank have its address." in stronger["explanation"]


def _property() -> str:
    """A company that holds one house: rent comes in, and the owner has it; the mortgage is paid elsewhere."""
    return firm().replace("reference=invoice", "reference=rent")


def _sole_trader() -> str:
    """A painter trading as a firm: customers come again, the paint is bought by the year from a shop that many use."""
    others = "".join(f"2025-01-0{i} 09:00  Shop{i} -> Paints 10\n" for i in range(1, 9))
    work = firm().replace("-> Landlord  500  reference=rent", "-> Owner  500")
    return others + "2024-11-15 09:00  Firm -> Paints 11,000 reference=invoice\n" + work


LOOK_ALIKES: dict[str, tuple[str, Known]] = {
    "R-TRADER": (_sole_trader(), KNOWN),
}
"""What fires and only a suppressor tells apart: code -> (story, what the register knows)."""


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_look_alikes_that_only_a_suppressor_tells_apart(code: str) -> None:
    """They fire: # suppressed by R-TRADER."""
    assert fires("L11", *LOOK_ALIKES[code])


def test_a_company_that_holds_one_property_fires_and_nothing_lowers_it() -> None:
    """No suppressor knows it: an investigator must ask where the mortgage and the tax are paid."""
    (match,) = matches("L11", _property(), KNOWN)
    assert match["suppressors"] == []
