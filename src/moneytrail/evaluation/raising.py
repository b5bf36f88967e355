"""From scores to alerts: one rule for every model, so that a bench compares models and not ways of grouping.

At the end of each week the transfers that score enough are linked where they share an account, and the best groups are
raised as far as the budget goes. Nothing here reads a label.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import fsum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from moneytrail.errors import ParameterError
from moneytrail.evaluation.hubs import DAY, Booked, Hubs

__all__ = [
    "DAY",
    "WEEK",
    "Alerts",
    "Booked",
    "Group",
    "RaisedAlert",
    "RaisingRule",
    "raise_alerts",
]

WEEK: Final = 7 * DAY
"""Microseconds."""


@dataclass(frozen=True, slots=True)
class RaisingRule:
    """How flagged transfers become alerts. All numbers but the budget are design, and the same for every model.

    Attributes
    ----------
    budget_a_week : float
        Alerts a week, exact to a thousandth. What a week leaves, and any fraction, is carried over.
    most_accounts : int
        The most accounts of a group: what one person can take in (as ``moneytrail.alerts.MOST_SUBJECTS``).
    most_named : int
        The most accounts that an alert names with all that it takes on later. Without it an alert can grow over half
        the bank: random scores, 2 % flagged, then "reached" 31 of 73 attempts of a bank by 12 alerts, with it 3, while
        a good model's 49 found became 48.
    hub : int
        An account with more counterparties than this in `hub_days` links nothing: half the bank pays the same shop.
        More than a private customer has: of 4,270 personal accounts of a simulated bank the busiest had 138 in 60 days,
        one in a hundred 98. With 50 a perfect score found 41 of that bank's 73 attempts, with 150 it found 57.
    hub_days : int
    lookback_days : int
        How long before the week flagged transfers still count.
    open_days : int
        For how long after it was raised an alert takes on new evidence.
    """

    budget_a_week: float
    most_accounts: int = 25
    most_named: int = 50
    hub: int = 150
    hub_days: int = 60
    lookback_days: int = 60
    open_days: int = 56

    def __post_init__(self) -> None:
        """Refuse what no rule can mean."""
        if not self.budget_a_week >= 0 or self.budget_a_week == float("inf"):
            raise ParameterError(f"a budget of {self.budget_a_week} alerts a week is no number from 0 up")
        if self.most_accounts < 2:
            raise ParameterError(f"most_accounts is {self.most_accounts}: one transfer has two, so at least 2")
        if self.most_named < self.most_accounts:
            raise ParameterError(f"most_named is {self.most_named}: allowed is most_accounts, {self.most_accounts}, up")

    def places(self, length: int) -> int:
        """Whole alerts that the budget allows in so many microseconds."""
        return round(self.budget_a_week * 1000) * length // (1000 * WEEK)


@dataclass(slots=True)
class RaisedAlert:
    """One alert.

    Attributes
    ----------
    raised_at : int
        Microseconds: the end of the week.
    accounts : dict of int to int
        Each account that it names, with the time from which it does. A hub is named only where a transfer has no other
        account, see `hubs`.
    transfers : dict of int to int
        Its evidence: each row with the time at which it was added.
    hubs : set of int
        Those of `accounts` that were hubs when they were named.
    score : float
        The highest of the evidence when it was raised.
    """

    raised_at: int
    score: float
    accounts: dict[int, int] = field(default_factory=dict)
    transfers: dict[int, int] = field(default_factory=dict)
    hubs: set[int] = field(default_factory=set)

    def add(self, group: Group, time: int) -> None:
        """Take on a group's evidence and accounts at `time`; what is known already keeps its own."""
        for row in group.rows:
            self.transfers.setdefault(row, time)
        for account in sorted(group.accounts):
            if account not in self.accounts:
                self.accounts[account] = time
                self.hubs.update({account} & group.hubs)


@dataclass(frozen=True)
class Alerts:
    """What was raised, and what was not.

    Attributes
    ----------
    raised : tuple of RaisedAlert
        In the order in which they were raised.
    flagged : int
        Transfers at or above the line.
    places : int
        Alerts that the budget would have allowed.
    unraised : int
        Flagged transfers that stand in no alert at the end.
    cut : int
        Flagged transfers that some week were kept apart from others that they share an account with, because one group
        of both would have had too many accounts.
    """

    raised: tuple[RaisedAlert, ...]
    flagged: int
    places: int
    unraised: int
    cut: int


@dataclass(slots=True)
class Group:
    """Flagged transfers of one week's end that belong together, best first, and the accounts that they name."""

    rows: list[int]
    accounts: set[int]
    hubs: set[int]


