"""Trades with ways of their own: takers of cash, seafarers, hauliers, importers, those who follow the weather."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from tests.suppressors.cases.trial import Trial
from tests.suppressors.telling import Scene, card, days, paid

# A barber who banks takings just under a line (L01)


def barber(
    kind: str = "business",
    peers: int = 4,
    own: float = 3_000,
    cards: float = 1_000,
    costs: int = 3,
    deposit: float = 950,
) -> Scene:
    """Return an April of barbers, and three deposits in May; so many others, and so many kinds of costs."""
    text, known = paid("2025-04-01", "Town", "Market", 1), {"Barber": {"kind": kind, "occupation": "barber"}}
    for number in range(peers):
        shop = f"Shop{number}"
        known[shop] = {"kind": "business", "occupation": "barber"}
        text += paid("2025-04-10", "-", shop, (2_700, 3_300)[number % 2], channel="cash")
        text += paid("2025-04-11", "Acquirer", shop, 1_000)
    text += paid("2025-04-10", "-", "Barber", own, channel="cash") + paid("2025-04-11", "Acquirer", "Barber", cards)
    for reference in ("wages", "rent", "VAT")[:costs]:
        text += paid("2025-04-12", "Barber", reference.title(), 100, reference=reference)
    text += paid(days("2025-05-05", 3), "-", "Barber", deposit, channel="cash")
    return Scene("L01", text, known)


BARBER = Trial(
    "R-CASHBIZ", "Barber",
    hit=barber(own=3_640),
    figures=("4",),
    misses={
        "a person of another kind": barber(kind="charity"),
        "three to compare with": barber(peers=3),
        "more cash than theirs": barber(own=3_660),
        "hardly any cards": barber(cards=0.01),
        "two kinds of costs": barber(costs=2),
    },
)  # fmt: skip

# A business at sea that buys kits abroad (S11)

FRONT = (
    paid("2025-04-02", "-", "Yard", 4_000, channel="cash")
    + paid("2025-04-10", "Yard", "Maker", 12_000, channel="wire", creditor_country="TR")
    + paid("2025-05-02", "Friend", "Yard", 4_000)
    + paid("2025-06-01", "Yard", "Depot", 300, channel="wire", creditor_country="DE")
)
LAST = paid("2025-06-10", "Yard", "Maker", 8_000, channel="wire", creditor_country="TR")


def yard(trade: str = "importer", times: int = 0, pause: int = 35, how: str = "credit_transfer") -> Scene:
    """Return the same imports, with so many payments for a berth."""
    text = FRONT + LAST
    if times:
        text += paid(days("2025-03-01", times, pause), "Yard", "Harbour", 80, reference="mooring", channel=how)
    return Scene("S11", text, {"Yard": {"kind": "business", "occupation": trade}})


DEALER = Trial(
    "R-NAUT", "Yard",
    hit=yard(trade="boat dealer"),
    figures=(),
    misses={"another trade": yard(trade="importer")},
)  # fmt: skip

BERTH = Trial(
    "R-NAUT", "Yard",
    hit=yard(times=3),
    figures=("3",),
    misses={
        "two payments": yard(times=2),
        "a pause of 36 days": yard(times=3, pause=36),
        "paid by card": yard(times=3, how="card"),
    },
)  # fmt: skip

# An importer with a steady supplier (S11), and an exporter with a steady buyer (L12)


def importer(
    duty: float = 2_643.21, first: str = "2025-04-10 09:00", known: str = "2025-03-20", other: float = 0
) -> Scene:
    """Return three consignments of one maker, 20,000 pounds, and what customs took; perhaps another maker's one."""
    text = paid(known, "Town", "Shop", 1)
    text += paid("2025-04-02", "-", "Yard", 4_000, channel="cash") + paid("2025-05-02", "Friend", "Yard", 4_000)
    text += paid(first, "Yard", "Maker", 8_000, channel="wire", creditor_country="TR")
    for moment in ("2025-05-10 09:00", "2025-06-10 09:00"):
        text += paid(moment, "Yard", "Maker", 6_000, channel="wire", creditor_country="TR")
    if other:
        text += paid("2025-06-09", "Yard", "Elsewhere", other, channel="wire", creditor_country="CN")
    text += paid("2025-06-01", "Yard", "Depot", 300, reference="storage")
    return Scene(
        "S11", text + paid("2025-06-05", "Yard", "State", duty, reference="import_vat"), {"Yard": {"kind": "business"}}
    )


IMPORTER = Trial(
    "R-TRADE", "Yard",
    hit=importer(),
    figures=("1", "61"),
    misses={
        "duty for less than four fifths of what is a month old": importer(duty=2_643.19),
        "duty for more than six fifths of all": importer(duty=5_664.01),
        "for less than seven tenths of the data": importer(known="2025-03-14"),
        "a steady supplier of less than seven tenths": importer(other=8_571.43, duty=6_000),
    },
)  # fmt: skip


