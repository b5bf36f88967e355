"""The models that the bench sets side by side, by name; those of others are in :mod:`moneytrail.evaluation.peers`.

Every contender gets the same split and the same tuning budget, and gives a score to each transfer of validation and
test. The combination that is fitted here sees the measured transfers alone, as the peers do; what comes as it is, the
rules, detectors and saved models, sees every record, as in a run. Those that learn choose among four settings by
average precision on the validation period, then learn anew from training and validation together; see
:mod:`moneytrail.evaluation.trials`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from moneytrail.artifacts import latest, load_detector, shipped_models
from moneytrail.combination import COLUMNS, HINDSIGHT, SECOND, Combination
from moneytrail.combination_folder import load_combination
from moneytrail.detectors import DETECTORS, BoostingDetector, BoostingSettings, RankedDetector, unfitted
from moneytrail.detectors.pyod_models import PREFIX
from moneytrail.errors import ArtifactError, ParameterError
from moneytrail.evaluation.measuring import Watch
from moneytrail.evaluation.trials import (
    Contender,
    Scored,
    Task,
    Trial,
    compile_features,
    detector_scores,
    drawn_rows,
    matrix_of,
    tuned,
)
from moneytrail.features import Pool
from moneytrail.model_folder import read_manifest
from moneytrail.scoring import Pipeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.scoring import Progress

COMBINATION: Final = "combination"
"""The folder of the shipped combination, and its kind in the manifest."""

SETTINGS: Final = (
    SECOND,
    replace(SECOND, leaves=31),
    replace(SECOND, l2=5.0),
    replace(SECOND, trees=200, learning_rate=0.08),
)
"""What our boosting and the combination may try."""


@dataclass(frozen=True)
class Random:
    """Chance: every score is drawn evenly. What nothing learned is worth."""

    name: str = "random"
    learns: bool = False

    def check(self) -> None:
        """It always can."""

    def scores(self, task: Task, watch: Watch, tell: Progress) -> Scored:
        """Draw by the seed."""
        del tell
        with watch.at("score"):
            drawn = np.random.default_rng([task.seed, 20261122]).random(task.case.graph.transfers)
        return Scored(drawn, False, {})


@dataclass(frozen=True)
class Perfect:
    """The labels themselves: about what the best of models could reach within the budget.

    Every illicit transfer scores above every other; the order among equals is drawn, so that a model which ranks the
    better gangs first may find more with as many alerts.
    """

    name: str = "perfect"
    learns: bool = False

    def check(self) -> None:
        """It always can."""

    def scores(self, task: Task, watch: Watch, tell: Progress) -> Scored:
        """Read the labels, those of the test, too.

        Raises
        ------
        ParameterError
            When there are none.
        """
        del tell
        if not task.case.labelled:
            raise ParameterError("the data carry no labels to read")
        with watch.at("score"):
            drawn = np.random.default_rng([task.seed, 20261122]).random(task.case.graph.transfers)
            return Scored(task.case.illicit + drawn / 2, False, {"says": "reads the labels: no model, but the ceiling"})


@dataclass(frozen=True)
class Rules:
    """The catalogue alone: each transfer's risk by the matches that it stands in.

    A match may be complete only after the transfer: the risk is what is known at the end of the data.
    """

    name: str = "rules"
    learns: bool = False

    def check(self) -> None:
        """It always can."""

    def scores(self, task: Task, watch: Watch, tell: Progress) -> Scored:
        """Search the whole ledger once; nothing in it depends on the seed."""
        case = task.case
        if "rules" not in task.kept:
            own = Watch()
            with own.at("score"):
                report = Pipeline(task.rates).run(case.transfers, case.accounts, case.arrivals, progress=tell)
                risk = report.transfers["risk_score"].to_numpy()[case.graph.order]
            task.kept["rules"] = risk, own.seconds["score"]
        risk, seconds = task.kept["rules"]
        watch.add("score", seconds)
        return Scored(risk, False, {"says": "risk by all matches, which may be complete only later"})


@dataclass(frozen=True)
class DetectorContender:
    """A detector of :mod:`moneytrail.detectors` on its usual columns.

    Unsupervised ones are fitted once on the training period, as they come, without tuning: there is no label to tune
    by. They are ordered by their raw score, which is not cut off at the strangest training row.
    """

    name: str

    @property
    def learns(self) -> bool:
        """Whether it needs labels."""
        return unfitted(self.name).supervised

    def check(self) -> None:
        """Refuse what PyOD needs and is not installed.

        Raises
        ------
        ParameterError
        """
        unfitted(self.name)

    def scores(self, task: Task, watch: Watch, tell: Progress) -> Scored:
        """Fit and score."""
        detector = unfitted(self.name)
        compile_features(task.case.graph, detector.features)
        graph, split = task.case.graph, task.split
        if isinstance(detector, BoostingDetector):
            learned = split.train | split.validation | split.refit
            with watch.at("fit"):
                known = matrix_of(graph, detector.features, learned)
            with watch.at("score"):
                unknown = matrix_of(graph, detector.features, split.test)
            parts = _Parts(known, learned, unknown)
            return tuned(task, [_boosting(detector, each, parts, task, watch) for each in SETTINGS], watch, tell)
        tell("features", 0.0)
        drawn = drawn_rows(split.train, task.seed)
        with watch.at("fit"):
            fitted = detector.fit(matrix_of(graph, detector.features, drawn), seed=task.seed)
        with watch.at("score"):
            scores = detector_scores(task, fitted)
        return Scored(scores, False, {"fitted_rows": int(drawn.sum())})


class _Parts(NamedTuple):
    """Features of the rows that may be learned from, which rows these are, and features of the test rows."""

    known: NDArray[np.float32]
    learned: NDArray[np.bool_]
    unknown: NDArray[np.float32]

    def of(self, rows: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Features of some of the rows that may be learned from."""
        return self.known[rows[self.learned]]


