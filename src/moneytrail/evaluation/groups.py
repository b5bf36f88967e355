"""The fairness gate: whom false alerts name, and whether one group of honest customers bears more than its part.

Groups are look-alike populations (what an account does) and corridors (whether it deals across a border). Nationality,
ethnicity and names are no input and no group.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from moneytrail.errors import ArtifactError, InputError
from moneytrail.evaluation.raising import DAY, Alerts

LIMIT: Final = 2.0
"""The most times the overall rate that a group may have without a written reason."""

LEAST_ALERTS: Final = 3
"""False alerts below which a group fails no gate (design): of some forty groups some have six accounts, where one
alert alone is a hundred times the overall rate."""

CONFIDENCE: Final = 0.95
YEAR: Final = 365 * DAY
ORDINARY: Final = "ordinary customers"
"""Accounts of no population."""

FOREIGN: Final = "foreign corridor"
DOMESTIC: Final = "domestic corridor"

REASON_KEYS: Final = ("population", "reason", "by", "date")


@dataclass(frozen=True)
class GroupRate:
    """How often alerts name the accounts of one group.

    Attributes
    ----------
    name : str
    accounts : int
    alerts, false_alerts : int
        That name at least one of them.
    namings, false_namings : int
        Pairs of an alert and an account of the group that it names.
    years : float
        Of all its accounts together.
    expected : float
        False namings that it would have at the rate of all accounts.
    rate : float
        ``false_namings`` a thousand accounts a year.
    ratio : float or None
        To the rate of all accounts; ``None`` where no false alert names any account.
    low, high : float or None
        Its exact 95 % Poisson interval (Garwood, Biometrika, 1936). Names of one alert come together, so the alerts
        are the events that are counted, each with the group's mean number of names; the overall rate is taken as known.
    """

    name: str
    accounts: int
    alerts: int
    false_alerts: int
    namings: int
    false_namings: int
    years: float
    expected: float
    rate: float
    ratio: float | None
    low: float | None
    high: float | None

    @property
    def alert_rate(self) -> float:
        """``namings`` a thousand accounts a year."""
        return 1000 * self.namings / self.years if self.years else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def poisson_interval(events: int) -> tuple[float, float]:
    """The exact 95 % interval of a Poisson mean of which `events` were seen.

    >>> [round(bound, 3) for bound in poisson_interval(5)]
    [1.623, 11.668]
    """
    from scipy.stats import chi2

    tail = (1 - CONFIDENCE) / 2
    low = float(chi2.ppf(tail, 2 * events)) / 2 if events else 0.0
    return low, float(chi2.ppf(1 - tail, 2 * events + 2)) / 2


def population_groups(populations: pl.DataFrame, accounts: pl.Series) -> pl.DataFrame:
    """``account, group`` of `accounts`: each population of the truth's table, and those who are in none."""
    known = populations.select("account", group="population").filter(pl.col("account").is_in(accounts.implode()))
    rest = accounts.filter(~accounts.is_in(known["account"].implode()))
    return pl.concat([known, pl.DataFrame({"account": rest}).with_columns(group=pl.lit(ORDINARY))]).unique()


def corridor_groups(transfers: pl.DataFrame, accounts: pl.Series) -> pl.DataFrame:
    """``account, group`` of `accounts`: foreign where one of `transfers` has its two banks in different countries.

    By where the other side's bank stands, never by who somebody is. Where a country is not told the transfer counts as
    domestic.
    """
    abroad = transfers.filter(pl.col("debtor_country") != pl.col("creditor_country"))
    foreign = accounts.is_in(_sides(abroad).implode())
    return pl.DataFrame({"account": accounts, "foreign": foreign}).select(
        "account", group=pl.when("foreign").then(pl.lit(FOREIGN)).otherwise(pl.lit(DOMESTIC))
    )


def with_country(transfers: pl.DataFrame, accounts: pl.Series) -> pl.Series:
    """Those of `accounts` that have a transfer of which both banks' countries are told: whose corridor is known."""
    told = transfers.filter(pl.col("debtor_country").is_not_null() & pl.col("creditor_country").is_not_null())
    return accounts.filter(accounts.is_in(_sides(told).implode()))


def _sides(transfers: pl.DataFrame) -> pl.Series:
    """The accounts of some transfers, each once."""
    both = pl.concat([transfers["debtor_account"], transfers["creditor_account"].rename("debtor_account")])
    return both.drop_nulls().unique()


def group_rates(
    alerts: Alerts, false: Sequence[bool], members: pl.DataFrame, names: Sequence[str], period: tuple[int, int]
) -> tuple[GroupRate, ...]:
    """Count alerts and false alerts by group.

    Parameters
    ----------
    alerts : Alerts
    false : sequence of bool
        Of each alert whether it is for nothing: the opposite of :func:`~moneytrail.evaluation.outcomes.gang_alerts`.
    members : polars DataFrame
        ``account, group``; an account may be in several groups. The accounts of all groups together make the overall
        rate, so gangs' own are best left out.
    names : sequence of str
        Account ``a`` of the alerts is ``names[a]``.
    period : (int, int)
        Test period.

    Returns
    -------
    tuple of GroupRate
        Highest ratio first, then by name.
    """
    sizes = members.group_by("group").agg(accounts=pl.col("account").n_unique())
    named = _named(alerts, false, names)
    years = (period[1] - period[0]) / YEAR
    every = named.join(members.select("account").unique(), on="account", how="semi")
    exposure = members["account"].n_unique() * years
    overall = int(every["false"].sum()) / exposure if exposure else 0.0
    counts = (
        members.unique()
        .join(named, on="account")
        .group_by("group")
        .agg(
            alerts=pl.col("alert").n_unique(),
            false_alerts=pl.col("alert").filter("false").n_unique(),
            namings=pl.len(),
            false_namings=pl.col("false").sum(),
        )
    )
    table = sizes.join(counts, on="group", how="left").fill_null(0).sort("group")
    made = [
        _rate(row, row["accounts"] * years, overall * row["accounts"] * years) for row in table.iter_rows(named=True)
    ]
    return _ranked(made)


