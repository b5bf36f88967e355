"""S12 by its definition. Imports nothing of ours."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from tests.oracles.book import DAY, LINKING, Book, Instance, Links, Transfer, Values, World, book

WORDS = {
    "hire": r"\b(van hire|car hire)\b",
    "storage": r"\b(storage|storage unit)\b",
    "fuel": r"\bfuel\b",
    "lodging": r"\b(hotel|hostel|drivers lodging|room)\b",
    "telephone": r"\b(sim|sims|top-up)\b",
}
CODES = {
    "hire": ("7512", "7513", "7519"),
    "storage": ("4225",),
    "fuel": ("5541", "5542", "5172", "5983"),
    "lodging": ("7011", "7033"),
    "telephone": ("4812", "4814"),
}
STAGING, COAST, HOME = "South East", ("FR", "BE", "NL"), "GB"


class Burst(NamedTuple):
    end: int
    held: list[int]
    kinds: int
    near: int
    spell: int
    known: int


def kinds_of(transfer: Transfer) -> set[str]:
    words, code = str(transfer.get("reference") or ""), transfer.get("merchant_category")
    return {kind for kind in CODES if re.search(WORDS[kind], words, re.IGNORECASE) or code in CODES[kind]}


def is_near(transfer: Transfer) -> bool:
    return transfer["location"] == STAGING or transfer.get("creditor_country") in COAST


def is_elsewhere(transfer: Transfer) -> bool:
    abroad = transfer.get("creditor_country") not in (None, HOME)
    return not is_near(transfer) and (transfer["location"] is not None or abroad)


def sets_of(names: list[str], links: Links, most: int) -> list[int]:
    """The set of each account: joined through attributes that at most `most` share, unless it becomes larger."""
    has: dict[tuple[str, object], list[int]] = {
        (kind, links.get(name, {}).get(kind)): [] for name in names for kind in LINKING
    }
    for place, name in enumerate(names):
        for kind in LINKING:
            has[kind, links.get(name, {}).get(kind)].append(place)
    joined = [set(own) for (_, value), own in has.items() if value is not None and len(own) <= most]
    groups = [{place} for place in range(len(names))]
    for shared in joined:
        whole = set().union(*(group for group in groups if group & shared))
        groups = [group for group in groups if not group & shared] + [whole]
    found = list(range(len(names)))
    for group in groups:
        for place in group if len(group) <= most else ():
            found[place] = min(group)
    return found


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    red = {day for day, _, is_red in world.arrivals if is_red}
    told = [t["location"] is not None for t in seen.transfers], [t.get("merchant_category") for t in seen.transfers]
    if all(is_red is None for _, _, is_red in world.arrivals) or not any(told[0]) or not any(told[1]):
        return []
    sets = sets_of(seen.names, world.links, int(values["linked"]))
    found = []
    for one in sorted(set(sets)):
        paid = [p for p, row in enumerate(seen.rows) if is_paid_by(sets, row[0], row[1], one)]
        found += matches(seen, paid, bursts(seen, paid, (red, {day for day, _, _ in world.arrivals}), values), values)
    return found


def is_paid_by(sets: list[int], debtor: int, creditor: int, one: int) -> bool:
    return debtor >= 0 and sets[debtor] == one and (creditor < 0 or sets[creditor] != one)


def bursts(seen: Book, paid: list[int], days: tuple[set[int], set[int]], values: Values) -> list[Burst]:
    red, table = days
    time = [row[2] for row in seen.rows]
    buys = [p for p in paid if kinds_of(seen.transfers[p]) and not is_elsewhere(seen.transfers[p])]
    found = []
    for end in buys:
        held = [p for p in buys if p <= end and time[p] > time[end] - values["window_days"] * DAY]
        counted = Counter(kind for p in held for kind in kinds_of(seen.transfers[p]))
        kinds = sum(number >= values.get(kind, 1) for kind, number in counted.items())
        near = sum(is_near(seen.transfers[p]) for p in held)
        today = time[end] // DAY
        ahead = [day for day in range(today, today + int(values["ahead_days"]) + 1) if day in red]
        if kinds < values["kinds"] or near < values["at_coast"] or not ahead or today not in table:
            continue
        known = [p for p in paid if p >= end and ahead[0] * DAY <= time[p] < (ahead[0] + 30) * DAY]
        spell = ahead[0]
        while spell - 1 in red:
            spell -= 1
        found += [Burst(end, held, kinds, near, spell, known[0])] if known else []
    return found


def matches(seen: Book, paid: list[int], found: list[Burst], values: Values) -> list[Instance]:
    time = [row[2] for row in seen.rows]
    reach = int(values["reach_days"]) * DAY
    best: dict[int, tuple[tuple[int, int], int, list[Burst], int]] = {}
    for now in sorted({burst.known for burst in found}):
        known = [burst for burst in found if burst.known <= now and time[burst.known] > time[now] - reach]
        strength = len({burst.spell for burst in known}), len(known)
        if strength[0] < values["spells"]:
            continue
        kept = best.get(time[now] // reach)
        if kept is None or strength > kept[0]:
            best[time[now] // reach] = strength, now, known, kept[3] if kept else now
    return [instance(seen, known, now, first) for _, now, known, first in best.values()]


def instance(seen: Book, known: list[Burst], now: int, first: int) -> Instance:
    proof = sorted({p for burst in known for p in burst.held})
    buyers = Counter(seen.rows[p][0] for p in proof)
    subject = max(buyers, key=lambda buyer: (buyers[buyer], -next(p for p in proof if seen.rows[p][0] == buyer)))
    stands = [
        max((b for b in known if b.spell == spell), key=lambda b: (b.kinds, -b.end))
        for spell in {burst.spell for burst in known}
    ]
    gates: dict[str, float] = {
        "spells": len(stands),
        "kinds": min(burst.kinds for burst in stands),
        "at_coast": min(burst.near for burst in stands),
    }
    return seen.instance(subject, sorted({*proof, now}), first, gates)