def exporter(first: str = "2024-12-01 09:00", partner: str = "Basra", other: float = 0) -> Scene:
    """Return a year of orders from abroad, and two payments of strangers at home for goods."""
    text = paid("2024-03-01", "Town", "Shop", 1)
    text += paid(first, partner, "Trader", 1_000, reference="stock", debtor_country="IQ", channel="wire")
    for moment in ("2025-05-02 09:00", "2025-05-09 09:00"):
        text += paid(moment, "Basra", "Trader", 1_000, reference="stock", debtor_country="IQ", channel="wire")
    if other:
        text += paid("2025-05-10", "Mosul", "Trader", other, reference="stock", debtor_country="IQ", channel="wire")
    text += paid("2025-05-12", "Garage", "Trader", 10) + paid("2025-05-16", "Garage", "Trader", 10)
    for day, payer in ((20, "Ali"), (30, "Bea")):
        text += paid(f"2025-05-{day}", payer, "Trader", 1_500, reference="phones", debtor_country="GB")
    return Scene("L12", text, {"Trader": {"kind": "business", "occupation": "exporter"}})


EXPORTER = Trial(
    "R-TRADE", "Trader",
    hit=exporter(first="2024-11-10 09:00"),
    figures=("1", "180"),
    misses={
        "a day less than 180": exporter(first="2024-11-11 09:00"),
        "the first order was another's": exporter(first="2024-11-10 09:00", partner="Kirkuk"),
        "a penny more than three tenths from another": exporter(first="2024-11-10 09:00", other=1_285.72),
    },
)  # fmt: skip

# A haulier before red days (S12) needs a table of days; the scene is that of the coast


def trips(trade: str = "haulier", known: str = "2025-05-05", other: int = 2) -> Scene:
    """Return two drives to the port before red days, with so many purchases in other regions."""
    text = paid(known, "Town", "Shop", 1)
    for van, fuel in (("2025-05-06", "2025-05-08"), ("2025-05-18", "2025-05-20")):
        text += card(van, "Driver", "Vans", 140, "7512", location="South_East")
        text += card(
            [f"{fuel} {hour}:00" for hour in (10, 11, 12)], "Driver", "Pumps", 60, "5541", location="South_East"
        )
        text += card(f"{fuel} 20:00", "Driver", "Beds", 80, "7011", location="South_East")
    for number in range(other):
        text += card("2025-05-10", "Driver", f"Shop{number}", 5, "5411", location=f"Region{number}")
    text += card("2025-05-21", "Driver", "Grocer", 12, "5411", location="London")
    return Scene("S12", text, {"Driver": {"kind": "personal", "occupation": trade}}, red("2025-05-09", "2025-05-21"))


def red(*when: str) -> pl.DataFrame:
    """Return May and June of 2025, with these days assessed as likely for crossings."""
    table = [date(2025, 5, 1) + timedelta(days=place) for place in range(61)]
    columns = {"day": table, "arrivals": [0] * 61, "red": [str(day) in when for day in table]}
    return pl.DataFrame(columns, schema={"day": pl.Date(), "arrivals": pl.Int64(), "red": pl.Boolean()})


HAULIER = Trial(
    "R-LOGI", "Driver",
    hit=trips(),
    figures=("12",),
    misses={
        "another trade": trips(trade="cook"),
        "fuel for less than three quarters of the data": trips(known="2025-05-04"),
        "three of fourteen purchases in other regions": trips(other=3),
    },
)  # fmt: skip

# A cafe whose acquirer settles every week, in Dover (S06)


def cafe(kind: str = "business", weeks: int = 8, other: float = 400) -> Scene:
    """Return so many weekly settlements of 450 pounds, and six strangers of three places who pay for parties."""
    text = paid(days("2025-03-06", weeks, 7, "05:00"), "Acquirer", "Cafe", 450)
    for number in range(6):
        place = ("London", "Wales", "Scotland")[number % 3]
        text += paid(f"2025-05-{3 + number:02d}", f"Guest{number}", "Cafe", other, location=place)
    text += card(("2025-05-04", "2025-05-05"), "Cafe", "Wholesaler", 90, "5411", location="South_East")
    return Scene("S06", text, {"Cafe": {"kind": kind}})


CAFE = Trial(
    "R-COAST", "Cafe",
    hit=cafe(),
    figures=(),
    misses={
        "a person": cafe(kind="personal"),
        "seven weeks": cafe(weeks=7, other=300),
        "a penny each less than six tenths": cafe(other=400.01),
    },
)  # fmt: skip

CASES = (BARBER, DEALER, BERTH, IMPORTER, EXPORTER, HAULIER, CAFE)
