"""Run contenders on cases and put their figures side by side.

Medians over the runs: one a model seed and case. An interval holds the middle 95 % of the bootstrap draws of all runs
together, so that it says what other attempts and days, and other seeds, would have given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from itertools import combinations
from platform import python_version
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from moneytrail.errors import ParameterError
from moneytrail.evaluation.alerting import ALERTS, WITHIN_BUDGET, AlertBudget, Desk, customers_of
from moneytrail.evaluation.groups import gate, pooled
from moneytrail.evaluation.measuring import capped
from moneytrail.evaluation.metrics import (
    Ranked,
    Threshold,
    at_budget,
    at_threshold,
    average_precision,
    best_threshold,
    bootstrap,
    calibration,
    clusters,
    curve,
    interval,
)
from moneytrail.evaluation.splits import SplitRule, split
from moneytrail.evaluation.trials import TRIALS, Contender, Outcome, Task, run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.evaluation.case import Case
    from moneytrail.rates import ExchangeRates
    from moneytrail.scoring import Progress

BY_ROWS: Final = frozenset({"amlworld"})
"""Layouts whose published protocol parts by rows."""

TUNING: Final = (
    f"every model that learns tries {TRIALS} settings on the validation period and takes the best by average "
    "precision, then learns anew from training and validation together; models on GFP's columns also choose among "
    "three windows, and its cost is counted; models without labels are taken as they come; F1, precision and recall "
    "are those of the model that learned from training alone, at the threshold best on validation, as published"
)
QUALITY: Final = ("f1", "precision", "recall")
DRAWN: Final = ("average_precision", *QUALITY)
"""Figures that the bootstrap gives an interval."""
MEDIANS: Final = (*DRAWN, "precision_at_budget", "recall_at_budget")
OF_RUNS: Final = (*ALERTS, "money_in_reach", "value_after_alert", "alerts", "alert_places", "drift")
"""Further figures whose median over the runs is told."""
OF_FIRST: Final = ("threshold", "calibration", "curve", "attempts", "money", "money_by_delay")
"""What is told of the first run only."""


NOTHING: Final = {
    "attempts_found": "no labelled attempt has a transfer in the test period",
    "attempts_reached": "no labelled attempt has a transfer in the test period",
    "alert_precision": "no alert was raised",
    "days_to_detect": "no attempt was found",
    "money_in_reach": "no gang has profit in a bank in the test period",
    "groups": "of no account outside the illicit transfers is the corridor known",
}
"""Why a figure is null that these data could have given."""

LIBRARIES: Final = ("moneytrail", "numpy", "polars", "scikit-learn")
"""Whose versions are told, beside Python's and those of the peers that run."""
WITHOUT_LABELS: Final = ("stability", "agreement")
"""Figures within the budget that need no label."""
ONE_SEED: Final = "it takes two seeds or more (benchmark --seeds 2)"


@dataclass(frozen=True)
class Plan:
    """What is compared, and how.

    Attributes
    ----------
    contenders : sequence of Contender
    seeds : sequence of int
        Of the models; those that the seed does not matter to give the same each time.
    rule : SplitRule
        Its ``by`` counts where `by_layout` is ``False``.
    by_layout : bool
        Part AMLworld's files by rows, as published, and all others by time.
    budget : AlertBudget
    threads : int
        The most, for our models and for the libraries of others.
    patience : float
        Seconds that a peer may take over the columns of one window.
    """

    contenders: Sequence[Contender]
    seeds: Sequence[int] = (1,)
    rule: SplitRule = field(default_factory=SplitRule)
    by_layout: bool = True
    budget: AlertBudget = field(default_factory=AlertBudget)
    threads: int = 2
    patience: float = 1_800.0

    def rule_for(self, case: Case) -> SplitRule:
        """How this case is parted."""
        if self.by_layout and case.facts.get("layout") in BY_ROWS:
            return SplitRule("rows", self.rule.embargo, self.rule.keep_straddling)
        return self.rule


