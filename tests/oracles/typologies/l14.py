"""L14 by its definition. Imports nothing of ours."""

from __future__ import annotations

from datetime import date
from itertools import combinations
from typing import Any

from tests.oracles.book import DAY, PULLED, Book, Instance, Values, World, book

HASHED = ("device_hash", "email_hash", "phone_hash", "address_hash")
Group = tuple[frozenset[int], bool]
"""Accounts, and whether they are a group by their first payee only."""


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    length = int(values["window_days"] * DAY)
    found: set[Instance] = set()
    for group in groups(seen, world, values):
        events = events_of(seen, world, group, values)
        best: dict[int, tuple[Any, ...]] = {}
        opening: dict[int, int] = {}
        for last, (end, _) in enumerate(events):
            now = seen.rows[end][2]
            window = [one for one in events[: last + 1] if seen.rows[one[0]][2] > now - length]
            people = {holder(seen, world, account) for _, account in window}
            if len(people) < values["holders"]:
                continue
            sent = sum(seen.rows[p][3] for p, account in window if is_push(seen, p, account))
            period = now // length
            opening.setdefault(period, end)
            rank = (len(people), sent, -last)
            if period not in best or rank > best[period][0]:
                best[period] = (rank, window, len(people))
        for period, (_, window, people_) in best.items():
            proof = evidence(seen, world, group, window)
            gates = {"holders": people_, "shared": len(common(seen, world, group, values) - {"address_hash"})}
            found.add(seen.instance(window[0][1], proof, opening[period], gates))
    return sorted(found)


def known(seen: Book, world: World, account: int, kind: str) -> Any:
    return world.links.get(seen.names[account], {}).get(kind)


def holder(seen: Book, world: World, account: int) -> str:
    party = known(seen, world, account, "party")
    return f"party {party}" if party is not None else f"account {account}"


def opened(seen: Book, world: World, account: int) -> int | None:
    day = known(seen, world, account, "opened")
    return None if day is None else (day - date(1970, 1, 1)).days


def is_push(seen: Book, place: int, account: int) -> bool:
    debtor, creditor = seen.rows[place][:2]
    return debtor == account and creditor >= 0 and seen.transfers[place]["channel"] not in PULLED


def first_payment(seen: Book, world: World, account: int, values: Values) -> int | None:
    day = opened(seen, world, account)
    if day is None or not seen.rows or day * DAY < seen.rows[0][2]:
        return None
    paid = [p for p, row in enumerate(seen.rows) if is_push(seen, p, account) and row[0] != row[1]]
    in_time = paid and seen.rows[paid[0]][2] < (day + values["first_days"]) * DAY
    return paid[0] if in_time else None


def alike(seen: Book, world: World, accounts: frozenset[int], kind: str, values: Values) -> bool:
    """Whether accounts have one thing in common."""
    if kind == "batch":
        days = [opened(seen, world, a) for a in accounts]
        there = [day for day in days if day is not None]
        return len(there) == len(days) and max(there) - min(there) <= values["batch_days"]
    if kind == "payee":
        first = [first_payment(seen, world, a, values) for a in accounts]
        return len({None if p is None else seen.rows[p][1] for p in first}) == 1 and None not in first
    codes = {known(seen, world, a, kind) for a in accounts}
    return len(codes) == 1 and codes != {None}


def common(seen: Book, world: World, group: Group, values: Values) -> set[str]:
    accounts, by_payee = group
    kinds = (*HASHED, "batch", *(("payee",) if by_payee else ()))
    return {kind for kind in kinds if alike(seen, world, accounts, kind, values)}


def groups(seen: Book, world: World, values: Values) -> list[Group]:
    everyone = range(len(seen.names))
    sets = [frozenset(part) for size in range(2, len(seen.names) + 1) for part in combinations(everyone, size)]
    made: set[Group] = set()
    for pair in combinations((*HASHED, "batch", "payee"), 2):
        if not set(pair) & set(HASHED):
            continue
        fit = [one for one in sets if all(alike(seen, world, one, kind, values) for kind in pair)]
        made |= {(one, "payee" in pair) for one in fit if not any(one < other for other in fit)}
    held = [group for group in made if qualifies(seen, world, group, values)]
    return [
        group
        for group in held
        if not any(other != group and group[0] <= other[0] and other[1] <= group[1] for other in held)
    ]


def qualifies(seen: Book, world: World, group: Group, values: Values) -> bool:
    things = common(seen, world, group, values)
    wanted = values["shared_at_home"] if "address_hash" in things else values["shared"]
    people = {holder(seen, world, account) for account in group[0]}
    return len(people) >= values["holders"] and len(things - {"address_hash"}) >= wanted and bool(
        things & {"device_hash", "batch"}
    )  # fmt: skip


def events_of(seen: Book, world: World, group: Group, values: Values) -> list[tuple[int, int]]:
    """Every transfer of the group with its account, in order; of one between two the debtor's first."""
    found = []
    for place, (debtor, creditor, now, _) in enumerate(seen.rows):
        for account in (debtor, creditor) if debtor != creditor else ():
            if account not in group[0] or seen.transfers[place]["channel"] == "internal":
                continue
            first = first_payment(seen, world, account, values) if group[1] else 0
            day = opened(seen, world, account) or 0
            if not group[1] or (first is not None and place >= first and now < (day + values["first_days"]) * DAY):
                found.append((place, account))
    return found


def evidence(seen: Book, world: World, group: Group, window: list[tuple[int, int]]) -> list[int]:
    first: dict[int, int] = {}
    for place, account in window:
        first.setdefault(account, place)
    out = [(p, a) for p, a in window if is_push(seen, p, a) and seen.rows[p][1] not in group[0]]
    payees: dict[int, tuple[int, int, int]] = {}
    for payee in {seen.rows[p][1] for p, _ in out}:
        paid = [(p, a) for p, a in out if seen.rows[p][1] == payee]
        people = {holder(seen, world, a) for _, a in paid}
        if len(people) > 1:
            payees[payee] = (len(people), sum(seen.rows[p][3] for p, _ in paid), -paid[0][0])
    shared = max(payees, key=lambda payee: payees[payee], default=None)
    return sorted({*first.values(), *(p for p, _ in out if seen.rows[p][1] == shared)})
