"""Look-alikes of fronts, shells, sudden wealth and shared hands: L10 to L16."""

from __future__ import annotations

from datetime import date

from tests.suppressors import lives
from tests.suppressors.cases import funds, households, trades
from tests.suppressors.look_alikes.look_alike import LookAlike
from tests.suppressors.telling import Known, Scene, days, paid


def till(cash: float, cards: float, wages: float, rush: float = 1, others: tuple[float, ...] = ()) -> Scene:
    """Return a barber's April and May among others of the trade; in May so many times as much comes and is paid."""
    text, known = lives.trades("barber", 12, *others)
    known["Barber"] = {"kind": "business", "occupation": "barber", "opened": lives.OLD}
    for month, times in ((4, 1.0), (5, rush)):
        text += paid(days(f"2025-{month:02d}-02", 20), "-", "Barber", times * cash / 20, channel="cash")
        text += paid(days(f"2025-{month:02d}-05", 4, 7), "Acquirer", "Barber", times * cards / 4)
        text += paid(f"2025-{month:02d}-20", "Barber", "Hand", times * wages, reference="wages") if wages else ""
        for payee, reference, sum_ in (("Landlord", "rent", 700), ("State", "VAT", 500), ("Maker", "invoice", 300)):
            text += paid(f"2025-{month:02d}-12", "Barber", payee, sum_, reference=reference)
    return Scene("L10", text, known)


FIRM: Known = {"Firm": {"kind": "business", "opened": date(2024, 12, 1)}, "Director": {"kind": "personal"}}


def company(number: int, upkeep: tuple[tuple[str, float], ...], takings: float = 6_000, said: str = "invoice") -> Scene:
    """Return so many months of a company: what comes in, what it pays by reference, and what the director has."""
    text = ""
    for moment in days("2025-01-10", number, 30):
        text += paid(moment, "Payer", "Firm", takings, reference=said)
        for reference, sum_ in upkeep:
            text += paid(moment, "Firm", f"{reference.title()}_payee", sum_, reference=reference)
        text += paid(moment, "Firm", "Director", takings - sum(sum_ for _, sum_ in upkeep) - 100)
    return Scene("L11", text + paid("2025-06-20 10:00", "Firm", "Director", 1), FIRM)


def paid_elsewhere(known: bool) -> Scene:
    """Return a firm that sweeps its takings to its account at another bank, which the account table may know."""
    text = "".join(
        paid(moment, "Payer", "Firm", 6_000, reference="invoice") + paid(moment, "Firm", "Elsewhere", 5_900)
        for moment in days("2025-01-10", 6, 30)
    )
    table: Known = {"Firm": FIRM["Firm"] | {"party": "firm"}}
    if known:
        table["Elsewhere"] = {"kind": "business", "party": "firm"}
    return Scene("L11", text + paid("2025-06-20", "Firm", "Elsewhere", 1), table)


def factored() -> Scene:
    """Return an exporter whose customers at home pay by way of one factoring company."""
    text = ""
    for moment in days("2025-04-02", 4, 14):
        text += paid(moment, "Basra", "Trader", 2_000, reference="stock", debtor_country="IQ")
        text += paid(moment.replace("09:00", "12:00"), "Factor", "Trader", 1_800, reference="invoice")
    return Scene("L12", text, {"Trader": {"kind": "business", "occupation": "exporter"}})


def dealer() -> Scene:
    """Return a dealer in spares: two buyers abroad, customers at home of whom some come again, stock by invoice."""
    text = ""
    for number in range(8):
        customer = f"Customer{number % 6}"
        text += paid(f"2025-05-{3 + number:02d}", customer, "Dealer", 700, reference="invoice", debtor_country="GB")
    for day in (5, 15):
        text += paid(f"2025-05-{day:02d}", f"Buyer{day}", "Dealer", 900, reference="stock", debtor_country="FR")
    text += paid("2025-05-04", "Dealer", "Auction", 3_000, reference="stock")
    return Scene("L12", text + paid("2025-05-20", "Customer0", "Dealer", 50), {"Dealer": {"kind": "business"}})


