"""Look-alikes of money that goes round and across: L06 to L09."""

from __future__ import annotations

from tests.suppressors import lives
from tests.suppressors.cases import clients, firms, funds, households
from tests.suppressors.look_alikes.look_alike import LookAlike
from tests.suppressors.look_alikes.placing import own_banks
from tests.suppressors.telling import Known, Scene, days, months, paid


def firms_of(*names: str) -> Known:
    """Return what the bank knows of businesses of long standing."""
    return {name: {"kind": "business", "opened": lives.OLD} for name in names}


def franchise() -> Scene:
    """Return a franchisor that pays five outlets for their sales by the month; they buy of one wholesaler."""
    outlets, text = [f"Outlet{number}" for number in range(5)], ""
    for month in months("2025-04", 4, 2):
        for number, outlet in enumerate(outlets):
            text += paid(f"{month[:10]} 08:0{number}", "Head", outlet, 1_300, reference="royalty")
            text += paid(f"{month[:8]}04 10:0{number}", outlet, "Depot", 1_150, reference="stock")
    # Before the first month of these they had traded on another account of the wholesaler's books.
    early = "".join(paid("2025-03-05", "Head", o, 90) + paid("2025-03-06", o, "Depot", 90) for o in outlets)
    return Scene("L06", early + text, firms_of("Head", "Depot", *outlets))


def own_detour() -> Scene:
    """Return somebody who splits pay over three own accounts and pays one bill from them."""
    text, names = "", ("Bills", "Savings", "Holiday")
    for place, name in enumerate(names):
        text += paid(f"2025-06-02 09:0{place}", "Pay", name, 400)
        text += paid(f"2025-06-03 09:0{place}", name, "Builder", 380)
    return Scene("L06", text, {name: {"party": "one", "kind": "personal"} for name in ("Pay", *names)})


def pooling() -> Scene:
    """Return a group that sweeps a works' balance over two of its companies to the holding, week after week."""
    names, text = ("Works", "Sales", "Finance", "Holding"), ""
    for day in ("2025-05-02", "2025-05-09", "2025-05-16", "2025-05-23"):
        for hop in range(3):
            words = {"reference": "group_treasury_sweep"}
            text += paid(f"{day} 1{hop}:00", names[hop], names[hop + 1], 50_000 - 1_000 * hop, **words)
    before = "".join(paid("2025-04-25", names[hop], names[hop + 1], 90) for hop in range(3))
    return Scene("L07", before + text, firms_of(*names))


def neighbours(repairs: str) -> Scene:
    """Return three trades of one street that buy of one another: flour and bread all the year, repairs from a month."""
    text = paid(months("2025-01", 8, 3), "Baker", "Miller", 800, reference="invoice")
    text += paid(months("2025-01", 8, 20), "Garage", "Baker", 850, reference="invoice")
    text += paid(months(repairs, 5, 13), "Miller", "Garage", 900, reference="invoice")
    return Scene("L08", text, firms_of("Miller", "Baker", "Garage"))


def market() -> Scene:
    """Return four shops of one market that buy of the same three wholesalers in one week, as each did once before."""
    pairs = [(f"Shop{place}", depot) for place in range(4) for depot in ("Fruit", "Fish", "Flour")]
    text = ""
    for (name, depot), day in zip(pairs, days("2025-03-01", 12, 8), strict=True):
        text += paid(day, name, depot, 200, reference="invoice")
    for place, (name, depot) in enumerate(pairs):
        text += paid(f"2025-07-01 {6 + place:02d}:00", name, depot, 210, reference="invoice")
    return Scene("L09", text, firms_of(*(end for pair in pairs for end in pair)))


def gigs() -> Scene:
    """Return three restaurants of long standing that pay the same four people for evenings in one week."""
    kitchens, text = ("Grill", "Wok", "Oven"), ""
    for month in months("2025-02", 5, 20):
        for place, name in enumerate(kitchens):
            text += paid(month, name, f"Owner{place}", 900, reference="rent")
            text += paid(f"{month[:8]}02", f"Acquirer{place}", name, 4_000)
            text += paid(f"{month[:8]}21", name, f"Farm{place}", 900, reference="invoice")
    for place, name in enumerate(kitchens):
        for number in range(4):
            text += paid(f"2025-06-2{2 + place} 1{number}:00", name, f"Waiter{number}", 120 + 10 * place)
    return Scene("L09", text, firms_of(*kitchens))


def friends() -> Scene:
    """Return a fortnight of six friends who settle evenings with one another, thirty pounds at a time."""
    text = ""
    for number in range(6):
        for step in (1, 2, 3):
            text += paid(f"2025-07-0{1 + step} 1{number}:00", f"Friend{number}", f"Friend{(number + step) % 6}", 30)
    return Scene("L09", text)


L06 = (
    LookAlike(
        "a household that splits a budget over its members' accounts and pays one bill from them",
        households.budget(part=400), ("R-SPLIT",),
    ),
    LookAlike(
        "a franchisor that settles with its outlets, which buy from one wholesaler", franchise(), ("R-GROUP",)
    ),
    LookAlike("moving money between one's own accounts", own_detour()),
)  # fmt: skip

L07 = (
    LookAlike("moving money between one's own accounts", own_banks("L07")),
    LookAlike("a group's treasury that pools cash over several companies", pooling(), ("R-GROUP",)),
    LookAlike("a house sale that completes through solicitors in a chain", clients.sale(), ("R-CLIENT",)),
)

L08 = (
    LookAlike("a savings circle, in which the pot goes round", funds.rounds(odd=250), ("R-ROSCA",)),
    LookAlike("moving money between one's own accounts", own_banks("L08")),
    LookAlike("loans between the companies of one group", firms.ring(), ("R-GROUP",)),
    LookAlike("neighbouring trades that buy of one another", neighbours("2025-04")),
    LookAlike("neighbouring trades that buy of one another", neighbours("2025-02"), ("R-GROUP",)),
)

L09 = (
    LookAlike(
        "retailers and wholesalers of one market, or traders who buy of the same suppliers", market(), ("R-GROUP",)
    ),
    LookAlike("several employers of one town that pay the same people", gigs(), ("R-FIRM",)),
    LookAlike("friends who settle bills with one another", friends()),
)

SCENES = (*L06, *L07, *L08, *L09)
