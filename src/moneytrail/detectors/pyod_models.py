"""Detectors of the PyOD library behind our interface: isolation forest and histogram scores.

Liu, Ting and Zhou, "Isolation Forest", ICDM 2008; Goldstein and Dengel, "Histogram-based Outlier Score", KI 2012.
PyOD is imported when a detector is first fitted: it takes over a second.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from moneytrail.detectors.base import BLOCK, QUANTILES, check_matrix, rank_among
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
    model : object
        The fitted PyOD model, ``None`` before :meth:`fit`.
    quantiles : float64[2001]
        Of the training scores.
    typical : float64[features]
        Median of each training column.
    """

    name: str
    features: tuple[str, ...]
    model: Any = None
    quantiles: NDArray[np.float64] | None = None
    typical: NDArray[np.float64] | None = None

    def fit(self, matrix: NDArray[np.floating[Any]], *, seed: int) -> PyodDetector:
        """Fit on `matrix` and calibrate; see :class:`moneytrail.detectors.Detector`."""
        check_matrix(matrix, self.features, self.name)
        if len(matrix) < 2:
            raise ParameterError(f"detector {self.name} needs at least 2 rows to fit")
        rows = np.asarray(matrix, np.float64)
        model = _MAKERS[self.name](seed)
        model.fit(rows)
        raw = _raw(model, rows)
        for training_only in ("decision_scores_", "labels_"):
            # One value a training row, never read again: it would make the model file ten times larger.
            setattr(model, training_only, np.empty(0))
        return replace(
            self,
            model=model,
            quantiles=np.quantile(raw, np.linspace(0.0, 1.0, QUANTILES)),
            typical=np.median(rows, axis=0),
        )

    def anomaly_score(self, matrix: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Share of the training rows that were less strange; see :class:`moneytrail.detectors.Detector`."""
        check_matrix(matrix, self.features, self.name)
        if self.model is None or self.quantiles is None:
            raise ParameterError(f"detector {self.name} is not fitted")
        return rank_among(_raw(self.model, matrix), self.quantiles)

    def explain(self, matrix: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Fall of the score with each feature set to its training median, one feature at a time."""
        scores = self.anomaly_score(matrix)
        falls = np.zeros((len(matrix), len(self.features)))
        for place in range(len(self.features)):
            changed = np.array(matrix, np.float64)
            changed[:, place] = self.typical[place]  # type: ignore[index]
            falls[:, place] = scores - self.anomaly_score(changed)
        return falls


def _raw(model: Any, matrix: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """PyOD's own score, block by block. The libraries release the lock, so that blocks run side by side."""

    def score(start: int) -> NDArray[np.float64]:
        block: NDArray[np.float64] = model.decision_function(np.asarray(matrix[start : start + BLOCK], np.float64))
        return block

    starts = range(0, len(matrix), BLOCK)
    if len(starts) < 2:
        return score(0) if len(matrix) else np.empty(0)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return np.concatenate(list(pool.map(score, starts)))


def _iforest(seed: int) -> Any:
    from pyod.models.iforest import IForest

    return IForest(n_estimators=100, max_samples=256, random_state=seed, n_jobs=1)


def _hbos(_seed: int) -> Any:
    from pyod.models.hbos import HBOS

    return HBOS(n_bins=20, alpha=0.1, tol=0.5)


_MAKERS: Final[dict[str, Callable[[int], Any]]] = {"iforest": _iforest, "hbos": _hbos}
