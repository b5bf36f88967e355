"""Boosted trees that learn from labels: scikit-learn fits, our own kernel scores and explains.

Friedman, "Greedy Function Approximation: A Gradient Boosting Machine", Annals of Statistics 2001; Ke et al.,
"LightGBM", NeurIPS 2017. Regularised on purpose: with scikit-learn's defaults a few leaves chase single rows where
positives are rare, and later rows are ranked worse.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from moneytrail.detectors.base import check_matrix, check_target
from moneytrail.detectors.calibration import Calibration, log_loss, platt
from moneytrail.detectors.trees import COLUMNS, Forest, from_boosting, probability
from moneytrail.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEW_POSITIVES: Final = 10
"""With fewer positives among the held-out rows nothing is measured on them."""

NUMBERS: Final = ("base", "slope", "intercept")


@dataclass(frozen=True, slots=True)
class BoostingSettings:
    """How the trees are grown.

    Attributes
    ----------
    trees : int
        At most; early stopping takes fewer.
    leaves : int
        Of one tree, at most.
    learning_rate : float
        Share of each tree's own answer that is added.
    l2 : float
        Added to every leaf's weight: leaves of few rows say little.
    least_leaf : int
        Rows in a leaf, at least.
    columns_share : float
        Share of the columns that a split chooses among, drawn anew each time.
    negatives : int
        Negative rows that are fitted on, at most; drawn by the seed. Every positive is.
    held : float
        Share of the rows, the latest, that trees are counted and probabilities calibrated on.
    """

    trees: int = 300
    leaves: int = 31
    learning_rate: float = 0.06
    l2: float = 1.0
    least_leaf: int = 20
    columns_share: float = 0.3
    negatives: int = 40_000
    held: float = 0.2

    def __post_init__(self) -> None:
        whole = {"trees": (self.trees, 1), "leaves": (self.leaves, 2), "least_leaf": (self.least_leaf, 1)}
        for name, (value, least) in (whole | {"negatives": (self.negatives, 1)}).items():
            if value < least:
                raise ParameterError(f"boosting: {name} is {value}, and must be at least {least}")
        if not (0 < self.learning_rate <= 1 and 0 < self.columns_share <= 1 and 0 <= self.held < 1 and self.l2 >= 0):
            raise ParameterError("boosting: learning_rate, columns_share, held or l2 is out of its range")


@dataclass(frozen=True, eq=False)
class BoostingDetector:
    """Gradient boosting over labelled rows, whose score is a calibrated probability.

    Attributes
    ----------
    features : tuple of str
        The columns that it is fitted on. NaN is a missing value, and goes where the trees learned to send it.
    settings : BoostingSettings
    forest : Forest
        The trees, ``None`` before :meth:`fit`. Their sum is log-odds among the rows that were fitted on.
    calibration : Calibration
        From that sum to the log-odds among all rows.
    model : object
        The fitted scikit-learn classifier, to be saved; ``None`` before :meth:`fit` and in a loaded detector.
    facts : mapping
        ``calibrated_on``: ``held-out rows`` or ``training rows``; ``trees``; ``fitted_rows``; ``positives``.
    """

    features: tuple[str, ...]
    settings: BoostingSettings = field(default_factory=BoostingSettings)
    forest: Forest | None = None
    calibration: Calibration | None = None
    model: Any = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """``boosting``."""
        return "boosting"

    @property
    def supervised(self) -> bool:
        """It learns from labels."""
        return True

    @property
    def calibrated_on(self) -> str:
        """``held-out rows``, or ``training rows`` where too few positives were held out; empty before fitting."""
        return str(self.facts.get("calibrated_on", ""))

    def fit(
        self, matrix: NDArray[np.floating[Any]], target: NDArray[np.bool_] | None = None, *, seed: int
    ) -> BoostingDetector:
        """Fit on rows in ledger order; see :class:`moneytrail.detectors.Detector`.

        Every positive is taken and at most ``settings.negatives`` others. The latest ``settings.held`` of the rows are
        held out: on them the number of trees is chosen, by least log loss, and the log-odds are calibrated by two
        numbers. Then all rows are fitted with that many trees. Where fewer than ten positives are held out, or none
        is left, all trees are kept and the calibration is on the training rows, which is too sure of itself;
        ``calibrated_on`` says so. The logarithm of the share of negatives taken is added to the log-odds, so that the
        probability is that among all rows.

        Raises
        ------
        ParameterError
            For a matrix of another width or with infinite values, and for labels that are absent or of one kind only.
        """
        check_matrix(matrix, self.features, self.name, missing=True)
        wanted = check_target(target, len(matrix), self.name)
        taken = _taken(wanted, self.settings.negatives, seed)
        rows, labels = np.asarray(matrix[taken.rows], np.float64), wanted[taken.rows]
        held = taken.rows >= round(len(matrix) * (1.0 - self.settings.held))
        trees, found = self.settings.trees, None
        if np.count_nonzero(labels & held) >= FEW_POSITIVES and _both(labels[held]) and _both(labels[~held]):
            trees, found = _measured(rows, labels, held, self.settings, seed)
        model = _grown(rows, labels, self.settings, trees, seed)
        forest = from_boosting(model)
        slope, intercept = found or platt(forest.raw(rows), labels)
        facts = {
            "calibrated_on": "held-out rows" if found else "training rows",
            "trees": trees,
            "fitted_rows": len(rows),
            "positives": int(labels.sum()),
        }
        calibration = Calibration(slope, intercept + float(np.log(taken.share)))
        return replace(self, forest=forest, calibration=calibration, model=model, facts=facts)

    def anomaly_score(self, matrix: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Probability that each row is of the kind that is looked for; see :class:`moneytrail.detectors.Detector`."""
        forest, (slope, intercept) = self._fitted(matrix)
        return probability(slope * forest.raw(matrix) + intercept)

    def explain(self, matrix: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """What each feature adds to the calibrated log-odds, against the average training row."""
        forest, (slope, _) = self._fitted(matrix)
        return slope * forest.contributions(matrix)[1]

    def _fitted(self, matrix: NDArray[np.floating[Any]]) -> tuple[Forest, Calibration]:
        check_matrix(matrix, self.features, self.name, missing=True)
        if self.forest is None or self.calibration is None:
            raise ParameterError(f"detector {self.name} is not fitted")
        return self.forest, self.calibration

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The trees and three numbers.

        Raises
        ------
        ParameterError
            When it is not fitted.
        """
        if self.forest is None or self.calibration is None:
            raise ParameterError(f"detector {self.name} is not fitted")
        numbers = (self.forest.base, *self.calibration)
        return dict(self.forest.columns) | {
            name: np.array(number) for name, number in zip(NUMBERS, numbers, strict=True)
        }

    def content(self) -> dict[str, Any]:
        """What the file of the trained model holds."""
        assert self.calibration is not None
        return {"model": self.model, "slope": self.calibration.slope, "intercept": self.calibration.intercept}

    @classmethod
    def of_arrays(cls, features: tuple[str, ...], arrays: Mapping[str, NDArray[Any]]) -> BoostingDetector:
        """Of what :meth:`arrays` gave, checked.

        Raises
        ------
        KeyError, ParameterError
            When the arrays are no such detector.
        """
        for name in NUMBERS:
            if arrays[name].shape != () or arrays[name].dtype != np.float64 or not np.isfinite(arrays[name]):
                raise ParameterError(f"{name!r} is not one number")
        base, slope, intercept = (float(arrays[name]) for name in NUMBERS)
        if slope <= 0:
            raise ParameterError("a slope that does not rise would turn the ranking over")
        forest = Forest(len(features), base, {name: arrays[name] for name in COLUMNS})
        return cls(features, forest=forest, calibration=Calibration(slope, intercept))

    @classmethod
    def of_content(cls, features: tuple[str, ...], content: Mapping[str, Any]) -> BoostingDetector:
        """Of what :meth:`content` gave, with its model."""
        calibration = Calibration(float(content["slope"]), float(content["intercept"]))
        forest = from_boosting(content["model"])
        return cls(features, forest=forest, calibration=calibration, model=content["model"])


class _Taken(NamedTuple):
    """Rows that are fitted on, in order, and the share of the negatives that they hold."""

    rows: NDArray[np.int64]
    share: float


def _taken(target: NDArray[np.bool_], negatives: int, seed: int) -> _Taken:
    others = np.flatnonzero(~target)
    if others.size <= negatives:
        return _Taken(np.arange(target.size), 1.0)
    drawn = np.random.default_rng(seed).choice(others, negatives, replace=False)
    return _Taken(np.sort(np.concatenate([np.flatnonzero(target), drawn])), negatives / others.size)


def _both(labels: NDArray[np.bool_]) -> bool:
    return bool(labels.any() and not labels.all())


def _measured(
    rows: NDArray[np.float64], labels: NDArray[np.bool_], held: NDArray[np.bool_], settings: BoostingSettings, seed: int
) -> tuple[int, Calibration]:
    """Number of trees of the least log loss on held-out rows, the fewest where equal, and the calibration there."""
    model = _grown(rows[~held], labels[~held], settings, settings.trees, seed)
    truth = labels[held].astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stages = [np.ravel(raw).copy() for raw in model.staged_decision_function(rows[held])]
    best = int(np.argmin([log_loss(raw, truth) for raw in stages]))
    return best + 1, platt(stages[best], labels[held])


def _grown(
    rows: NDArray[np.float64], labels: NDArray[np.bool_], settings: BoostingSettings, trees: int, seed: int
) -> Any:
    """The fitted classifier; no class weights, which would spoil the ranking, and no stopping of its own."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=trees,
        max_leaf_nodes=settings.leaves,
        learning_rate=settings.learning_rate,
        l2_regularization=settings.l2,
        min_samples_leaf=settings.least_leaf,
        max_features=settings.columns_share,
        early_stopping=False,
        categorical_features=None,
        random_state=seed,
    )
    # On all processors: each histogram is one thread's, so that the trees are the same for any number of them.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(rows, labels)