def _boosting(
    detector: BoostingDetector, settings: BoostingSettings, parts: _Parts, task: Task, watch: Watch
) -> Callable[[], Trial]:
    split, truth = task.split, task.case.illicit
    wished = replace(detector, settings=settings)

    def trial() -> Trial:
        fitted = wished.fit(parts.of(split.train), truth[split.train], seed=task.seed)
        held, unknown = parts.of(split.validation), parts.unknown
        return Trial(_said(settings), fitted.anomaly_score(held), fitted.anomaly_score(unknown), again)

    def again() -> NDArray[np.float64]:
        with watch.at("fit"):
            fitted = wished.fit(parts.of(split.refit), truth[split.refit], seed=task.seed)
        with watch.at("score"):
            return fitted.anomaly_score(parts.unknown)

    return trial


def _said(settings: BoostingSettings) -> dict[str, Any]:
    names = ("trees", "leaves", "l2", "learning_rate")
    return {name: getattr(settings, name) for name in names}


@dataclass(frozen=True)
class Ours:
    """``moneytrail``: the combination, fitted on the case's own training period from the measured transfers alone.

    Attributes
    ----------
    name : str
    columns : tuple of str
        Features.
    """

    name: str = "moneytrail"
    columns: tuple[str, ...] = COLUMNS
    learns: bool = True

    def check(self) -> None:
        """It always can."""

    def scores(self, task: Task, watch: Watch, tell: Progress) -> Scored:
        """Tune, fit and score."""
        case, split, scored = task.case, task.split, task.case.scored
        # Cash and salary records tell it nothing more: AMLGentex without them 0.824, 0.846, with them 0.845, 0.823.
        graph = case.graph if scored.all() else case.graph.only(scored)[0]
        truth, train, refit = case.illicit[scored], split.train[scored], split.refit[scored]
        validation, test = split.validation[scored], split.test[scored]
        compile_features(graph, self.columns)
        with watch.at("fit"):
            # Made once, for all settings and for the scoring, too: their time stands under fit.
            pool = Pool([graph], self.columns).fill()

        def trial_of(settings: BoostingSettings) -> Callable[[], Trial]:
            wished = Combination(self.columns, settings=settings)

            def trial() -> Trial:
                fitted = wished.fit(graph, train, truth, seed=task.seed, pool=pool)
                made = fitted.score(graph, pool=pool)
                return Trial(_said(settings), made[validation], made[test], again)

            def again() -> NDArray[np.float64]:
                with watch.at("fit"):
                    fitted = wished.fit(graph, refit, truth, seed=task.seed, pool=pool)
                with watch.at("score"):
                    return fitted.score(graph, pool=pool)[test]

            return trial

        return tuned(task, [trial_of(settings) for settings in SETTINGS], watch, tell)