def windfall(payer: str, reference: str, sum_: float, occupation: str = "") -> Scene:
    """Return a quiet account to which one large sum comes."""
    text = paid(days("2025-01-02", 24, 7), "Aunt", "Saver", 50)
    known: Known = {"Saver": {"kind": "personal"}}
    if occupation:
        known[payer] = {"kind": "business", "occupation": occupation}
    return Scene("L13", text + paid("2025-06-20", payer, "Saver", sum_, reference=reference), known)


def under_one_roof(common: dict[str, str | date], payee: str = "own") -> Scene:
    """Return three holders who share something, each with pay and friends of their own."""
    text = paid("2025-04-01", "Town", "Shop", 1)
    known: Known = {}
    for number, name in enumerate(("Ana", "Ben", "Cid")):
        text += paid(f"2025-05-2{number} 09:00", f"Works{number}", name, 500)
        text += paid(f"2025-05-2{number} 10:00", name, f"Friend{number}" if payee == "own" else payee, 100)
        known[name] = {"party": name, "kind": "personal", **common}
    return Scene("L14", text, known)


SEATS = "".join(paid(f"2025-05-0{day}", f"Traveller{day}", "Collector", 1_000) for day in range(1, 9))


def purchase(payer: str, reference: str, occupation: str, traced: float = 0) -> Scene:
    """Return a car bought with what somebody gave or lent; perhaps a collector's payment came as well."""
    text = SEATS + paid("2025-05-10", payer, "Buyer", 10_000, reference=reference)
    text += paid("2025-05-20", "Collector", "Buyer", traced) if traced else ""
    text += paid("2025-05-21", "Buyer", "Dealer", 9_900, reference="vehicle_purchase")
    known: Known = {payer: {"kind": "personal"}, "Buyer": {"kind": "personal"}}
    if occupation:
        known[payer] = {"kind": "business", "occupation": occupation}
    return Scene("L15", text, known)


def fees_in_notes() -> Scene:
    """Return a student whose uncle pays by transfer at the start of terms, and in notes for the fees."""
    text = ""
    for moment in ("2025-01-08 09:00", "2025-09-03 09:00"):
        text += paid(moment, "Uncle", "Mei", 1_600, debtor_country="GB")
    for day in (8, 9, 10):
        text += paid(f"2025-09-{day:02d}", "-", "Mei", 1_500, channel="cash", location="London")
    text += paid("2025-09-12", "Mei", "University", 4_800, reference="tuition", debtor_country="GB")
    return Scene("L16", text, {"Mei": {"kind": "personal", "occupation": "student"}})


def loan_in_parts() -> Scene:
    """Return a cleaner to whom a lender pays a loan in three parts, which buy a car."""
    text = paid("2025-08-01", "Employer", "Ola", 900, debtor_country="GB")
    for day in (8, 9, 10):
        text += paid(f"2025-09-{day:02d}", "Lender", "Ola", 2_000, reference="loan", debtor_country="GB")
    text += paid("2025-09-12", "Ola", "Garage", 5_500, reference="used_car", debtor_country="GB")
    known: Known = {"Lender": {"kind": "institution", "occupation": "lender"}}
    return Scene("L16", text, known | {"Ola": {"kind": "personal", "occupation": "cleaner"}})


def sold_car() -> Scene:
    """Return somebody who sells a car and two sofas for notes and buys another car with it."""
    text = paid("2025-08-01", "Employer", "Ola", 900, debtor_country="GB")
    for day, sum_ in ((8, 4_300), (9, 350), (10, 400)):
        text += paid(f"2025-09-{day:02d}", "-", "Ola", sum_, channel="cash", location="London")
    text += paid("2025-09-12", "Ola", "Garage", 4_900, reference="used_car")
    return Scene("L16", text, {"Ola": {"kind": "personal", "occupation": "cleaner"}})


