"""Look-alikes of cash paid in and of money that only passes: L01 to L05."""

from __future__ import annotations

from tests.suppressors import lives
from tests.suppressors.cases import firms, trades
from tests.suppressors.look_alikes.look_alike import LookAlike
from tests.suppressors.telling import Known, Scene, card, days, months, paid


def round_wages() -> Scene:
    """Return wages of 950 pounds and rents of 900, paid to and from one account by transfer."""
    text = paid("2025-05-02", "-", "Fete", 120, channel="cash")
    text += "".join(paid(f"2025-05-0{3 + n}", f"Employer{n}", "Worker", 950, reference="wages") for n in range(3))
    return Scene("L01", text + "".join(paid(f"2025-05-0{3 + n}", f"Lodger{n}", "Worker", 900) for n in range(3)))


EXPECTED = "".join(
    paid(moment, "Parents", "Mei", 2_500, channel="wire", debtor_country="CN")
    for moment in ("2025-01-10 10:00", "2025-04-14 10:00")
)


def parents_visit() -> Scene:
    """Return a student whose parents sent each term's money, and brought it in notes when they came in May."""
    text = EXPECTED + paid("2025-01-20", "Mei", "University", 2_300, reference="tuition")
    for day, sum_ in ((12, 900), (13, 900), (14, 700)):
        text += paid(f"2025-05-{day}", "-", "Mei", sum_, channel="cash", location="London")
    return Scene("L02", text, {"Mei": {"kind": "personal", "occupation": "student"}})


def one_deposit() -> Scene:
    """Return a relative on a visit who pays the sum in at once."""
    return Scene("L02", EXPECTED + paid("2025-05-12", "-", "Mei", 2_500, channel="cash", location="London"))


def exporting_shop() -> Scene:
    """Return a rug shop among others of its trade: a buyer abroad, and takings in notes that come to as much."""
    text, known = lives.trades("convenience store", cash=9_000, cards=3_000)
    known["Rugs"] = {"kind": "business", "occupation": "convenience store", "opened": lives.OLD}
    text += paid(days("2025-04-02", 20), "-", "Rugs", 450, channel="cash")
    text += paid(days("2025-04-05", 4, 7), "Acquirer", "Rugs", 750)
    for moment in ("2025-04-03 11:00", "2025-04-23 11:00"):
        text += paid(moment, "Buyer", "Rugs", 2_500, channel="wire", debtor_country="PT")
    for day, sum_ in ((14, 800), (15, 900), (16, 800)):
        text += paid(f"2025-05-{day} 18:00", "-", "Rugs", sum_, channel="cash")
    for payee, reference in (("Staff", "wages"), ("Landlord", "rent"), ("State", "VAT")):
        text += paid("2025-04-28", "Rugs", payee, 600, reference=reference)
    return Scene("L02", text, known)


def own_banks(typology: str) -> Scene:
    """Return a saver who moves the same sums over own accounts at three banks, several days running."""
    text, names = "", ("Pay", "Saving", "Broker", "Cash")
    for day in (2, 3, 4):
        for hop in range(3):
            text += paid(f"2025-06-0{day} 1{hop}:00", names[hop], names[hop + 1], 2_000, reference="to_savings")
        text += paid(f"2025-06-0{day} 18:00", "Cash", "Pay", 2_000, reference="to_savings")
    return Scene(typology, text, {name: {"party": "one", "kind": "personal"} for name in names})


def house_buyer() -> Scene:
    """Return a buyer whose lender and insurer pay, and whose solicitor has it within the hour, on two days."""
    text = ""
    for day, payer, sum_ in ((2, "Bank", 40_000), (3, "Insurer", 15_000)):
        text += paid(f"2025-06-0{day} 10:00", payer, "Buyer", sum_, reference="loan")
        text += paid(f"2025-06-0{day} 10:30", "Buyer", "Solicitor", sum_)
    known: Known = {"Bank": {"occupation": "lender"}, "Insurer": {"occupation": "insurer"}}
    return Scene("L03", text, known | {"Buyer": {"kind": "personal"}})


def pay_day() -> Scene:
    """Return nine months of pay, of which rent and bills go at once."""
    return Scene("L03", lives.employee(), {"Employer": {"kind": "business"}, "Worker": {"kind": "personal"}})


def shared_bill(typology: str) -> Scene:
    """Return two evenings out: one pays by card, and five friends pay her their shares back."""
    text = ""
    for day in (2, 3):
        text += card(f"2025-06-0{day} 20:00", "Ann", "Restaurant", 240, "5812")
        text += "".join(paid(f"2025-06-0{day} 2{1 + n // 3}:1{n}", f"Friend{n}", "Ann", 40) for n in range(5))
        text += paid(f"2025-06-0{day} 23:00", "Ann", "Friend0", 30)
    return Scene(typology, text)


