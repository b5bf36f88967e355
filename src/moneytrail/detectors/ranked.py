"""Detectors without labels: a raw score, told as its rank among those of the training rows.

Liu, Ting and Zhou, "Isolation Forest", ICDM 2008; Goldstein and Dengel, "Histogram-based Outlier Score", KI 2012; for
the others see :mod:`moneytrail.detectors.tails` and :mod:`moneytrail.detectors.pyod_models`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from moneytrail.detectors.base import QUANTILES, check_matrix, rank_among
from moneytrail.detectors.pyod_models import PREFIX, ModelScorer, fit_pyod, quiet
from moneytrail.detectors.scorers import SCORERS, Scorer
from moneytrail.detectors.tails import CopodScorer, EcodScorer
from moneytrail.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class RankedDetector:
    """An unsupervised detector, calibrated on its own training scores.

    Attributes
    ----------
    name : str
        One of :data:`moneytrail.detectors.DETECTORS`, or ``pyod:MODULE``.
    features : tuple of str
        The columns that it is fitted on; any of those that :mod:`moneytrail.features` computes.
    scorer : Scorer
        What gives the raw scores, ``None`` before :meth:`fit`.
    quantiles : float64[2001]
        Of the training scores.
    typical : float64[features]
        Median of each training column.
    model : object
        The trained model itself, to be saved; ``None`` before :meth:`fit` and in a loaded detector.
    facts : mapping
        ``fitted_rows``: how many rows it was fitted on. Fewer than were given where the kind's cost grows with the
        square of the rows (:data:`moneytrail.detectors.pyod_models.KINDS`).
    """

    name: str
    features: tuple[str, ...]
    scorer: Scorer | None = None
    quantiles: NDArray[np.float64] | None = None
    typical: NDArray[np.float64] | None = None
    model: Any = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def supervised(self) -> bool:
        """It takes no labels."""
        return False

    def fit(
        self, matrix: NDArray[np.floating[Any]], target: NDArray[np.bool_] | None = None, *, seed: int
    ) -> RankedDetector:
        """Fit on `matrix` and calibrate; `target` is not looked at. See :class:`moneytrail.detectors.Detector`."""
        check_matrix(matrix, self.features, self.name)
        if len(matrix) < 2:
            raise ParameterError(f"detector {self.name} needs at least 2 rows to fit")
        rows = np.asarray(matrix, np.float64)
        scorer, model, scores, fitted = _fit(self.name, rows, seed)
        return replace(
            self,
            scorer=scorer,
            quantiles=np.quantile(scores, np.linspace(0.0, 1.0, QUANTILES)),
            typical=np.median(rows, axis=0),
            model=model,
            facts={"fitted_rows": fitted},
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

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What scoring needs as plain arrays; of ``pyod:`` kinds the model as well.

        Raises
        ------
        ParameterError
            When it is not fitted.
        """
        if self.scorer is None or self.quantiles is None or self.typical is None:
            raise ParameterError(f"detector {self.name} is not fitted")
        return self.scorer.arrays() | {"quantiles": self.quantiles, "typical": self.typical}

    def content(self) -> dict[str, Any]:
        """What the file of the trained model holds."""
        parts = {"model": self.model, "quantiles": self.quantiles, "typical": self.typical}
        return parts | (self.scorer.arrays() if isinstance(self.scorer, ModelScorer) else {})

    @classmethod
    def of_arrays(
        cls, name: str, features: tuple[str, ...], arrays: Mapping[str, NDArray[Any]], model: Any = None
    ) -> RankedDetector:
        """Of what :meth:`arrays` gave, checked; a ``pyod:`` kind wants its `model` as well.

        Raises
        ------
        KeyError, ValueError, ParameterError
            When the arrays are no detector of this name.
        """
        quantiles, typical = arrays["quantiles"], arrays["typical"]
        for what, array in (("quantiles", quantiles), ("typical", typical)):
            if array.dtype != np.float64 or array.ndim != 1 or array.size == 0 or not np.isfinite(array).all():
                raise ParameterError(f"the {what} are not finite numbers")
        if (np.diff(quantiles) < 0).any() or typical.size != len(features):
            raise ParameterError("the quantiles fall, or there is not one typical value a feature")
        scorer: Scorer
        if name.startswith(PREFIX):
            scorer = ModelScorer(name, model, arrays["centre"], arrays["spread"])
        else:
            scorer = SCORERS[name].of_arrays(arrays, len(features))
        if scorer.features != len(features):
            raise ParameterError(f"the scorer takes {scorer.features} features, not {len(features)}")
        return cls(name, features, scorer, quantiles, typical)

    @classmethod
    def of_content(cls, name: str, features: tuple[str, ...], content: Mapping[str, Any]) -> RankedDetector:
        """Of what :meth:`content` gave, with its model."""
        model = content["model"]
        if name.startswith(PREFIX):
            return replace(cls.of_arrays(name, features, content, model), model=model)
        scorer = SCORERS[name].of_model(model)
        return cls(name, features, scorer, content["quantiles"], content["typical"], model)


class _Fitted(NamedTuple):
    scorer: Scorer
    model: Any
    scores: NDArray[np.float64]
    rows: int


def _fit(name: str, rows: NDArray[np.float64], seed: int) -> _Fitted:
    """Scorer, model, scores of the training rows, and how many those are."""
    if name.startswith(PREFIX):
        live, scores, fitted = fit_pyod(name, rows, seed)
        return _Fitted(live, live.model, scores, fitted)
    tails = {"ecod": EcodScorer, "copod": CopodScorer}
    if name in tails:
        scorer: Scorer = tails[name].of_rows(rows)
        model: Any = scorer.arrays() | {"kind": name}
    else:
        model = _MAKERS[name](seed)
        with quiet():
            model.fit(rows)
        for training_only in ("decision_scores_", "labels_"):
            # One value a training row, never read again: it would make the model file ten times larger.
            if hasattr(model, training_only):
                setattr(model, training_only, np.empty(0))
        scorer = SCORERS[name].of_model(model)
    return _Fitted(scorer, model, scorer.raw(rows), len(rows))


def _iforest(seed: int) -> Any:
    from pyod.models.iforest import IForest

    return IForest(n_estimators=100, max_samples=256, random_state=seed, n_jobs=1)


def _hbos(_seed: int) -> Any:
    from pyod.models.hbos import HBOS

    return HBOS(n_bins=20, alpha=0.1, tol=0.5)


def _isolation(seed: int) -> Any:
    from sklearn.ensemble import IsolationForest

    return IsolationForest(n_estimators=100, max_samples=256, random_state=seed, n_jobs=1)


_MAKERS: Final[dict[str, Callable[[int], Any]]] = {"iforest": _iforest, "hbos": _hbos, "isolation-forest": _isolation}
