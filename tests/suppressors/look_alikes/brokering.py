"""Look-alikes of those who move and keep value for others: S07, S08, S09, S16, S17, S18."""

from __future__ import annotations

from tests.scenarios import test_s09_broker_settlement as brokers
from tests.suppressors import lives
from tests.suppressors.cases import clients, funds, households
from tests.suppressors.look_alikes.look_alike import LookAlike
from tests.suppressors.telling import Known, Scene, card, days, months, paid


def two_shops() -> Scene:
    """Return a barber with a shop in Wales and one in Yorkshire, who banks where he takes and pays what he owes."""
    text, known = lives.trades("barber")
    known["Barber"] = {"kind": "business", "occupation": "barber", "opened": lives.OLD}
    text += paid(days("2025-04-02", 20), "-", "Barber", 160, channel="cash", location="Wales")
    text += paid(days("2025-04-05", 4, 7), "Acquirer", "Barber", 520)
    text += card(("2025-04-03", "2025-04-20"), "Barber", "Diesel", 60, "5541", location="London")
    for day in (12, 13):
        for hour, place in ((17, "Wales"), (18, "Yorkshire")):
            text += paid(f"2025-05-{day} {hour}:00", "-", "Barber", 320, channel="cash", location=place)
    for payee, reference, sum_ in (("Staff", "wages", 600), ("Landlord", "rent", 400), ("State", "VAT", 200)):
        text += paid(months("2025-04", 2, 14), "Barber", payee, sum_, reference=reference)
    return Scene("S07", text, known)


def courier() -> Scene:
    """Return a travelling trader who banks takings in four towns on four days and pays the firm."""
    text = ""
    for day, place in enumerate(("Wales", "Yorkshire", "Kent", "London")):
        text += paid(f"2025-05-0{1 + day} 18:00", "-", "Courier", 800, channel="cash", location=place)
    return Scene("S07", text + paid("2025-05-05", "Courier", "Firm", 3_000))


def booked() -> Scene:
    """Return a ticket agent's two months: 48 travellers, and each fare goes to one of sixteen carriers next day."""
    text = ""
    for number in range(48):
        day = f"2025-0{4 + number // 25}-{1 + number % 25:02d}"
        text += paid(day, f"Traveller{number}", "Agent", 400 + number)
        text += paid(f"{day} 16:00", "Agent", f"Carrier{number % 16}", 380 + number, reference="ticket")
    return Scene("S08", text, {"Agent": {"kind": "business", "occupation": "ticket agent", "opened": lives.OLD}})


def circle_of_thirty() -> Scene:
    """Return thirty members who pay 100 pounds a week, of whom one has the pot each day."""
    text = ""
    for member in range(30):
        text += paid([f"2025-04-{day:02d} 10:00" for day in (1, 8, 15)], f"Member{member}", "Keeper", 100)
    text += "".join(paid(f"2025-04-{2 + turn:02d}", "Keeper", f"Member{turn}", 600) for turn in range(15))
    return Scene("S08", text)


def unlisted() -> Scene:
    """Return a money service that is registered, where the bank's table does not say so."""
    return Scene("S08", brokers.book("Service"), {"Service": {"kind": "business", "occupation": "money transfer"}})


def registered() -> Scene:
    """Return a registered money service that settles with its bank abroad, beside another one's book."""
    text = brokers.TALE.replace("Rugs -> Phones", "Rugs -> Wholesaler")
    return Scene("S09", text, {"Rugs": {"kind": "business", "registered_money_service": True}})


def forwarder() -> Scene:
    """Return a freight forwarder: clients pay, and carriers abroad are paid."""
    text = brokers.book("Phones")
    for number in range(10):
        text += paid(f"2025-05-{10 + number}", f"Client{number}", "Forwarder", 900)
    for number in range(6):
        text += paid(f"2025-05-{21 + number}", "Forwarder", f"Carrier{number}", 1_400, creditor_country="TR")
    return Scene("S09", text + paid("2025-05-28", "Forwarder", "Phones", 500))


def wholesaler() -> Scene:
    """Return an importer whose shops pay for goods, and who pays one maker abroad month by month."""
    text = brokers.book("Phones")
    for number in range(12):
        text += paid(f"2025-05-{3 + number:02d}", f"Store{number}", "Importer", 2_000, reference="invoice")
    for month in months("2025-01", 5, 20):
        text += paid(month, "Importer", "Maker", 20_000, channel="wire", creditor_country="TR", reference="invoice")
    return Scene("S09", text + paid("2025-05-28", "Importer", "Phones", 500), {"Importer": {"kind": "business"}})