@dataclass(frozen=True, eq=False)
class Run:
    """One model, once on one case: figures, bootstrap draws, curves, or why there are none.

    Its outcome is kept without the scores, so that no case's transfers are held while the next is run. ``best`` are the
    places of its best transfers, none where the budget allows no alert.
    """

    model: str
    case: str
    seed: int
    figures: Mapping[str, Any]
    draws: Mapping[str, NDArray[np.float64]]
    outcome: Outcome | None
    not_computed: Mapping[str, str]
    best: NDArray[np.int64]


def compare(cases: Iterable[Callable[[], Case]], plan: Plan, rates: ExchangeRates, tell: Progress) -> dict[str, Any]:
    """Run every contender on every case with every seed.

    Parameters
    ----------
    cases : iterable of callables
        Each makes one case; made one at a time, and let go before the next.
    plan : Plan
    rates : ExchangeRates
    tell : callable
        See :data:`moneytrail.scoring.Progress`.

    Returns
    -------
    dict
        Plain data: ``models`` with medians over all runs, ``cases`` with what each case is and its models apart,
        ``case`` the first of them, ``tuning``, ``budget``, ``seeds``, ``versions`` of what computed it.

    Raises
    ------
    MoneytrailError
        When a contender lacks a library or a model, before anything is run; and what reading the cases raises. A model
        that cannot learn from a case is not an error: it says so in its ``not_computed``.
    """
    for one in plan.contenders:
        one.check()
    made, every = [], []
    for make in cases:
        case = make()
        with capped(plan.threads):
            runs, told = _of_case(case, plan, rates, tell)
        own = [_summary(one, [r for r in runs if r.model == one.name]) for one in plan.contenders]
        made.append({**told, "models": own, "agreement": _agreement(runs)})
        every += runs
    document = {
        "models": [_summary(one, [r for r in every if r.model == one.name]) for one in plan.contenders],
        "case": {key: value for key, value in made[0].items() if key not in ("models", "agreement")} if made else None,
        "cases": made,
        "seeds": list(plan.seeds),
        "budget": str(plan.budget),
        "tuning": TUNING,
        "versions": _versions(plan.contenders),
    }
    cleaned: dict[str, Any] = _plain(document)
    return cleaned


def _versions(contenders: Sequence[Contender]) -> dict[str, str]:
    peers = {library for one in contenders for library in getattr(one, "libraries", ())}
    return {"python": python_version()} | {name: version(name) for name in (*LIBRARIES, *sorted(peers))}


def _of_case(case: Case, plan: Plan, rates: ExchangeRates, tell: Progress) -> tuple[list[Run], dict[str, Any]]:
    parts = split(case, plan.rule_for(case))
    desk = Desk.of(case, parts, plan.budget)
    budget = plan.budget.transfers(case, parts)
    kept: dict[str, Any] = {}
    runs = []
    for one in plan.contenders:
        for seed in plan.seeds:
            name = f"{case.name}: {one.name}, seed {seed}"
            tell(name, 0.0)
            task = Task(case, parts, rates, seed, plan.threads, plan.patience, kept)
            runs.append(_run(one, task, desk, budget, _inner(name, tell)))
            tell(name, 1.0)
    facts = {"name": case.name, **case.facts, "split": parts.facts, "budget_transfers": budget}
    number, counted = customers_of(case)
    facts["customers_counted"] = f"{number:,} {counted}"
    start, end = desk.period
    within = {"budget_alerts_a_week": desk.rule.budget_a_week, "budget_alerts": desk.rule.places(end - start)}
    return runs, facts | within


def _inner(name: str, tell: Progress) -> Progress:
    """What a contender tells: its tuning moves the one bar, columns that take long have one of their own."""

    def told(stage: str, done: float) -> None:
        if stage == "tuning":
            tell(name, min(done, 0.999))
        elif stage.startswith("columns"):
            tell(f"{name}, {stage}", done)

    return told


