"""Money in time: how much of a gang's profit a freeze could still have stopped when its accounts were named.

What a gang loses is found by living its ledger again. From the moment at which an account is named nothing leaves it,
what arrives stays, and everybody further on can only pay what is then there. So each pound counts once, however many
accounts it would have passed through.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, median
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from moneytrail.evaluation.outcomes import Sighting
from moneytrail.evaluation.raising import DAY, Alerts, Booked

DELAYS: Final = (0, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60)
"""Days of delay that :func:`money_in_time` tries."""

OUTSIDE: Final = ("passengers", "clients")
"""Places that are not the gang's and never empty."""

NOT_KEPT: Final = (*OUTSIDE, "escrow", "cost:")
"""How places begin whose money is not the gang's own, or no more. What is ``spent:`` was profit."""


class Move(NamedTuple):
    """One row of the truth's ledger; `time` in microseconds, `amount` in pence."""

    time: int
    source: str
    target: str
    amount: int


@dataclass(frozen=True)
class GangMoney:
    """One gang's money in the test period, in pence.

    Attributes
    ----------
    gang : str
    profit : int
        Earned in the period: takings less refunds and costs, clients' money in less out.
    at_stake : int
        `profit`, and what the gang held when the period began: all that it could lose.
    bankable : int
        What it would lose of that if all its accounts were frozen when the period began: all of it that lies in or
        comes into bank accounts. The rest never touches a bank, and no alert can stop it.
    first_named_at : int or None
        When an alert first named an account of the gang.
    lost_at : tuple of (int, int)
        For each time at which alerts named accounts of the gang: what it loses if all that are named by then are
        frozen then.
    lost : int
        What it loses if each account is frozen when it is named.
    later : tuple of int
        The same for each of :data:`DELAYS`, every naming so many days later.
    """

    gang: str
    profit: int
    at_stake: int
    bankable: int
    first_named_at: int | None
    lost_at: tuple[tuple[int, int], ...]
    lost: int
    later: tuple[int, ...]

    @property
    def in_reach_share(self) -> float | None:
        """`lost` of `bankable`; ``None``: nothing of the gang's profit came near a bank."""
        return self.lost / self.bankable if self.bankable > 0 else None