def raise_alerts(
    booked: Booked, scores: NDArray[np.float64], line: float, period: tuple[int, int], rule: RaisingRule
) -> Alerts:
    """Make alerts of the transfers that score `line` or more.

    At the end of each week, counted from the beginning of `period` (the last may be short):

    1. The flagged transfers of the week and of the `lookback_days` before it, but of the period, are taken. Earlier
       ones are not: models are fitted and the line is drawn there, so that their scores mean less.
    2. Two are linked when they share an account that is no hub in the `hub_days` that end now (transfers of before the
       period count here). A link is as strong as the lower of both scores. The strongest are followed first (ties: the
       better, then the earlier other end), but none that would give a group more than `most_accounts` accounts.
    3. Groups are ranked by their highest score, then the sum of scores, then the earliest transfer. One whose transfers
       all stand in alerts is passed over. One that names an account of an alert raised in the last `open_days` adds its
       evidence to that alert (that with most accounts in common, then the earliest) and takes no place, as long as the
       alert then names no more than `most_named`. Of the rest as many are raised as the budget has places by now.

    A group names its accounts that are no hubs; a transfer between hubs, which links to nothing, names those.

    Parameters
    ----------
    booked : Booked
        All transfers: those before the period only say who is a hub.
    scores : float64[n]
        Higher is worse; NaN is never flagged. Those outside the period are not read.
    line : float
        Scores from which transfers are flagged.
    period : (int, int)
        First microsecond of the test period, and the first after it.
    rule : RaisingRule

    Returns
    -------
    Alerts

    Notes
    -----
    Costs one sort of the transfers of the flagged accounts, and plain Python over the flagged transfers, some nine
    times each. The oracle is ``tests/oracles/raising.py``.
    """
    start, end = period
    inside = slice(*np.searchsorted(booked.time, period).tolist())
    flagged = inside.start + np.flatnonzero(scores[inside] >= line)
    week_ends = np.append(np.arange(start + WEEK, end, WEEK, dtype=np.int64), end)[: None if end > start else 0]
    hubs = Hubs(booked, flagged, week_ends, rule.hub, rule.hub_days * DAY)
    raising = _Raising(booked, scores, rule, start)
    ranked = flagged[np.lexsort((flagged, -scores[flagged]))]
    times = booked.time[ranked]
    for week, now in enumerate(week_ends.tolist()):
        since = start + week * WEEK - rule.lookback_days * DAY
        raising.week(ranked[(times >= since) & (times < now)].tolist(), hubs.at(week), now)
    return Alerts(
        tuple(raising.alerts),
        flagged.size,
        raising.places(end) if end > start else 0,
        flagged.size - len(raising.told),
        len(raising.cut),
    )


class _Raising:
    """The state from week to week: alerts, the rows that stand in them, and the rows kept apart."""

    def __init__(self, booked: Booked, scores: NDArray[np.float64], rule: RaisingRule, start: int) -> None:
        self.alerts: list[RaisedAlert] = []
        self.told: set[int] = set()
        self.cut: set[int] = set()
        self._naming: dict[int, list[int]] = {}
        self._booked, self._scores, self._rule, self._start = booked, scores, rule, start

    def places(self, now: int) -> int:
        """Alerts that the budget allows up to `now`, whole."""
        return self._rule.places(now - self._start)

    def week(self, rows: list[int], hubs: set[int], now: int) -> None:
        """Group `rows`, which come best first, and add the groups to open alerts or raise them."""
        scores = dict(zip(rows, self._scores[rows].tolist(), strict=True)) if rows else {}
        groups = self._groups(rows, hubs)
        groups.sort(
            key=lambda group: (-scores[group.rows[0]], -fsum(scores[row] for row in group.rows), min(group.rows))
        )
        for group in groups:
            if self.told.issuperset(group.rows):
                continue
            number = self._open(group, now)
            if number is None and len(self.alerts) < self.places(now):
                number = len(self.alerts)
                self.alerts.append(RaisedAlert(now, scores[group.rows[0]]))
            if number is not None:
                self._add(group, number, now)

    def _add(self, group: Group, number: int, now: int) -> None:
        for account in group.accounts - self.alerts[number].accounts.keys():
            self._naming.setdefault(account, []).append(number)
        self.alerts[number].add(group, now)
        self.told.update(group.rows)

    def _open(self, group: Group, now: int) -> int | None:
        """The open alert with room that has most accounts in common with a group, of those the earliest."""
        naming = [number for account in group.accounts if account in self._naming for number in self._naming[account]]
        since = now - self._rule.open_days * DAY
        shared = Counter(number for number in naming if self.alerts[number].raised_at >= since) if naming else {}
        room = [
            number
            for number, count in shared.items()
            if len(self.alerts[number].accounts) + len(group.accounts) - count <= self._rule.most_named
        ]
        return min(room, key=lambda number: (-shared[number], number), default=None)

    def _groups(self, rows: list[int], hubs: set[int]) -> list[Group]:
        """Grow groups from the best transfer down; `linked` holds each account's groups, that of its best row first."""
        groups: list[Group] = []
        root: list[int] = []
        linked: dict[int, dict[int, int]] = {}
        sides = zip(self._booked.debtor[rows].tolist(), self._booked.creditor[rows].tolist(), strict=True)
        for place, (row, pair) in enumerate(zip(rows, sides, strict=True)):
            both = {account for account in pair if account >= 0}
            joining = both - hubs
            groups.append(Group([row], joining or both, set() if joining else both))
            root.append(place)
            near = [(first, other) for account in joining for other, first in linked.get(account, {}).items()]
            joined = [self._join(groups, root, place, other) for _, other in sorted(near)]
            if not all(joined):
                self.cut.add(row)
            for account in joining:
                linked.setdefault(account, {}).setdefault(_root(root, place), place)
        return [groups[place] for place in range(len(groups)) if root[place] == place]

    def _join(self, groups: list[Group], root: list[int], place: int, other: int) -> bool:
        """Make one group of those of two transfers; ``False``: it would have too many accounts."""
        a, b = sorted((_root(root, place), _root(root, other)))
        together = groups[a].accounts | groups[b].accounts
        if a != b and len(together) <= self._rule.most_accounts:
            groups[a].rows += groups[b].rows
            groups[a].accounts = together
            root[b] = a
        return _root(root, place) == _root(root, other)


def _root(root: list[int], place: int) -> int:
    while root[place] != place:
        root[place] = root[root[place]]
        place = root[place]
    return place
