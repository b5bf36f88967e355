"""Money that is collected or lent among people: circles, appeals, charities, trips, loans, an investor's coins."""

from __future__ import annotations

from tests.suppressors.cases.trial import Trial
from tests.suppressors.telling import Scene, card, days, months, paid

# A savings circle whose newcomers pay a keeper (S14)

MEMBERS = ("An", "Binh", "Chi", "Dung", "Em")


def circle(odd: int = 0, pots: int = 5, pot: float = 480) -> Scene:
    """Return five newcomers who pay a keeper 80 pounds a week; so many pay a pound more, and so many had a pot."""
    text = paid("2025-01-10", "Town", "Shop", 1)
    for place, name in enumerate(MEMBERS):
        share = 81 + place if place < odd else 80
        text += paid(days("2025-02-07", 5, 7, f"09:0{place}"), "Nails", name, 400)
        text += paid(days("2025-02-21", 3, 7, f"09:0{place}"), name, "Keeper", share)
        text += paid(f"2025-03-06 12:0{place}", "Keeper", name if place < pots else f"Other{place}", pot)
    return Scene("S14", text)


CIRCLE = Trial(
    "R-ROSCA", "Keeper",
    hit=circle(),
    figures=("6", "100"),
    misses={
        "two of five pay other sums": circle(odd=2),
        "a pot that is no multiple of the share": circle(pot=480.01),
        "four of six had a pot": circle(pots=4),
        "twice and a share more came out than went in": circle(pot=560),
    },
)  # fmt: skip

# A circle without a head: each week all pay the one whose turn it is (L08)


def rounds(size: int = 5, odd: float = 100, strangers: int = 0) -> Scene:
    """Return three weeks of it; in the second, so many strangers pay in place of members."""
    text = ""
    for week, day in enumerate(days("2025-07-01", 3, 7, "09")):
        for place in (place for place in range(size) if place != week):
            payer = f"Stranger{place}" if week == 1 and place >= size - strangers else f"Member{place}"
            share = odd if (week, place) == (2, 1) else 250
            text += paid(f"{day}:0{place}", payer, f"Member{week}", share)
    return Scene("L08", text)


HEADLESS = Trial(
    "R-ROSCA", "Member2",
    hit=rounds(odd=250),
    figures=("5",),
    misses={
        "one leg of another sum": rounds(odd=249),
        "four people": rounds(size=4, odd=250),
        "two of five who pay the second pot did not pay the first": rounds(odd=250, strangers=2),
    },
)  # fmt: skip

# An appeal near the coast (S06)


def appeal(middle: float = 30, top: float = 200, said: int = 5, second: str = "Kitchen") -> Scene:
    """Return ten gifts, nine of them of one size, so many with words of the appeal; all is spent at one shop."""
    text = ""
    for number in range(10):
        words = {"reference": "appeal"} if number < said else {}
        place = {"location": ("London", "Wales", "Scotland")[number % 3]}
        text += paid(
            f"2025-05-{3 + number:02d}", f"Giver{number}", "Holder", middle if number else top, **words, **place
        )
    for shop, day in (("Kitchen", 5), (second, 9)):
        text += card(f"2025-05-{day:02d} 12:00", "Holder", shop, 60, "5999", location="South_East")
    return Scene("S06", text)


CROWD = Trial(
    "R-CRWD", "Holder",
    hit=appeal(top=180),
    figures=("30.00", "5"),
    misses={
        "the middle gift is a penny more": appeal(middle=30.01, top=200),
        "the largest has a penny too little": appeal(top=179.99),
        "four of ten speak of it": appeal(said=4),
        "two payees": appeal(second="Tents"),
    },
)  # fmt: skip

# A mission whose branches bank collections (S07)


def mission(kind: str = "charity", regular: int = 3, rent: float = 460) -> Scene:
    """Return ten donors, so many of whom gave three times, and two branches' collections, sent to a clinic."""
    text = paid("2025-03-01", "Mission", "Grocer", 20, channel="card", location="London")
    for number in range(10):
        text += paid(months("2025-02", 3 if number < regular else 1, 2 + number), f"Donor{number}", "Mission", 150)
    for day in (4, 5):
        for hour, place in ((18, "Wales"), (19, "Yorkshire")):
            text += paid(f"2025-05-{day:02d} {hour}:00", "-", "Mission", 600, channel="cash", location=place)
    text += paid("2025-05-06", "Mission", "Clinic", 1_440) + paid("2025-05-02", "Mission", "Hall", rent)
    return Scene("S07", text, {"Mission": {"kind": kind}})


CHARITY = Trial(
    "R-CHAR", "Mission",
    hit=mission(),
    figures=("3", "10"),
    misses={
        "a person": mission(kind="personal"),
        "two of ten gave three times": mission(regular=2),
        "a penny less than four tenths is spent": mission(rent=459.99),
    },
)  # fmt: skip

# A club's journey (S15)


