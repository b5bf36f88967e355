"""How long the money will stay: what is still there, how fast it leaves, and what an hour of waiting costs.

How long tainted money stayed is counted from the trace: what came first is taken to leave first. Money that is still
there has stayed at least so long; it counts as time without leaving. An account that has shown little is lent the
experience of its peers, all accounts that the same money reached: itself among them, so that of two accounts the
one that was faster is never taken to be the slower because it is lent the other's slowness.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import exp
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from moneytrail.disruption.flows import BY_TIME, find_quiet_exits
from moneytrail.errors import ParameterError
from moneytrail.graph import DAY
from moneytrail.tracing import Rule, band

if TYPE_CHECKING:
    from moneytrail.tracing import Trace

HOUR: Final = DAY // 24

LATEST: Final = 20
"""Tainted credits of which the median stay is told (design, the clock that goes with the levers)."""

LENT: Final = 3.0
"""Mean credits of the account for which its peers' experience counts (design)."""

LEAST_SEEN: Final = 3
"""Credits that left, of an account's own, below which its peers' median stands for its own (design)."""

SPELL_GAP, SPELLS = 5 * DAY, 3
"""Money that comes in three spells or more, each five days from the next, is taken to come again (design)."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One account's clock.

    Attributes
    ----------
    account : str
    still_there : mapping
        Tainted money in it now: ``low`` and ``high`` over the rules, and ``likely`` by the rule that stays are counted
        by; minor units.
    exit_eta : float or None
        Median hours that its last :data:`LATEST` tainted credits stayed, those still there as long as they have; of its
        peers where it has shown fewer than :data:`LEAST_SEEN`; ``None`` where nobody has.
    own : bool
        Whether that is its own.
    hazard : float
        Rate an hour at which its money leaves, as its own and its peers' past has it: of what is there the share
        ``1 - exp(-hazard)`` goes within the next one. 0 where neither it nor a peer ever paid any out.
    lost_per_hour : int
        Minor units that an hour of waiting costs, from the likely figure.
    last_credit_age : float or None
        Hours since tainted money last came.
    recurring : bool
        Whether it comes in spells.
    """

    account: str
    still_there: dict[str, int | None]
    exit_eta: float | None
    own: bool
    hazard: float
    lost_per_hour: int
    last_credit_age: float | None
    recurring: bool

    def after(self, hours: float) -> int:
        """What is expected to be there still after so many hours, minor units, from the likely figure."""
        return round((self.still_there["likely"] or 0) * exp(-self.hazard * hours))

    def to_dict(self) -> dict[str, Any]:
        """As plain data: minor units and hours."""
        return {
            "account": self.account,
            "still_there": dict(self.still_there),
            "exit_eta_hours": self.exit_eta,
            "exit_eta_from": "its own" if self.own else "its peers" if self.exit_eta is not None else None,
            "hazard_per_hour": round(self.hazard, 6),
            "lost_per_hour": self.lost_per_hour,
            "after_24_hours": self.after(24),
            "after_72_hours": self.after(72),
            "last_credit_age_hours": self.last_credit_age,
            "recurring": self.recurring,
        }


@dataclass(slots=True)
class _Stay:
    """What an account's tainted money has done: hours that credits stayed, money out, money times microseconds."""

    stays: list[float] = field(default_factory=list)
    left: int = 0
    out: int = 0
    exposure: int = 0
    mean: float = 0.0
    ages: list[int] = field(default_factory=list)

    def eta(self) -> float:
        """Median hours of the last credits."""
        return float(np.median(self.stays[-LATEST:]))

    def hazard(self, peers: float) -> float:
        """Rate an hour, where `peers` is that of all accounts together."""
        # Where nobody paid anything out nothing is lent: it would be money out without any time.
        lent = LENT * self.mean if peers > 0 else 0.0
        whole = self.exposure / HOUR + (lent / peers if peers > 0 else 0.0)
        return (self.out + lent) / whole if whole > 0 else peers


