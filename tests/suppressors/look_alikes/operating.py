"""Look-alikes of what a gang buys, and whom it pays and is paid by: S10 to S15."""

from __future__ import annotations

from tests.suppressors import lives
from tests.suppressors.cases import firms, funds, trades
from tests.suppressors.look_alikes.look_alike import LookAlike
from tests.suppressors.telling import Scene, card, days, months, paid


def stock() -> Scene:
    """Return a boat dealer who buys boats, engines and what belongs to them."""
    text = ""
    for number, (reference, price) in enumerate((("boat", 9_000), ("outboard", 2_400), ("life_jackets", 600))):
        text += paid(days(f"2025-05-{3 + number:02d}", 2, 6), "Dealer", f"Maker{number}", price, reference=reference)
    return Scene("S10", text, {"Dealer": {"kind": "business", "occupation": "boat dealer"}})


def first_boat(ashore: bool) -> Scene:
    """Return a first boat with engine, cans and insurance: kept in a yard for the winter, or at home on its trailer."""
    text = paid("2025-05-01", "Yard", "Ann", 50, reference="refund")
    if ashore:
        text += paid("2025-05-02", "Ann", "Yard", 240, reference="winter_storage_ashore")
    text += card("2025-05-03", "Ann", "Dealer", 4_200, "5551")
    text += paid("2025-05-05", "Ann", "Cover", 18, reference="insurance", channel="direct_debit")
    text += card("2025-05-06", "Ann", "Garage", 55, "5533") + card("2025-05-10", "Ann", "Dealer", 900, "5551")
    return Scene("S10", text + card("2025-05-12", "Ann", "Trailers", 700, "5521"), {"Ann": {"kind": "personal"}})


def festival() -> Scene:
    """Return a festival by a lake: pumps, fuel cans, boards, a van and thirty life jackets for its visitors."""
    text = paid("2025-05-03", "Festival", "Outdoor", 240, reference="electric_pump")
    text += card("2025-05-04", "Festival", "Garage", 120, "5533")
    text += card("2025-05-05", "Festival", "Timber", 1_400, "5211")
    text += card("2025-05-06", "Festival", "Vans", 600, "7512")
    text += paid("2025-05-07", "Festival", "Chandler", 900, reference="life_jackets")
    return Scene("S10", text, {"Festival": {"kind": "business", "occupation": "event organiser"}})


def water_sports() -> Scene:
    """Return a water sports school that buys a safety boat, and pays for its slip all the year."""
    text = paid(months("2025-01", 5), "School", "Harbour", 90, reference="slip_fees")
    text += paid("2025-05-03", "School", "Dealer", 6_000, reference="inflatable")
    text += paid("2025-05-05", "School", "Dealer", 2_000, reference="outboard")
    text += paid("2025-05-07", "School", "Chandler", 800, reference="life_jackets")
    return Scene("S10", text, {"School": {"kind": "business", "occupation": "water sports school"}})


def chandler() -> Scene:
    """Return a dealer with a shop: imports and a depot, card takings every day, and value added tax."""
    text = trades.FRONT + trades.LAST
    for number, day in enumerate(days("2025-04-01", 70)):
        text += paid(day, f"Sailor{number}", "Yard", 300, channel="card")
    text += paid("2025-05-07", "Yard", "State", 2_000, reference="VAT")
    return Scene("S11", text, {"Yard": {"kind": "business", "occupation": "wholesaler"}})


def textiles() -> Scene:
    """Return a wholesaler whose steady maker ships by the month; shops at other banks pay, some without a word."""
    text = paid("2024-10-25", "Town", "Shop", 1)
    for month in months("2024-11", 8, 10):
        text += paid(month, "Yard", "Mill", 10_000, channel="wire", creditor_country="TR", reference="textiles")
        text += paid(f"{month[:8]}14", "Yard", "State", 2_360, reference="import_vat")
        text += paid(f"{month[:8]}15", "Yard", "Depot", 200, reference="storage")
        for number in range(4):
            text += paid(f"{month[:8]}{20 + number}", f"Store{month[:7]}_{number}", "Yard", 4_500)
    return Scene("S11", text, {"Yard": {"kind": "business", "occupation": "importer"}})


