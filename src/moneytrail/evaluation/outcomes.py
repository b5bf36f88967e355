"""What alerts mean to those who investigate: which attempts stand in them, how soon, and how many are for nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from moneytrail.evaluation.raising import DAY, Alerts, Booked, RaisedAlert

HALF: Final = 0.5
"""Share of an attempt's transfers, and of an alert's evidence. Design, as in ``benchmarks.catalogue``."""

AFTERWARDS: Final = 30 * DAY
"""How long after an attempt's last transfer an account named still counts as reached. Design."""


@dataclass(frozen=True)
class Attempt:
    """One attempt as the truth or the labels tell it.

    Attributes
    ----------
    name, family : str
        `family` is a typology or a shape.
    rows : tuple of int
        Its transfers, as places in the ledger, ascending; of all periods.
    gang, strength : str or None
        Where the truth tells them.
    account : int
        The account that it is made on, -1 where that is not told.
    """

    name: str
    family: str
    rows: tuple[int, ...]
    gang: str | None = None
    strength: str | None = None
    account: int = -1


@dataclass(frozen=True)
class Sighting:
    """What became of one planted attempt; times in microseconds, ``None`` for never.

    Attributes
    ----------
    attempt : Attempt
    first, last : int
        Of its transfers in the test period.
    found_at, reached_at : int or None
        See :func:`attempts_found`.
    """

    attempt: Attempt
    first: int
    last: int
    found_at: int | None
    reached_at: int | None


def attempts_of(
    attempts: pl.DataFrame, transfers: pl.DataFrame, ids: pl.Series, accounts: pl.Series
) -> tuple[Attempt, ...]:
    """Put the truth's attempts, or labelled ones, into ledger places.

    Parameters
    ----------
    attempts : polars DataFrame
        ``attempt, typology`` and where known ``gang, account, strength``.
    transfers : polars DataFrame
        ``transaction_id, attempt``; null attempts and ids that are not in the ledger are passed over.
    ids : polars Series of String[n]
        Transaction ids in ledger order.
    accounts : polars Series of String
        The account with integer ``a`` is ``accounts[a]``.

    Returns
    -------
    tuple of Attempt
        In the order of `attempts`, those without a transfer left out.
    """
    known = pl.DataFrame({"transaction_id": ids}).with_row_index("row")
    rows = transfers.join(known, on="transaction_id").group_by("attempt").agg(pl.col("row").unique().sort())
    codes = pl.DataFrame({"account": accounts}).with_row_index("code").with_columns(pl.col("code").cast(pl.Int64))
    columns = {name: attempts[name] if name in attempts.columns else None for name in ("gang", "strength", "account")}
    told = attempts.select("attempt", "typology", **{name: pl.lit(column) for name, column in columns.items()})
    told = told.with_columns(pl.col("account").cast(pl.String))
    made = told.join(rows, on="attempt", maintain_order="left").join(
        codes, on="account", how="left", maintain_order="left"
    )
    return tuple(
        Attempt(one["attempt"], one["typology"], tuple(one["row"]), one["gang"], one["strength"], _or(one["code"], -1))
        for one in made.iter_rows(named=True)
    )


def _or(value: int | None, other: int) -> int:
    return other if value is None else value


def attempts_found(
    alerts: Alerts, attempts: Iterable[Attempt], booked: Booked, period: tuple[int, int]
) -> tuple[Sighting, ...]:
    """Hold alerts against the attempts that have a transfer in the test period.

    An attempt is *found* as soon as the evidence of one alert holds at least half of its transfers of the period; or
    holds one of them, and the alert names its account by a transfer booked while the attempt lasted. That is the rule
    of ``benchmarks.catalogue`` without its typologies, which scores do not have. It is *reached*, more widely, as soon
    as an alert names any account of its transfers, the attempt's own or a payer's, but as a hub, at most 30 days after
    its last transfer; before its first counts too, for then the account is under watch.

    Returns
    -------
    tuple of Sighting
        In the order of `attempts`.
    """
    where = _alerts_by(alerts, lambda alert: alert.transfers)
    naming = _alerts_by(alerts, lambda alert: alert.accounts)
    found = []
    for attempt in attempts:
        rows = [row for row in attempt.rows if period[0] <= booked.time[row] < period[1]]
        if rows:
            first, last = int(booked.time[rows[0]]), int(booked.time[rows[-1]])
            holding = sorted({number for row in rows for number in where.get(row, ())})
            times = [_found_at(alerts.raised[number], attempt.account, rows, booked) for number in holding]
            reached = _reached_at(alerts, naming, _accounts(rows, booked), last + AFTERWARDS)
            found.append(Sighting(attempt, first, last, _earliest(times), reached))
    return tuple(found)


def _alerts_by(alerts: Alerts, keys: Callable[[RaisedAlert], Iterable[int]]) -> dict[int, list[int]]:
    by: dict[int, list[int]] = {}
    for number, alert in enumerate(alerts.raised):
        for key in keys(alert):
            by.setdefault(key, []).append(number)
    return by


def _accounts(rows: Sequence[int], booked: Booked) -> list[int]:
    both = np.unique(np.concatenate([booked.debtor[rows], booked.creditor[rows]]))
    return [int(account) for account in both if account >= 0]


