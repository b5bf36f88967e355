"""S02 by its definition. Imports nothing of ours."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tests.oracles import ladders
from tests.oracles.book import DAY, PULLED, Book, Instance, Values, World, book, numbered

Seen = list[tuple[int, int]]
"""Steps into one set: the transfer at which each is seen, and the step itself; in this order."""


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    links = numbered(seen.names, world.links)
    group = ladders.groups(links, int(values["linked"]))
    linked: dict[int, Seen] = {}
    downstream: dict[int, Seen] = {}
    for step in steps(seen, world, links, values):
        linked.setdefault(group[seen.rows[step][1]], []).append((step, step))
        onward = next_debit(seen, links, step, values)
        if onward is not None:
            downstream.setdefault(seen.rows[onward][1], []).append((onward, step))
    alone = list(range(len(group)))
    found = []
    for own in linked.values():
        found += climbed(seen, world, sorted(own), (alone, 1), values)
    for own in downstream.values():
        found += climbed(seen, world, sorted(own), (group, int(values["payees"])), values)
    return found


def steps(seen: Book, world: World, links: list[tuple[int, ...]], values: Values) -> list[int]:
    firms = ("business", "charity", "institution")
    return [
        i
        for i, row in enumerate(seen.rows)
        if is_given(seen, links, i)
        and row[3] >= values["step"]
        and world.links.get(seen.names[row[0]], {}).get("kind") not in firms
    ]


def is_given(seen: Book, links: list[tuple[int, ...]], place: int) -> bool:
    """Pushed between two accounts that share nothing. There are no salaries in these worlds."""
    payer, payee, _, _ = seen.rows[place]
    if min(payer, payee) < 0 or payer == payee or seen.transfers[place]["channel"] in PULLED:
        return False
    return not any(a == b and a >= 0 for a, b in zip(links[payer], links[payee], strict=True))


def next_debit(seen: Book, links: list[tuple[int, ...]], step: int, values: Values) -> int | None:
    """The payee's next large debit, where it is made soon and not to the payer."""
    payer, payee, time, _ = seen.rows[step]
    for i in range(step + 1, len(seen.rows)):
        if seen.rows[i][0] == payee and seen.rows[i][3] >= values["onward"] and is_given(seen, links, i):
            soon = seen.rows[i][2] - time <= values["onward_days"] * DAY
            return i if soon and seen.rows[i][1] != payer else None
    return None


def is_new(seen: Book, world: World, step: int, values: Values) -> bool:
    """Whether it is provably the first dealing of its two accounts."""
    payer, payee, time, _ = seen.rows[step]
    begin = seen.rows[0][2]
    opened = [world.links.get(seen.names[account], {}).get("opened") for account in (payer, payee)]
    young = any(day is not None and day >= day_of(begin) for day in opened)
    return seen.relations[step].first and (time - begin >= values["known_days"] * DAY or young)


def day_of(time: int) -> date:
    return (datetime(1970, 1, 1) + timedelta(days=time // DAY)).date()  # noqa: DTZ001 - UTC throughout


def climbed(seen: Book, world: World, own: Seen, payees: tuple[list[int], int], values: Values) -> list[Instance]:
    """The strongest moment of one set in each period."""
    naming, spread_least = payees
    into = [
        ladders.Step(seen.rows[at][2], seen.rows[step][0], seen.rows[step][3], naming[seen.rows[step][1]],
                     is_new(seen, world, step, values))
        for at, step in own
    ]  # fmt: skip
    gate = ladders.Gate(
        int(values["window_days"] * DAY), int(values["fewest"]), int(values["most"]), int(values["span_days"] * DAY),
        int(values["total_low"]), int(values["total_high"]), spread_least,
    )  # fmt: skip
    firing: dict[int, list[tuple[tuple[int, int, int], dict[int, list[int]]]]] = {}
    for place, step in enumerate(into):
        held = ladders.held(into, place, gate)
        mine = {into[i].payee for i in held.get(step.payer, [])}
        if step.payer in held and (len(held) >= values["payers"] or len(mine) >= values["payees"]):
            value = sum(into[i].amount for ladder in held.values() for i in ladder)
            firing.setdefault(step.time // gate.window, []).append(((len(held), value, -place), held))
    found = []
    for moments in firing.values():
        (_, _, place), best = max(moments, key=lambda one: one[0])
        first = own[-moments[0][0][2]][0]
        found.append(stated(seen, own, into, (-place, first, spread_least), best, values))
    return found


def stated(
    seen: Book,
    own: Seen,
    into: list[ladders.Step],
    when: tuple[int, int, int],
    held: dict[int, list[int]],
    values: Values,
) -> Instance:
    place, first, spread_least = when
    proof = {step for ladder in held.values() for i in ladder for step in own[i]}
    sizes = [len(ladder) for ladder in held.values()]
    spans = [into[ladder[-1]].time - into[ladder[0]].time for ladder in held.values()]
    sums = [sum(into[i].amount for i in ladder) for ladder in held.values()]
    by_payers = spread_least == 1 and len(held) >= values["payers"]
    spread = len({into[i].payee for i in held[into[place].payer]})
    gates: dict[str, float] = {
        "payers" if by_payers else "payees": len(held) if by_payers else spread,
        "fewest": min(sizes),
        "most": max(sizes),
        "span_days": min(spans) / DAY,
        "total_low": min(sums),
        "total_high": max(sums),
    }
    return seen.instance(seen.rows[own[place][1]][1], sorted(proof), first, gates)