def journey(members: int = 5, share: float = 399.99, known: int = 3, coach: float = 600) -> Scene:
    """Return a trip for which so many paid, so many of them with subs before; seven journeys are bought."""
    text = ""
    for number in range(members):
        member = f"Member{number}"
        text += paid(months("2025-01", 2 if number < known else 0, 5), member, "Leader", share, reference="subs")
        text += paid("2025-04-20", member, "Leader", share, reference="trip")
    for number in range(6):
        text += paid(
            f"2025-05-{3 + number:02d}", "Leader", "Bus", 100, reference=f"hotel_{number}", creditor_country="FR"
        )
    return Scene("S15", text + paid("2025-05-02", "Leader", "Inn", coach, reference="hotel"))


TRIP = Trial(
    "R-TRIP", "Leader",
    hit=journey(coach=2_039.94),
    figures=("5",),
    misses={
        "four people": journey(members=4, coach=2_039.94),
        "the middle share is 400 pounds": journey(share=400, coach=2_100),
        "two of five know one another": journey(known=2, coach=2_039.94),
        "a penny too little of it is spent": journey(coach=2_039.93),
    },
)  # fmt: skip

# A loan that moves along a line (L07), a lender whose borrowers repay (S14), an employer's last payment (L13)


def purchase(
    lump: float = 1_000, when: str = "2025-06-01 09:00", trade: str = "lender", own: float = 0, said: str = "thanks"
) -> Scene:
    """Return a deposit that goes over two solicitors' accounts to a seller; a lender had paid the buyer."""
    text = paid(when, "Bank", "Buyer", lump, reference=said)
    names = ("Buyer", "Acting", "Other", "Seller")
    for hop in range(3):
        text += paid(f"2025-06-02 1{hop}:00", names[hop], names[hop + 1], lump + own)
    return Scene("L07", text, {"Bank": {"kind": "institution", "occupation": trade}})


LOAN = Trial(
    "R-LOAN", "Buyer",
    hit=purchase(own=1_000),
    figures=("1,000.00",),
    misses={
        "a penny too little came": purchase(lump=999.99),
        "a penny less than half of it": purchase(own=1_000.02),
        "sixty days before the last hop": purchase(when="2025-04-03 12:00"),
        "from somebody else, without a word": purchase(trade="importer"),
    },
)  # fmt: skip


def repaid(trade: str = "lender", lent: int = 4, sum_: float = 183) -> Scene:
    """Return five newcomers who pay a lender 183 pounds in three weeks; it had paid so many of them before."""
    text = paid("2025-01-10", "Town", "Shop", 1)
    for place, name in enumerate(MEMBERS):
        text += paid(days("2025-02-07", 5, 7, f"09:0{place}"), "Nails", name, 400)
        for share, day in ((60, "02-21"), (61, "02-28"), (62, "03-07")):
            text += paid(f"2025-{day} 10:0{place}", name, "Union", share)
        text += paid(f"2025-02-10 12:0{place}", "Union", name, sum_, reference="advance") if place < lent else ""
    return Scene("S14", text, {"Union": {"kind": "business", "occupation": trade}})


LENT = Trial(
    "R-LOAN", "Union",
    hit=repaid(),
    figures=("4", "5"),
    misses={
        "no lender by trade": repaid(trade="importer"),
        "three of five had a loan": repaid(lent=3),
        "a penny less was lent than paid back": repaid(sum_=182.99),
    },
)  # fmt: skip


def redundancy(before: int = 3, reference: str = "salary") -> Scene:
    """Return so many months' pay of one employer, then a large sum of it."""
    text = paid(days("2025-01-02", 24, 7), "Aunt", "Worker", 50)
    text += paid(months("2025-01", before, 28), "Works", "Worker", 2_000, reference=reference)
    return Scene("L13", text + paid("2025-06-10", "Works", "Worker", 12_000, reference="thanks_for_all"))


SENT_OFF = Trial(
    "R-LOAN", "Worker",
    hit=redundancy(),
    figures=("12,000.00",),
    misses={
        "two months of pay are no salary yet": redundancy(before=2),
        "what it paid before was no pay": redundancy(reference="thanks"),
    },
)  # fmt: skip

# Coins bought from pay (S17)


def coins(pay: float = 3_000, bought: float = 500, said: str = "salary") -> Scene:
    """Return a month's pay, and two friends' money that goes to a platform and to a broker."""
    text = paid("2025-03-28 08:00", "Employer", "Holder", pay, reference=said)
    for day in (3, 4):
        text += paid(f"2025-05-0{day} 09:00", f"Friend{day}", "Holder", 1_000)
        text += paid(f"2025-05-0{day} 09:20", "Holder", "Exchange", bought, reference="bitcoin")
        text += paid(f"2025-05-0{day} 09:30", "Holder", "Broker", 950 - bought)
    return Scene("S17", text)


INVESTOR = Trial(
    "R-INVEST", "Holder",
    hit=coins(bought=750),
    figures=(),
    misses={
        "a penny less than six tenths is pay": coins(pay=2_999.99),
        "a penny more than three tenths goes to the platform": coins(bought=750.01),
        "no pay": coins(said="thanks"),
    },
)  # fmt: skip

CASES = (CIRCLE, HEADLESS, CROWD, CHARITY, TRIP, LOAN, LENT, SENT_OFF, INVESTOR)
