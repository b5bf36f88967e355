"""Tainted money in motion: how it moved, and how it would go on if the days to come were like those that were seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from moneytrail.errors import ParameterError
from moneytrail.kernels import freezing as kernel
from moneytrail.kernels.freezing import Moves
from moneytrail.tracing import Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.tracing import Trace

MICROSECOND: Final = timedelta(microseconds=1)

BY_TIME: Final = (Rule.FIFO, Rule.LIFO, Rule.HAIRCUT, Rule.CLEAN_FIRST, Rule.TAINTED_FIRST)
"""The rules that say which transfer took what. The end-point rule ignores order, and poison counts money twice."""


REPEATS: Final = 8
"""Stretches of the past that stand for what comes next (design; on simulated gangs 8 caught more than 1 or 4)."""


@dataclass(frozen=True, eq=False)
class Scenario:
    """One course that the money may take.

    Attributes
    ----------
    moves : Moves
        Over the accounts of a :class:`Flows`.
    since : int
        The move from which on a freeze holds.
    place : int64[m]
        The transfer's place in the ledger that each move is taken from.
    """

    moves: Moves
    since: int
    place: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Flows:
    """A gang's money: where it lies now, and how it may move.

    Attributes
    ----------
    names : polars Series of String
        The accounts, numbered as in the moves.
    account : int64[n]
        Their numbers in the graph.
    scenarios : tuple of Scenario
        All equally likely. With unknown money each course stands twice, the second time for the unknown money alone,
        and what the two say adds up: unknown money is never in the way of proceeds.
    rule : Rule
        By which rule the money was traced.
    with_unknown : bool
        Whether money of which nobody saw where it came from counts as proceeds too.
    delay, horizon : timedelta
        From now until a freeze holds, and for how long after that money is counted.
    displaced : tuple of tuple of str
        The accounts of each earlier freeze, that substitutes have taken over from.
    """

    names: pl.Series
    account: NDArray[np.int64]
    scenarios: tuple[Scenario, ...]
    rule: Rule
    with_unknown: bool
    delay: timedelta
    horizon: timedelta
    displaced: tuple[tuple[str, ...], ...] = ()

    @property
    def repeats(self) -> int:
        """Of how many stretches of the past it is made."""
        return len(self.scenarios) // (2 if self.with_unknown else 1)

    @property
    def size(self) -> int:
        """How many accounts there are."""
        return len(self.names)

    def intercepted(self, frozen: NDArray[np.bool_]) -> float:
        """Expected money caught by freezing these accounts (bool[n]), minor units."""
        left = np.empty(self.size, np.float64)
        total: float = sum(kernel.intercepted(one.moves, frozen, one.since, left) for one in self.scenarios)
        return total / self.repeats

    def gains(self, frozen: NDArray[np.bool_], candidates: NDArray[np.int64]) -> NDArray[np.float64]:
        """What each candidate (int64[c]) would add to that; float64[c]."""
        parts = [kernel.gains(one.moves, frozen, one.since, candidates) for one in self.scenarios]
        return self._mean(parts)

    def through(self, *, now: bool = False) -> NDArray[np.float64]:
        """The most that each account could catch: what lies in it when a freeze begins, and what reaches it then.

        float64[n]; with `now` as if a freeze began at once.
        """
        return self._mean([kernel.through(one.moves, 0 if now else one.since) for one in self.scenarios])

    def without_fresh(self) -> Flows:
        """The same without new proceeds: what is there now alone."""
        return replace(
            self,
            scenarios=tuple(
                replace(one, moves=one.moves._replace(fresh=np.zeros_like(one.moves.fresh))) for one in self.scenarios
            ),
        )

    def waiting(self) -> NDArray[np.float64]:
        """Money expected in each account when a freeze begins; float64[n]."""
        return self._mean([kernel.advance(one.moves, one.since) for one in self.scenarios])

    def _mean(self, parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = np.sum(parts, axis=0) / self.repeats
        return found

    def at_stake(self) -> float:
        """Expected money that is in the network when a freeze begins, or comes into it later; minor units."""
        nothing = np.zeros(self.size, np.bool_)
        total = 0.0
        for one in self.scenarios:
            _, left, moved = kernel.run(one.moves, nothing, one.since)
            gone = moved[(one.moves.creditor < 0) & (np.arange(moved.size) >= one.since)].sum()
            total += left.sum() + gone
        return total / self.repeats


def forecast(
    made: Trace,
    rule: Rule = Rule.TAINTED_FIRST,
    *,
    delay: timedelta,
    horizon: timedelta,
    repeats: int = REPEATS,
    with_unknown: bool = False,
) -> Flows:
    """How the money that a trace found would move if the time to come were like the time before.

    The last ``repeats`` stretches of ``delay + horizon`` are each taken for what comes next: every transfer takes the
    share of its account's tainted money that it took then, and as much new proceeds come in. What is there now is the
    starting point of each. What repaid an overdraft then leaves the network again, as does what went with a seed that
    was taken back; a seed that an account paid out of proceeds takes its share of them along, and only the rest of it
    is new.

    Parameters
    ----------
    made : Trace
        With what transfers carried, up to now.
    rule : Rule
        Of :data:`BY_TIME`. It tells what has moved, and is no claim: those who pass proceeds on send what came in,
        which is what *tainted first* says.
    delay, horizon : timedelta
        Until a freeze holds, and for how long after that money counts.
    repeats : int
        Stretches of the past, 1 or more; of those that the data do not cover, one of which at least half lies in the
        data counts as whole, and so does the last one; others are left out.
    with_unknown : bool
        Count money of which nobody saw where it came from as proceeds too: the other end of what is not known. New
        money of that kind is not foreseen.

    Raises
    ------
    ParameterError
        When the trace did not record what transfers carried, the rule was not traced or keeps no order of time, or a
        time is below zero.
    """
    if made.carried is None:
        raise ParameterError("what transfers carried was not recorded; trace with record=True")
    if rule not in BY_TIME:
        raise ParameterError(f"{rule} does not say which transfer took what; plan by {', '.join(BY_TIME)}")
    if rule not in made.rules:
        raise ParameterError(f"the trace was not made by {rule}")
    if delay < timedelta(0) or horizon <= timedelta(0) or repeats < 1:
        raise ParameterError("the delay must be zero or more, the horizon and the repeats above zero")
    graph = made.graph
    kinds = ("tainted", "unknown") if with_unknown else ("tainted",)
    seen = [_Seen.of(made, rule, kind) for kind in kinds]
    now, span = int(graph.time[made.end - 1]), (delay + horizon) // MICROSECOND
    begins = [now - span * (turn + 1) for turn in range(repeats)]
    begins = [begin for turn, begin in enumerate(begins) if turn == 0 or begin >= int(graph.time[0]) - span // 2]
    scenarios = tuple(one.scenario(graph, begin, span, delay // MICROSECOND) for one in seen for begin in begins)
    account = seen[0].account
    return Flows(graph.names.gather(pl.Series(account)), account, scenarios, rule, with_unknown, delay, horizon)


def find_quiet_exits(made: Trace, rule: Rule) -> dict[int, int]:
    """Tainted money that left an account with a transfer that did not carry it on as what it was, by ledger place.

    A seed that an account pays out of tainted money makes all that it brings tainted anew; one that takes a seed back
    takes tainted money out of the world. A trace records neither, but they follow from what else came, went and is
    there: to the penny for a rule that takes tainted money first, and for an account with one such transfer; by other
    rules the first of several are taken to have carried it.
    """
    graph, carried = made.graph, made.carried
    assert carried is not None, "the caller has looked"
    inside = np.zeros(graph.accounts + 1, np.bool_)
    inside[:-1] = graph.names.is_in(made.accounts["account"].implode()).to_numpy() & ~made.outside
    seeds = made.seeds[inside[graph.debtor[made.seeds]]]
    back = made.reversals.later[np.isin(made.reversals.earlier, made.seeds)]
    back = back[inside[graph.debtor[back]]]
    places = np.concatenate([seeds, back])
    if not places.size:
        return {}
    amounts = _amounts(carried, rule, "tainted")
    row = {place: at for at, place in enumerate(carried["place"].to_list())}
    concerned = np.zeros(graph.accounts + 1, np.bool_)
    concerned[graph.debtor[places]] = True
    at = carried["place"].to_numpy()
    at = np.union1d(at[concerned[graph.debtor[at]] | concerned[graph.creditor[at]]], places)
    known, taken_back = set(made.seeds.tolist()), set(back.tolist())
    tainted, kept = (dict(zip(row, values.tolist(), strict=True)) for values in amounts)
    held = dict(zip(made.accounts["account"], made.accounts[f"tainted_{rule}"], strict=True))
    account = np.flatnonzero(concerned).tolist()
    rest = {one: -held[graph.names[one]] for one in account}
    for place in at.tolist():
        payer, payee = int(graph.debtor[place]), int(graph.creditor[place])
        if payer in rest and place not in known:
            rest[payer] -= tainted.get(place, 0)
        if payee in rest:
            rest[payee] += kept.get(place, 0)
    found: dict[int, int] = {}
    pool = dict.fromkeys(account, 0)
    for place in at.tolist():
        payer, payee = int(graph.debtor[place]), int(graph.creditor[place])
        if payer in rest:
            shown = 0 if place in known else tainted.get(place, 0)
            if place in known or place in taken_back:
                quiet = max(0, min(int(graph.amount[place]) - shown, pool[payer] - shown, rest[payer]))
                rest[payer] -= quiet
                pool[payer] -= quiet
                if quiet:
                    found[place] = quiet
            pool[payer] -= shown
        if payee in rest:
            pool[payee] += kept.get(place, 0)
    return found


def _amounts(carried: pl.DataFrame, rule: Rule, kind: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What each transfer of a record brought of a kind of money, and what of that did not repay an overdraft."""
    brought = carried[f"{kind}_{rule}"].to_numpy()
    # What of unknown money repaid an overdraft is not recorded.
    return brought, brought - carried[f"repaid_{rule}"].fill_null(0).to_numpy() if kind == "tainted" else brought