def first_payroll(typology: str) -> Scene:
    """Return a firm that has changed its bank: one customer pays, six of staff have their wages, the state its tax."""
    text = paid("2025-05-27 09:00", "Customer", "Firm", 12_000, reference="inv_7")
    for number in range(6):
        text += paid(f"2025-05-28 09:0{number}", "Firm", f"Worker{number}", 1_500, reference="wages")
    text += paid("2025-05-28 08:00", "Firm", "State", 900, reference="PAYE")
    return Scene(typology, text, {"Firm": {"kind": "business", "opened": lives.OLD}})


def paying_back(typology: str) -> Scene:
    """Return ten who paid for a journey that fell through; the carrier pays the organiser, who pays them back."""
    text = "".join(paid(f"2025-04-{3 + n:02d}", f"Member{n}", "Organiser", 380, reference="trip") for n in range(10))
    text += paid("2025-04-20", "Organiser", "Carrier", 3_800, reference="flights")
    text += paid("2025-05-04", "Carrier", "Organiser", 3_800, reference="refund")
    text += "".join(paid(f"2025-05-05 1{n}:00", "Organiser", f"Member{n}", 380) for n in range(10))
    return Scene(typology, text)


def estate() -> Scene:
    """Return an executor who shares out what the solicitor paid from the sale of a house among six."""
    text = paid("2025-06-02", "Solicitor", "Executor", 240_000, reference="probate")
    text += "".join(paid(f"2025-06-03 1{n}:00", "Executor", f"Heir{n}", 39_000) for n in range(6))
    known: Known = {"Solicitor": {"kind": "business", "occupation": "solicitor"}}
    return Scene("L04", text, known | {"Executor": {"kind": "personal"}})


def turnover() -> Scene:
    """Return a workshop that pays wages, tax and suppliers in the week in which its customers pay."""
    text = ""
    for place, month in enumerate(months("2025-01", 6)):
        for number in range(5):
            text += paid(f"{month[:8]}2{number}", f"Customer{place}_{number}", "Works", 2_000, reference="inv")
        for number in range(3):
            text += paid(f"{month[:8]}25 1{number}:00", "Works", f"Supplier{number}", 1_400, reference="invoice")
            text += paid(f"{month[:8]}26 1{number}:00", "Works", f"Worker{number}", 1_300, reference="wages")
        text += paid(f"{month[:8]}27", "Works", "State", 700, reference="VAT")
    return Scene("L05", text, {"Works": {"kind": "business", "opened": lives.OLD}})


def pot() -> Scene:
    """Return a circle of ten that pays its pot in four parts, to those whose turn it is."""
    text = "".join(paid(f"2025-07-01 09:0{n}", f"Member{n}", "Head", 200, reference="pardner") for n in range(10))
    return Scene("L05", text + "".join(paid(f"2025-07-02 09:0{n}", "Head", f"Member{n}", 500) for n in range(4)))


OFFICE = lives.ticket_office(busy=30, carriers=16)

L01 = (
    LookAlike("a shop whose daily takings happen to be near the line", trades.barber(own=3_200), ("R-CASHBIZ",)),
    LookAlike("wages or rent that are round sums near the line", round_wages()),
    LookAlike(
        "a shop assistant told by the branch to keep deposits small",
        trades.barber(own=2_900, deposit=990), ("R-CASHBIZ",),
    ),
)  # fmt: skip

L02 = (
    LookAlike("a student whose parents brought cash in place of a transfer", parents_visit(), ("R-STUD",)),
    LookAlike("a cash business that also sells abroad", exporting_shop(), ("R-CASHBIZ",)),
    LookAlike("a relative who paid the sum in by hand while on a visit", one_deposit()),
)

L03 = (
    LookAlike("moving money between one's own accounts at several banks", own_banks("L03")),
    LookAlike("a house purchase or another large sum through a solicitor", house_buyer(), ("R-LOAN",)),
    LookAlike(
        "a house purchase or another large sum through a solicitor",
        Scene("L03", *lives.solicitor(wait="minutes")), ("R-CLIENT",),
    ),
    LookAlike("pay day, with the bills paid at once", pay_day()),
    LookAlike("friends settling a shared bill through one of them", shared_bill("L03")),
)  # fmt: skip

L04 = (
    LookAlike("a payroll run or a tip pool", first_payroll("L04"), ("R-FIRM",)),
    LookAlike("refunds, prizes, claims or dividends being paid out", firms.claims(said=5), ("R-REFUND",)),
    LookAlike("the organiser of a trip paying people back", paying_back("L04")),
    LookAlike("an estate or a house sale being shared out", estate(), ("R-LOAN",)),
)

L05 = (
    LookAlike("a payroll run or a firm that pays its suppliers as its customers pay it", turnover(), ("R-FIRM",)),
    LookAlike("a savings circle, in which the same people pay in and are paid", pot()),
    LookAlike("an agent who forwards clients' money to providers", Scene("L05", *OFFICE), ("R-AGENT",)),
    LookAlike("a charity or appeal that passes gifts on", Scene("L05", *lives.church(gift=300, grants=4)), ("R-CHAR",)),
)


SCENES = (*L01, *L02, *L03, *L04, *L05)
