"""Those who take other people's money by trade: landlords, sellers, schools, agents, solicitors, money services."""

from __future__ import annotations

from tests.suppressors.cases.trial import Trial
from tests.suppressors.telling import Known, Scene, days, months, paid

# A landlord of thirty rooms (S08)


def rooms(stay: int = 18, costs: tuple[str, ...] = ("mortgage", "insurance")) -> Scene:
    """Return three months of rent from thirty, of whom so many stay to June; and the repairs of a summer."""
    text = ""
    for tenant in range(30):
        text += paid(months("2025-04", 3 if tenant < stay else 2), f"Tenant{tenant:02d}", "Keeper", 500)
        if tenant >= stay:
            text += paid("2025-05-01 10:00", f"Tenant{tenant:02d}", "Keeper", 500)
    for cost in costs:
        for month, let in ((4, 30), (5, 60 - stay), (6, stay)):
            text += paid(f"2025-{month:02d}-04", "Keeper", cost.title(), 400 * let / len(costs), reference=cost)
    for number in range(16):
        text += paid(f"2025-06-{5 + number:02d} 11:00", "Keeper", f"Builder{number}", 600)
    return Scene("S08", text, {"Keeper": {"kind": "personal"}})


LANDLORD = Trial(
    "R-LAND", "Keeper",
    hit=rooms(),
    figures=("18", "30", "3"),
    misses={
        "17 of 30 stay for three months": rooms(stay=17),
        "one kind of costs": rooms(costs=("mortgage",)),
    },
)  # fmt: skip

# New tenants of one house (S02)


def tenants(costs: str = "insurance", leave: int = 3, short: int = 0) -> Scene:
    """Return two who move in in April, as two of four move out; two stay. So many guests stay for a night."""
    text = paid(months("2025-01", 9, 3), "Owner", "Lender", 900, reference="mortgage")
    text += paid(months("2025-01", 9, 5), "Owner", "Insurer", 40, reference=costs)
    for place in range(2):
        text += paid(months("2025-01", 9, 1, f"09:0{place}"), f"Old{place}", "Owner", 600)
        text += paid(months("2025-01", leave, 1, f"08:0{place}"), f"Past{place}", "Owner", 600)
        text += paid(months("2025-04", 5, 1, f"10:0{place}"), f"New{place}", "Owner", 600)
    text += "".join(paid(f"2025-0{3 + place}-09", f"Guest{place}", "Owner", 50) for place in range(short))
    return Scene("S02", text, {"Owner": {"kind": "personal"}})


TENANTS = Trial(
    "R-LAND", "Owner",
    hit=tenants(short=4),
    figures=("6", "10", "3"),
    misses={
        "one kind of costs": tenants(costs="thanks"),
        "six of eleven came again and again": tenants(short=5),
        "those who moved out stayed on to June, so that there were six": tenants(leave=6),
    },
)  # fmt: skip

# A seller of furniture: small pieces through a marketplace, large ones by transfer (S01)


def seller(small: int = 12, price: float = 99.99, shops: int = 3, post: float = 460) -> Scene:
    """Return so many small sales settled by a processor that pays so many shops, and eight large ones."""
    text = ""
    for number in range(small):
        text += paid(f"2025-04-{1 + number:02d} 05:00", "Market", "Seller", price, channel="card")
    for number in range(8):
        text += paid(f"2025-05-{3 + number:02d} 12:00", f"Buyer{number}", "Seller", 1_000)
    text += "".join(paid("2025-04-20", "Market", f"Shop{number}", 70, channel="card") for number in range(shops - 1))
    return Scene("S01", text + paid("2025-05-04", "Seller", "Carrier", post, reference="postage"))


SELLER = Trial(
    "R-MKT", "Seller",
    hit=seller(),
    figures=("12", "20", "99.99"),
    misses={
        "eleven of nineteen credits": seller(small=11),
        "a processor that pays two": seller(shops=2),
        "a middle credit of 100 pounds": seller(price=100),
        "a penny too little for postage": seller(price=99.99, post=459.99),
    },
)  # fmt: skip

# A college (S01)


def college(trade: str = "college", second: float = 1_010.10) -> Scene:
    """Return eight new students; three pay twice, one of them a sum that differs."""
    text = "".join(paid(f"2025-05-{3 + number:02d}", f"Student{number}", "College", 1_000) for number in range(8))
    for number in range(4):
        again = second if number == 0 else 1_000 if number < 3 else 1_100
        text += paid(f"2025-05-{20 + number}", f"Student{number}", "College", again)
    return Scene("S01", text, {"College": {"kind": "business", "occupation": trade}})