@dataclass(frozen=True, eq=False)
class _Seen:
    """Every movement of one kind of money, as a share of what its account held, and what is held now."""

    account: NDArray[np.int64]
    place: NDArray[np.int64]
    debtor: NDArray[np.int32]
    creditor: NDArray[np.int32]
    share: NDArray[np.float64]
    fresh: NDArray[np.float64]
    held: NDArray[np.float64]

    @classmethod
    def of(cls, made: Trace, rule: Rule, kind: str) -> _Seen:
        graph, carried = made.graph, made.carried
        assert carried is not None, "the caller has looked"
        rows = np.flatnonzero(graph.names.is_in(made.accounts["account"].implode()).to_numpy())
        number = np.full(graph.accounts + 1, -1, np.int32)
        number[rows] = np.arange(rows.size)
        # Money that reaches another bank, or cash, has left: it is not known to come back.
        number[:-1][made.outside] = -1
        place, amount, debtor, creditor = _parted(made, rule, kind, number)
        here = made.accounts.join(
            pl.DataFrame({"account": graph.names.gather(pl.Series(rows))}).with_row_index("at"), on="account"
        )
        held = np.zeros(rows.size, np.float64)
        held[here["at"].to_numpy()] = np.where(here["outside"].to_numpy(), 0, here[f"{kind}_{rule}"].to_numpy())
        share = kernel.shares_of(debtor, creditor, amount, amount, held.copy())
        fresh = np.where(debtor < 0, amount, 0).astype(np.float64)
        return cls(rows, place, debtor, creditor, share, fresh, held)

    def scenario(self, graph: TransactionGraph, begin: int, span: int, delay: int) -> Scenario:
        """The moves after `begin` to `begin` + `span`, from what is held now."""
        time = graph.time[self.place]
        first, since, last = (int(np.searchsorted(time, begin + after, side="right")) for after in (0, delay, span))
        part = slice(first, last)
        moves = Moves(self.debtor[part], self.creditor[part], self.share[part], self.fresh[part], self.held)
        return Scenario(moves, since - first, self.place[part])


