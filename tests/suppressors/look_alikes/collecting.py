"""Look-alikes of those who collect: S01 to S06."""

from __future__ import annotations

from datetime import date

import polars as pl

from tests.scenarios import test_s03_arrival_release as weather
from tests.suppressors import lives
from tests.suppressors.cases import clients, firms, funds, households
from tests.suppressors.look_alikes.look_alike import LookAlike
from tests.suppressors.telling import Known, Scene, card, days, months, paid


def holiday(typology: str, back: bool) -> Scene:
    """Return eight friends who pay 250 pounds each for a villa; perhaps it falls through and they get it back."""
    text = "".join(
        paid(f"2025-05-{3 + number:02d}", f"Friend{number}", "Organiser", 250, reference="trip") for number in range(8)
    )
    text += paid("2025-05-20", "Organiser", "Villa", 2_000, reference="booking")
    if back:
        text += paid("2025-06-01", "Villa", "Organiser", 2_000, reference="refund")
        for number in range(8):
            text += paid(f"2025-06-02 1{number}:00", "Organiser", f"Friend{number}", 250, reference="refund")
    return Scene(typology, text, {"Organiser": {"kind": "personal"}})


def support() -> Scene:
    """Return two on a salary who begin to keep their mother and their aunt, of one house."""
    text = paid("2025-01-02", "Town", "Shop", 1)
    for place, (child, elder) in enumerate((("Son", "Mother"), ("Daughter", "Aunt"))):
        text += paid(months("2025-01", 8, 28), "Employer", child, 2_400, reference="salary")
        text += paid(months("2025-02", 6, 10 + place), child, elder, 300, reference="family_support")
    return Scene("S02", text, {name: {"address_hash": "home"} for name in ("Mother", "Aunt")})


def repayment() -> Scene:
    """Return a credit union that lends three members 2,000 pounds each, which they pay back month by month."""
    text = paid("2025-01-02", "Town", "Shop", 1)
    for number in range(3):
        text += paid(f"2025-02-1{number}", "Union", f"Member{number}", 2_000, reference="loan")
        text += paid(months("2025-03", 5, 10 + number), f"Member{number}", "Union", 380, reference="loan")
    return Scene("S02", text, {"Union": {"kind": "institution", "occupation": "lender"}})


def terms() -> Scene:
    """Return a college whose new students pay each term's fees."""
    text = paid("2025-01-02", "Town", "Shop", 1)
    for number in range(4):
        text += paid([f"2025-{day} 09:00" for day in ("02-10", "04-22", "07-10")], f"Student{number}", "College", 900)
    return Scene("S02", text, {"College": {"kind": "institution", "occupation": "college"}})


def fitter() -> Scene:
    """Return a fitter of kitchens: an advance and a balance from each of four, and kitchens bought by invoice."""
    text = paid("2025-01-02", "Town", "Shop", 1)
    for number in range(4):
        text += paid(f"2025-03-{3 + number:02d}", f"Home{number}", "Fitter", 1_500, reference=f"inv_{number}")
        text += paid(f"2025-04-{3 + number:02d}", f"Home{number}", "Fitter", 2_500, reference=f"inv_{number}")
        text += paid(f"2025-03-{9 + number:02d}", "Fitter", "Works", 1_800, reference="invoice")
    return Scene("S02", text, {"Fitter": {"kind": "business", "opened": lives.OLD}})


def platform() -> Scene:
    """Return a marketplace that holds buyers' money for a week and then pays the sellers, less its fee."""
    text = ""
    for place, month in enumerate(months("2025-01", 8)):
        for number in range(6):
            price = 500 + 60 * number
            text += paid(f"{month[:8]}{2 + number:02d}", f"Buyer{place}_{number}", "Market", price, reference="order")
            text += paid(
                f"{month[:8]}{9 + number:02d}", "Market", f"Seller{number % 3}", 0.9 * price, reference="order"
            )
        text += paid(f"{month[:8]}28", "Market", "Staff", 300, reference="wages")
        text += paid(f"{month[:8]}27", "Market", "State", 60, reference="VAT")
    return Scene("S04", text, {"Market": {"kind": "business", "occupation": "marketplace", "opened": lives.OLD}})


def deposits() -> Scene:
    """Return a letting agent who takes eight deposits and gives three back in full when the tenants move out."""
    text = ""
    for number in range(8):
        text += paid(f"2025-05-{3 + number:02d}", f"Tenant{number}", "Agent", 1_100, reference="deposit")
    for number in range(3):
        text += paid(f"2025-06-1{number}", "Agent", f"Tenant{number}", 1_100, reference="deposit")
    return Scene("S05", text, {"Agent": {"kind": "business", "occupation": "letting agent", "opened": lives.OLD}})


PLACES = ("London", "Wales", "Scotland", "Yorkshire")