def pooled(banks: Sequence[Sequence[GroupRate]]) -> tuple[GroupRate, ...]:
    """The groups of several banks, or of several runs, together, each held against the rate of its own bank.

    An alert rate may differ between banks; a group that is large in a bank of many alerts is not to blame for that.
    """
    sums: dict[str, list[float]] = {}
    for group in (group for bank in banks for group in bank):
        counts = (group.alerts, group.false_alerts, group.namings, group.false_namings, group.accounts)
        total = sums.setdefault(group.name, [0.0] * 7)
        for place, value in enumerate((*counts, group.years, group.expected)):
            total[place] += value
    names = ("alerts", "false_alerts", "namings", "false_namings", "accounts")
    return _ranked(
        _rate({"group": name} | {key: int(total[place]) for place, key in enumerate(names)}, total[5], total[6])
        for name, total in sums.items()
    )


def _ranked(groups: Iterable[GroupRate]) -> tuple[GroupRate, ...]:
    return tuple(sorted(groups, key=lambda group: (-(group.ratio or 0.0), group.name)))


def _named(alerts: Alerts, false: Sequence[bool], names: Sequence[str]) -> pl.DataFrame:
    rows = [
        (number, names[account], wrong)
        for number, (alert, wrong) in enumerate(zip(alerts.raised, false, strict=True))
        for account in alert.accounts
    ]
    schema = {"alert": pl.Int64(), "account": pl.String(), "false": pl.Boolean()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _rate(counts: dict[str, Any], years: float, expected: float) -> GroupRate:
    """Of one group's counts, the years of its accounts and the false namings expected of them."""
    alerts, namings = counts["false_alerts"], counts["false_namings"]
    told = {key: value for key, value in counts.items() if key != "group"} | {"years": years, "expected": expected}
    rate = 1000 * namings / years if years else 0.0
    if not expected:
        return GroupRate(counts["group"], **told, rate=rate, ratio=None, low=None, high=None)
    each = namings / alerts if alerts else 1.0
    low, high = (each * bound / expected for bound in poisson_interval(alerts))
    return GroupRate(counts["group"], **told, rate=rate, ratio=namings / expected, low=low, high=high)


def gate(groups: Sequence[GroupRate], limit: float = LIMIT) -> tuple[GroupRate, ...]:
    """The groups that need a written reason.

    Those of which false alerts name more than `limit` times as many accounts as of all, provided that there are enough
    alerts for the interval's lower end to be above 1, and :data:`LEAST_ALERTS` of them.
    """
    return tuple(
        group
        for group in groups
        if (group.ratio or 0.0) > limit and (group.low or 0.0) > 1.0 and group.false_alerts >= LEAST_ALERTS
    )


def read_reasons(path: Path) -> dict[str, Mapping[str, Any]]:
    """The written reasons by group, from a TOML file of ``[[reason]]`` tables; none where there is no file.

    Each has `population` (or corridor), `reason`, `by` (who answers for it) and `date`.

    Raises
    ------
    InputError
        It is no such file, a key is missing, unknown or empty, or a group stands in it twice.
    """
    if not path.is_file():
        return {}
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} is no TOML file: {error}") from error
    tables = document.get("reason", [])
    if set(document) - {"reason"} or not isinstance(tables, list):
        raise InputError(f"{path.name}: allowed is a list of [[reason]] tables and nothing else")
    reasons: dict[str, Mapping[str, Any]] = {}
    for number, table in enumerate(tables, 1):
        wrong = _wrong(table)
        if wrong:
            raise InputError(f"{path.name}, reason {number}: {wrong}")
        if table["population"] in reasons:
            raise InputError(f"{path.name}, reason {number}: {table['population']} stands in it twice")
        reasons[table["population"]] = table
    return reasons


def _wrong(table: Any) -> str:
    if not isinstance(table, dict) or set(table) != set(REASON_KEYS):
        return f"wanted are {', '.join(REASON_KEYS)}"
    empty = [key for key in REASON_KEYS[:3] if not isinstance(table[key], str) or not table[key].strip()]
    if empty:
        return f"{empty[0]} is not a text with something in it"
    return "" if isinstance(table["date"], date) else f"date is {table['date']!r}, wanted is a day as 2026-01-31"


def check_gate(groups: Sequence[GroupRate], reasons: Path, limit: float = LIMIT) -> tuple[GroupRate, ...]:
    """Let a release pass, or say which groups lack a reason.

    Parameters
    ----------
    groups : sequence of GroupRate
    reasons : Path
        As ``models/fairness-reasons.toml``; see :func:`read_reasons`.
    limit : float

    Returns
    -------
    tuple of GroupRate
        Those that pass the limit and have a reason.

    Raises
    ------
    ArtifactError
        One or more have none.
    InputError
        `reasons` is not what it should be.
    """
    written = read_reasons(reasons)
    failing = gate(groups, limit)
    bare = [group for group in failing if group.name not in written]
    if bare:
        told = "; ".join(
            f"{group.name} {group.ratio:.1f} times ({group.low:.1f} to {group.high:.1f}, "
            f"{group.false_alerts} false alerts)"
            for group in bare
        )
        raise ArtifactError(
            f"false alerts name these groups more than {limit:g} times as often as all accounts, and no reason is "
            f"written in {reasons.name}: {told}"
        )
    return failing
