"""People and their families: pay, remittances, students, shared bills, one's own accounts."""

from __future__ import annotations

from tests.suppressors.cases.trial import Trial
from tests.suppressors.telling import Known, Scene, card, days, months, paid

# A salary: three workers of one farm send on what they were paid (L06)

FARM: Known = {"Farm": {"kind": "business"}}
HANDS = ("Ion", "Petru", "Vasile")


def wages(first: int = 7, amounts: tuple[int, int, int] = (400, 400, 400), **more: str) -> str:
    """Return three Fridays' pay, the first one so many days before the second; the third goes to one account."""
    text = ""
    for place, hand in enumerate(HANDS):
        fridays = [f"2025-06-{13 - first:02d} 09:0{place}", f"2025-06-13 09:0{place}", f"2025-06-20 09:0{place}"]
        for moment, amount in zip(fridays, amounts, strict=True):
            text += paid(moment, "Farm", hand, amount, **more)
        text += paid(f"2025-06-21 10:0{place}", hand, "Sender", 350)
    return text


SALARY = Trial(
    "R-SAL", "Farm",
    hit=Scene("L06", wages(), FARM),
    figures=(),
    misses={
        "eight days between the first two": Scene("L06", wages(first=8), FARM),
        "amounts that vary by more than 15 %": Scene("L06", wages(amounts=(560, 400, 400)), FARM),
        "a person who pays, without a word for pay": Scene("L06", wages(), {"Farm": {"kind": "personal"}}),
    },
)  # fmt: skip

# One's own accounts (L07)


def moved(*parties: str) -> Scene:
    """Return a sum that goes over four accounts of these parties within the day."""
    names = ("Current", "Savings", "Joint", "Broker")
    text = "".join(
        paid(f"2025-06-02 1{hop}:00", names[hop], names[hop + 1], 900, reference="to_savings") for hop in range(3)
    )
    return Scene("L07", text, {name: {"party": party} for name, party in zip(names, parties, strict=True)})


OWN = Trial(
    "R-OWN", "Current",
    hit=moved("one", "one", "two", "three"),
    figures=(),
    misses={"a party of its own": moved("one", "two", "three", "four")},
)  # fmt: skip

# Remittances: who keeps relatives raises a sum and pays a collector (S18)

RAISED = "".join(
    paid(f"2025-06-{day} 10:00", giver, "Besa", 700) for day, giver in ((12, "Aunt"), (13, "Uncle"), (14, "Friend"))
) + paid("2025-06-15 12:00", "Besa", "Collector", 1_900)
COLLECTED = "".join(
    paid(f"2025-06-{day:02d} 10:00", f"Payer{day}", "Collector", 1_000) for day in (3, 6, 9, 11, 16, 19, 28)
)


def keeper(
    relatives: int = 4,
    start: str = "2024-12-10",
    every: int = 30,
    sums: int = 7,
    sent: float = 720,
    said: str = "salary",
) -> Scene:
    """Return somebody on 2,400 pounds a month who keeps so many relatives, and one day pays a collector."""
    text = paid("2024-11-01", "Town", "Shop", 1)
    text += paid(months("2024-12", 7), "Employer", "Besa", 2_400, reference=said)
    for relative in range(relatives):
        text += paid(days(start, sums, every), "Besa", f"Mother{relative}", sent, reference="family_support")
    return Scene("S18", text + RAISED + COLLECTED)


REMITTANCE = Trial(
    "R-REM", "Besa",
    hit=keeper(),
    figures=("4",),
    misses={
        "five relatives": keeper(relatives=5),
        "a penny more than three tenths of a month's pay": keeper(sent=720.01),
        "kept for less than three quarters of the data": keeper(start="2025-01-10", sums=6),
        "every 46 days": keeper(start="2024-11-20", every=46, sums=5),
        "no pay": keeper(said="thanks"),
    },
)  # fmt: skip

# Relatives who support somebody at the coast (S06)


def supported(last: float = 249.99, spent: str = "5411", other: float = 0) -> Scene:
    """Return six relatives of three places who pay 1,500 pounds less a penny to one who spends it in Dover."""
    places = ("London", "Wales", "Scotland", "London", "Wales", "Scotland")
    text = ""
    for place, region in enumerate(places):
        sum_ = last if place == 5 else 250
        text += paid(f"2025-05-{3 + 2 * place:02d} 10:00", f"Cousin{place}", "Guest", sum_, location=region)
    text += card(("2025-05-04 12:00", "2025-05-08 12:00"), "Guest", "Grocer", 40, spent, location="South_East")
    if other:
        text += paid("2025-05-12 12:00", "Guest", "Friend", other, reference="thanks")
    return Scene("S06", text, {"Guest": {"kind": "personal"}})


