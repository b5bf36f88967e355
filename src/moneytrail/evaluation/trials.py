"""What a contender is given, what it gives back, and how settings are tried: the same for ours and for theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import numpy as np

from moneytrail import features
from moneytrail.detectors import RankedDetector
from moneytrail.errors import ParameterError
from moneytrail.evaluation.measuring import PeakMemory, Watch
from moneytrail.evaluation.metrics import Ranked, average_precision

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.detectors import BoostingDetector
    from moneytrail.evaluation.case import Case
    from moneytrail.evaluation.splits import Split
    from moneytrail.graph import TransactionGraph
    from moneytrail.rates import ExchangeRates
    from moneytrail.scoring import Progress

TRIALS: Final = 4
"""Settings that every contender which learns may try."""

MOST_FITTED: Final = 200_000
"""Rows that an unsupervised detector is fitted on, at most; drawn by the seed."""


@dataclass(frozen=True, eq=False)
class Task:
    """What a contender is given.

    Attributes
    ----------
    case : Case
    split : Split
    rates : ExchangeRates
        Those that the case's graph was made with.
    seed : int
    threads : int
        For the libraries of others, which are told; ours are capped by
        :func:`~moneytrail.evaluation.measuring.capped` and give the same bits for any number.
    patience : float
        Seconds that a peer may take over the columns of one window.
    kept : dict
        Of one case: what does not depend on the seed, with the seconds that it took.
    """

    case: Case
    split: Split
    rates: ExchangeRates
    seed: int
    threads: int = 2
    patience: float = 1_800.0
    kept: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a contender gives back.

    Attributes
    ----------
    scores : float64[n]
        In ledger order, higher is worse; not a number outside the test. A model that learns had learned from training
        and validation.
    early : float64[n]
        The same of validation and test by the model that had learned from training alone: what a threshold is chosen
        on and tried with, since two models do not share one scale. Of models that do not learn they are the same.
    probability : bool
        Whether scores are meant as probabilities.
    seconds : mapping of work to float
        See :data:`moneytrail.evaluation.measuring.WORKS`.
    memory_mib : float or None
        Peak resident memory above what was held at the start; ``None`` where the system does not say.
    facts : mapping
        As the chosen setting.
    """

    scores: NDArray[np.float64]
    early: NDArray[np.float64]
    probability: bool
    seconds: Mapping[str, float]
    memory_mib: float | None
    facts: Mapping[str, Any]


class Contender(Protocol):
    """A model under a name."""

    @property
    def name(self) -> str:
        """As in ``--models``."""
        ...

    @property
    def learns(self) -> bool:
        """Whether it needs labels."""
        ...

    def check(self) -> None:
        """Refuse, before any work is done, what cannot run here: a library or a model is missing.

        Raises
        ------
        ParameterError, ArtifactError
        """
        ...

    def scores(self, task: Task, watch: Watch, tell: Progress) -> Scored:
        """Do the work, its seconds counted on `watch`."""
        ...


class Scored(NamedTuple):
    """Scores, whether they are probabilities, what to say of them, and the early ones; see :class:`Outcome`."""

    scores: NDArray[np.float64]
    probability: bool
    facts: Mapping[str, Any]
    early: NDArray[np.float64] | None = None


class Trial(NamedTuple):
    """One setting tried: its name, scores of validation and test rows, and what learns anew and scores the test."""

    said: Mapping[str, Any]
    validation: NDArray[np.float64]
    test: NDArray[np.float64]
    again: Callable[[], NDArray[np.float64]]


def run(contender: Contender, task: Task, tell: Progress) -> Outcome:
    """Let a contender work, and measure it. What it says of transfers that are not measured is not kept.

    Raises
    ------
    ParameterError
        When it cannot learn from these data, or gives a transfer no score that is a number.
    """
    split = task.split
    if contender.learns:
        _check_labels(task)
    watch, memory = Watch(), PeakMemory()
    memory.start()
    scored = contender.scores(task, watch, tell)
    held = memory.mib()
    seconds: dict[str, float] = {work: round(taken, 4) for work, taken in watch.seconds.items()}
    seconds["total"] = round(sum(seconds.values()), 4)
    scores = _only(scored.scores, split.test)
    early = _only(scored.scores if scored.early is None else scored.early, split.validation | split.test)
    return Outcome(scores, early, scored.probability, seconds, held, scored.facts)


