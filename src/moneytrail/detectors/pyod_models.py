"""Detectors of the PyOD library behind our interface: isolation forest and histogram scores.

Liu, Ting and Zhou, "Isolation Forest", ICDM 2008; Goldstein and Dengel, "Histogram-based Outlier Score", KI 2012.
PyOD fits; our own kernels score. It is imported when a detector is fitted, never to score: it takes over a second.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from moneytrail.detectors.base import QUANTILES, check_matrix, rank_among
from moneytrail.detectors.scorers import SCORERS, Scorer
from moneytrail.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class PyodDetector:
    """A PyOD model, calibrated on its own training scores.

    Attributes
    ----------
    name : str
        ``iforest`` or ``hbos``.
    features : tuple of str
        The columns that it is fitted on; any of those that :mod:`moneytrail.features` computes.
    scorer : Scorer
        What gives the model's raw scores, ``None`` before :meth:`fit`.
    quantiles : float64[2001]
        Of the training scores.
    typical : float64[features]
        Median of each training column.
    model : object
        The fitted PyOD model itself, to be saved; ``None`` before :meth:`fit` and in a loaded detector.
    """

    name: str
    features: tuple[str, ...]
    scorer: Scorer | None = None
    quantiles: NDArray[np.float64] | None = None
    typical: NDArray[np.float64] | None = None
    model: Any = None

    def fit(self, matrix: NDArray[np.floating[Any]], *, seed: int) -> PyodDetector:
        """Fit on `matrix` and calibrate; see :class:`moneytrail.detectors.Detector`."""
        check_matrix(matrix, self.features, self.name)
        if len(matrix) < 2:
            raise ParameterError(f"detector {self.name} needs at least 2 rows to fit")
        rows = np.asarray(matrix, np.float64)
        model = _MAKERS[self.name](seed)
        model.fit(rows)
        for training_only in ("decision_scores_", "labels_"):
            # One value a training row, never read again: it would make the model file ten times larger.
            setattr(model, training_only, np.empty(0))
        scorer = SCORERS[self.name].of_model(model)
        return replace(
            self,
            scorer=scorer,
            quantiles=np.quantile(scorer.raw(rows), np.linspace(0.0, 1.0, QUANTILES)),
            typical=np.median(rows, axis=0),
            model=model,
        )

    def anomaly_score(self, matrix: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Share of the training rows that were less strange; see :class:`moneytrail.detectors.Detector`."""
        check_matrix(matrix, self.features, self.name)
        if self.scorer is None or self.quantiles is None:
            raise ParameterError(f"detector {self.name} is not fitted")
        return rank_among(self.scorer.raw(matrix), self.quantiles)

    def explain(self, matrix: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Fall of the score with each feature set to its training median, one feature at a time."""
        scores = self.anomaly_score(matrix)
        falls = np.zeros((len(matrix), len(self.features)))
        changed = np.array(matrix, np.float64)
        for place in range(len(self.features)):
            kept = changed[:, place].copy()
            changed[:, place] = self.typical[place]  # type: ignore[index]
            falls[:, place] = scores - self.anomaly_score(changed)
            changed[:, place] = kept
        return falls


def _iforest(seed: int) -> Any:
    from pyod.models.iforest import IForest

    return IForest(n_estimators=100, max_samples=256, random_state=seed, n_jobs=1)


def _hbos(_seed: int) -> Any:
    from pyod.models.hbos import HBOS

    return HBOS(n_bins=20, alpha=0.1, tol=0.5)


_MAKERS: Final[dict[str, Callable[[int], Any]]] = {"iforest": _iforest, "hbos": _hbos}