def _found_at(alert: RaisedAlert, account: int, rows: Sequence[int], booked: Booked) -> int | None:
    """When an alert that holds one of an attempt's `rows` found it."""
    added = sorted(alert.transfers[row] for row in rows if row in alert.transfers)
    needed = -(-len(rows) // 2)
    half = added[needed - 1] if len(added) >= needed else None
    named = [
        max(time, alert.accounts[account], added[0])
        for row, time in (alert.transfers.items() if account in alert.accounts else ())
        if account in (booked.debtor[row], booked.creditor[row]) and rows[0] <= row <= rows[-1]
    ]
    return _earliest([half, min(named, default=None)])


def _reached_at(alerts: Alerts, naming: Mapping[int, list[int]], accounts: Iterable[int], latest: int) -> int | None:
    times = [
        alerts.raised[number].accounts[account]
        for account in accounts
        for number in naming.get(account, ())
        if account not in alerts.raised[number].hubs
    ]
    return _earliest([time for time in times if time <= latest])


def _earliest(times: Iterable[int | None]) -> int | None:
    return min((time for time in times if time is not None), default=None)


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    of: int
    found: int
    reached: int

    @property
    def share(self) -> float | None:
        """Found of all; ``None`` of none."""
        return self.found / self.of if self.of else None


@dataclass(frozen=True)
class AttemptFigures:
    """Alerts against attempts in numbers.

    Attributes
    ----------
    attempts : Share
    by_strength, by_family : dict of str to Share
    gangs : int
        With a planted attempt; 0 where no gang is told.
    gangs_found : int
        With a found one.
    attempts_of_found_gangs : int or None
        Planted attempts of those.
    days_to_detect : tuple of float
        From the first transfer in the period to the finding, of those found, ascending.
    alerts : int
    places : int
        The budget's.
    of_a_gang : int
        Alerts of whose evidence at least half is illicit.
    of_a_gang_at_once : int
        The same of the evidence that they were raised with.
    accounts_an_alert : float or None
        Median of accounts named, evidence added later included; `most_accounts` the highest.
    evidence : int
        Transfers in alerts; `illicit_evidence` of them are illicit, of `illicit` in the period.
    """

    attempts: Share
    by_strength: dict[str, Share]
    by_family: dict[str, Share]
    gangs: int
    gangs_found: int
    attempts_of_found_gangs: int | None
    days_to_detect: tuple[float, ...]
    alerts: int
    places: int
    of_a_gang: int
    of_a_gang_at_once: int
    accounts_an_alert: float | None
    most_accounts: int
    evidence: int
    illicit_evidence: int
    illicit: int

    @property
    def precision(self) -> float | None:
        """Share of alerts that are a gang's."""
        return self.of_a_gang / self.alerts if self.alerts else None

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values for JSON, shares beside their counts."""
        days = self.days_to_detect
        return {
            **asdict(self),
            "attempts_found": self.attempts.share,
            "attempts_reached": self.attempts.reached / self.attempts.of if self.attempts.of else None,
            "alert_precision": self.precision,
            "days_to_detect": median(days) if days else None,
            "all_days_to_detect": list(days),
        }


def figures(
    alerts: Alerts, sightings: Sequence[Sighting], illicit: NDArray[np.bool_], booked: Booked, period: tuple[int, int]
) -> AttemptFigures:
    """Count.

    Parameters
    ----------
    alerts : Alerts
    sightings : sequence of Sighting
    illicit : bool[n]
        In ledger order.
    booked : Booked
    period : (int, int)
        Test period.
    """
    own = gang_alerts(alerts, illicit)
    at_once = [
        _is_gangs([row for row, time in alert.transfers.items() if time == alert.raised_at], illicit)
        for alert in alerts.raised
    ]
    gangs = Counter(one.attempt.gang for one in sightings if one.attempt.gang is not None)
    found = {one.attempt.gang for one in sightings if one.found_at is not None and one.attempt.gang is not None}
    evidence = sorted({row for alert in alerts.raised for row in alert.transfers})
    sizes = [len(alert.accounts) for alert in alerts.raised]
    days = sorted((one.found_at - one.first) / DAY for one in sightings if one.found_at is not None)
    inside = slice(*np.searchsorted(booked.time, period).tolist())
    return AttemptFigures(
        attempts=_share(sightings),
        by_strength=_shares(sightings, lambda one: one.attempt.strength),
        by_family=_shares(sightings, lambda one: one.attempt.family),
        gangs=len(gangs),
        gangs_found=len(found),
        attempts_of_found_gangs=sum(gangs[gang] for gang in found) if gangs else None,
        days_to_detect=tuple(days),
        alerts=len(own),
        places=alerts.places,
        of_a_gang=sum(own),
        of_a_gang_at_once=sum(at_once),
        accounts_an_alert=median(sizes) if sizes else None,
        most_accounts=max(sizes, default=0),
        evidence=len(evidence),
        illicit_evidence=int(illicit[evidence].sum()) if evidence else 0,
        illicit=int(illicit[inside].sum()),
    )


def gang_alerts(alerts: Alerts, illicit: NDArray[np.bool_]) -> tuple[bool, ...]:
    """Of each alert whether it is a gang's: at least half of its evidence is illicit. The others are false."""
    return tuple(_is_gangs(list(alert.transfers), illicit) for alert in alerts.raised)


def _is_gangs(rows: list[int], illicit: NDArray[np.bool_]) -> bool:
    return 2 * int(illicit[rows].sum()) >= len(rows)


def _share(sightings: Iterable[Sighting]) -> Share:
    seen = list(sightings)
    found, reached = ([one.found_at for one in seen], [one.reached_at for one in seen])
    return Share(len(seen), len(found) - found.count(None), len(reached) - reached.count(None))


def _shares(sightings: Iterable[Sighting], key: Callable[[Sighting], str | None]) -> dict[str, Share]:
    by: dict[str, list[Sighting]] = {}
    for one in sightings:
        name = key(one)
        if name is not None:
            by.setdefault(name, []).append(one)
    return {name: _share(by[name]) for name in sorted(by)}
