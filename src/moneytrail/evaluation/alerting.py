"""A model's scores as alerts, and what these find: the figures that the bench shows beside those of transfers."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from moneytrail.errors import ParameterError
from moneytrail.evaluation.groups import (
    GroupRate,
    corridor_groups,
    group_rates,
    population_groups,
    with_country,
)
from moneytrail.evaluation.money import money_in_time, named_at, value_after_alert_share
from moneytrail.evaluation.outcomes import attempts_found, attempts_of, figures, gang_alerts
from moneytrail.evaluation.raising import WEEK, Alerts, Booked, RaisingRule, raise_alerts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.evaluation.case import Case
    from moneytrail.evaluation.outcomes import Attempt
    from moneytrail.evaluation.splits import Split

ALERTS: Final = ("attempts_found", "attempts_reached", "alert_precision", "days_to_detect")
MONEY: Final = ("money_in_reach", "money_by_delay", "money")
"""Names of figures; of those about money only a simulator's truth gives any."""
WITHIN_BUDGET: Final = (
    "precision_at_budget", "recall_at_budget", *ALERTS, *MONEY, "value_after_alert", "groups", "stability", "agreement",
)  # fmt: skip
"""Figures that mean nothing where the budget allows no alert."""
USUAL: Final = 3
"""Alerts a week that are proposed in place of a budget that allows none."""
LINE_SHARE: Final = 0.002
"""Share of the test period's transfers so far that are flagged (design): about twice as many as are illicit in a
simulated bank, so that the budget decides and not the line."""
RANDOM: Final = {"amlsim": "AMLSim draws amounts at random"}
"""Layouts whose amounts mean nothing, and why."""

_BUDGET: Final = re.compile(r"(\d+(?:\.\d+)?)(?: per ([\d,]+) customers)? a week")


@dataclass(frozen=True, slots=True)
class AlertBudget:
    """How many alerts a week may be raised.

    Attributes
    ----------
    alerts : float
    customers : int or None
        For so many customers; ``None``: whatever their number.
    """

    alerts: float = 1.0
    customers: int | None = 5_000

    @classmethod
    def of(cls, text: str) -> AlertBudget:
        """Read ``1 per 5000 customers a week`` or ``3 a week``.

        Raises
        ------
        ParameterError
        """
        found = _BUDGET.fullmatch(" ".join(text.split()))
        customers = int(found[2].replace(",", "")) if found and found[2] else None
        if not found or not 0 < float(found[1]) < float("inf") or customers == 0:
            raise ParameterError(f"--budget {text!r}: wanted is as '1 per 5000 customers a week' or '3 a week'")
        return cls(float(found[1]), customers)

    def a_week(self, case: Case) -> float:
        """Alerts a week for a case, by the customers that :func:`customers_of` counts."""
        return self.alerts if self.customers is None else self.alerts * customers_of(case)[0] / self.customers

    def transfers(self, case: Case, split: Split) -> int:
        """As many transfers as alerts over the test period, one at least: the budget of the figures by transfer."""
        start, end = test_period(case, split)
        return max(1, round(self.a_week(case) * (end - start) / WEEK))

    def __str__(self) -> str:
        """As :meth:`of` reads it."""
        many = "" if self.customers is None else f" per {self.customers} customers"
        return f"{np.format_float_positional(self.alerts, trim='-')}{many} a week"


def customers_of(case: Case) -> tuple[int, str]:
    """How many customers a case has, and what was counted for them.

    As many as a simulated bank was made with; else the parties of the account table, its accounts where a party is not
    told, and without a table all accounts of the transfers, those of other banks among them.
    """
    if case.facts.get("customers"):
        return int(case.facts["customers"]), "customers of the simulated bank"
    if case.accounts is None:
        return case.graph.accounts, "accounts (no account table)"
    if "party" in case.accounts.columns and not case.accounts["party"].null_count():
        return case.accounts["party"].n_unique(), "parties of the account table"
    return case.accounts.height, "accounts of the account table"


def test_period(case: Case, split: Split) -> tuple[int, int]:
    """First microsecond of the test period, and the first after it."""
    return split.borders[1], int(case.graph.time[-1]) + 1