def run_clocks(made: Trace, rule: Rule = Rule.TAINTED_FIRST) -> list[Clock]:
    """The clock of every account at this bank that tainted money reached, the one that loses most an hour first.

    Parameters
    ----------
    made : Trace
        Up to now, with what transfers carried.
    rule : Rule
        Of those that go by time; by it stays are counted.

    Raises
    ------
    ParameterError
        When the trace did not record what transfers carried, or was not made by `rule`.
    """
    if made.carried is None:
        raise ParameterError("what transfers carried was not recorded; trace with record=True")
    if rule not in BY_TIME or rule not in made.rules:
        raise ParameterError(f"the trace was not made by {rule}, or it keeps no order of time")
    stays = _stays(made, rule)
    now = int(made.graph.time[made.end - 1]) if made.end else 0
    medians = [stay.eta() for stay in stays.values() if stay.left]
    peers_eta = float(np.median(medians)) if medians else None
    exposure, out = sum(stay.exposure for stay in stays.values()), sum(stay.out for stay in stays.values())
    peers = out * HOUR / exposure if exposure else 0.0
    found = []
    for row in made.accounts.filter(~pl.col("elsewhere")).iter_rows(named=True):
        stay = stays.get(row["account"], _Stay())
        own = stay.left >= LEAST_SEEN
        eta = stay.eta() if own else peers_eta
        hazard = stay.hazard(peers)
        there = band(row, made.rules) | {"likely": row[f"tainted_{rule}"]}
        age = round((now - max(stay.ages)) / HOUR, 2) if stay.ages else None
        spells = 1 + int((np.diff(np.sort(np.array(stay.ages))) >= SPELL_GAP).sum()) if stay.ages else 0
        lost = round(row[f"tainted_{rule}"] * (1 - exp(-hazard)))
        found.append(
            Clock(
                account=row["account"],
                still_there=there,
                exit_eta=None if eta is None else round(eta, 2),
                own=own,
                hazard=hazard,
                lost_per_hour=lost,
                last_credit_age=age,
                recurring=spells >= SPELLS,
            )
        )
    return sorted(found, key=lambda clock: (-clock.lost_per_hour, -(clock.still_there["high"] or 0), clock.account))


def _stays(made: Trace, rule: Rule) -> dict[str, _Stay]:
    """How long each account's tainted money stayed, what came first leaving first."""
    graph, carried = made.graph, made.carried
    assert carried is not None, "the caller has looked"
    now = int(graph.time[made.end - 1]) if made.end else 0
    quiet = find_quiet_exits(made, rule)
    known = carried["place"].to_numpy()
    place = np.union1d(known, np.array(list(quiet), np.int64))
    moved = np.zeros((2, place.size), np.int64)
    tainted = carried[f"tainted_{rule}"].to_numpy()
    moved[:, np.searchsorted(place, known)] = tainted, tainted - carried[f"repaid_{rule}"].fill_null(0).to_numpy()
    seed = np.isin(place, made.seeds)
    waiting: dict[int, deque[list[int]]] = {}
    done: dict[int, _Stay] = {}
    for at, amount, there, new in zip(place.tolist(), *moved.tolist(), seed.tolist(), strict=True):
        payer, payee, when = int(graph.debtor[at]), int(graph.creditor[at]), int(graph.time[at])
        left = quiet.get(at, 0) + (0 if new else amount)
        if payer in waiting and left:
            _leave(waiting[payer], done[payer], left, when)
        if payee >= 0 and there and not made.outside[payee]:
            stay = done.setdefault(payee, _Stay())
            waiting.setdefault(payee, deque()).append([there, when])
            stay.mean += (there - stay.mean) / (len(stay.ages) + 1)
            stay.ages.append(when)
    for account, queue in waiting.items():
        for rest, since in queue:
            done[account].exposure += rest * (now - since)
            done[account].stays.append((now - since) / HOUR)
    return {graph.names[account]: stay for account, stay in done.items()}


def _leave(queue: deque[list[int]], stay: _Stay, amount: int, when: int) -> None:
    while amount and queue:
        rest, since = queue[0]
        part = min(rest, amount)
        amount -= part
        stay.out += part
        stay.exposure += part * (when - since)
        if part == rest:
            queue.popleft()
            stay.left += 1
            stay.stays.append((when - since) / HOUR)
        else:
            queue[0][0] = rest - part
