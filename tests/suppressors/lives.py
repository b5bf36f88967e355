"""Honest lives that several typologies look at: each a story and what the bank knows of its people."""

from __future__ import annotations

from datetime import date

from tests.suppressors.telling import Known, card, days, months, paid

Life = tuple[str, Known]

OLD = date(2015, 3, 2)
"""When an account of long standing was opened."""


def house(newcomers: int = 8, stay: int = 4, number: int = 9) -> Life:
    """Return a student house of twelve rooms: most tenants move out in summer, as many move in in September."""
    text = paid(months("2025-01", number, 3), "Owner", "Lender", 2_200, reference="mortgage")
    text += paid(months("2025-01", number, 5), "Owner", "Insurer", 60, reference="insurance")
    text += paid("2025-08-20", "Owner", "Painter", 900, reference="invoice")
    for place in range(stay + newcomers):
        text += paid(months("2025-01", number if place < stay else number - 1, 1), f"Tenant{place}", "Owner", 600)
    for place in range(newcomers):
        text += paid(f"2025-09-0{1 + place} 12:00", f"New{place}", "Owner", 1_000, reference="rent_and_deposit")
    return text, {"Owner": {"kind": "personal", "occupation": "landlord"}}


def church(appeal: int = 8, gift: float = 1_000, grants: int = 0) -> Life:
    """Return a congregation: twenty give by the month, so many more to its appeal; it pays for its roof and grants."""
    text = ""
    for number in range(20):
        text += paid(months("2025-01", 9, 2, f"08:{number:02d}"), f"Donor{number}", "Church", 25, reference="tithe")
    for number in range(appeal):
        text += paid(f"2025-09-03 1{number % 10}:00", f"Giver{number}", "Church", gift, reference="appeal")
    text += paid(months("2025-01", 9, 9), "Church", "Heating", 300, reference="gas", channel="direct_debit")
    text += paid("2025-08-05", "Church", "Roofer", 3_000, reference="invoice")
    for number in range(grants):
        text += paid(f"2025-09-05 1{number}:00", "Church", f"Partner{number}", 0.9 * appeal * gift / grants)
    return text, {"Church": {"kind": "charity", "occupation": "place of worship", "opened": OLD}}


def kameti(members: int = 9) -> Life:
    """Return a circle's small cycle, in which each had the pot, and the first turn of next year's larger one."""
    text = ""
    for turn, day in enumerate(days("2024-10-01", members, 14)):
        for member in range(members):
            text += paid(day.replace("09:00", f"09:{member:02d}"), f"Member{member}", "Keeper", 100, reference="kameti")
        text += paid(day.replace("09:00", "18:00"), "Keeper", f"Member{turn}", 100 * members, reference="kameti")
    for member in range(members):
        text += paid(f"2025-09-01 09:{member:02d}", f"Member{member}", "Keeper", 900, reference="kameti")
    return text, {"Keeper": {"kind": "personal"}}


def ticket_office(busy: int = 0, carriers: int = 5) -> Life:
    """Return an agent: each traveller's fare goes to a carrier two days later; so many in a busy spring."""
    text = ""
    for number, day in enumerate((*days("2025-02-01", 20, 3), *days("2025-04-05", busy))):
        fare = 420 + 7 * (number % 9)
        text += paid(day, f"Traveller{number}", "Agent", fare)
        carrier, later = f"Carrier{number % carriers}", days(day[:10], 2, 2, "15:00")[1]
        text += paid(later, "Agent", carrier, 0.95 * fare, reference="flights")
    return text, {"Agent": {"kind": "business", "occupation": "ticket agent", "opened": OLD}}


def solicitor(sales: int = 8, wait: str = "days") -> Life:
    """Return a firm of conveyancers that gets its clients' money and completes with two other firms, soon after."""
    text = ""
    for number, day in enumerate(days("2025-05-05", sales, 1)):
        price = 200_000 + 10_000 * number
        text += paid(day, f"Buyer{number}", "Firm", price, reference="completion")
        moment = days(day[:10], 2, 3)[1] if wait == "days" else day.replace("09:00", "09:40")
        text += paid(moment, "Firm", f"Other{number % 2}", price - 1_000, reference="completion")
    return text, {"Firm": {"kind": "business", "occupation": "conveyancer", "opened": OLD}}


def shop(customers: int = 5, price: float = 1_000, number: int = 9, kind: str = "business") -> Life:
    """Return a workshop of long standing: new customers every month; wages, tax, rent and suppliers."""
    text = ""
    for place, month in enumerate(months("2025-01", number)):
        for customer in range(customers):
            text += paid(
                f"{month[:8]}{3 + customer:02d}", f"Customer{place}_{customer}", "Shop", price, reference="inv"
            )
        text += paid(f"{month[:8]}25 12:00", "Shop", "Supplier", 0.3 * customers * price, reference="invoice")
        text += paid(f"{month[:8]}26", "Shop", "Landlord", 600, reference="rent")
        text += paid(f"{month[:8]}27", "Shop", "State", 200, reference="VAT")
        for worker in range(2):
            text += paid(f"{month[:8]}28 1{worker}:00", "Shop", f"Worker{worker}", 700, reference="wages")
    return text, {"Shop": {"kind": kind, "opened": OLD}}


def employee(pay: float = 2_400, number: int = 9, day: int = 28, name: str = "Worker") -> str:
    """Return somebody's pay, rent, bills and shopping over so many months."""
    text = ""
    for month in months("2025-01", number):
        text += paid(f"{month[:8]}{day} 08:00", "Employer", name, pay, reference="salary")
        text += paid(f"{month[:8]}{day} 08:30", name, "Landlord", 0.4 * pay, reference="rent")
        text += paid(f"{month[:8]}{day} 09:00", name, "Energy", 0.1 * pay, reference="gas", channel="direct_debit")
        text += card(f"{month[:8]}10 18:00", name, "Grocer", 0.1 * pay, "5411")
    return text


def trades(occupation: str, count: int = 12, cash: float = 3_000, cards: float = 2_000, wages: float = 1_000) -> Life:
    """Return an April of so many other shops of a trade, each with takings in cash and by card, and with wages."""
    text, known = paid("2025-04-01 00:05", "Town", "Market", 1), Known()
    for number in range(count):
        name, more = f"Shop{number}", 0.9 + 0.02 * number
        known[name] = {"kind": "business", "occupation": occupation, "opened": OLD}
        text += paid(days("2025-04-02", 20), "-", name, more * cash / 20, channel="cash")
        text += paid(days("2025-04-05", 4, 7), "Acquirer", name, more * cards / 4)
        text += paid("2025-04-28", name, f"Hand{number}", more * wages, reference="wages")
    return text, known