SCHOOL = Trial(
    "R-TUITION", "College",
    hit=college(),
    figures=("3", "4"),
    misses={
        "no school by the account table": college(trade="importer"),
        "two of four pay the same each time, the third a penny more than 1 % more": college(second=1_010.11),
    },
)  # fmt: skip

# An agent who pays on (S01)


def agent(part: float = 0.7, wait: int = 14, payees: int = 2, over: float = 0) -> Scene:
    """Return twelve clients of March and eight of May, of whose fees a part goes on, each within some days."""
    text = ""
    for number in range(12):
        fee = 1_000
        first = f"2025-03-{1 + number:02d}"
        text += paid(f"{first} 09:00", f"Old{number}", "Agent", fee)
        text += paid(days(first, 2, wait, "09:00")[1], "Agent", f"Carrier{number % payees}", fee * part + over)
    text += "".join(paid(f"2025-05-{3 + number:02d}", f"New{number}", "Agent", 1_000) for number in range(8))
    return Scene("S01", text + paid("2025-05-11", "Late", "Agent", 1_000))


AGENT = Trial(
    "R-AGENT", "Agent",
    hit=agent(),
    figures=("70",),
    misses={
        "a penny less than seven tenths": agent(over=-0.01),
        "fifteen days later": agent(wait=15),
        "each to another payee": agent(payees=12),
        "a penny more than was paid": agent(part=1, over=0.01),
    },
)  # fmt: skip

# A letting agent who holds rents (S04), and conveyancers whom a house sale passes (L07)


def lettings(trade: str = "letting agent", said: int = 3) -> Scene:
    """Return five tenants' rents that go to two owners; so many of the ten transfers say so."""
    text = ""
    for number in range(5):
        words = {"reference": "rent"} if number < said else {}
        text += paid(f"2025-05-01 1{number}:00", f"Tenant{number}", "Agent", 1_000 + 100 * number, **words)
        text += paid(f"2025-05-05 1{number}:00", "Agent", f"Owner{number % 2}", 900 + 90 * number)
    return Scene("S04", text, {"Agent": {"kind": "personal", "occupation": trade}})


LETTING = Trial(
    "R-CLIENT", "Agent",
    hit=lettings(),
    figures=("3", "10"),
    misses={"another trade": lettings(trade="cook"), "two of ten say so": lettings(said=2)},
)  # fmt: skip


def sale(first: str = "conveyancer", words: int = 3, more: int = 0) -> Scene:
    """Return a mortgage that goes from the lender over two firms of solicitors and one more to the seller."""
    names = ("Lender", "Acting", "Other", *(f"Agent{number}" for number in range(more)), "Seller")
    text = ""
    for hop in range(len(names) - 1):
        said = {"reference": "completion"} if hop < words else {}
        text += paid(f"2025-06-02 1{hop}:00", names[hop], names[hop + 1], 250_000, **said)
    known: Known = {"Acting": {"kind": "business", "occupation": first}}
    return Scene("L07", text, known | {"Lender": {"kind": "institution"}})


SALE = Trial(
    "R-CLIENT", "Lender",
    hit=sale(),
    figures=("1", "2"),
    misses={
        "no solicitor": sale(first="importer"),
        "one of three in between": sale(more=1),
        "no transfer says so": sale(words=0),
    },
)  # fmt: skip

# A registered money service that holds senders' money (S04)


def service(registered: bool = True, own: float = 1_000, others: int = 5) -> Scene:
    """Return a money service's April and the sums that it passes on in May; so many others took 1,000 in April."""
    text = paid("2025-04-01", "Town", "Other", 1) + paid("2025-04-10", "Sender", "Service", own)
    known: Known = {"Service": {"kind": "business", "registered_money_service": registered}}
    for number in range(others):
        text += paid("2025-04-11", f"Client{number}", f"Rival{number}", 1_000)
        known[f"Rival{number}"] = {"kind": "business", "registered_money_service": True}
    for number in range(5):
        text += paid(f"2025-05-01 1{number}:00", f"Payer{number}", "Service", 1_000 + 100 * number)
        text += paid(f"2025-05-05 1{number}:00", "Service", f"Branch{number % 2}", 900 + 90 * number)
    return Scene("S04", text, known)


SERVICE = Trial(
    "R-REGMSB", "Service",
    hit=service(),
    figures=("19", "20"),
    misses={
        "not on the register": service(registered=False),
        "a penny more than the largest of five others": service(own=1_000.01),
    },
)  # fmt: skip

FEW_SERVICES = Trial(
    "R-REGMSB", "Service",
    hit=service(own=9_000, others=4),
    figures=(),
    misses={"with a fifth to compare with": service(own=9_000)},
)  # fmt: skip

CASES = (LANDLORD, TENANTS, SELLER, SCHOOL, AGENT, LETTING, SALE, SERVICE, FEW_SERVICES)