def _check_labels(task: Task) -> None:
    """Refuse to let a model learn from one kind alone: some libraries fail on that in ways of their own."""
    rows = task.split.train
    illicit, size = int((rows & task.case.illicit).sum()), int(rows.sum())
    if illicit in (0, size):
        raise ParameterError(f"{illicit:,} of {size:,} transfers to learn from are illicit: both kinds are wanted")


def _only(scores: NDArray[np.float64], rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The scores of `rows` (bool[n]), and not a number elsewhere."""
    wrong = int((~np.isfinite(scores[rows])).sum())
    if wrong:
        raise ParameterError(f"it gives {wrong:,} transfers no score that is a number")
    return np.where(rows, scores, np.nan)


def tuned(task: Task, trials: Sequence[Callable[[], Trial]], watch: Watch, tell: Progress) -> Scored:
    """Try settings, take the best by average precision on the validation period, learn anew and score the test.

    Of equal ones the first is taken. Where the validation period holds no illicit transfer all are equal.
    """
    split, truth = task.split, task.case.illicit
    best: tuple[float, Trial] | None = None
    said: list[dict[str, Any]] = []
    chosen: dict[str, Any] = {}
    for number, trial in enumerate(trials):
        with watch.at("tuning"):
            made = trial()
        precision = average_precision(Ranked.of(truth[split.validation], made.validation))
        precision = 0.0 if np.isnan(precision) else precision
        said.append({**made.said, "validation_average_precision": round(precision, 6)})
        if best is None or precision > best[0]:
            best, chosen = (precision, made), said[-1]
        tell("tuning", (number + 1) / len(trials))
    assert best is not None
    scores, early = blank(task.case), blank(task.case)
    early[split.validation], early[split.test] = best[1].validation, best[1].test
    scores[split.test] = best[1].again()
    return Scored(scores, True, {"chosen": chosen, "tried": said}, early)


def blank(case: Case) -> NDArray[np.float64]:
    """Scores of a case before any is known."""
    return np.full(case.graph.transfers, np.nan)


def matrix_of(graph: TransactionGraph, names: Sequence[str], rows: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Features of the transfers that `rows` (bool[n], ledger order) marks, float32[marked, names]."""
    made = np.empty((int(rows.sum()), len(names)), np.float32)
    place = 0
    for first, block in features.blocks(graph, names, wanted=rows, reuse=True):
        here = np.flatnonzero(rows[first : first + len(block)])
        made[place : place + here.size] = block[here]
        place += here.size
    return made


def compile_features(graph: TransactionGraph, names: Sequence[str]) -> None:
    """Compute some rows, so that compiling kernels is not counted as a model's time."""
    few = np.zeros(graph.transfers, np.bool_)
    few[:1_000] = True
    features.compute(graph.only(few)[0], names)


def drawn_rows(rows: NDArray[np.bool_], seed: int, most: int = MOST_FITTED) -> NDArray[np.bool_]:
    """All of the marked rows, or `most` of them by the seed."""
    places = np.flatnonzero(rows)
    if places.size <= most:
        return rows
    chosen = np.zeros_like(rows)
    chosen[np.random.default_rng(seed).choice(places, most, replace=False)] = True
    return chosen


def detector_scores(task: Task, fitted: RankedDetector | BoostingDetector) -> NDArray[np.float64]:
    """A fitted detector's scores of validation and test, float64[n]; its raw ones where it does not learn."""
    wanted, scores = task.split.validation | task.split.test, blank(task.case)
    matrix = matrix_of(task.case.graph, fitted.features, wanted)
    scores[wanted] = raw_score(fitted, matrix) if isinstance(fitted, RankedDetector) else fitted.anomaly_score(matrix)
    return scores


def raw_score(fitted: RankedDetector, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    """A detector's score before it is told as a rank among the training rows."""
    assert fitted.scorer is not None
    return fitted.scorer.raw(matrix)