def _parted(
    made: Trace, rule: Rule, kind: str, number: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """The record's transfers by where their money came from and whether it stayed: place, amount, debtor, creditor.

    A transfer is up to four movements: of its debtor's money and of fresh money, each to its creditor or away.
    """
    graph, carried = made.graph, made.carried
    assert carried is not None, "the caller has looked"
    quiet = find_quiet_exits(made, rule) if kind == "tainted" else {}
    known = carried["place"].to_numpy()
    place = np.union1d(known, np.array(list(quiet), np.int64))
    brought, kept, gone = (np.zeros(place.size, np.int64) for _ in range(3))
    at = np.searchsorted(place, known)
    brought[at], kept[at] = _amounts(carried, rule, kind)
    gone[np.searchsorted(place, np.array(list(quiet), np.int64))] = list(quiet.values())
    debtor, creditor = number[graph.debtor[place]], number[graph.creditor[place]]
    seed = np.isin(place, made.seeds)
    # What a seed took out of proceeds is part of what it brought; what was withdrawn with one goes beside it.
    own = np.where(debtor < 0, 0, np.where(seed, gone, brought + gone))
    new = np.where(debtor < 0, brought, np.where(seed, brought - gone, 0))
    stays = np.minimum(own, kept)
    nobody = np.full(place.size, -1, np.int32)
    amount = np.stack([stays, own - stays, kept - stays, new - (kept - stays)], axis=1).ravel()
    moved = amount > 0
    return (
        np.repeat(place, 4)[moved],
        amount[moved],
        np.stack([debtor, debtor, nobody, nobody], axis=1).ravel()[moved],
        np.stack([creditor, nobody, creditor, nobody], axis=1).ravel()[moved],
    )