def visas(said: bool) -> Scene:
    """Return a licensed agent: twelve clients in spring, ten in May; each fee goes on to a visa centre in days."""
    words = {"reference": "visa_fee"} if said else {}
    text = paid("2025-02-20", "Agency", "Printer", 20, reference="cards")
    for number, day in enumerate((*days("2025-03-01", 12, 5), *days("2025-05-03", 10))):
        text += paid(day, f"Client{number}", "Agency", 1_000)
        text += paid(days(day[:10], 2, 4)[1], "Agency", f"Centre{number % 2}", 850, **words)
    return Scene("S16", text, {"Agency": {"kind": "business", "occupation": "visa agent"}})


def savings_plan() -> Scene:
    """Return somebody on a salary who buys coins every pay day and leaves them there."""
    text = lives.employee()
    text += paid(months("2025-01", 9, 28, "12:00"), "Worker", "Exchange", 300, reference="bitcoin")
    return Scene("S17", text, {"Employer": {"kind": "business"}, "Worker": {"kind": "personal"}})


def borrowed(payee: str) -> Scene:
    """Return a loan that is spent at once, beside a collector whom others pay."""
    text = households.COLLECTED + paid("2025-06-29", "Late", "Collector", 1_000)
    text += paid("2025-06-10", "Bank", "Besa", 5_000, reference="loan")
    text += paid("2025-06-12", "Besa", payee, 4_800)
    return Scene("S18", text, {"Bank": {"kind": "institution", "occupation": "lender"}, "Besa": {"kind": "personal"}})


def clinic() -> Scene:
    """Return a family that raises a sum for an operation; the clinic's other patients pay by card."""
    text = households.RAISED.replace("Collector", "Clinic")
    for day in range(3, 20):
        text += card(f"2025-06-{day:02d}", f"Patient{day}", "Clinic", 900, "8062")
    known: Known = {"Clinic": {"kind": "business"}, "Besa": {"kind": "personal"}}
    return Scene("S18", text, known)


S07 = (
    LookAlike("a cash business with shops in several places", two_shops(), ("R-CASHBIZ",)),
    LookAlike("a courier or travelling trader who banks takings on the way", courier()),
    LookAlike("a charity or club whose branches pay in collections", funds.mission(), ("R-CHAR",)),
)

S08 = (
    LookAlike(
        "a registered money service whose register entry the bank does not hold", unlisted(),
        why_open="only the register tells it from an unregistered one; where the account table has it, S08 is silent",
    ),
    LookAlike("a landlord or the keeper of a shared house", clients.rooms(), ("R-LAND",)),
    LookAlike(
        "a ticket, freight, letting or visa agent who passes clients' money on to providers", booked(), ("R-AGENT",)
    ),
    LookAlike("a savings circle with many members", circle_of_thirty()),
)  # fmt: skip

S09 = (
    LookAlike("the treasury of a registered money service", registered()),
    LookAlike("a freight forwarder paying carriers abroad", forwarder()),
    LookAlike("an ordinary importer or exporter paying a steady supplier", wholesaler()),
)

S16 = (
    LookAlike("a licensed visa, education or recruitment agent with matching disbursements", visas(said=True)),
    LookAlike(
        "a licensed visa, education or recruitment agent with matching disbursements", visas(said=False), ("R-AGENT",)
    ),
    LookAlike("a travel or ticket agent who pays carriers", Scene("S16", *lives.ticket_office())),
)

S17 = (
    LookAlike("a private investor who buys crypto-assets from salary and leaves them there", savings_plan()),
    LookAlike(
        "a private investor who buys crypto-assets from salary and leaves them there", funds.coins(), ("R-INVEST",)
    ),
)

S18 = (
    LookAlike("remittance to family", households.keeper(), ("R-REM",)),
    LookAlike("a loan, inheritance or house sale spent on something else", borrowed("Garage")),
    LookAlike("a loan, inheritance or house sale spent on something else", borrowed("Collector"), ("R-LOAN",)),
    LookAlike("medical treatment or a wedding paid for", clinic()),
)

SCENES = (*S07, *S08, *S09, *S16, *S17, *S18)
