"""The budget on a bank's data: time in periods, which accounts count in each, which alerts are raised, what is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from moneytrail.conformal.budget import DAY, Budget, Calibration, Decision, decide
from moneytrail.conformal.drifting import Side, drift
from moneytrail.conformal.exposure import Exposure, Ledger, Periods, exposure
from moneytrail.conformal.review import agreement, overlap
from moneytrail.conformal.said import said
from moneytrail.errors import ParameterError
from moneytrail.wording import day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

PERIOD_DAYS: Final = 30
"""Days of a period: long enough for most patterns to show, short enough for several in a calibration (design)."""

LEAST_SEEN: Final = 10
"""A typology is compared with other scorers from so many alerts on."""

HALVES: Final = 20
"""Random halves of the calibration with which the decision is made again."""

LINE_MOVED: Final = 0.05
"""How far the line is moved to see whether the decision hangs on it."""

COLUMNS: Final[dict[str, pl.DataType]] = {"calibration": pl.Boolean(), "p_value": pl.Float64()}
"""What the alerts' frame has besides, with a calibration."""


@dataclass(frozen=True, slots=True)
class AlertPlan:
    """What is asked for, and until when the data are taken to be clean; all of it decides the result.

    Attributes
    ----------
    budget : Budget
    calibrate_until : date or None
        The data before this day (UTC) are the calibration: nothing that completes in them is raised.
    period_days : int
        7 to 365.
    """

    budget: Budget
    calibrate_until: date | None = None
    period_days: int = PERIOD_DAYS

    def __post_init__(self) -> None:
        if self.budget.false_share is not None and self.calibrate_until is None:
            raise ParameterError(
                "a share of false alerts rests on a clean period: say with --calibrate-until DATE where it ends"
            )
        if not 7 <= self.period_days <= 365:
            raise ParameterError(f"period_days = {self.period_days}: allowed is 7 to 365")

    def document(self) -> dict[str, Any]:
        """As plain data, for what decides the result in the run record."""
        budget, until = self.budget, self.calibrate_until
        return {
            "alerts": budget.alerts,
            "per": budget.per,
            "false_share": budget.false_share,
            "calibrate_until": until.isoformat() if until else None,
            "period_days": self.period_days,
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> AlertPlan:
        """The plan that a run record describes.

        Raises
        ------
        KeyError, TypeError, ValueError
            The record is damaged.
        """
        until = document["calibrate_until"]
        budget = Budget(document["alerts"], document["per"], document["false_share"])
        return cls(budget, date.fromisoformat(until) if until else None, int(document["period_days"]))

    def allot(self, ledger: Ledger, early_until: int, line: float) -> Allotment:
        """The plan on these data.

        Parameters
        ----------
        ledger : Ledger
            Such as a :class:`moneytrail.graph.TransactionGraph`.
        early_until : int
            Microseconds UTC: before it everybody looks like a stranger, so that no calibration begins there.
        line : float
            Nothing of less risk is raised.

        Raises
        ------
        ParameterError
            The calibration would hold no whole period, or the run nothing.
        """
        if self.calibrate_until is None:
            return Allotment(self, line)
        until, length = _microseconds(self.calibrate_until), self.period_days * DAY
        ends = int(ledger.time[-1]) + 1 if ledger.time.size else until
        clean = (until - early_until) // length if ledger.time.size else 0
        if clean < 1:
            raise ParameterError(
                f"the calibration until {self.calibrate_until} holds no whole period of {self.period_days} days that "
                f"begins on or after {day(early_until)}, when the data's first days are over"
            )
        if ends <= until:
            raise ParameterError(f"the calibration until {self.calibrate_until} leaves no transfer for the run")
        periods = Periods(until, length, clean, -(-(ends - until) // length))
        return Allotment(self, line, exposure(ledger, periods))


@dataclass(frozen=True, eq=False)
class Allotment:
    """A plan on the data of one run.

    Attributes
    ----------
    plan : AlertPlan
    line : float
        Nothing of less risk is raised.
    exposure : Exposure or None
        ``None`` without a calibration.
    """

    plan: AlertPlan
    line: float
    exposure: Exposure | None = None

    @property
    def columns(self) -> dict[str, pl.DataType]:
        """What the alerts' frame has besides."""
        return COLUMNS if self.exposure else {}

    def periods_of(self, match: pl.DataFrame) -> list[int] | None:
        """The period in which each match completes; ``None`` where alerts need not keep within periods.

        With a calibration no alert may reach over the end of a period: how high it scores would else depend on how
        much time there was to add to it.
        """
        return _periods(match["ended_at"], self.exposure.periods).tolist() if self.exposure else None

    def choose(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Say which alerts are raised, and put those of the calibration last.

        Parameters
        ----------
        frame : polars DataFrame
            ``risk_score``, ``detectable_at`` and ``ended_at`` of every alert, best first.

        Returns
        -------
        polars DataFrame
            With ``within_budget``, and :attr:`columns`.
        """
        own = self._own(frame)
        decision = self._decide(frame.filter(own), self._calibration(frame))
        raised = np.zeros(frame.height, np.bool_)
        raised[own] = decision.raised
        frame = frame.with_columns(within_budget=pl.Series(raised, dtype=pl.Boolean))
        if not self.exposure:
            return frame
        p_values = np.full(frame.height, np.nan)
        p_values[own] = decision.p_values
        told = frame.with_columns(calibration=pl.Series(~own), p_value=pl.Series(p_values).fill_nan(None))
        return told.sort("calibration", maintain_order=True)

    def outcome(self, frame: pl.DataFrame) -> dict[str, Any]:
        """What came of the plan, for the run record: the decision, the drift, and what can be known without labels.

        Parameters
        ----------
        frame : polars DataFrame
            What :meth:`choose` made, with ``subjects``, ``typologies`` and ``typology_scores``.
        """
        run, calibration = frame.filter(self._own(frame)), self._calibration(frame)
        decision = self._decide(run, calibration)
        told: dict[str, Any] = decision.document()
        seen = self._drift(frame, decision)
        told["drift"] = seen
        told["calibration"] = self._clean_time()
        told["said"] = said(decision, self.plan.budget, seen)
        told["stability"] = self._stability(run, calibration, decision)
        told["agreement"] = [one.document() for one in agreement(_scorers(run))]
        return told

    def _own(self, frame: pl.DataFrame) -> NDArray[np.bool_]:
        """Which alerts complete in the run and not in the calibration."""
        if not self.exposure:
            return np.ones(frame.height, np.bool_)
        own: NDArray[np.bool_] = _periods(frame["ended_at"], self.exposure.periods) >= 0
        return own

    def _calibration(self, frame: pl.DataFrame) -> Calibration | None:
        if not self.exposure:
            return None
        period, risk = _periods(frame["ended_at"], self.exposure.periods), frame["risk_score"].to_numpy()
        scores = risk[(period >= -self.exposure.periods.clean) & (period < 0) & (risk > 0.0)]
        return Calibration(scores, max(sum(self.exposure.clean), scores.size))

    def _decide(self, run: pl.DataFrame, calibration: Calibration | None, line: float | None = None) -> Decision:
        units = sum(self.exposure.run) if self.exposure else run.height
        return decide(
            run["risk_score"].to_numpy(),
            run["detectable_at"].cast(pl.Int64).to_numpy(),
            calibration,
            self.plan.budget,
            units=max(units, run.height),
            line=self.line if line is None else line,
        )

    def _drift(self, frame: pl.DataFrame, decision: Decision) -> dict[str, Any] | None:
        if not self.exposure:
            return None
        cut = decision.threshold if decision.threshold is not None else self.line or np.inf
        risk, periods = frame["risk_score"].to_numpy(), self.exposure.periods
        low = (risk > 0.0) & (risk < cut)
        period = _periods(frame["ended_at"], periods)
        sides = []
        for first, units in ((-periods.clean, self.exposure.clean), (0, self.exposure.run)):
            held = low & (period >= first) & (period < first + len(units))
            sides.append(Side(risk[held], period[held] - first, units))
        return drift(sides[0], sides[1], self.exposure.indices).document()

    def _clean_time(self) -> dict[str, Any] | None:
        if not self.exposure:
            return None
        periods = self.exposure.periods
        return {
            "from": _day(periods.until - periods.clean * periods.length),
            "until": _day(periods.until),
            "periods": periods.clean,
            "run_periods": periods.run,
            "taken_for_granted": "nobody did in it what is looked for",
        }

    def _stability(self, run: pl.DataFrame, calibration: Calibration | None, made: Decision) -> dict[str, Any]:
        """How much of the raised alerts' accounts stays when something is changed that should not matter much."""

        def still(changed: Decision) -> float:
            return round(overlap(_accounts(run, made), _accounts(run, changed)), 6)

        told: dict[str, Any] = {
            "line_raised": still(self._decide(run, calibration, min(1.0, self.line + LINE_MOVED))),
            "line_lowered": still(self._decide(run, calibration, max(0.0, self.line - LINE_MOVED))),
        }
        if calibration is not None:
            halves = [still(self._decide(run, calibration.half(seed))) for seed in range(HALVES)]
            told["half_calibration"] = {"mean": round(sum(halves) / HALVES, 6), "least": min(halves)}
        return told


def _accounts(run: pl.DataFrame, decision: Decision) -> list[str]:
    return run.filter(decision.raised)["subjects"].explode().drop_nulls().to_list()


def _scorers(run: pl.DataFrame) -> dict[str, NDArray[np.float64]]:
    """The risk, each detector and each typology that is seen often enough, over the run's alerts."""
    scores = {"risk": run["risk_score"].to_numpy()}
    scores |= {name: run[name].to_numpy() for name in run.columns if name.startswith("anomaly_")}
    rows = [dict(zip(*row, strict=True)) for row in run.select("typologies", "typology_scores").iter_rows()]
    seen = Counter(name for row in rows for name in row)
    often = sorted(name for name, number in seen.items() if number >= LEAST_SEEN)
    return scores | {name: np.array([row.get(name, 0.0) for row in rows]) for name in often}


def _periods(moments: pl.Series, periods: Periods) -> NDArray[np.int64]:
    return (moments.cast(pl.Int64).to_numpy() - periods.until) // periods.length


def _microseconds(first: date) -> int:
    return (first - date(1970, 1, 1)).days * DAY


def _day(moment: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)).date().isoformat()