def tourists() -> Scene:
    """Return a family that fuels at the coast and sleeps in Belgium, twice, in fair weather."""
    text = ""
    for first in ("2025-05-08", "2025-05-20"):
        text += card(f"{first} 09:00", "Family", "Pumps", 60, "5541", location="South_East")
        text += card(f"{first} 12:00", "Family", "Ferry", 140, "4411")
        text += card(f"{first} 20:00", "Family", "Beds", 120, "7011", creditor_country="BE")
    text += card("2025-05-23", "Family", "Grocer", 12, "5411")
    return Scene("S12", text, {"Family": {"kind": "personal"}}, trades.red("2025-05-09", "2025-05-21"))


def volunteers() -> Scene:
    """Return an aid group whose volunteers drive to the coast before the boats come; twenty give by the month."""
    text, known = lives.church(appeal=0)
    trips = trades.trips().text.replace("Driver", "Church")
    return Scene("S12", text + trips, known, trades.red("2025-05-09", "2025-05-21"))


def small_employer() -> Scene:
    """Return a workshop of long standing that pays five of staff by the job, after a month with eight new customers."""
    text, known = lives.shop(customers=8, number=5)
    text = "".join(line + "\n" for line in text.splitlines() if "wages" not in line and "VAT" not in line)
    for number in range(5):
        text += paid(f"2025-05-08 1{number}:00", "Shop", f"Hand{number}", 300)
    return Scene("S13", text, known)


def syndicate() -> Scene:
    """Return shared winnings: stakes of two pounds a week, and one prize that goes out to the eight who played."""
    text = ""
    for number in range(8):
        text += paid(days("2025-03-07", 8, 7), f"Player{number}", "Head", 2)
    text += paid("2025-05-05", "Lottery", "Head", 9_000, reference="prize")
    text += "".join(paid(f"2025-05-06 1{number}:00", "Head", f"Player{number}", 1_000) for number in range(8))
    return Scene("S13", text)


def newcomers_rent() -> Scene:
    """Return five newcomers who rent rooms of one landlord, in a house where three moved out and two stay."""
    text = paid("2025-01-02", "Town", "Shop", 1)
    for place, name in enumerate(funds.MEMBERS):
        text += paid(days("2025-02-07", 14, 7, f"09:0{place}"), "Nails", name, 400)
        text += paid(months("2025-03", 3, 1, f"10:0{place}"), name, "Owner", 420, reference="rent")
    for place in range(5):
        stay = 5 if place < 2 else 2
        text += paid(months("2025-01", stay, 1, f"08:0{place}"), f"Earlier{place}", "Owner", 420, reference="rent")
    text += paid(months("2025-01", 5, 3), "Owner", "Lender", 900, reference="mortgage")
    text += paid(months("2025-01", 5, 5), "Owner", "Insurer", 40, reference="insurance")
    return Scene("S14", text, {"Owner": {"kind": "personal", "occupation": "landlord"}})


def staff_travel() -> Scene:
    """Return an employer who flies nine of staff to one conference and back."""
    text = card([f"2025-05-03 1{number}:00" for number in range(9)], "Firm", "Airline", 150, "4511")
    return Scene("S15", text + paid("2025-05-04", "Firm", "Hotel", 900, reference="rooms", creditor_country="FR"))


