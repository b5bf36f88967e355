"""S11: a company buys boats in Türkiye, stores them in Germany and sells kits for cash; and honest importers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.reading import fires, matches

Links = dict[str, dict[str, Any]]
COMPANY: Links = {"Front": {"kind": "business", "occupation": "importer"}}

FRONT = """
2025-04-02 10:00  -      -> Front   4,000  channel=cash
2025-04-09 11:00  Buyer  -> Front   4,000  reference=stock
2025-04-10 12:00  Front  -> Maker  12,000  channel=wire creditor_country=TR
2025-05-02 10:00  Friend -> Front   4,000
2025-05-20 10:00  Shop   -> Front  12,000  reference=invoice
2025-06-01 09:00  Front  -> Depot     300  channel=wire creditor_country=DE
2025-06-10 12:00  Front  -> Maker   8,000  channel=wire creditor_country=TR
"""
WEEKLY = "".join(
    f"2025-{month:02d}-{day:02d} 04:30  Acquirer -> Front 900\n" for month in (3, 4, 5) for day in (1, 8, 15, 22)
)
DEALER = FRONT + "".join(f"2025-05-{day:02d} 12:00  Sailor{day} -> Front 800 channel=card\n" for day in range(1, 29))

LOOK_ALIKES: dict[str, tuple[str, Links]] = {
    # suppressed by R-NAUT: a boat dealer whose buyers pay deposits and balances by transfer
    "R-NAUT": (FRONT, {"Front": {"kind": "business", "occupation": "boat dealer"}}),
    # suppressed by R-TRADE: a new importer of machines who pays duty on each consignment
    "R-TRADE": (FRONT + "2025-06-09 09:00 Front -> Customs 4,000 reference=customs\n", COMPANY),
}


def test_a_front_is_found_exactly_at_the_threshold() -> None:
    """20,000 pounds of imports; 12,000 of 24,000 in cash or from nobody known; one depot on the way."""
    (match,) = matches("S11", FRONT, COMPANY)
    assert match["subject"] == "Front"
    assert match["evidence"] == {
        "odd sale": ["t0", "t1", "t3"],
        "import": ["t2", "t6"],
        "other sale": ["t4"],
        "storage": ["t5"],
    }
    assert match["value"] == 2_000_000, "the sales are the other side of the same money"
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {"imports": 2_000_000, "odd_share": 0.5, "takings_share": 0.0, "stores": 1}
    assert match["measures"]["kit_share"]["met"]


def test_the_explanation_names_imports_sales_and_what_is_not_seen() -> None:
    (match,) = matches("S11", FRONT, COMPANY)
    said = match["explanation"]
    assert said.startswith(
        "Account Front, a business, paid £20,000.00 to 1 supplier with a bank in TR, between 10 April 2025 and 10 June "
        "2025. In the 91 days to the last of these it took £24,000.00 for sales. £12,000.00 of it (50 %), in 3 "
        "credits, came in cash, from persons"
    )
    assert "It made 1 payment for storage, or to a bank in a country that such goods pass through." in said
    assert said.endswith("The payments abroad do not show what the goods are.")


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("imports: one penny short", " 8,000  channel", " 7,999.99  channel"),
        ("imports: the rest comes from elsewhere", "8,000  channel=wire creditor_country=TR",
         "8,000  channel=wire creditor_country=IT"),
        ("odd share: one penny short", "-      -> Front   4,000 ", "-      -> Front   3,999.99 "),
        ("stores: nothing is stored on the way", "creditor_country=DE", "creditor_country=GB"),
        ("window: the first import is exactly 91 days old", "2025-06-10 12:00", "2025-07-10 12:00"),
        ("imports: what the bank books itself", "8,000  channel=wire", "8,000  channel=internal"),
    ],
)  # fmt: skip
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in FRONT
    assert not fires("S11", FRONT.replace(old, new), COMPANY), gate


@pytest.mark.parametrize(("takings", "expected"), [("2,400", True), ("2,400.01", False)])
def test_card_takings_are_a_shops(takings: str, expected: bool) -> None:
    """A tenth of 24,000 is 2,400: taken out of the billed sale."""
    billed = f"{24_000 - 12_000 - float(takings.replace(',', '')):.2f}"
    told = FRONT.replace("12,000  reference", f"{billed} reference")
    assert fires("S11", told + f"2025-06-02 10:00 Sailor -> Front {takings} channel=card\n" + LAST, COMPANY) is expected


LAST = "2025-06-11 12:00  Front -> Maker 1 channel=wire creditor_country=TR\n"
"""A payment to the maker after all the rest: the rule is asked at imports."""


def test_a_steady_payer_is_an_acquirer() -> None:
    """Twelve weekly settlements: the first seven look like sales to a third party, the rest are takings."""
    (match,) = matches("S11", FRONT + WEEKLY, COMPANY, takings_share=0.5)
    assert match["evidence"]["takings"] == [f"t{place}" for place in range(14, 19)]
    assert not fires("S11", FRONT + WEEKLY, COMPANY)


@pytest.mark.parametrize(
    ("kind", "role"), [("personal", "odd sale"), ("business", "other sale"), ("charity", "other sale")]
)
def test_who_buys_tells_a_sale(kind: str, role: str) -> None:
    (match,) = matches("S11", FRONT, COMPANY | {"Buyer": {"kind": kind}}, odd_share=0.001)
    assert "t1" in match["evidence"][role]


def test_money_moved_between_ones_own_accounts_is_no_sale() -> None:
    owned: Links = {"Front": COMPANY["Front"] | {"party": "one"}, "Buyer": {"kind": "business", "party": "one"}}
    assert not fires("S11", FRONT, owned)


def test_a_person_who_imports_is_no_company() -> None:
    assert not fires("S11", FRONT, {"Front": {"kind": "personal"}})


def test_a_dealer_with_card_takings_is_not_found() -> None:
    assert not fires("S11", DEALER, COMPANY)


def test_a_wholesaler_whose_customers_are_billed_is_not_found() -> None:
    billed = FRONT.replace("reference=stock", "reference=invoice").replace(
        "Friend -> Front   4,000", "Friend -> Front   4,000 reference=invoice"
    )
    assert not fires("S11", billed, COMPANY)


@pytest.mark.parametrize("code", sorted(LOOK_ALIKES))
def test_what_only_a_suppressor_tells_apart_fires(code: str) -> None:
    story, links = LOOK_ALIKES[code]
    assert fires("S11", story, links)
