"""Where each account and each arrow of the flow picture stands: accounts as lanes, and time in steps to the right.

A transfer's step is at least one more than that of the last money that came to its payer, and no less than that of
anything earlier at either of its ends. So an arrow never goes back, and a cycle comes to its first lane further right.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from moneytrail.errors import ParameterError
from moneytrail.tracing import CONSERVING, Break, Standing, find_breaks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from moneytrail.tracing import Rule, Trace

MOST_ARROWS: Final = 400
MOST_STEPS: Final = 24
FEWEST_STEPS: Final = 6
"""Steps are merged until the arrows are few enough, but to no fewer than these: then accounts are folded."""


class Kind(StrEnum):
    """What an arrow is."""

    TRANSFER = "transfer"
    SEED = "seed"
    CASH = "cash"
    OTHER_BANK = "other_bank"
    PURCHASE = "purchase"
    OVERDRAFT = "overdraft"
    TAKEN_BACK = "taken_back"


EXITS: Final = (Kind.CASH, Kind.OTHER_BANK, Kind.PURCHASE, Kind.OVERDRAFT, Kind.TAKEN_BACK)


class Move(NamedTuple):
    """Tainted money that one transfer moved, between account numbers (-1: none)."""

    place: int
    debtor: int
    creditor: int
    amount: int
    kind: Kind
    bought: bool


@dataclass(slots=True)
class Arrow:
    """The transfers of one kind from one lane to another in one step.

    Attributes
    ----------
    step : int
    source, target : int or None
        Lanes; ``None`` where a seed comes from outside the picture, and where an exit leads.
    kind : Kind
    amount : int
        Tainted money, minor units.
    transfers : int
    first, last : int
        When, in microseconds UTC.
    bought : int
        What of the money may have bought something from the lane that it went to.
    payers : dict of int to None
        Account numbers that paid it, in ledger order (-1: cash).
    """

    step: int
    source: int | None
    target: int | None
    kind: Kind
    amount: int = 0
    transfers: int = 0
    first: int = 0
    last: int = 0
    bought: int = 0
    payers: dict[int, None] = field(default_factory=dict)


@dataclass(slots=True)
class Lane:
    """One account, or the accounts that are folded together.

    Attributes
    ----------
    name : str or None
        As the ledger has it; ``None`` for the folded lane.
    accounts : int
        How many it stands for.
    balance : int or None
        All money in it, minor units; ``None`` for one at another bank and for the folded lane.
    holds : int
        Tainted money in it at the end of the trace, minor units.
    outside, frozen : bool
    standing : Standing
        What its holder is held to be.
    marked : mapping of str to int
        Of the folded lane: how many of its accounts are frozen, and held to be a suspect's or a victim's.
    came, paid : int
        Tainted money that came in, and what of it went on to other lanes.
    exits : dict of Kind to (int, int)
        Tainted money that left the picture here, and by how many transfers.
    levels : list of (int, int)
        Of each step: tainted money after what left in it, and after what came in it.
    """

    name: str | None
    accounts: int
    balance: int | None
    holds: int
    outside: bool = False
    frozen: bool = False
    standing: Standing = Standing.UNKNOWN
    marked: Mapping[str, int] = field(default_factory=dict)
    came: int = 0
    paid: int = 0
    exits: dict[Kind, tuple[int, int]] = field(default_factory=dict)
    levels: list[tuple[int, int]] = field(default_factory=list)

    def leaves(self, kind: Kind, amount: int) -> None:
        """Count one transfer out."""
        if kind in EXITS:
            before, transfers = self.exits.get(kind, (0, 0))
            self.exits[kind] = before + amount, transfers + 1
        else:
            self.paid += amount

    def fill(self, changes: Iterable[Sequence[int]]) -> None:
        """Set the levels from what left and what came in each step; never below nothing."""
        level = 0
        for left, came in changes:
            self.levels.append((max(0, level - left), max(0, level - left + came)))
            level += came - left


@dataclass(frozen=True, slots=True)
class Layout:
    """The flow picture as data.

    Attributes
    ----------
    lanes : tuple of Lane
        From top to bottom; the folded one, where there is one, last.
    arrows : tuple of Arrow
        By step, then by lanes.
    steps : tuple of (int, int)
        First and last time of each step, microseconds UTC.
    unmerged : int
        How many steps there were before neighbours were merged.
    inside : (int, int)
        Tainted money that folded accounts moved among each other, and by how many transfers.
    ends : tuple of (str, int)
        Accounts that are drawn as exits, and tainted money in each, most first.
    unreached : int
        Accounts of the trace that hold no tainted money by this rule and moved none.
    """

    lanes: tuple[Lane, ...]
    arrows: tuple[Arrow, ...]
    steps: tuple[tuple[int, int], ...]
    unmerged: int
    inside: tuple[int, int]
    ends: tuple[tuple[str, int], ...]
    unreached: int


def lay_out(
    made: Trace, rule: Rule, most_accounts: int, frozen: Iterable[int], held_to_be: Mapping[int, Standing]
) -> Layout:
    """Place the accounts and transfers of a trace.

    Parameters
    ----------
    made : Trace
        With what transfers carried.
    rule : Rule
        Any that the trace was made by, but poison.
    most_accounts : int
        Lanes, one or more; the accounts with least money beyond them are folded into one more.
    frozen : iterable of int
        Account numbers of the graph. They have lanes first.
    held_to_be : mapping of int to Standing
        By account number; others are unknown.

    Raises
    ------
    ParameterError
        When a parameter is not as said here.

    Notes
    -----
    An account from which no tainted money went on is no lane but an exit where it is at another bank and only one
    account paid it, or where all it got may have bought something; unless a seed paid it, or `frozen` or `held_to_be`
    name it. A transfer that is a seed, from an account in the picture, takes from it what the trace says is missing
    there.

    Time: the transfers that carried tainted money, times how often steps must be merged (a dozen times at most).
    """
    _refuse(made, rule, most_accounts)
    moves = _moves(made, rule)
    told: dict[int, Standing] = {account: held for account, held in held_to_be.items() if held is not Standing.UNKNOWN}
    chosen = _Chosen(made, rule, moves, set(frozen), told)
    kept = min(most_accounts, len(chosen.ranked))
    while True:
        course = _Course(chosen, kept)
        if len(course.keys) <= MOST_ARROWS or kept == 1:
            return course.layout(made)
        kept = max(1, kept * 3 // 4)


def _refuse(made: Trace, rule: Rule, most_accounts: int) -> None:
    if made.carried is None:
        raise ParameterError("what transfers carried was not recorded; trace with record=True")
    if rule not in made.rules:
        raise ParameterError(f"the trace was not made by {rule}; it was by {', '.join(made.rules)}")
    if rule not in CONSERVING:
        raise ParameterError(f"{rule} does not say where each penny is; draw another rule")
    if most_accounts < 1:
        raise ParameterError(f"most_accounts is {most_accounts}; it must be one or more")


def _moves(made: Trace, rule: Rule) -> list[Move]:
    """What moved, in ledger order; what repaid an overdraft, or was taken back with its seed, moves on at once."""
    graph, frame = made.graph, made.carried
    assert frame is not None, "the caller has looked"
    places = frame["place"].to_list()
    tainted = dict(zip(places, frame[f"tainted_{rule}"].to_list(), strict=True))
    repaid = dict(zip(places, frame[f"repaid_{rule}"].fill_null(0).to_list(), strict=True))
    earlier = dict(zip(made.reversals.later.tolist(), made.reversals.earlier.tolist(), strict=True))
    breaks = find_breaks(made)
    sold = set(breaks["place"].filter(breaks["kind"] == str(Break.PURCHASER)).to_list())
    seeds = set(made.seeds.tolist())
    found = []
    for place in sorted({*(at for at, amount in tainted.items() if amount), *earlier}):
        debtor, creditor, amount = int(graph.debtor[place]), int(graph.creditor[place]), tainted.get(place, 0)
        if amount and place in seeds:
            # A seed that was paid out as cash enters where it was taken out.
            sides = (debtor, creditor) if creditor >= 0 else (-1, debtor)
            found.append(Move(place, *sides, amount, Kind.SEED, bought=False))
        if amount and (place not in seeds or creditor < 0):
            kind = Kind.CASH if creditor < 0 else Kind.TRANSFER
            found.append(Move(place, debtor, creditor, amount, kind, place in sold))
        if repaid.get(place):
            found.append(Move(place, creditor, -1, repaid[place], Kind.OVERDRAFT, False))
        gone = tainted.get(earlier[place], 0) - amount if earlier.get(place) in seeds else 0
        if gone > 0:
            found.append(Move(place, debtor, -1, gone, Kind.TAKEN_BACK, False))
    return found


class _Chosen:
    """Which accounts may have lanes, the weightiest first, and which are drawn as exits."""

    def __init__(
        self, made: Trace, rule: Rule, moves: Sequence[Move], frozen: set[int], standing: dict[int, Standing]
    ) -> None:
        self.frozen, self.standing = frozen, standing
        came: dict[int, int] = defaultdict(int)
        payers: dict[int, set[int]] = defaultdict(set)
        sold: dict[int, bool] = defaultdict(lambda: True)
        needed: dict[int, None] = {}
        for move in moves:
            if move.creditor >= 0:
                came[move.creditor] += move.amount
                payers[move.creditor].add(move.debtor)
                sold[move.creditor] &= move.bought
            needed[move.creditor if move.kind is Kind.SEED else move.debtor] = None
        ends = [
            account
            for account in came
            if account not in needed
            and account not in frozen
            and account not in standing
            and (sold[account] or (bool(made.outside[account]) and len(payers[account]) == 1))
        ]
        lanes = {*needed, *came} - set(ends)
        known = {name: (amount, balance) for name, amount, balance in made.accounts.select(
            "account", f"tainted_{rule}", "balance").iter_rows()}  # fmt: skip
        there = {account: known.get(made.graph.names[account], (0, None)) for account in [*lanes, *ends]}
        self.held = {account: amount for account, (amount, _) in there.items()}
        self.balance = {account: balance for account, (_, balance) in there.items()}
        self.ranked = sorted(
            lanes, key=lambda account: (account not in frozen, -max(came[account], self.held[account]), account)
        )
        self.ends = tuple(
            (made.graph.names[account], self.held[account])
            for account in sorted(ends, key=lambda account: (-self.held[account], account))
        )
        self.unreached = len(known) - sum(1 for account in there if made.graph.names[account] in known)
        self.taken = self._taken_by_seeds(moves)

    def _taken_by_seeds(self, moves: Sequence[Move]) -> dict[int, int]:
        """What seeds took of the tainted money of their own payers, by ledger place: what else is missing there."""
        rest: dict[int, int] = defaultdict(int)
        for move in moves:
            rest[move.creditor] += move.amount
            rest[move.debtor] -= move.amount if move.kind is not Kind.SEED else 0
        missing = {account: rest[account] - self.held[account] for account in self.ranked}
        cash = {move.place: move.debtor for move in moves if move.kind is Kind.CASH}
        taken: dict[int, int] = {}
        for move in moves:
            payer = move.debtor if move.debtor >= 0 else cash.get(move.place, -1)
            if move.kind is Kind.SEED and missing.get(payer, 0) > 0:
                taken[move.place] = min(move.amount, missing[payer])
                missing[payer] -= taken[move.place]
        # What a seed took out as cash is new money only so far as it was not tainted before.
        own = [taken.pop(move.place) if move.debtor < 0 and move.place in taken else 0 for move in moves]
        self.moves = [
            move._replace(amount=move.amount - less)
            for move, less in zip(moves, own, strict=True)
            if move.amount > less
        ]
        return taken


class _Drawn(NamedTuple):
    """A move as it is drawn: its step, the lanes it goes between, and as what."""

    step: int
    source: int | None
    target: int | None
    kind: Kind
    move: Move


class _Course:
    """The moves between the first `kept` accounts, the rest folded into one, each at its step."""

    def __init__(self, chosen: _Chosen, kept: int) -> None:
        self.chosen, self.kept = chosen, kept
        self.size = min(kept + 1, len(chosen.ranked))
        lane = {account: min(place, kept) for place, account in enumerate(chosen.ranked)}
        self.inside = (0, 0)
        self.drawn: list[_Drawn] = []
        came, seen = [-1] * self.size, [0] * self.size
        for move in chosen.moves:
            source, target, kind = lane.get(move.debtor), lane.get(move.creditor), move.kind
            if source == target:
                if kind is not Kind.SEED:
                    self.inside = (self.inside[0] + move.amount, self.inside[1] + 1)
                    continue
                source = None
            if kind is Kind.TRANSFER and target is None:
                kind = Kind.PURCHASE if move.bought else Kind.OTHER_BANK
            ends = [side for side in (source, target) if side is not None]
            step = max(0 if source is None else came[source] + 1, *(seen[side] for side in ends))
            for side in ends:
                seen[side] = step
            if target is not None:
                came[target] = step
            self.drawn.append(_Drawn(step, source, target, kind, move))
        self.unmerged = max((one.step for one in self.drawn), default=-1) + 1
        self.steps, self.keys = self._merged()

    def _merged(self) -> tuple[int, list[tuple[int, int | None, int | None, Kind]]]:
        """How many steps there are once neighbours are merged so that arrows are few, and the arrows then."""
        loose = {one[:4] for one in self.drawn}

        def arrows(steps: int) -> set[tuple[int, int | None, int | None, Kind]]:
            return {(step * steps // self.unmerged, source, target, kind) for step, source, target, kind in loose}

        most = min(self.unmerged, MOST_STEPS)
        steps = min(most, FEWEST_STEPS)
        keys = arrows(steps)
        if len(keys) > MOST_ARROWS:
            return steps, list(keys)
        while steps < most:
            middle = (steps + most + 1) // 2
            found = arrows(middle)
            if len(found) <= MOST_ARROWS:
                steps, keys = middle, found
            else:
                most = middle - 1
        return steps, list(keys)

    def layout(self, made: Trace) -> Layout:
        """Everything at its place."""
        time = made.graph.time
        place = {lane: at for at, lane in enumerate(self._order())}
        lanes = self._lanes(made)
        spans: dict[int, list[int]] = {}
        arrows: dict[tuple[int, int | None, int | None, Kind], Arrow] = {}
        change = [[[0, 0] for _ in range(self.steps)] for _ in lanes]
        for raw, source, target, kind, move in self.drawn:
            step, when, amount = raw * self.steps // self.unmerged, int(time[move.place]), move.amount
            span = spans.setdefault(step, [when, when])
            span[0], span[1] = min(span[0], when), max(span[1], when)
            key = (step, source, target, kind)
            if key not in arrows:
                ends = [None if side is None else place[side] for side in (source, target)]
                arrows[key] = Arrow(step, ends[0], ends[1], kind, first=when)
            arrow = arrows[key]
            arrow.amount += amount
            arrow.transfers += 1
            arrow.last = when
            arrow.bought += amount if move.bought and target is not None else 0
            arrow.payers[move.debtor] = None
            if target is not None:
                lanes[target].came += amount
                change[target][step][1] += amount
            if source is not None:
                own = self.chosen.taken.get(move.place, 0) if kind is Kind.SEED else amount
                change[source][step][0] += own
                lanes[source].leaves(kind, own)
        for lane, changes in zip(lanes, change, strict=True):
            lane.fill(changes)
        return Layout(
            lanes=tuple(lanes[lane] for lane in place),
            arrows=tuple(sorted(arrows.values(), key=_rank)),
            steps=tuple((spans[step][0], spans[step][1]) for step in range(self.steps)),
            unmerged=self.unmerged,
            inside=self.inside,
            ends=self.chosen.ends,
            unreached=self.chosen.unreached,
        )

    def _lanes(self, made: Trace) -> list[Lane]:
        chosen = self.chosen
        lanes = [
            Lane(
                made.graph.names[account], 1, chosen.balance[account], chosen.held[account],
                outside=bool(made.outside[account]), frozen=account in chosen.frozen,
                standing=chosen.standing.get(account, Standing.UNKNOWN),
            )
            for account in chosen.ranked[: self.kept]
        ]  # fmt: skip
        rest = chosen.ranked[self.kept :]
        if rest:
            marks = [*("frozen" for account in rest if account in chosen.frozen)]
            marks += [str(chosen.standing[account]) for account in rest if account in chosen.standing]
            holds = sum(chosen.held[account] for account in rest)
            lanes.append(Lane(None, len(rest), None, holds, marked=Counter(marks)))
        return lanes

    def _order(self) -> list[int]:
        """Lanes from top to bottom: as they are first reached, changed while that makes the arrows shorter."""
        first = dict.fromkeys(range(self.size), (len(self.drawn), 0))
        between: dict[tuple[int, int], int] = defaultdict(int)
        for at, (step, source, target, _, _) in enumerate(self.drawn):
            for side in (source, target):
                if side is not None:
                    first[side] = min(first[side], (step, at))
        for _, source, target, _ in self.keys:
            if source is not None and target is not None:
                between[min(source, target), max(source, target)] += 1
        free = sorted(range(min(self.size, self.kept)), key=lambda lane: first[lane])
        fixed = list(range(self.kept, self.size))
        starts = [free, _by_neighbours(free, between)]
        return min((_swapped([*start, *fixed], len(free), between) for start in starts), key=lambda found: found[0])[1]


def _rank(arrow: Arrow) -> tuple[int, int, int, str]:
    ends = [-1 if side is None else side for side in (arrow.source, arrow.target)]
    return arrow.step, ends[0], ends[1], arrow.kind


def _by_neighbours(start: Sequence[int], between: Mapping[tuple[int, int], int]) -> list[int]:
    """Each lane at the mean height of its neighbours, a few times over."""
    height = {lane: float(at) for at, lane in enumerate(start)}
    for _ in range(8):
        sums = {lane: [height[lane], 1.0] for lane in start}
        for (one, other), arrows in between.items():
            for lane, peer in ((one, other), (other, one)):
                if lane in sums and peer in height:
                    sums[lane][0] += arrows * height[peer]
                    sums[lane][1] += arrows
        ranked = sorted(start, key=lambda lane: (sums[lane][0] / sums[lane][1], height[lane]))
        height = {lane: float(at) for at, lane in enumerate(ranked)}
    return sorted(start, key=lambda lane: height[lane])


def _swapped(order: list[int], free: int, between: Mapping[tuple[int, int], int]) -> tuple[int, list[int]]:
    """How many lanes the arrows cross in all, once no two neighbours among the first `free` are better swapped."""
    near: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (one, other), arrows in between.items():
        near[one].append((other, arrows))
        near[other].append((one, arrows))
    at = {lane: place for place, lane in enumerate(order)}
    for _ in range(len(order)):
        better = False
        for place in range(free - 1):
            upper, lower = order[place], order[place + 1]
            # To go down costs for each neighbour above, and saves for each below; the two stay neighbours.
            gain = sum(n if at[peer] > place else -n for peer, n in near[upper] if peer != lower)
            gain -= sum(n if at[peer] > place + 1 else -n for peer, n in near[lower] if peer != upper)
            if gain > 0:
                order[place], order[place + 1] = lower, upper
                at[upper], at[lower] = place + 1, place
                better = True
        if not better:
            break
    return sum(n * abs(at[one] - at[other]) for (one, other), n in between.items()), order