def canterbury() -> Scene:
    """Return a student by the coast: two sponsors pay the terms, six relatives of four places help in autumn."""
    text = ""
    for sponsor, fee in (("Father", 2_400), ("Fund", 1_500)):
        for moment in ("2025-01-08 09:00", "2025-09-08 09:00"):
            text += paid(moment, sponsor, "Mei", fee, location="London")
        text += paid(months("2025-01", 9, 20), sponsor, "Mei", 100, location="London")
    for number in range(6):
        text += paid(f"2025-09-{10 + number}", f"Aunt{number}", "Mei", 150, location=PLACES[number % 4])
    text += paid("2025-09-09", "Mei", "University", 3_000, reference="tuition")
    text += card(days("2025-01-10", 40, 7), "Mei", "Grocer", 30, "5411", location="South_East")
    return Scene("S06", text, {"Mei": {"kind": "personal", "occupation": "student"}})


def kitchen() -> Scene:
    """Return an aid group by the coast: regular donors, and an appeal in the autumn that people all over answer."""
    text, known = lives.church(appeal=0)
    for number in range(8):
        text += paid(f"2025-09-{3 + number:02d}", f"Giver{number}", "Church", 80, location=PLACES[number % 4])
    text += card(days("2025-09-04", 3), "Church", "Wholesaler", 200, "5411", location="South_East")
    return Scene("S06", text, known)


def hotel(takings: str, trade: str) -> Scene:
    """Return a trade by the sea whose guests' transfers follow the weather, and its other takings."""
    known: Known = {"Collector": {"kind": "business", "occupation": trade}}
    return Scene("S03", weather.TWENTY + takings, known, table())


def table() -> pl.DataFrame:
    """Return the arrivals of 2025 that the stories of S03 follow."""
    rows = [(date.fromisoformat(day), people, None) for day, (people, _) in sorted(weather.arrivals().items())]
    return pl.DataFrame(rows, schema={"day": pl.Date(), "arrivals": pl.Int64(), "red": pl.Boolean()}, orient="row")


SETTLED = "".join(paid(f"{day} 05:00", "Acquirer", "Collector", 780) for day in weather.WINDOW)

S01 = (
    LookAlike("a landlord or a shared house collecting rent", Scene("S01", *lives.house()), ("R-LAND",)),
    LookAlike("a marketplace seller or small trader", clients.seller(), ("R-MKT",)),
    LookAlike("a marketplace seller or small trader", firms.tradesman(), ("R-TRADER",)),
    LookAlike("a charity, place of worship or appeal collecting gifts", Scene("S01", *lives.church()), ("R-CHAR",)),
    LookAlike("a savings circle paying its pot", Scene("S01", *lives.kameti()), ("R-ROSCA",)),
    LookAlike("someone organising a trip, team or wedding", holiday("S01", back=False)),
)

S02 = (
    LookAlike("relatives supporting a family with steady sums", support(), ("R-REM",)),
    LookAlike("a loan being paid off", repayment()),
    LookAlike("school or course fees in stages", terms(), ("R-TUITION",)),
    LookAlike("a tradesperson or dealer paid by advance and balance by several customers", fitter(), ("R-TRADER",)),
    LookAlike("new tenants of one landlord", clients.tenants(), ("R-LAND",)),
)

S03 = (
    LookAlike("a hotel, cafe, ferry or other seaside trade that follows the weather", hotel(SETTLED, "hotel")),
    LookAlike("fishing and angling trips", hotel(weather.takings(60), "angling trips")),
    LookAlike("a business whose season is that of crossings", hotel(weather.WEEKLY, "wholesaler"), ("R-COAST",)),
)

S04 = (
    LookAlike("a solicitor's or estate agent's client account", Scene("S04", *lives.solicitor()), ("R-CLIENT",)),
    LookAlike("a letting agent holding deposits and passing rents on", clients.lettings(said=5), ("R-CLIENT",)),
    LookAlike("a marketplace or platform that holds buyers' money", platform(), ("R-FIRM",)),
    LookAlike("a registered money-service business", clients.service(), ("R-REGMSB",)),
    LookAlike(
        "a ticket or freight agent who pays on to the carrier", Scene("S04", *lives.ticket_office()), ("R-AGENT",)
    ),
)

S05 = (
    LookAlike(
        "a shop, seller or payment processor giving refunds", firms.given_back(5, "S05", "business"), ("R-REFUND",)
    ),
    LookAlike("a landlord or agent returning deposits", deposits(), ("R-REFUND",)),
    LookAlike("an organiser paying people back after a trip fell through", holiday("S05", back=True)),
)

S06 = (
    LookAlike(
        "relatives in several places supporting someone who seeks asylum", households.supported(other=20), ("R-REM",)
    ),
    LookAlike("a student whose family and sponsors pay from several places", canterbury(), ("R-STUD",)),
    LookAlike("a charity, place of worship or aid group near the coast collecting gifts", kitchen(), ("R-CHAR",)),
    LookAlike("a crowdfunded appeal", funds.appeal(top=1_300), ("R-CRWD",)),
)

SCENES = (*S01, *S02, *S03, *S04, *S05, *S06)