SUPPORT = Trial(
    "R-REM", "Guest",
    hit=supported(other=20),
    figures=("1,499.99", "80"),
    misses={
        "1,500 pounds": supported(last=250, other=20),
        "a penny more on other things than a fifth": supported(other=20.01),
        "what is bought is no food, journey or telephone": supported(spent="5732"),
    },
)  # fmt: skip

# A student whose term's money comes at once (L13)


def term(
    sponsors: int = 1, day: str = "2025-01-06", trade: str = "student", fees: str = "tuition", large: int = 1
) -> Scene:
    """Return a student to whom a parent sends the term's money; so many others sent theirs in two parts before."""
    text = paid(days("2024-06-01", 30, 7), "Friend", "Mei", 20)
    text += paid("2024-09-10", "Mei", "College", 4_000, reference=fees)
    text += paid("2024-09-09", "Parent", "Mei", 900) + paid(day, "Parent", "Mei", 10_500)
    for number in range(1, sponsors):
        text += paid(days("2024-07-01", 2, 3), f"Uncle{number}", "Mei", 1_800)
    early = [f"2024-07-{10 + 2 * number} 09:00" for number in range(large - 1)]
    text += "".join(paid(moment, "Parent", "Mei", 5_250) for moment in early)
    return Scene("L13", text, {"Mei": {"kind": "personal", "occupation": trade}})


STUDENT = Trial(
    "R-STUD", "Mei",
    hit=term(),
    figures=("1",),
    misses={
        "no student": term(trade="cook"),
        "four sponsors": term(sponsors=4),
        "in February": term(day="2025-02-03"),
        "neither fees nor rent": term(fees="thanks"),
        "five large credits": term(large=5),
    },
)  # fmt: skip

# Friends settle shared bills through one of them (L05), and a household through its members (L06)


def outing(shares: float = 149.99, late: int = 0, friends: bool = True) -> Scene:
    """Return eight friends' shares of two bills, and what four hosts get; so many shares came without a bill before."""
    text = card(("2025-06-03 20:00", "2025-06-05 20:00"), "Ann", "Restaurant", 80, "5812")
    for number in range(10):
        moment = f"2025-06-03 {10 + number}:00" if number < late else f"2025-06-06 {10 + number}:00"
        text += paid(moment, f"Friend{number}", "Ann", shares if number == 9 else 120)
    for number in range(4):
        text += paid(f"2025-06-08 1{number}:00", "Ann", f"Host{number}", 250)
    if friends:
        text += paid("2025-06-04 10:00", "Friend1", "Friend2", 15)
    return Scene("L05", text)


SPLIT = Trial(
    "R-SPLIT", "Ann",
    hit=outing(late=2),
    figures=(),
    misses={
        "a share of 150 pounds": outing(shares=150),
        "three of ten shares before any bill": outing(late=3),
        "friends who never deal with one another": outing(friends=False),
    },
)  # fmt: skip


def budget(home: str = "elm_road", third: str = "elm_road", before: int = 3, part: float = 1_000) -> Scene:
    """Return a household: one who earns gives three their part, and all of them pay the builder."""
    text = ""
    for number, name in enumerate(("Mum", "Son", "Aunt")):
        text += paid(months("2025-02", before, 3, f"09:0{number}"), "Dad", name, 100)
        text += paid(f"2025-06-02 09:0{number}", "Dad", name, part)
        text += paid(f"2025-06-03 09:0{number}", name, "Builder", 0.9 * part)
    places = {"Dad": home, "Mum": home, "Son": home, "Aunt": third}
    return Scene("L06", text, {name: {"address_hash": place} for name, place in places.items()})


HOUSEHOLD = Trial(
    "R-SPLIT", "Dad",
    hit=budget(),
    figures=("3", "3,000.00"),
    misses={
        "one of them lives elsewhere": budget(third="oak_road"),
        "paid in two months before": budget(before=2),
        "more than 3,000 pounds": budget(part=1_000.01),
    },
)  # fmt: skip

CASES = (SALARY, OWN, REMITTANCE, SUPPORT, STUDENT, SPLIT, HOUSEHOLD)
