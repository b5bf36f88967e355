"""The decision: which alerts are raised, which of two limits binds, and how many of them are expected to be false."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from moneytrail.conformal.p_values import benjamini_hochberg, checked, clopper_pearson, conformal_p_values
from moneytrail.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Per = Literal["day", "week", "run"]
Binding = Literal["alerts", "false_share", "neither"]

DAY: Final = 86_400_000_000
DAYS_TO_MONDAY: Final = 3
"""1 January 1970 was a Thursday: three days after a Monday."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What is asked for.

    Attributes
    ----------
    alerts : int or None
        At most so many alerts, 1 or more; ``None`` for no limit.
    per : {'day', 'week', 'run'}
        In each day (UTC), each week from Monday, or the whole run.
    false_share : float or None
        At most this share of them false on average, more than 0 and less than 1; ``None`` for no promise.
    """

    alerts: int | None = None
    per: Per = "run"
    false_share: float | None = None

    def __post_init__(self) -> None:
        if self.alerts is not None and self.alerts < 1:
            raise ParameterError(f"alerts a {self.per} = {self.alerts}: allowed is 1 or more")
        if self.per not in ("day", "week", "run"):
            raise ParameterError(f"per = {self.per!r}: allowed is day, week or run")
        if self.false_share is not None and not 0.0 < self.false_share < 1.0:
            raise ParameterError(f"false share = {self.false_share!r}: allowed is more than 0 and less than 1")


@dataclass(frozen=True, eq=False)
class Calibration:
    """Scores of account-periods that are taken to be clean.

    Attributes
    ----------
    scores : float64[c]
        Of those that lead an alert.
    units : int
        How many account-periods there are; all others scored 0.
    """

    scores: NDArray[np.float64]
    units: int

    def __post_init__(self) -> None:
        if checked(self.scores, "calibration").size > self.units:
            raise ParameterError(f"units = {self.units}: allowed is {self.scores.size} or more, one for each score")

    def reaching(self, score: float) -> int:
        """How many account-periods scored at least `score`, which is more than 0."""
        return int((self.scores >= score).sum())

    def half(self, seed: int) -> Calibration:
        """A random half of the account-periods."""
        chance = np.random.default_rng(seed)
        units = self.units // 2
        drawn = chance.hypergeometric(self.scores.size, self.units - self.scores.size, units) if units else 0
        return Calibration(chance.choice(self.scores, int(drawn), replace=False), units)


@dataclass(frozen=True, eq=False)
class Decision:
    """What is raised, and what that rests on.

    Attributes
    ----------
    raised : bool[n]
    p_values : float64[n] or None
        ``None`` without a calibration.
    threshold : float or None
        The least score that is raised.
    candidates, by_alerts, by_share : int
        Alerts of enough risk to be raised at all; how many of them the limit on alerts alone would raise, and the one
        on false alerts alone.
    binding : {'alerts', 'false_share', 'neither'}
        ``neither`` where every candidate is raised, ``alerts`` where exactly those that the limit on alerts lets
        through are, and ``false_share`` where fewer are.
    units, calibration_units, calibration_hits : int
        Account-periods that were tested; clean ones, and those of them that reach the threshold.
    expected_false : (float, float, float) or None
        How many false alerts innocent accounts are expected to lead from the threshold on, with a 95 % interval
        (Clopper and Pearson) for the threshold taken as given.
    least_share : float or None
        The smallest false share that could be promised for so many alerts with so many clean account-periods.
    reachable_share : float or None
        The smallest false share at which any of the alerts that the limit on alerts keeps would be raised.
    units_needed : int or None
        Clean account-periods that the asked share needs at least; ``None`` where they are enough.
    """

    raised: NDArray[np.bool_]
    p_values: NDArray[np.float64] | None
    threshold: float | None
    candidates: int
    by_alerts: int
    by_share: int
    binding: Binding
    units: int
    calibration_units: int
    calibration_hits: int
    expected_false: tuple[float, float, float] | None
    least_share: float | None
    reachable_share: float | None
    units_needed: int | None

    def document(self) -> dict[str, Any]:
        """All but the arrays, as plain data for the run record."""
        names = [name for name in self.__dataclass_fields__ if name not in ("raised", "p_values")]
        values = {name: getattr(self, name) for name in names} | {"alerts": int(self.raised.sum())}
        if self.expected_false is not None:
            values["expected_false"] = [round(value, 3) for value in self.expected_false]
        for name in ("least_share", "reachable_share"):
            if values[name] is not None:
                values[name] = round(values[name], 6)
        return values


def decide(
    scores: ArrayLike,
    times: ArrayLike,
    calibration: Calibration | None,
    budget: Budget,
    *,
    units: int,
    line: float = 0.0,
) -> Decision:
    """Choose the alerts to raise.

    The limit on alerts keeps the best of each day, week or run. Among those that it keeps, the step-up rule over
    conformal p-values takes the largest number ``k`` of alerts that are all at most ``q k / units``. So what is
    promised is promised of the alerts that are raised: a rule that takes more as any p-value falls, and takes none
    above ``q`` times its own number over ``units``, keeps the false share at ``q`` under positive dependence
    (Blanchard and Roquain: Two simple sufficient conditions for FDR control. Electronic Journal of Statistics, 2008).
    In other words: with ``R`` alerts of at least ``s``, ``units (1 + clean ones of at least s) / (clean ones + 1)``
    false ones are reckoned with, and the lowest ``s`` at which this is at most ``q R`` is the threshold.

    Parameters
    ----------
    scores : float64[n]
        Risks of the alerts, one an account-period, best first: of equal ones the first is taken first.
    times : int64[n]
        Microseconds UTC at which each could be raised.
    calibration : Calibration or None
        Must be given where `budget` limits the false share.
    budget : Budget
    units : int
        Account-periods that were tested, at least `n`.
    line : float
        Nothing of a lower score is raised. A fixed line takes nothing from the promise.

    Returns
    -------
    Decision

    Raises
    ------
    ParameterError
    """
    risks, moments = checked(scores, "scores"), np.asarray(times, np.int64)
    if moments.shape != risks.shape or units < risks.size:
        raise ParameterError(f"{risks.size} scores, {moments.size} times and {units} units do not fit together")
    if budget.false_share is not None and calibration is None:
        raise ParameterError("a share of false alerts can only be promised with a calibration period")
    candidates = (risks >= line) & (risks > 0.0)
    kept = candidates & _best_of_each(np.where(candidates, risks, -1.0), moments, budget)
    p_values = conformal_p_values(risks, calibration.scores, calibration.units) if calibration else None
    raised, by_share = kept, candidates
    if budget.false_share is not None and p_values is not None:
        raised = _stepped_up(p_values, kept, budget.false_share, units)
        by_share = _stepped_up(p_values, candidates, budget.false_share, units)
    threshold = float(risks[raised].min()) if raised.any() else None
    least, needed = _attainable(calibration, budget.false_share, units, int(kept.sum()))
    return Decision(
        raised=raised,
        p_values=p_values,
        threshold=threshold,
        candidates=int(candidates.sum()),
        by_alerts=int(kept.sum()),
        by_share=int(by_share.sum()),
        binding=_binding(int(raised.sum()), int(kept.sum()), int(candidates.sum())),
        units=units,
        calibration_units=calibration.units if calibration else 0,
        calibration_hits=calibration.reaching(threshold) if calibration and threshold is not None else 0,
        expected_false=_expected_false(calibration, threshold, units),
        least_share=least,
        reachable_share=_reachable(p_values[kept], units) if p_values is not None else None,
        units_needed=needed,
    )


def _best_of_each(scores: NDArray[np.float64], times: NDArray[np.int64], budget: Budget) -> NDArray[np.bool_]:
    """Whether each is among the best of its day, week or run; of equal scores the first."""
    if budget.alerts is None:
        return np.ones(scores.size, np.bool_)
    days = times // DAY
    span = {"day": days, "week": (days + DAYS_TO_MONDAY) // 7, "run": np.zeros_like(days)}[budget.per]
    order = np.lexsort((np.arange(scores.size), -scores, span))
    ordered = span[order]
    begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if order.size else np.empty(0, np.int64)
    place = np.arange(order.size) - np.repeat(begins, np.diff(np.r_[begins, order.size]))
    kept = np.zeros(scores.size, np.bool_)
    kept[order] = place < budget.alerts
    return kept


def _stepped_up(p_values: NDArray[np.float64], among: NDArray[np.bool_], q: float, units: int) -> NDArray[np.bool_]:
    taken = np.zeros(p_values.size, np.bool_)
    taken[among] = benjamini_hochberg(p_values[among], q, units)
    return taken


def _binding(raised: int, kept: int, candidates: int) -> Binding:
    if raised == candidates:
        return "neither"
    return "alerts" if raised == kept else "false_share"


def _expected_false(
    calibration: Calibration | None, threshold: float | None, units: int
) -> tuple[float, float, float] | None:
    if calibration is None or threshold is None or not calibration.units:
        return None
    hits = calibration.reaching(threshold)
    low, high = clopper_pearson(hits, calibration.units)
    return units * hits / calibration.units, units * low, units * high


def _reachable(p_values: NDArray[np.float64], units: int) -> float | None:
    """The smallest share with which the step-up rule takes any of these p-values."""
    if not p_values.size:
        return None
    return float((np.sort(p_values) * units / np.arange(1, p_values.size + 1)).min())


def _attainable(
    calibration: Calibration | None, q: float | None, units: int, alerts: int
) -> tuple[float | None, int | None]:
    """The smallest share that `alerts` alerts can have promised, and how many clean units `q` needs if it is less."""
    if calibration is None or not alerts:
        return None, None
    least = units / ((calibration.units + 1) * alerts)
    if q is None or least <= q:
        return min(1.0, least), None
    return min(1.0, least), ceil(round(units / (q * alerts), 6)) - 1