@dataclass(frozen=True, eq=False)
class Desk:
    """Everything about a case that alerts are held against; made once for all models.

    Attributes
    ----------
    case : Case
    booked : Booked
    period : (int, int)
        The test period.
    attempts : tuple of Attempt
    rule : RaisingRule
    groups : tuple of polars DataFrame
        ``account, group``: look-alike populations, where a simulator's truth names any, and corridors.
    """

    case: Case
    booked: Booked
    period: tuple[int, int]
    attempts: tuple[Attempt, ...]
    rule: RaisingRule
    groups: tuple[pl.DataFrame, ...]

    @classmethod
    def of(cls, case: Case, split: Split, budget: AlertBudget) -> Desk:
        """Of a case and the period that is tested."""
        graph = case.graph
        booked = Booked(graph.debtor, graph.creditor, graph.time)
        rule = RaisingRule(round(budget.a_week(case), 3))
        return cls(case, booked, test_period(case, split), _attempts(case), rule, _groups(case))

    def raised(self, scores: NDArray[np.float64]) -> Alerts:
        """The alerts that scores make: the best share of each week's transfers is flagged, and the budget decides.

        The line of a week is drawn at its end through the scores of the test period so far: it needs no label, and no
        other model's scale, as one drawn on the validation period would by the model before it learned from that.
        Transfers that score as the line are flagged with it, so that those of one match, which rules score alike, stay
        together; the lowest score of all is never flagged.
        """
        start, end = self.period
        flagged = np.full(scores.size, np.nan)
        first = int(np.searchsorted(self.booked.time, start))
        since = first
        for now in [*range(start + WEEK, end, WEEK), end]:
            until = int(np.searchsorted(self.booked.time, now))
            week = slice(since, until)
            above = scores[week] >= line_of(scores[first:until])
            flagged[week][above] = scores[week][above]
            since = until
        return raise_alerts(self.booked, flagged, -np.inf, self.period, self.rule)

    @property
    def too_small(self) -> str:
        """Why nothing can be told within the budget; empty where it allows an alert in the test period."""
        length = self.period[1] - self.period[0]
        if self.rule.places(length):
            return ""
        allowed = min(0.99, self.rule.budget_a_week * length / WEEK)
        return (
            f"the budget allows {allowed:.2g} alerts in the test period: use more customers or days, or "
            f"--budget '{max(USUAL, math.ceil(WEEK / length))} a week'"
        )

    def figures(self, alerts: Alerts) -> dict[str, Any]:
        """Attempts found, money in time, groups: as plain data, null where the case cannot tell."""
        sightings = attempts_found(alerts, self.attempts, self.booked, self.period)
        told = figures(alerts, sightings, self.case.illicit, self.booked, self.period).to_dict()
        after = value_after_alert_share(
            sightings,
            self.booked,
            self.case.graph.amount,
            meaningless=RANDOM.get(str(self.case.facts.get("layout")), ""),
        )
        named = {name: told[name] for name in ALERTS}
        return named | {
            "attempts": told,
            **self._money(alerts),
            "value_after_alert": after.share,
            "why_no_value": after.reason,
            "groups": self.rates(alerts) or None,
        }

    def _money(self, alerts: Alerts) -> dict[str, Any]:
        truth = self.case.truth
        if truth is None:
            return dict.fromkeys(MONEY)
        found = money_in_time(truth["ledger"], named_at(alerts, self.case.graph.names.to_list()), self.period).to_dict()
        return {"money_in_reach": found["in_reach_share"], "money_by_delay": found["curve"], "money": found}

    def rates(self, alerts: Alerts) -> tuple[GroupRate, ...]:
        """Alert rates by look-alike population, where a simulator's truth names any, and by corridor."""
        false = [not own for own in gang_alerts(alerts, self.case.illicit)]
        names = self.case.graph.names.to_list()
        return tuple(one for members in self.groups for one in group_rates(alerts, false, members, names, self.period))


def line_of(scores: NDArray[np.float64], share: float = LINE_SHARE) -> float:
    """The score that the best `share` of the scores reach, infinity where that is the lowest of them.

    The share is rounded to whole scores, a half to even ones, and is one at least. Not a number counts as no score.
    """
    known = np.sort(scores[~np.isnan(scores)])
    if not known.size:
        return np.inf
    line = float(known[-max(1, round(share * known.size))])
    return line if line > known[0] else np.inf


def _groups(case: Case) -> tuple[pl.DataFrame, ...]:
    """The bank's own accounts that are no gang's, by look-alike population and by corridor.

    Without a simulator's truth the corridor alone: of the accounts (of the account table, where there is one) that
    stand in no illicit transfer and whose corridor is known.
    """
    own = case.graph.names if case.accounts is None else case.accounts["account"]
    if case.truth is None:
        sides = np.concatenate([case.graph.debtor[case.illicit], case.graph.creditor[case.illicit]])
        illicit = case.graph.names.gather(np.unique(sides[sides >= 0]))
        honest = with_country(case.transfers, own.filter(~own.is_in(illicit.implode())))
        return (corridor_groups(case.transfers, honest),)
    honest = own.filter(~own.is_in(case.truth["parties"]["account"].implode()))
    return population_groups(case.truth["populations"], honest), corridor_groups(case.transfers, honest)


def _attempts(case: Case) -> tuple[Attempt, ...]:
    graph = case.graph
    ids = graph.transaction_ids(np.arange(graph.transfers))
    if case.truth is not None:
        told, rows = case.truth["attempts"], case.truth["transfers"].select("transaction_id", "attempt")
        return attempts_of(told, rows, ids, graph.names)
    typology = case.transfers["label_typology"].gather(pl.Series(graph.order))
    rows = pl.DataFrame({"transaction_id": ids, "attempt": case.attempt, "typology": typology}).drop_nulls("attempt")
    told = rows.group_by("attempt", maintain_order=True).agg(pl.col("typology").first().fill_null("unnamed"))
    return attempts_of(told, rows.select("transaction_id", "attempt"), ids, graph.names)
