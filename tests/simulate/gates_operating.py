"""Definitions S10, S11, S12, S13 and S15 of typologies.md, in plain Python over transfers. Imports nothing of ours."""

from __future__ import annotations

from tests.simulate.gates import DAY, Move, is_multiple

PARTS_BY_WORDS = {
    "boat": "boat",
    "dinghy": "boat",
    "boat and outboard as viewed": "boat",
    "deposit on inflatable": "boat",
    "outboard": "engine",
    "life jackets": "jackets",
    "lifejackets x10": "jackets",
    "boat trailer": "trailer",
}
MARINE_HISTORY = ("mooring", "slip fees", "berth", "harbour dues", "sailing subs", "regatta entry")
ABROAD_MAKERS = ("TR", "CN")
TRAVEL = ("4511", "4722", "4411", "4111", "4112", "7011", "7033")
CORRIDOR = ("TR", "RO", "BG", "HU", "IT", "DE", "FR", "BE", "IQ")


def part_of_kit(move: Move) -> str:
    """Which part of a kit a purchase is most likely, by words or by shop and price; empty for none."""
    if move.words in PARTS_BY_WORDS:
        return PARTS_BY_WORDS[move.words]
    pounds = move.amount / 100
    table = {
        "5551": "boat" if pounds >= 1500 else "engine" if pounds >= 500 else "",
        "4468": "engine" if pounds >= 1500 else "jackets" if pounds >= 190 else "pump",
        "5941": "jackets" if pounds >= 190 else "pump",
        "5533": "cans",
        "5211": "boards",
        "5200": "boards",
        "7512": "trailer",
        "7513": "trailer",
    }
    return table.get(move.category, "")


def procurement_holds(moves: list[Move]) -> bool:
    if any(m.words in MARINE_HISTORY for m in moves):
        return False
    bought = [m for m in moves if not m.incoming and part_of_kit(m)]
    return any(_procurement_at(bought, m.time) for m in bought)


def _procurement_at(bought: list[Move], now: float) -> bool:
    window = [m for m in bought if now - 60 * DAY < m.time <= now]
    kinds = {part_of_kit(m) for m in window}
    return len(kinds) >= 3 and sum(m.amount for m in window) >= 200_000


def supplier_holds(moves: list[Move], persons: set[str]) -> bool:
    return any(_supplier_at(moves, persons, m.time) for m in moves if not m.incoming)


def _supplier_at(moves: list[Move], persons: set[str], now: float) -> bool:
    """`persons` are peers known not to be firms."""
    window = [m for m in moves if now - 91 * DAY < m.time <= now]
    imports = sum(m.amount for m in window if not m.incoming and m.country in ABROAD_MAKERS)
    sales = [m for m in window if m.incoming]
    odd = sum(m.amount for m in sales if m.channel == "cash" or m.peer in persons)
    stored = any(m.category == "4225" or m.country in ("DE", "BG") for m in window if not m.incoming)
    return imports >= 2_000_000 and odd >= 0.5 * sum(m.amount for m in sales) and stored


def logistics_holds(moves: list[Move], red: list[bool]) -> bool:
    """At least two spells of red days, each with a burst in the week before one that ends at most three days before."""
    days = {int(m.time // DAY) for m in moves if _kinds_of_trip(moves, m.time) >= 3}
    spells = set()
    for day in days:
        ahead = [d for d in range(day, min(day + 4, len(red))) if red[d]]
        if ahead:
            first = ahead[0]
            while first > 0 and red[first - 1]:
                first -= 1
            spells.add(first)
    return len(spells) >= 2


def _kinds_of_trip(moves: list[Move], now: float) -> int:
    window = [m for m in moves if not m.incoming and now - 7 * DAY < m.time <= now]

    def count(*codes: str) -> int:
        return sum(m.category in codes for m in window)

    return (
        (count("7512", "7513") >= 1)
        + (count("4225") >= 1)
        + (count("5541", "5542") >= 3)
        + (count("7011", "7033") >= 1)
        + (count("4814") >= 4)
    )


def crew_pay_holds(moves: list[Move]) -> bool:
    return any(_crew_pay_at(moves, m.time) for m in moves if not m.incoming)


def _crew_pay_at(moves: list[Move], now: float) -> bool:
    paid = [
        m
        for m in moves
        if not m.incoming and m.peer and not m.category and now - 7 * DAY < m.time <= now and m.country == "GB"
    ]
    small = [m.amount for m in paid if 5_000 <= m.amount <= 150_000]
    payees = {m.peer for m in paid if 5_000 <= m.amount <= 150_000}
    return len(payees) >= 5 and modal_concentration(small, 0.10) >= 0.5


def modal_concentration(amounts: list[int], delta: float) -> float:
    """Largest share of amounts within `delta` of a whole multiple, one to six, of one of two units out of them."""
    return max(
        (
            sum(is_multiple(a, one, delta) or is_multiple(a, two, delta) for a in amounts) / len(amounts)
            for one in amounts
            for two in amounts
        ),
        default=0.0,
    )


def bulk_travel_holds(moves: list[Move]) -> bool:
    return any(_bulk_travel_at(moves, m.time) for m in moves if not m.incoming)


def _bulk_travel_at(moves: list[Move], now: float) -> bool:
    """Initials beside a transfer stand for a traveller's name."""
    window = [m for m in moves if not m.incoming and now - 30 * DAY < m.time <= now]
    named = [m for m in window if m.words and m.words.replace(" ", "").isupper() and len(m.words) <= 5]
    cards = [m for m in window if m.category in TRAVEL]
    back = sum("return" in m.words for m in window)
    travellers = {m.words for m in named}
    tickets = len(named) + len(cards)
    on_route = any(m.country in CORRIDOR for m in named)
    return tickets >= 6 and len(travellers) >= 4 and back <= 0.2 * tickets and on_route