def travel_agent() -> Scene:
    """Return a travel agent: each traveller pays, and a coach or an airline abroad is paid for him two days later."""
    text = ""
    for number, day in enumerate(days("2025-03-01", 40, 2)):
        text += paid(day, f"Traveller{number}", "Agent", 160)
        where = {"reference": f"ticket_{number}", "creditor_country": ("TR", "DE", "FR", "IT")[number % 4]}
        text += paid(days(day[:10], 2, 2)[1], "Agent", f"Carrier{number % 4}", 150, **where)
    return Scene("S15", text, {"Agent": {"kind": "business", "occupation": "travel agent", "opened": lives.OLD}})


def journeys() -> Scene:
    """Return an aid group that pays the coaches of those it helps; twenty give by the month."""
    text, known = lives.church(appeal=0)
    for number in range(8):
        words = {"reference": f"ticket_{number}", "creditor_country": "FR"}
        text += paid(f"2025-08-{3 + number:02d}", "Church", "Coaches", 40, **words)
    return Scene("S15", text, known)


def relatives_abroad() -> Scene:
    """Return a daughter who supports her mother and two brothers abroad, for one thing and another."""
    text = ""
    for number, word in enumerate(("rent", "food", "doctor", "school", "gift", "shoes", "Eid", "medicine")):
        payee = ("Mother", "Brother", "Cousin")[number % 3]
        text += paid(f"2025-05-{3 + number:02d}", "Daughter", payee, 150, reference=word, creditor_country="IQ")
    return Scene("S15", text, {"Daughter": {"kind": "personal"}})


S10 = (
    LookAlike("a boat dealer, club, harbour, charter firm or rescue service", stock()),
    LookAlike("someone who has just bought a first boat and keeps it ashore", first_boat(ashore=True)),
    LookAlike(
        "someone who has just bought a first boat and keeps it ashore", first_boat(ashore=False),
        why_open="kept at home it leaves no payment that a gang's buyer could not make as well; a person must ask",
    ),
    LookAlike("a festival, an angling club or a water sports school", festival()),
    LookAlike("a festival, an angling club or a water sports school", water_sports()),
)  # fmt: skip

S11 = (
    LookAlike("a boat dealer or charter firm with a shop, card takings and value added tax", chandler()),
    LookAlike(
        "a boat dealer or charter firm with a shop, card takings and value added tax",
        trades.yard(trade="boat charter"), ("R-NAUT",),
    ),
    LookAlike(
        "a wholesaler of textiles, machines or spare parts with customers at other banks", textiles(), ("R-TRADE",)
    ),
    LookAlike("a new importer whose first customers pay by transfer", trades.importer(), ("R-TRADE",)),
)  # fmt: skip

S12 = (
    LookAlike("a haulier or courier at work", trades.trips(), ("R-LOGI",)),
    LookAlike("tourists on the way to a ferry", tourists()),
    LookAlike("a charity that helps at the coast", volunteers(), ("R-CHAR",)),
)

S13 = (
    LookAlike(
        "wages or earnings of a small employer or gig platform that does not say so", small_employer(), ("R-FIRM",)
    ),
    LookAlike("a tip pool or shared winnings", syndicate()),
    LookAlike("money back to those who had paid for a trip that fell through", firms.given_back(5), ("R-REFUND",)),
)

S14 = (
    LookAlike("rent of a shared house", newcomers_rent(), ("R-LAND",)),
    LookAlike("a savings circle", funds.circle(), ("R-ROSCA",)),
    LookAlike("a loan being paid back", funds.repaid(), ("R-LOAN",)),
)

S15 = (
    LookAlike("a travel or ticket agent, or an employer who sends staff", travel_agent(), ("R-AGENT",)),
    LookAlike("a travel or ticket agent, or an employer who sends staff", staff_travel()),
    LookAlike("a sports club, school or congregation on a trip", funds.journey(coach=2_400), ("R-TRIP",)),
    LookAlike("an aid group that pays for the journeys of those it helps", journeys(), ("R-CHAR",)),
    LookAlike("somebody who pays the journeys of relatives, or supports several of them abroad", relatives_abroad()),
)

SCENES = (*S10, *S11, *S12, *S13, *S14, *S15)