def _run(one: Contender, task: Task, desk: Desk, budget: int, tell: Progress) -> Run:
    case, parts = task.case, task.split
    nothing = np.empty(0, np.int64)
    if one.learns and not case.labelled:
        reason = {"everything": "the data carry no labels to learn from"}
        return Run(one.name, case.name, task.seed, {}, {}, None, reason, nothing)
    try:
        outcome = run(one, task, tell)
    except ParameterError as error:
        return Run(one.name, case.name, task.seed, {}, {}, None, {"everything": str(error)}, nothing)
    alerts = desk.raised(outcome.scores)
    figures: dict[str, Any] = {"alerts": len(alerts.raised), "alert_places": alerts.places, "flagged": alerts.flagged}
    figures |= {"drift": drift(outcome.early[parts.validation], outcome.early[parts.test])}
    draws: dict[str, NDArray[np.float64]] = {}
    missing = dict(case.facts.get("not_computed", {}))
    if case.labelled:
        own, draws, why = _against_labels(task, outcome, budget)
        figures |= own | desk.figures(alerts)
        missing |= why
    best = best_rows(task, outcome, budget)
    if desk.too_small:
        best = nothing
        for name in WITHIN_BUDGET if case.labelled else WITHOUT_LABELS:
            figures[name] = None
            missing.setdefault(name, desk.too_small)
    nothing_found = NOTHING | {"value_after_alert": str(figures.get("why_no_value"))}
    for name, said in nothing_found.items():
        if name in figures and figures[name] is None:
            missing.setdefault(name, said)
    if not outcome.probability:
        missing["calibration"] = "its scores are no probabilities"
    lean = replace(outcome, scores=np.empty(0), early=np.empty(0))
    return Run(one.name, case.name, task.seed, figures, draws, lean, missing, best)


def _against_labels(
    task: Task, outcome: Outcome, budget: int
) -> tuple[dict[str, Any], dict[str, NDArray[np.float64]], dict[str, str]]:
    """Figures by transfer, their bootstrap draws, and what could not be computed."""
    case, parts = task.case, task.split
    truth, scores = case.illicit[parts.test], outcome.scores[parts.test]
    if not truth.any():
        return {}, {}, dict.fromkeys(MEDIANS, "the test period holds no illicit transfer")
    ranked = Ranked.of(truth, scores)
    taken = at_budget(ranked, budget)
    figures: dict[str, Any] = {
        "average_precision": average_precision(ranked),
        "precision_at_budget": taken.precision,
        "recall_at_budget": taken.recall,
        "curve": curve(ranked),
    }
    cluster = clusters(case.attempt.filter(parts.test), case.graph.time[parts.test], truth)
    draws = bootstrap(ranked, cluster, {"average_precision": average_precision}, seed=task.seed)
    missing: dict[str, str] = {}
    if case.illicit[parts.validation].any():
        line = best_threshold(Ranked.of(case.illicit[parts.validation], outcome.early[parts.validation])).score
        tried = Ranked.of(truth, outcome.early[parts.test])
        figures |= {"threshold": line, **_quality(at_threshold(tried, line))}
        draws |= bootstrap(tried, cluster, {name: _measure(name, line) for name in QUALITY}, seed=task.seed)
    else:
        reason = "the validation period holds no illicit transfer to choose a threshold by"
        missing |= dict.fromkeys(QUALITY, reason)
    if outcome.probability:
        figures["calibration"] = calibration(truth, scores)
    return figures, draws, missing


def _quality(found: Threshold) -> dict[str, float]:
    return {name: float(getattr(found, name)) for name in QUALITY}


def _measure(name: str, line: float) -> Callable[[Ranked, NDArray[np.float64]], float]:
    def measure(ranked: Ranked, weight: NDArray[np.float64]) -> float:
        return float(getattr(at_threshold(ranked, line, weight), name))

    return measure