@dataclass(frozen=True)
class MoneyInTime:
    """All gangs of the truth that have money in the test period."""

    gangs: tuple[GangMoney, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON.

        ``in_reach_share`` is the mean over gangs of what they lose of their bankable profit when each account is frozen
        as it is named, ``in_reach_median`` the median, ``at_first_alert`` the mean if only those of the first naming
        were; a gang never named counts 0, and one without bankable profit is left out and counted. ``profit_share`` is
        the sum that all gangs lose over all that they have at stake, ``bankable_share`` the most that it could be, and
        ``curve`` the mean for each delay in days.
        """
        able = [gang for gang in self.gangs if gang.bankable > 0]
        at_stake = sum(gang.at_stake for gang in self.gangs)
        shares = [gang.lost / gang.bankable for gang in able]
        first = [gang.lost_at[0][1] / gang.bankable if gang.lost_at else 0.0 for gang in able]
        curve = [fmean(gang.later[place] / gang.bankable for gang in able) for place in range(len(DELAYS)) if able]
        return {
            "gangs": len(self.gangs),
            "gangs_without_bankable_profit": len(self.gangs) - len(able),
            "gangs_named": sum(gang.first_named_at is not None for gang in able),
            "in_reach_share": fmean(shares) if able else None,
            "in_reach_median": median(shares) if able else None,
            "at_first_alert": fmean(first) if able else None,
            "profit_share": sum(gang.lost for gang in self.gangs) / at_stake if at_stake else None,
            "bankable_share": sum(gang.bankable for gang in self.gangs) / at_stake if at_stake else None,
            "curve": [list(pair) for pair in zip(DELAYS, curve, strict=False)],
            "by_gang": [{**asdict(gang), "in_reach_share": gang.in_reach_share} for gang in self.gangs],
        }


def money_in_time(ledger: pl.DataFrame, named: Mapping[str, int], period: tuple[int, int]) -> MoneyInTime:
    """Say what each gang would have lost to freezes of the accounts that alerts named, when they named them.

    A gang's money is in *places* (see :mod:`moneytrail.simulate.truth`). Those that are bank accounts: an account of
    the gang by its identifier, what it sets aside there for an act (``aside@…``), and what lies there in escrow
    (``escrow@…``). Money paid to crews, families, brokers and exchanges is gone once paid, whoever is named: only
    accounts that the gang controls are frozen. A passenger goes on paying into a frozen account, where it stays.

    What a gang *loses* is what it spent and holds in the end by the ledger, less what it spends and holds outside
    frozen accounts when the ledger is lived again with the freezes. Costs and refunds that a freeze leaves unpaid are
    no loss to it.

    Parameters
    ----------
    ledger : polars DataFrame
        The truth's table of that name.
    named : mapping of account to microseconds
        As :func:`named_at` says.
    period : (int, int)
        Test period; what is named or moves after it does not count, what moved before only makes the gang's holdings.

    Examples
    --------
    A collector takes 100 on day 1 and passes 60 on to the organiser on day 3, who spends 50 of it abroad on day 5; on
    day 6 another 40 come in. All 140 are profit and bankable. Frozen on day 2 the collector keeps 100 and then 40: the
    gang loses 140. Named on day 4 it still holds 40, and 40 more come: 80 of 140 are in reach, and 90 when the
    organiser, who has 60 then and keeps 10 after day 5, is only named on day 6.

    >>> from moneytrail.evaluation.money import Move, live
    >>> day = 86_400_000_000
    >>> moves = [
    ...     Move(1 * day, "passengers", "111", 100),
    ...     Move(3 * day, "111", "222", 60),
    ...     Move(5 * day, "222", "spent:assets", 50),
    ...     Move(6 * day, "passengers", "111", 40),
    ... ]
    >>> [140 - live(moves, {}, {}, named) for named in ({"111": 2 * day}, {"111": 4 * day})]
    [140, 80]
    >>> 140 - live(moves, {}, {}, {"111": 4 * day, "222": 6 * day})
    90
    """
    start, end = period
    rows = ledger.select("gang", pl.col("time").cast(pl.Int64), "source", "target", "amount").sort(
        "time", maintain_order=True
    )
    gangs = []
    for (gang,), own in rows.group_by("gang", maintain_order=True):
        moves = [Move(*row) for row in own.drop("gang").rows()]
        gangs.append(_of_gang(str(gang), moves, named, start, end))
    return MoneyInTime(tuple(sorted((gang for gang in gangs if gang.at_stake), key=lambda gang: gang.gang)))


def named_at(alerts: Alerts, accounts: Sequence[str]) -> dict[str, int]:
    """When each account was first named by an alert; `accounts` are the names by number."""
    times: dict[str, int] = {}
    for alert in alerts.raised:
        for account, time in alert.accounts.items():
            name = accounts[account]
            times[name] = min(time, times.get(name, time))
    return times


def live(
    moves: Iterable[Move], held: Mapping[str, int], owners: Mapping[str, str], frozen_at: Mapping[str, int]
) -> int:
    """What a gang spends and holds at its free disposal after some moves.

    Parameters
    ----------
    moves : iterable of Move
        In order of time.
    held : mapping of place to pence
        Before the first.
    owners : mapping of place to account
        Of places that lie on an account and are not named by it.
    frozen_at : mapping of account to microseconds
        Nothing leaves an account that is named at or before the time of a move.

    Returns
    -------
    int
        Pence in places that are the gang's own, what was spent included, but in accounts that are frozen.
    """
    left = dict(held)
    for time, source, target, amount in moves:
        if source not in OUTSIDE:
            if frozen_at.get(owners.get(source, source), time + 1) <= time:
                continue
            amount = min(amount, left.get(source, 0))
            left[source] = left.get(source, 0) - amount
        left[target] = left.get(target, 0) + amount
    return sum(
        amount
        for place, amount in left.items()
        if not place.startswith(NOT_KEPT) and owners.get(place, place) not in frozen_at
    )


def owners_of(moves: Iterable[Move]) -> dict[str, str]:
    """The account on which each place lies that does not bear its name: ``aside@…`` and ``escrow@ACCOUNT``.

    What is set aside lies where it was first taken from, which may be no account.
    """
    owners: dict[str, str] = {}
    for move in moves:
        for place in (move.source, move.target):
            if place.startswith("escrow@"):
                owners[place] = place.removeprefix("escrow@")
        if move.target.startswith("aside@"):
            owners.setdefault(move.target, move.source)
    return owners


def _of_gang(gang: str, moves: Sequence[Move], named: Mapping[str, int], start: int, end: int) -> GangMoney:
    owners = owners_of(moves)
    held: dict[str, int] = {}
    for move in moves:
        if move.time < start:
            for place, amount in ((move.source, -move.amount), (move.target, move.amount)):
                held[place] = held.get(place, 0) + amount
    before = {place: amount for place, amount in held.items() if not place.startswith("spent:")}
    now = [move for move in moves if start <= move.time < end]
    places = {owners.get(place, place) for place in [*before, *(p for move in now for p in move[1:3])]}
    accounts = {place for place in places if _is_account(place)}
    times = {account: named[account] for account in sorted(accounts & named.keys()) if named[account] < end}
    kept = live(now, before, owners, {})

    def lost(frozen_at: Mapping[str, int]) -> int:
        until = {account: time for account, time in frozen_at.items() if time < end}
        return kept - live(now, before, owners, until)

    moments = sorted(set(times.values()))
    return GangMoney(
        gang=gang,
        profit=kept - _own(before),
        at_stake=kept,
        bankable=lost(dict.fromkeys(accounts, start)),
        first_named_at=moments[0] if moments else None,
        lost_at=tuple((at, lost({one: at for one, time in times.items() if time <= at})) for at in moments),
        lost=lost(times),
        later=tuple(lost({one: time + days * DAY for one, time in times.items()}) for days in DELAYS),
    )


def _own(held: Mapping[str, int]) -> int:
    return sum(amount for place, amount in held.items() if not place.startswith(NOT_KEPT))


def _is_account(place: str) -> bool:
    """Accounts are written as digits, places off the books by words."""
    return place.isdigit()


@dataclass(frozen=True)
class ValueAfter:
    """What moved after the alerts, for data without a ledger of where the money lay.

    Attributes
    ----------
    share : float or None
        Of the value of found attempts' transfers of the test period, what was booked at or after the finding.
    reason : str
        Why there is none; empty where there is.
    """

    share: float | None
    reason: str = ""


def value_after_alert_share(
    sightings: Iterable[Sighting], booked: Booked, amounts: NDArray[np.int64], *, meaningless: str = ""
) -> ValueAfter:
    """Share of the illicit value of found attempts that moved at or after the moment they were found.

    Parameters
    ----------
    sightings : iterable of Sighting
    booked : Booked
    amounts : int64[n]
        In ledger order, minor units of one currency.
    meaningless : str
        Why amounts mean nothing in these data (AMLSim draws them at random); empty where they do.
    """
    if meaningless:
        return ValueAfter(None, meaningless)
    after = total = 0
    for one in sightings:
        if one.found_at is not None:
            rows = np.array([row for row in one.attempt.rows if one.first <= booked.time[row] <= one.last])
            total += int(amounts[rows].sum())
            after += int(amounts[rows][booked.time[rows] >= one.found_at].sum())
    return ValueAfter(after / total) if total else ValueAfter(None, "no attempt with any value was found")
