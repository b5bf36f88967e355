"""Tainted money in motion: how it moved, and how it would go on if the days to come were like those that were seen."""

from __future__ import annotations

from dataclasses import dataclass
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
        All equally likely.
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
        return len(self.scenarios)

    @property
    def size(self) -> int:
        """How many accounts there are."""
        return len(self.names)

    def intercepted(self, frozen: NDArray[np.bool_]) -> float:
        """Expected money caught by freezing these accounts (bool[n]), minor units."""
        left = np.empty(self.size, np.float64)
        total: float = sum(kernel.intercepted(one.moves, frozen, one.since, left) for one in self.scenarios)
        return total / len(self.scenarios)

    def gains(self, frozen: NDArray[np.bool_], candidates: NDArray[np.int64]) -> NDArray[np.float64]:
        """What each candidate (int64[c]) would add to that; float64[c]."""
        parts = [kernel.gains(one.moves, frozen, one.since, candidates) for one in self.scenarios]
        found: NDArray[np.float64] = np.mean(parts, axis=0)
        return found

    def through(self) -> NDArray[np.float64]:
        """The most that each account could catch: what lies in it when a freeze begins, and what reaches it then."""
        found: NDArray[np.float64] = np.mean([kernel.through(one.moves, one.since) for one in self.scenarios], axis=0)
        return found

    def waiting(self) -> NDArray[np.float64]:
        """Money expected in each account when a freeze begins; float64[n]."""
        found: NDArray[np.float64] = np.mean([kernel.advance(one.moves, one.since) for one in self.scenarios], axis=0)
        return found

    def at_stake(self) -> float:
        """Expected money that is in the network when a freeze begins, or comes into it later; minor units."""
        nothing = np.zeros(self.size, np.bool_)
        total = 0.0
        for one in self.scenarios:
            _, left, moved = kernel.run(one.moves, nothing, one.since)
            gone = moved[(one.moves.creditor < 0) & (np.arange(moved.size) >= one.since)].sum()
            total += left.sum() + gone
        return total / len(self.scenarios)


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
    starting point of each.

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
        Stretches of the past, 1 or more; those that begin before the data do are left out, but for the last one.
    with_unknown : bool
        Count money of which nobody saw where it came from as proceeds too: the other end of what is not known.

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
    graph, seen = made.graph, _Seen.of(made, rule, with_unknown)
    if made.end == 0:
        raise ParameterError("the ledger is empty up to the end of the trace")
    now, span = int(graph.time[made.end - 1]), (delay + horizon) // MICROSECOND
    begins = [now - span * (turn + 1) for turn in range(repeats)]
    begins = [begin for turn, begin in enumerate(begins) if turn == 0 or begin >= int(graph.time[0]) - span // 2]
    scenarios = tuple(seen.scenario(graph, begin, span, delay // MICROSECOND) for begin in begins)
    return Flows(
        graph.names.gather(pl.Series(seen.account)), seen.account, scenarios, rule, with_unknown, delay, horizon
    )


@dataclass(frozen=True, eq=False)
class _Seen:
    """Every transfer that carried tainted money, as a share of what its account held, and what is held now."""

    account: NDArray[np.int64]
    place: NDArray[np.int64]
    debtor: NDArray[np.int32]
    creditor: NDArray[np.int32]
    share: NDArray[np.float64]
    fresh: NDArray[np.float64]
    held: NDArray[np.float64]

    @classmethod
    def of(cls, made: Trace, rule: Rule, with_unknown: bool) -> _Seen:
        graph, carried = made.graph, made.carried
        assert carried is not None, "the caller has looked"
        tainted = carried[f"tainted_{rule}"].to_numpy()
        if with_unknown:
            tainted = tainted + carried[f"unknown_{rule}"].to_numpy()
        place = carried["place"].to_numpy()[tainted > 0]
        kept = (tainted - carried[f"repaid_{rule}"].fill_null(0).to_numpy())[tainted > 0]
        tainted = tainted[tainted > 0]
        outside = np.append(made.outside, True)
        rows = np.flatnonzero(graph.names.is_in(made.accounts["account"].implode()).to_numpy())
        number = np.full(graph.accounts + 1, -1, np.int32)
        number[rows] = np.arange(rows.size)
        debtor, creditor = number[graph.debtor[place]], number[graph.creditor[place]]
        # Money that reaches another bank, or cash, has left: it is not known to come back.
        creditor = np.where(outside[graph.creditor[place]], -1, creditor).astype(np.int32)
        seed = np.isin(place, made.seeds)
        debtor = np.where(seed | outside[graph.debtor[place]], -1, debtor).astype(np.int32)
        here = made.accounts.join(
            pl.DataFrame({"account": graph.names.gather(pl.Series(rows))}).with_row_index("at"), on="account"
        )
        amount = here[f"tainted_{rule}"] + (here[f"unknown_{rule}"] if with_unknown else 0)
        held = np.zeros(rows.size, np.float64)
        held[here["at"].to_numpy()] = np.where(here["outside"].to_numpy(), 0, amount.to_numpy())
        share = kernel.shares_of(debtor, creditor, tainted, kept, held.copy())
        fresh = np.where(debtor < 0, tainted, 0).astype(np.float64)
        return cls(rows, place, debtor, creditor, share, fresh, held)

    def scenario(self, graph: TransactionGraph, begin: int, span: int, delay: int) -> Scenario:
        """The moves after `begin` to `begin` + `span`, from what is held now."""
        time = graph.time[self.place]
        first, since, last = (int(np.searchsorted(time, begin + after, side="right")) for after in (0, delay, span))
        part = slice(first, last)
        moves = Moves(self.debtor[part], self.creditor[part], self.share[part], self.fresh[part], self.held)
        return Scenario(moves, since - first, self.place[part])