L10 = (
    LookAlike(
        "a cash business whose staff are paid in notes or by a bureau",
        till(8_000, 1_500, 0, others=(8_000, 4_000, 2_500)), ("R-CASHBIZ",),
    ),
    LookAlike("a shop that takes no cards at all", till(5_500, 0, 1_500)),
    LookAlike(
        "a season or event that brought far more custom than usual", till(3_000, 2_000, 1_000, rush=2.5)
    ),
)  # fmt: skip

L11 = (
    LookAlike("a new firm before it employs anybody", company(5, (("rent", 300),))),
    LookAlike(
        "a company that holds one property",
        company(6, (("mortgage", 1_500), ("insurance", 90)), said="rent"),
    ),
    LookAlike(
        "a company that holds one property", company(6, (("insurance", 90),), said="rent"),
        why_open="without a mortgage its payments are a shell's: rent comes in, and the owner has it",
    ),
    LookAlike(
        "a sole trader who lives on what the business earns", company(6, (("insurance", 60), ("vat", 900)))
    ),
    LookAlike("a firm that pays its staff and its tax from another bank", paid_elsewhere(known=True)),
    LookAlike(
        "a firm that pays its staff and its tax from another bank", paid_elsewhere(known=False),
        why_open="nothing tells the firm's own account at another bank from a director's",
    ),
)  # fmt: skip

L12 = (
    LookAlike(
        "an ordinary exporter with new customers at home", trades.exporter(first="2024-11-05 09:00"), ("R-TRADE",)
    ),
    LookAlike("a factoring company or a group's treasury that pays for the customers", factored()),
    LookAlike("a small trader whose customers buy once", dealer(), ("R-TRADER",)),
)

L13 = (
    LookAlike("a house sale", windfall("Acting", "completion", 180_000, "conveyancer"), ("R-LOAN",)),
    LookAlike("an inheritance", windfall("Executor", "inheritance", 40_000), ("R-LOAN",)),
    LookAlike("redundancy pay or a bonus", funds.redundancy(), ("R-LOAN",)),
    LookAlike("a loan or an insurance claim paid out", windfall("Mutual", "claim_12", 15_000, "insurer"), ("R-LOAN",)),
    LookAlike("a student's money at the start of a term", households.term(), ("R-STUD",)),
)

L14 = (
    LookAlike(
        "a family or a shared house",
        under_one_roof({"address_hash": "home", "device_hash": "tablet", "opened": date(2025, 5, 2)}),
    ),
    LookAlike(
        "students of one hall", under_one_roof({"address_hash": "hall", "opened": date(2025, 5, 2)}, "University")
    ),
    LookAlike(
        "a carer or a community centre that helps with accounts", under_one_roof({"device_hash": "tablet"}, "Centre")
    ),
    LookAlike(
        "a carer or a community centre that helps with accounts",
        under_one_roof({"device_hash": "tablet", "phone_hash": "carer"}),
        why_open="a carer who leaves the own telephone number with the device looks like one hand; a person must ask",
    ),
)  # fmt: skip

L15 = (
    LookAlike("a family gift with documents of its source", purchase("Parents", "gift", "")),
    LookAlike("a loan or an insurance claim paid out", purchase("Bank", "loan", "lender", 4_600), ("R-LOAN",)),
    LookAlike("the proceeds of a house sale", purchase("Acting", "completion", "conveyancer")),
    LookAlike("the proceeds of a house sale", purchase("Acting", "completion", "conveyancer", 4_600), ("R-LOAN",)),
)

L16 = (
    LookAlike("a student whose family or sponsor at home pays notes in for fees", fees_in_notes(), ("R-STUD",)),
    LookAlike("a loan, gift or refund paid in several parts", loan_in_parts(), ("R-LOAN",)),
    LookAlike("someone who sells a car or household goods for cash and spends the proceeds", sold_car()),
)


SCENES = (*L10, *L11, *L12, *L13, *L14, *L15, *L16)