def best_rows(task: Task, outcome: Outcome, budget: int) -> NDArray[np.int64]:
    """Places of the `budget` best transfers of the test period; of equal scores the earlier."""
    places = np.flatnonzero(task.split.test)
    return places[np.argsort(-outcome.scores[places], kind="stable")[:budget]]


def drift(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    """The largest difference of two samples' distributions (Kolmogorov and Smirnov's statistic), 0 to 1."""
    from scipy.stats import ks_2samp

    return float(ks_2samp(before, after, method="asymp").statistic)


def overlap(parts: Sequence[NDArray[np.int64]]) -> float | None:
    """Mean share that two of the sets of rows have in common; ``None`` of fewer than two."""
    shares = [np.intersect1d(a, b).size / max(1, a.size) for a, b in combinations(parts, 2)]
    return float(np.mean(shares)) if shares else None


def _agreement(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """For each two models the share of their best transfers that both have, with the first seed."""
    first: dict[str, Run] = {}
    for one in runs:
        if one.best.size:
            first.setdefault(one.model, one)
    return [
        {"models": [a.model, b.model], "share": overlap([a.best, b.best])} for a, b in combinations(first.values(), 2)
    ]


def _summary(one: Contender, runs: Sequence[Run]) -> dict[str, Any]:
    """One model over several runs."""
    done = [each for each in runs if each.outcome is not None]
    first = done[0].figures if done else {}
    by_case: dict[str, list[NDArray[np.int64]]] = {}
    for each in (one_run for one_run in done if one_run.best.size):
        by_case.setdefault(each.case, []).append(each.best)
    stable = [share for share in map(overlap, by_case.values()) if share is not None]
    told: dict[str, Any] = {"name": one.name, "learns": one.learns, "runs": len(done)}
    for name in MEDIANS:
        values = [each.figures[name] for each in done if each.figures.get(name) is not None]
        told[name] = float(np.median(values)) if values else None
        if name in DRAWN:
            draws = [each.draws[name] for each in done if name in each.draws]
            told[f"{name}_interval"] = interval(np.concatenate(draws)) if draws else None
    told["average_precision_runs"] = [each.figures.get("average_precision") for each in done]
    for name in OF_RUNS:
        values = [each.figures[name] for each in done if each.figures.get(name) is not None]
        told[name] = float(np.median(values)) if values else None
    told |= {name: first.get(name) for name in OF_FIRST}
    told |= _groups(done)
    told["stability"] = float(np.mean(stable)) if stable else None
    told |= _cost([each.outcome for each in done if each.outcome is not None])
    told["facts"] = [dict(each.outcome.facts) for each in done if each.outcome is not None]
    told["chosen"] = [each["chosen"] for each in told["facts"] if "chosen" in each]
    told["not_computed"] = {key: value for each in runs for key, value in each.not_computed.items()}
    if done and not stable:
        told["not_computed"].setdefault("stability", ONE_SEED)
    return told


def _groups(runs: Sequence[Run]) -> dict[str, Any]:
    """False alerts by group of customers over all cases, of each its first run: further seeds are no further people."""
    first: dict[str, Mapping[str, Any]] = {}
    for each in runs:
        if each.figures.get("groups"):
            first.setdefault(each.case, each.figures)
    rates = pooled([figures["groups"] for figures in first.values()])
    return {
        "groups": [group.to_dict() | {"alert_rate": group.alert_rate} for group in rates] or None,
        "groups_of_alerts": sum(figures["alerts"] for figures in first.values()) if first else None,
        "groups_over_limit": sorted(group.name for group in gate(rates)),
    }


def _cost(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Median seconds by kind of work, and the most memory of any run: later ones use columns that are made."""
    held = [each.memory_mib for each in outcomes if each.memory_mib is not None]
    works = list(outcomes[0].seconds) if outcomes else []
    seconds = {work: float(np.median([each.seconds[work] for each in outcomes])) for work in works}
    return {"seconds": seconds or None, "memory_mib": max(held) if held else None}


def _plain(value: Any) -> Any:
    """Plain data for JSON; what is not a finite number is null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value