@dataclass(frozen=True)
class Hindsight(Ours):
    """``moneytrail-hindsight``: the same with what followed each transfer, as a batch of what is past may know it."""

    name: str = "moneytrail-hindsight"
    columns: tuple[str, ...] = HINDSIGHT


@dataclass(frozen=True)
class Saved:
    """A saved model as it is: of `folder`, or the newest version of `model` among those that come with moneytrail."""

    name: str = "shipped"
    folder: Path | None = None
    model: str = COMBINATION
    learns: bool = False

    def place(self) -> Path:
        """The model's folder.

        Raises
        ------
        ArtifactError
            When there is none.
        """
        return self.folder or latest(shipped_models(), self.model)

    def check(self) -> None:
        """Load it whole, once.

        Raises
        ------
        ArtifactError, ParameterError
        """
        self._load()

    def _load(self) -> tuple[Any, dict[str, Any]]:
        """The detector or the combination, and its manifest."""
        place = self.place()
        return (load_combination if read_manifest(place)["kind"] == COMBINATION else load_detector)(place)

    def scores(self, task: Task, watch: Watch, tell: Progress) -> Scored:
        """Score, the kernels compiled before."""
        tell("score", 0.0)
        case, place = task.case, self.place()
        model, manifest = self._load()
        facts = {"model": f"{place.parent.name}/{place.name}", "sha256": manifest["sha256"]}
        if not isinstance(model, RankedDetector | BoostingDetector):
            compile_features(case.graph, model.columns)
            with watch.at("score"):
                return Scored(model.score(case.graph), True, facts)
        compile_features(case.graph, model.features)
        with watch.at("score"):
            scores = detector_scores(task, model)
        return Scored(scores, isinstance(model, BoostingDetector), facts)


DEFAULT: Final = ("moneytrail", "shipped", "rules", "iforest", "random")
"""What is compared when nothing is named."""
NEAR: Final = 0.5
"""How like a name must be to be proposed, from 0 to 1."""


def defaults() -> tuple[tuple[Contender, ...], tuple[str, ...]]:
    """The models of :data:`DEFAULT` that can run here, and why the others cannot."""
    ready: list[Contender] = []
    missing = []
    for one in map(contender, DEFAULT):
        try:
            one.check()
            ready.append(one)
        except ArtifactError as error:
            missing.append(f"{one.name}: {error}")
    return tuple(ready), tuple(missing)


def contender(name: str) -> Contender:
    """The contender of this name: ours, a peer, or any detector.

    Raises
    ------
    ParameterError
        Naming the nearest three and those there are; of PyOD's detectors what :func:`moneytrail.detectors.unfitted`
        says.
    """
    from moneytrail.evaluation.peers import PEERS

    for one in (Ours(), Hindsight(), Saved(), Rules(), Random(), Perfect(), *PEERS):
        if one.name == name:
            return one
    if not name.lower().startswith(PREFIX) and name not in (detector.name for detector in DETECTORS):
        known = dict.fromkeys([*DEFAULT, Hindsight().name, Perfect().name, *(one.name for one in (*PEERS, *DETECTORS))])
        close = difflib.get_close_matches(name, known, n=3, cutoff=NEAR)
        nearest = f"close are {', '.join(close)}; " if close else ""
        raise ParameterError(f"no model {name!r}; {nearest}there are {', '.join(known)}, and PyOD's as {PREFIX}NAME")
    unfitted(name)
    return DetectorContender(name)
