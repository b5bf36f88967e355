"""Which few accounts to freeze, in which order, and what that leaves.

What a set of accounts catches is expected money that meets one of them (:mod:`moneytrail.kernels.freezing`). It is
submodular, so that taking the account that adds most, again and again, is never worse than 63 % of the best set of as
many accounts (Nemhauser, Wolsey and Fisher, Mathematical Programming 14, 1978); with a cost for each account the better
of two such orders is never worse than 31 % of it (Leskovec and others, Cost-effective outbreak detection in networks,
2007); where the number and the cost are both limited, the best of three is never worse than 10 %. Small networks are
searched to the end. Every plan also states a bound on the best of its own numbers.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from math import comb, e
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from moneytrail.disruption.displacement import displace
from moneytrail.disruption.flows import BY_TIME, MICROSECOND, forecast
from moneytrail.errors import ParameterError
from moneytrail.kernels import freezing as kernel
from moneytrail.tracing import Rule, Standing, band

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from moneytrail.disruption.flows import Flows
    from moneytrail.tracing import Trace

GUARANTEE: Final = 1 - 1 / e
"""Of the best set of as many accounts, at least."""
GUARANTEE_BY_COST: Final = GUARANTEE / 2
GUARANTEE_BY_BOTH: Final = GUARANTEE_BY_COST / 3
"""The larger of its part of the cost and its part of the number is what an account takes of one budget. A set within
both limits takes two such budgets at most, so it fits into three, and one of the three parts has a third of its catch.
The other two orders alone prove nothing here: one may spend all on a dear account, one fill up with cheap ones."""

MOST_SETS: Final = 20_000
"""Sets of accounts that are tried one by one; where there are more, the greedy order is taken."""

LEAST_SHARE: Final = 0.1
"""An account of whose money a smaller share is proceeds is not proposed: a freeze would hit others most (design)."""

LEAST: Final = 1.0
"""Minor units that an account must add to be named."""

OTHER_BANK: Final = "at another bank, where this one can freeze nothing"
VICTIM: Final = "held to be a victim"
PAYER: Final = "paid a seed, so that its holder may be a victim; name it a suspect's where that is known"
NOT_NAMED: Final = "not among the accounts to which the plan is limited"
MIXED: Final = "too small a share of its money is proceeds: a freeze would hit other money most"
TOO_DEAR: Final = "costs more than the budget"
TOO_LATE: Final = "what is in it is expected to be gone before the orders hold"
ADDS_LESS: Final = "adds less than those chosen: the budget is used up, or they catch the same money"
"""Why an account is not proposed."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much may be frozen.

    Attributes
    ----------
    accounts : int or None
        At most so many; ``None``: no limit but the cost.
    cost : int or None
        The costs of all accounts together, at most; ``None``: no limit but the number.
    costs : mapping
        By account, above zero; every other account costs 1.
    """

    accounts: int | None = 5
    cost: int | None = None
    costs: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.accounts is None and self.cost is None:
            raise ParameterError("the budget has no limit; name a number of accounts or a cost")
        for name, value in (("accounts", self.accounts), ("cost", self.cost)):
            if value is not None and value < 1:
                raise ParameterError(f"the budget's {name} is {value}; it must be 1 or more")
        for account, cost in self.costs.items():
            if cost < 1:
                raise ParameterError(f"the cost of {account!r} is {cost}; it must be 1 or more")


@dataclass(frozen=True, slots=True)
class Step:
    """One account of a plan.

    Attributes
    ----------
    account : str
    gain : int
        Expected proceeds that it adds to what the accounts before it catch, minor units; so are all amounts.
    caught : int
        Those caught with it and all before it.
    now : int
        What of these is there already; the rest is foreseen to come in.
    cost : int
    balance : int or None
        Now; ``None`` at another bank.
    tainted : mapping
        ``low`` and ``high``: tainted money in it now, over the rules.
    unknown : int
        Money in it now of which nobody saw where it came from, at most.
    collateral_now : mapping
        ``low`` and ``high``: what of its balance is not tainted, by the high and by the low figure, and would be frozen
        too; ``None`` where the balance is not known.
    collateral_later : int
        Other money expected to come in from the freeze until the plan's end, which would be frozen too.
    share : float
        Proceeds in all that lies in it now and comes in until the plan's end; of a frozen account's substitute 1.
    held_to_be : str
    """

    account: str
    gain: int
    caught: int
    cost: int
    balance: int | None
    tainted: Mapping[str, int | None]
    unknown: int
    collateral_now: Mapping[str, int | None]
    collateral_later: int
    share: float
    held_to_be: str
    now: int = 0


@dataclass(frozen=True, eq=False)
class FreezePlan:
    """Which accounts to freeze, what that catches, and what it leaves. Amounts are expected minor units.

    Attributes
    ----------
    flows : Flows
    steps : tuple of Step
        The accounts in order: stop anywhere, and what is above the line is still a plan.
    at_stake : int
        Proceeds that are in the network when the freeze begins, or come in until the plan's end.
    bound : int
        No set within the budget catches more.
    guarantee : float
        What share of the best set's catch the method never falls below; 1 where every set was tried.
    left : polars DataFrame
        ``account, amount``: proceeds in other accounts at the end, the largest first.
    gone : polars DataFrame
        ``from, to, amount``: proceeds that leave the network all the same: to ``cash``, to an account at another bank,
        to one whose overdraft they repay, or back to a payer whose payment is taken back.
    by_rule : mapping
        What the same accounts catch when the money is traced by another rule.
    with_unknown : int
        What they catch if all money of which nobody saw where it came from is proceeds too.
    chosen_with_unknown : int
        How many of them would be chosen then as well.
    passed_over : polars DataFrame
        ``account, amount, reason``: accounts that proceeds are in or come through and that are not proposed, with
        these proceeds, the most first, and why not.
    """

    flows: Flows
    steps: tuple[Step, ...]
    at_stake: int
    bound: int
    guarantee: float
    left: pl.DataFrame
    gone: pl.DataFrame
    by_rule: Mapping[Rule, int]
    with_unknown: int
    chosen_with_unknown: int
    passed_over: pl.DataFrame

    @property
    def accounts(self) -> list[str]:
        """The accounts, in order."""
        return [step.account for step in self.steps]

    @property
    def caught(self) -> int:
        """What all of them catch."""
        return self.steps[-1].caught if self.steps else 0

    @property
    def caught_now(self) -> int:
        """What of it is there already; the rest is foreseen to come in."""
        return self.steps[-1].now if self.steps else 0


def plan_freeze(
    made: Trace,
    flows: Flows,
    budget: Budget | None = None,
    *,
    held_to_be: Mapping[str, Standing] | None = None,
    only: Sequence[str] | None = None,
    at_other_banks: bool = False,
    least_share: float = LEAST_SHARE,
) -> FreezePlan:
    """The accounts that catch most of a gang's proceeds.

    Parameters
    ----------
    made : Trace
        Up to now, with what transfers carried.
    flows : Flows
        How its money moves: see :func:`moneytrail.disruption.forecast`.
    budget : Budget, optional
        Five accounts unless told otherwise.
    held_to_be : mapping, optional
        What holders are held to be, by account. A victim's account is never proposed, nor that of somebody who paid a
        seed, and so may be a victim, unless he is held to be a suspect.
    only : sequence of str, optional
        Propose none but these accounts.
    at_other_banks : bool
        Whether accounts that the account table does not hold may be proposed; without a table all may. What reaches
        them counts as gone, so that it matters only for a trace through other banks.
    least_share : float
        Of an account's money, 0 to 1: where less is proceeds the account is not proposed.

    Returns
    -------
    FreezePlan

    Raises
    ------
    ParameterError
    """
    budget, standing = budget or Budget(), dict(held_to_be or {})
    if not 0 <= least_share <= 1:
        raise ParameterError(f"the least share is {least_share}; it must be from 0 to 1")
    place = {name: at for at, name in enumerate(flows.names.to_list())}
    strange = [name for name in only or () if name not in place]
    if strange:
        raise ParameterError(f"no tainted money reached account {strange[0]!r}")
    figures = _Figures.of(made, flows)
    # Who paid a seed may be a victim, unless somebody holds otherwise.
    payer = made.graph.debtor[made.seeds]
    paid = set(made.graph.names.gather(pl.Series(np.unique(payer[payer >= 0]))).to_list())
    allowed = set(place if only is None else only)
    dear = [budget.cost is not None and budget.costs.get(name, 1) > budget.cost for name in place]
    barred: dict[str, NDArray[np.bool_]] = {
        OTHER_BANK: figures.elsewhere & (not at_other_banks),
        VICTIM: np.array([standing.get(name) == Standing.VICTIM for name in place], np.bool_),
        PAYER: np.array([name in paid and standing.get(name) != Standing.SUSPECT for name in place], np.bool_),
        NOT_NAMED: np.array([name not in allowed for name in place], np.bool_),
        MIXED: figures.share < least_share,
        TOO_DEAR: np.array(dear, np.bool_),
    }
    may = ~np.any(list(barred.values()), axis=0)
    candidates = np.flatnonzero(may & (flows.through() >= LEAST))
    search = _Search(flows, candidates, budget)
    order, guarantee = search.best()
    steps, frozen, before = [], np.zeros(flows.size, np.bool_), 0.0
    there = flows.without_fresh()
    for at in order:
        frozen[at] = True
        caught = flows.intercepted(frozen)
        gain = round(caught) - round(before)
        step = figures.step(at, gain, round(caught), search.cost(at), standing)
        steps.append(replace(step, now=min(round(there.intercepted(frozen)), step.caught)))
        before = caught
    left, gone = _aftermath(made, flows, frozen)
    others = {
        rule: _caught_by(made, flows, rule, frozen) for rule in BY_TIME if rule in made.rules and rule != flows.rule
    }
    loose = _again(made, flows, flows.rule, with_unknown=True)
    again, _ = _Search(loose, candidates, budget).best()
    return FreezePlan(
        flows=flows,
        steps=tuple(steps),
        at_stake=round(flows.at_stake()),
        bound=round(search.bound(frozen)) if guarantee < 1 else round(before),
        guarantee=guarantee,
        left=left,
        gone=gone,
        by_rule={flows.rule: round(before)} | others,
        with_unknown=round(loose.intercepted(frozen)),
        chosen_with_unknown=len(set(order) & set(again)),
        passed_over=_passed_over(flows, order, barred),
    )


def _passed_over(flows: Flows, order: Sequence[int], barred: Mapping[str, NDArray[np.bool_]]) -> pl.DataFrame:
    """Accounts that are not in the plan, the most proceeds first, each with the first reason that holds."""
    through = flows.through(now=True)
    out = np.setdiff1d(np.flatnonzero(through >= LEAST), np.array(order, np.int64))
    reached = {**barred, TOO_LATE: flows.through() < LEAST}
    reasons = [next((reason for reason, holds in reached.items() if holds[at]), ADDS_LESS) for at in out.tolist()]
    found = pl.DataFrame(
        {
            "account": flows.names.gather(pl.Series(out)),
            "amount": np.round(through[out]).astype(np.int64),
            "reason": pl.Series(reasons, dtype=pl.String()),
        }
    )
    return found.sort("amount", "account", descending=[True, False])


def _again(made: Trace, flows: Flows, rule: Rule, *, with_unknown: bool = False) -> Flows:
    """The same forecast by another rule, or with unknown money counted."""
    found = forecast(
        made, rule, delay=flows.delay, horizon=flows.horizon, repeats=flows.repeats, with_unknown=with_unknown
    )
    for frozen in flows.displaced:
        found = displace(found, frozen)
    return found


def _caught_by(made: Trace, flows: Flows, rule: Rule, frozen: NDArray[np.bool_]) -> int:
    return round(_again(made, flows, rule, with_unknown=flows.with_unknown).intercepted(frozen))


# The search


class _Search:
    """The set of accounts within a budget that catches most."""

    def __init__(self, flows: Flows, candidates: NDArray[np.int64], budget: Budget) -> None:
        self.flows, self.budget = flows, budget
        names = flows.names
        self.costs = {at: budget.costs.get(names[at], 1) for at in candidates.tolist()}
        self.candidates = np.array([at for at in candidates.tolist() if self.fits([at])], np.int64)

    def cost(self, at: int) -> int:
        return self.costs[at]

    def fits(self, chosen: Sequence[int]) -> bool:
        """Whether a set is within the budget."""
        if self.budget.accounts is not None and len(chosen) > self.budget.accounts:
            return False
        return self.budget.cost is None or sum(map(self.cost, chosen)) <= self.budget.cost

    def best(self) -> tuple[list[int], float]:
        """The accounts in greedy order, and what share of the best catch is certain."""
        if self._sets() <= MOST_SETS:
            return self._every(), 1.0
        plain = self._greedy(lambda at: 1.0)
        most, limit = self.budget.accounts, self.budget.cost
        costs = sorted(self.costs[at] for at in self.candidates.tolist())
        if limit is None or (most is not None and sum(costs[-most:]) <= limit):
            return plain, GUARANTEE
        orders, share = [plain, self._greedy(lambda at: 1.0 / self.cost(at))], GUARANTEE_BY_COST
        if most is not None and sum(costs[: most + 1]) <= limit:
            orders.append(self._greedy(lambda at: 1.0 / max(self.cost(at) * most, limit)))
            share = GUARANTEE_BY_BOTH
        return self._ordered(max(orders, key=self._caught)), share

    def bound(self, frozen: NDArray[np.bool_]) -> float:
        """No set within the budget catches more: what is caught, and the most that as large a set could add to it."""
        gains = self.flows.gains(frozen, self.candidates)
        order = np.argsort(-gains / np.array([self.cost(at) for at in self.candidates.tolist()]), kind="stable")
        best = np.inf
        if self.budget.accounts is not None:
            best = float(np.sort(gains)[::-1][: self.budget.accounts].sum())
        if self.budget.cost is not None:
            left, total = float(self.budget.cost), 0.0
            for at in order.tolist():
                part = min(1.0, left / self.cost(int(self.candidates[at])))
                total += part * gains[at]
                left -= part * self.cost(int(self.candidates[at]))
                if left <= 0:
                    break
            best = min(best, total)
        return self.flows.intercepted(frozen) + best

    def _sets(self) -> int:
        size = self.candidates.size
        most = min(size, self.budget.accounts or size)
        return sum(comb(size, number) for number in range(most + 1))

    def _caught(self, chosen: Sequence[int]) -> float:
        frozen = np.zeros(self.flows.size, np.bool_)
        frozen[list(chosen)] = True
        return self.flows.intercepted(frozen)

    def _every(self) -> list[int]:
        """Try every set; of equal ones the smaller, and then the one that stands first."""
        everyone = self.candidates.tolist()
        best: tuple[int, ...] = ()
        most = 0.0
        for number in range(1, min(len(everyone), self.budget.accounts or len(everyone)) + 1):
            for chosen in combinations(everyone, number):
                if self.fits(chosen):
                    caught = self._caught(chosen)
                    if caught > most + LEAST / 2:
                        best, most = chosen, caught
        return self._ordered(best)

    def _ordered(self, chosen: Sequence[int]) -> list[int]:
        """The same accounts, the one that adds most first."""
        return _Search(self.flows, np.array(chosen, np.int64), self.budget)._greedy(lambda at: 1.0) if chosen else []

    def _greedy(self, weight: Callable[[int], float]) -> list[int]:
        """Take the account that adds most for its weight, again and again. What one adds only shrinks: look lazily."""
        frozen, chosen = np.zeros(self.flows.size, np.bool_), list[int]()
        through = self.flows.through()
        queue = [(-through[at] * weight(at), at, -1) for at in self.candidates.tolist()]
        heapq.heapify(queue)
        while queue:
            _, at, seen = heapq.heappop(queue)
            if not self.fits([*chosen, at]):
                continue
            if seen < len(chosen):
                gain = float(self.flows.gains(frozen, np.array([at]))[0])
                if gain >= LEAST / 2:
                    heapq.heappush(queue, (-gain * weight(at), at, len(chosen)))
                continue
            frozen[at] = True
            chosen.append(at)
        return chosen


# What a plan says beside the accounts


@dataclass(frozen=True, eq=False)
class _Figures:
    """Of every account of the flows, what a plan says of it."""

    rows: dict[str, dict[str, Any]]
    names: list[str]
    elsewhere: NDArray[np.bool_]
    share: NDArray[np.float64]
    later: NDArray[np.float64]
    made: Trace

    @classmethod
    def of(cls, made: Trace, flows: Flows) -> _Figures:
        graph, span = made.graph, (flows.delay + flows.horizon) // MICROSECOND
        rows = {row["account"]: row for row in made.accounts.iter_rows(named=True)}
        names = flows.names.to_list()
        kind = graph.register["kind"]
        listed = kind.null_count() < len(kind)
        elsewhere = (kind.is_null() if listed else pl.Series([False] * len(kind))).to_numpy()[flows.account]
        known = np.array([name in rows for name in names], np.bool_)
        # The stretches of the forecast: each from just after its begin to its end.
        start = int(graph.time[made.end - 1]) - flows.repeats * span
        begin = int(np.searchsorted(graph.time[: made.end], start, side="right"))
        creditor, amount = graph.creditor[begin : made.end], graph.amount[begin : made.end]
        counts = (creditor >= 0) & (creditor != graph.debtor[begin : made.end])
        late = counts & ((graph.time[begin : made.end] - start - 1) % span >= flows.delay // MICROSECOND)
        came, later = (
            np.bincount(creditor[part], amount[part], graph.accounts)[flows.account] / flows.repeats
            for part in (counts, late)
        )
        held = np.array([max(0, rows[name]["balance"] or 0) if name in rows else 0 for name in names], np.float64)
        whole = held + came
        share = np.divide(flows.through(now=True), whole, out=np.zeros(flows.size), where=whole > 0)
        # Of an account that takes a frozen one's place nothing but proceeds is known: wages do not follow there.
        share = np.where(known, np.minimum(share, 1.0), 1.0)
        later = np.where(known, np.maximum(0.0, later - (flows.through() - flows.waiting())), 0.0)
        return cls(rows, names, elsewhere & known, share, later, made)

    def step(self, at: int, gain: int, caught: int, cost: int, standing: Mapping[str, Standing]) -> Step:
        name, rules = self.names[at], self.made.rules
        # Nothing is known yet of an account that takes a frozen one's place.
        row = self.rows.get(name, dict.fromkeys(self.made.accounts.columns))
        spread = band(row, rules) if name in self.rows else {"low": None, "high": None}
        unknown = max((row[f"unknown_{rule}"] or 0 for rule in rules), default=0)
        return Step(
            account=name,
            gain=gain,
            caught=caught,
            cost=cost,
            balance=row["balance"],
            tainted=spread,
            unknown=unknown,
            collateral_now=_beside(row["balance"], spread),
            collateral_later=round(self.later[at]),
            share=round(float(self.share[at]), 4),
            held_to_be=str(standing.get(name, Standing.UNKNOWN)),
        )


def _beside(balance: int | None, tainted: Mapping[str, int | None]) -> dict[str, int | None]:
    """What of a balance is not tainted, at least and at most."""
    if balance is None:
        return {"low": None, "high": None}
    return {"low": max(0, balance - (tainted["high"] or 0)), "high": max(0, balance - (tainted["low"] or 0))}


def _aftermath(made: Trace, flows: Flows, frozen: NDArray[np.bool_]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Where the proceeds are at the end that no freeze caught: in other accounts, or gone."""
    graph, number = made.graph, flows.repeats
    left = np.zeros(flows.size, np.float64)
    leaving = []
    for one in flows.scenarios:
        _, stayed, moved = kernel.run(one.moves, frozen, one.since)
        left += stayed / number
        out = np.flatnonzero((one.moves.creditor < 0) & (moved > 0) & (np.arange(moved.size) >= one.since))
        place, payer = one.place[out], one.moves.debtor[out]
        source = _named(graph.names, graph.debtor[place])
        if (payer >= 0).any():
            # An account that takes a frozen one's place pays in its own name.
            source = _named(flows.names, payer).zip_with(pl.Series(payer >= 0), source)
        ends = {"from": source, "to": _named(graph.names, graph.creditor[place])}
        leaving.append(pl.DataFrame({**ends, "amount": moved[out] / number}))
    gone = pl.concat(leaving).group_by("from", "to").agg(pl.col("amount").sum().round().cast(pl.Int64()))
    rest = pl.DataFrame({"account": flows.names, "amount": np.round(left).astype(np.int64)})
    return (
        rest.filter(pl.col("amount") > 0).sort("amount", "account", descending=[True, False]),
        gone.filter(pl.col("amount") > 0).sort("amount", "from", "to", descending=[True, False, False]),
    )


def _named(names: pl.Series, side: NDArray[np.int32]) -> pl.Series:
    """Accounts by their names, and cash where there is none."""
    return names.gather(pl.Series(np.maximum(side, 0))).set(pl.Series(side < 0), "cash")
