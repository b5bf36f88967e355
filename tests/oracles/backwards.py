"""Where a balance came from, in plain Python: the ledger is run forwards with every penny coloured by its history.

A colour is an origin (``("cash", place)``, ``("other_bank", place)``, ``("unseen", place)``, ``("opening_balance",
account)``) or a transfer that the penny came through (``("through", place)``). Imports nothing of ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from tests.oracles.end_point import solved

Transfer = tuple[int | None, int | None, int]
"""Debtor, creditor (``None``: cash) and amount; a list of them is in ledger order."""

Colour = tuple[str, int]
Lot = tuple[int, frozenset[Colour]]
Shares = dict[Colour, Fraction]


@dataclass(frozen=True)
class World:
    """Opening balances that are known, accounts whose own ledger is not seen, and transfers that never happened."""

    openings: Mapping[int, int] = field(default_factory=dict)
    outside: frozenset[int] = frozenset()
    struck: frozenset[int] = frozenset()


@dataclass
class Movement:
    """What one transfer did: what the debtor held, what went beyond it, what repaid the creditor's overdraft."""

    place: int
    debtor: int | None
    creditor: int | None
    amount: int
    held: int
    beyond: int
    repaid: int


def movements(transfers: Sequence[Transfer], world: World) -> tuple[list[Movement], dict[int, int]]:
    """All that moves money, by balances alone; and what accounts hold in the end (outside: were paid)."""
    balance = dict(world.openings)
    made = []
    for place, (debtor, creditor, amount) in enumerate(transfers):
        if place in world.struck or debtor == creditor or amount == 0:
            continue
        held, beyond, repaid = 0, amount, 0
        if debtor is not None and debtor not in world.outside:
            held = max(0, balance.get(debtor, 0))
            beyond = max(0, amount - held)
            balance[debtor] = balance.get(debtor, 0) - amount
            if debtor not in world.openings:
                balance[debtor] = max(0, balance[debtor])
        if creditor is not None:
            if creditor not in world.outside:
                repaid = min(amount, max(0, -balance.get(creditor, 0)))
            balance[creditor] = balance.get(creditor, 0) + amount
        made.append(Movement(place, debtor, creditor, amount, held, beyond, repaid))
    return made, {account: max(0, left) for account, left in balance.items()}


def origin_of(move: Movement, world: World) -> Colour:
    """The colour of what nobody saw come into the account that paid it."""
    if move.debtor is None:
        return "cash", move.place
    return ("other_bank" if move.debtor in world.outside else "unseen"), move.place


def _first(lots: Sequence[Lot], amount: int) -> tuple[list[Lot], list[Lot]]:
    out, rest = [], list(lots)
    while amount:
        value, colours = rest.pop(0)
        out.append((min(value, amount), colours))
        if value > amount:
            rest.insert(0, (value - amount, colours))
        amount -= min(value, amount)
    return out, rest


def _taken(rule: str, lots: Sequence[Lot], amount: int) -> tuple[list[Lot], list[Lot]]:
    if rule == "fifo":
        return _first(lots, amount)
    out, rest = _first(lots[::-1], amount)
    return out[::-1], rest[::-1]


def in_order(transfers: Sequence[Transfer], world: World, account: int, rule: str) -> dict[Colour, int]:
    """By ``fifo`` or ``lifo``: how much of an account's money has each colour."""
    lots: dict[int | None, list[Lot]] = {
        own: [(opening, frozenset({("opening_balance", own)}))]
        for own, opening in world.openings.items()
        if opening > 0
    }
    for move in movements(transfers, world)[0]:
        out: list[Lot] = []
        if move.amount > move.beyond:
            out, lots[move.debtor] = _taken(rule, lots[move.debtor], move.amount - move.beyond)
        if move.beyond:
            out = [*out, (move.beyond, frozenset({origin_of(move, world)}))]
        came = [(value, colours | {("through", move.place)}) for value, colours in out]
        _, came = _taken(rule, came, move.repaid)
        lots[move.creditor] = [*lots.get(move.creditor, []), *came]
    found: dict[Colour, int] = {}
    for value, colours in lots.get(account, []):
        for colour in colours:
            found[colour] = found.get(colour, 0) + value
    return found


def haircut(transfers: Sequence[Transfer], world: World, account: int) -> Shares:
    """By rolling pro rata, exactly."""
    pots: dict[int | None, Shares] = {
        own: {("opening_balance", own): Fraction(opening)} for own, opening in world.openings.items() if opening > 0
    }
    for move in movements(transfers, world)[0]:
        came: Shares = {}
        if move.amount > move.beyond:
            part = Fraction(move.amount - move.beyond, move.held)
            came = {colour: value * part for colour, value in pots[move.debtor].items()}
            pots[move.debtor] = {colour: value - came[colour] for colour, value in pots[move.debtor].items()}
        if move.beyond:
            came[origin_of(move, world)] = Fraction(move.beyond)
        came["through", move.place] = Fraction(move.amount)
        there = pots.setdefault(move.creditor, {})
        for colour, value in came.items():
            kept = value * Fraction(move.amount - move.repaid, move.amount)
            there[colour] = there.get(colour, Fraction(0)) + kept
    return {colour: value for colour, value in pots.get(account, {}).items() if value}


def end_point(transfers: Sequence[Transfer], world: World, account: int) -> Shares:
    """By the end-point rule: for each colour the equations of the funds, solved."""
    moves, left = movements(transfers, world)
    if not left.get(account):
        return {}
    whole = dict(left)
    for own in whole:
        whole[own] += sum(move.repaid for move in moves if move.creditor == own)
        if own not in world.outside:
            whole[own] += sum(move.amount for move in moves if move.debtor == own)
    sources: dict[Colour, tuple[int | None, int, int | None]] = {
        ("opening_balance", own): (own, opening, None) for own, opening in world.openings.items() if opening > 0
    }
    for move in moves:
        sources["through", move.place] = (move.creditor, move.amount, move.place)
        hidden = move.debtor is None or move.debtor in world.outside
        if move.beyond:
            sources[origin_of(move, world)] = (move.creditor if hidden else move.debtor, move.beyond, None)
    found = {}
    for colour, (fund, amount, place) in sources.items():
        if fund is not None:
            came = _spread(moves, world, whole, (fund, amount, place)).get(account, Fraction(0))
            found[colour] = came * Fraction(left[account], whole[account])
    return {colour: value for colour, value in found.items() if value}


def _spread(
    moves: Sequence[Movement], world: World, whole: Mapping[int, int], source: tuple[int, int, int | None]
) -> dict[int, Fraction]:
    """What of an amount that is put into one fund comes into each, not again through the transfer that brought it."""
    fund, amount, place = source
    usual = [m for m in moves if m.place != place and m.debtor is not None and m.debtor not in world.outside]
    reached = {fund}
    for _ in whole:
        reached |= {move.creditor for move in usual if move.debtor in reached and move.creditor is not None}
    accounts = sorted(reached)
    number = {own: i for i, own in enumerate(accounts)}
    rows = [[Fraction(int(i == j)) for j in range(len(accounts))] for i in range(len(accounts))]
    for move in usual:
        if move.debtor in number and move.creditor in number:
            rows[number[move.creditor]][number[move.debtor]] -= Fraction(move.amount, whole[move.debtor])
    return dict(zip(accounts, solved(rows, [Fraction(amount * (own == fund)) for own in accounts]), strict=True))
