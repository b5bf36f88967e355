"""Businesses with staff, customers and suppliers."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.suppressors.cases.trial import Trial
from tests.suppressors.telling import Known, Scene, months, paid

# A payroll (L05)


def employer(kind: str = "business", new: int = 2, dues: int = 2) -> Scene:
    """Return three months of uneven pay: in March so many of seven are new, and dues were paid in so many months."""
    text = paid(months("2025-01", dues, 2), "Firm", "Scheme", 90, reference="pension_contributions")
    for month, pay in ((1, 1_250), (2, 800), (3, 1_250)):
        for place in range(4):
            text += paid(f"2025-{month:02d}-24 10:0{place}", f"Client{place}", "Firm", 2_700, reference="INV")
        for place in range(7):
            worker = f"New{place}" if month == 3 and place < new else f"Worker{place}"
            text += paid(f"2025-{month:02d}-28 09:0{place}", "Firm", worker, pay)
    return Scene("L05", text, {"Firm": {"kind": kind}})


PAYROLL = Trial(
    "R-PAY", "Firm",
    hit=employer(),
    figures=("5", "7", "3"),
    misses={
        "a person": employer(kind="personal"),
        "four of seven were paid again": employer(new=3),
        "no dues this month or last": employer(dues=1),
    },
)  # fmt: skip

# Loans between the companies of a group (L08)


def ring(third: str = "business", said: str = "loan", dealt: bool = True) -> Scene:
    """Return a sum that goes round three companies; the first leg says what it is, and two had dealt before."""
    names = ("Holding", "Shop", "Works")
    text = paid("2025-05-02", "Shop", "Holding", 90) if dealt else ""
    text += paid("2025-05-03", "Shop", "Works", 90)
    for hop in range(3):
        words = {"reference": said} if hop == 0 else {}
        text += paid(f"2025-07-{1 + 5 * hop:02d}", names[hop], names[(hop + 1) % 3], 9_000 - 100 * hop, **words)
    return Scene("L08", text, {"Holding": {"kind": "business"}, "Shop": {"kind": "business"}, "Works": {"kind": third}})


GROUP = Trial(
    "R-GROUP", "Holding",
    hit=ring(),
    figures=("2", "3"),
    misses={
        "one of them is a person": ring(third="personal"),
        "nobody knows the third": ring(third="unknown"),
        "no leg says what it is": ring(said="thanks"),
        "one pair of three had dealt before": ring(dealt=False),
    },
)  # fmt: skip

# An established business whose new customers pay a thousand pounds each (S01)


def firm(kind: str = "business", opened: date = date(2024, 5, 20), bills: int = 3, cost: float = 600) -> Scene:
    """Return five months of a workshop that pays rent in so many of them, and eight new customers in the last."""
    text = paid("2025-01-02", "Town", "Workshop", 10)
    text += paid(months("2025-01", bills, 3), "Workshop", "Landlord", cost, reference="rent")
    for day in range(3, 11):
        text += paid(f"2025-05-{day:02d}", f"Customer{day}", "Workshop", 1_000)
    return Scene(
        "S01", text + paid("2025-05-20", "Asker", "Workshop", 990), {"Workshop": {"kind": kind, "opened": opened}}
    )


FIRM = Trial(
    "R-FIRM", "Workshop",
    hit=firm(),
    figures=("1", "3", "20"),
    misses={
        "a person": firm(kind="personal"),
        "a day short of a year": firm(opened=date(2024, 5, 21)),
        "two months of five": firm(bills=2, cost=900),
        "a penny less than a fifth": firm(cost=599.99),
    },
)  # fmt: skip

# A tradesman (S01)


def tradesman(trade: str = "plumber", supplies: float = 2_500, billed: int = 4, back: str = "Customer3") -> Scene:
    """Return nine customers of ten jobs, so many on invoice; suppliers get a quarter."""
    text = ""
    for number in range(10):
        words = {"reference": "invoice"} if number < billed else {}
        customer = back if number == 0 else f"Customer{number + 2}" if number else back
        text += paid(f"2025-05-{3 + number:02d}", customer, "Plumber", 1_000, **words)
    text += paid("2025-05-04", "Plumber", "Merchant", supplies, reference="stock")
    return Scene("S01", text, {"Plumber": {"kind": "personal", "occupation": trade}})


TRADER = Trial(
    "R-TRADER", "Plumber",
    hit=tradesman(),
    figures=(),
    misses={
        "no trade on file": tradesman(trade="cook"),
        "suppliers get a penny less than a quarter": tradesman(supplies=2_499.99),
        "three of ten pay on invoice": tradesman(billed=3),
        "nobody comes again": tradesman(back="Customer2"),
    },
)  # fmt: skip

# An insurer that pays claims (L04), and somebody who gives fees back after an S01 (S13)


def claims(kind: str = "business", said: int = 3) -> Scene:
    """Return five payments to strangers out of one credit, so many of which say what they are."""
    text = paid("2025-07-01 08:00", "Reserve", "Mutual", 4_000)
    for number in range(5):
        words = {"reference": "claim"} if number < said else {}
        text += paid(f"2025-07-01 1{number}:00", "Mutual", f"Insured{number}", 700, **words)
    return Scene("L04", text, {"Mutual": {"kind": kind}})


CLAIMS = Trial(
    "R-REFUND", "Mutual",
    hit=claims(),
    figures=("3", "5"),
    misses={"a person": claims(kind="personal"), "two of five say so": claims(said=2)},
)  # fmt: skip


def given_back(exact: int = 3, typology: str = "S13", kind: str = "personal") -> Scene:
    """Return eight fees, and five sums that go back: so many of them as they were paid, the others short."""
    text = "".join(paid(f"2025-05-{day:02d}", f"Guest{day}", "Organiser", 1_000) for day in range(1, 9))
    for number in range(5):
        text += paid(f"2025-05-1{number}", "Organiser", f"Guest{number + 1}", 1_000 if number < exact else 950)
    return Scene(typology, text, {"Organiser": {"kind": kind}})


REFUND = Trial(
    "R-REFUND", "Organiser",
    hit=given_back(),
    figures=("3",),
    misses={
        "two of five got as much as they had paid": given_back(exact=2),
        "a person's refunds are what S05 asks about": given_back(typology="S05"),
    },
)  # fmt: skip

BUSINESS_REFUND = Trial(
    "R-REFUND", "Organiser",
    hit=given_back(typology="S05", kind="business"),
    figures=("3", "5"),
    misses={"two of five got as much as they had paid": given_back(exact=2, typology="S05", kind="business")},
)  # fmt: skip

# A shop that strangers pay all the year (S01)


def shop(strangers: int = 4, number: int = 5) -> Scene:
    """Return a shop that so many strangers paid in so many months, four in all but the last; then eight in May."""
    text = ""
    for place, month in enumerate(months("2024-12", number)):
        for customer in range(strangers if place == number - 1 else 4):
            text += paid(month, f"Earlier{place}_{customer}", "Shop", 60)
    return Scene("S01", text + "".join(paid(f"2025-05-{day:02d}", f"New{day}", "Shop", 1_000) for day in range(3, 11)))


SHOP = Trial(
    "R-SHOP", "Shop",
    hit=shop(),
    figures=("4", "5"),
    misses={"three strangers in one of the months": shop(strangers=3), "four months": shop(number=4)},
)  # fmt: skip

# An account of another bank (L03)

PASSED = "".join(
    paid(f"2025-06-0{day} 10:00", f"Sender{day}", "Mule", 1_000) + paid(f"2025-06-0{day} 10:30", "Mule", "Hop", 1_000)
    for day in (2, 3)
)
TOWN: dict[str, Any] = {"kind": "personal"}


def held(known: Known) -> Scene:
    """Return two days of money straight through an account, and whom the bank knows."""
    return Scene("L03", PASSED, known)


ELSEWHERE = Trial(
    "R-ELSE", "Mule",
    hit=held({"Sender2": TOWN}),
    figures=(),
    misses={"the bank's own customer": held({"Sender2": TOWN, "Mule": TOWN}), "no account table": held({})},
)  # fmt: skip

CASES = (PAYROLL, GROUP, FIRM, TRADER, CLAIMS, REFUND, BUSINESS_REFUND, SHOP, ELSEWHERE)
