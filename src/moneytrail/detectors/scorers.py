"""What scores a fitted detector: flat arrays and our own kernels, with no model library.

A scorer gives the raw score of the model that it was taken from, and can be written as plain arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from moneytrail.detectors.tails import CopodScorer, EcodScorer
from moneytrail.detectors.trees import COLUMNS, FEW, Forest, from_isolation
from moneytrail.errors import ParameterError
from moneytrail.kernels.histograms import Histograms, rarity

if TYPE_CHECKING:
    from numpy.typing import NDArray

Arrays = Mapping[str, "NDArray[Any]"]


class Scorer(Protocol):
    """Raw scores, higher is stranger, and the arrays that they are made from."""

    @property
    def features(self) -> int:
        """Width of the matrix."""
        ...

    def raw(self, matrix: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """The raw score of each row of a finite matrix."""
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What an equal scorer is made from."""
        ...


@dataclass(frozen=True, eq=False)
class IsolationScorer:
    """An isolation forest: short paths are strange. The raw score is PyOD's, to the last bit.

    Attributes
    ----------
    forest : Forest
        Its sum is the path length over all trees.
    scale : float
        Path length of an unsuccessful search over all trees: a row of this length scores one half before `offset`.
    offset : float
        scikit-learn's ``offset_``.
    """

    forest: Forest
    scale: float
    offset: float

    @classmethod
    def of_model(cls, model: Any) -> IsolationScorer:
        """Of a fitted PyOD IForest, or of the scikit-learn IsolationForest that it holds."""
        from sklearn.ensemble._iforest import _average_path_length

        inner = getattr(model, "detector_", model)
        scale = len(inner.estimators_) * float(_average_path_length([inner._max_samples])[0])
        return cls(from_isolation(inner), scale, float(inner.offset_))

    @classmethod
    def of_arrays(cls, arrays: Arrays, features: int) -> IsolationScorer:
        """Of the arrays that :meth:`arrays` gave; checked."""
        scale, offset = (_number(arrays, name) for name in ("scale", "offset"))
        if scale < 0:
            raise ParameterError(f"a path length of {scale} is no scale")
        return cls(Forest(features, 0.0, {name: _array(arrays, name) for name in COLUMNS}, single=True), scale, offset)

    @property
    def features(self) -> int:
        """Width of the matrix."""
        return self.forest.features

    def raw(self, matrix: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """``2 ** -(path length / scale)`` and the offset; see :class:`Scorer`."""
        depths = self.forest.raw(matrix)
        # Forests over one row each have no scale: scikit-learn calls every row one half.
        shares = depths / self.scale if self.scale else np.ones_like(depths)
        return -(-(2**-shares) - self.offset)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Those of the forest, and two numbers."""
        return dict(self.forest.columns) | {"scale": np.array(self.scale), "offset": np.array(self.offset)}


@dataclass(frozen=True, eq=False)
class HistogramScorer:
    """Histograms: rare values are strange. The raw score is PyOD's, within 1e-12.

    Attributes
    ----------
    edges : float64[features, bins + 1]
    level : float64[features, bins]
        Logarithm, to base 2, of each bin's density and a small number.
    tolerance : float
        Values up to so many bins' widths outside count to the outermost bin.
    """

    edges: NDArray[np.float64]
    level: NDArray[np.float64]
    tolerance: float
    histograms: Histograms = field(init=False)

    def __post_init__(self) -> None:
        edges, level = self.edges, self.level
        if edges.ndim != 2 or level.ndim != 2 or level.size == 0 or edges.shape != (len(level), level.shape[1] + 1):
            raise ParameterError(f"histograms of shape {edges.shape} and {level.shape} do not fit together")
        # Values between edges that are further apart than a float64 reaches would have no place among the bins.
        wide = np.abs(edges).max() > np.finfo(np.float64).max / 4
        if not (np.isfinite(edges).all() and np.isfinite(level).all() and (np.diff(edges) > 0).all()) or wide:
            raise ParameterError("the histograms' edges do not rise, or hold a value that is not a number")
        margin = np.stack([edges[:, 1] - edges[:, 0], edges[:, -1] - edges[:, -2]], axis=1) * self.tolerance
        parts = [np.ascontiguousarray(part) for part in (edges, level, margin, level.min(axis=1))]
        for part in parts:
            part.flags.writeable = False
        object.__setattr__(self, "histograms", Histograms(*parts))

    @classmethod
    def of_model(cls, model: Any) -> HistogramScorer:
        """Of a fitted PyOD HBOS whose features have as many bins each."""
        if isinstance(model.hist_, list):
            raise ParameterError("histograms of different sizes cannot be converted: give n_bins as a number")
        return cls(model.bin_edges_.T.copy(), np.log2(model.hist_.T + model.alpha), float(model.tol))

    @classmethod
    def of_arrays(cls, arrays: Arrays, features: int) -> HistogramScorer:
        """Of the arrays that :meth:`arrays` gave; checked."""
        scorer = cls(_array(arrays, "edges"), _array(arrays, "level"), _number(arrays, "tolerance"))
        if scorer.features != features:
            raise ParameterError(f"there are histograms of {scorer.features} features, not of {features}")
        return scorer

    @property
    def features(self) -> int:
        """Width of the matrix."""
        return len(self.level)

    def raw(self, matrix: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """The negated sum of the levels; see :class:`Scorer`."""
        rows = np.ascontiguousarray(matrix, np.float32 if matrix.dtype == np.float32 else np.float64).view()
        rows.flags.writeable = False
        scores: NDArray[np.float64] = rarity(rows, self.histograms)
        return scores

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Edges, levels and one number."""
        return {"edges": self.edges, "level": self.level, "tolerance": np.array(self.tolerance)}


SCORERS: Final[Mapping[str, type[IsolationScorer | HistogramScorer | EcodScorer | CopodScorer]]] = {
    "iforest": IsolationScorer,
    "hbos": HistogramScorer,
    "ecod": EcodScorer,
    "copod": CopodScorer,
    "isolation-forest": IsolationScorer,
}
"""What scores each detector, by its name. ``of_model`` takes one from a fitted model, ``of_arrays`` makes one from the
arrays that ``arrays`` gave and the width of the matrix, and refuses arrays that are none."""


def warm_up() -> None:
    """Compile the kernels that score, by scoring a few rows."""
    columns = {name: np.zeros(1, kind) for name, kind in COLUMNS.items()}
    columns |= {"tree_start": np.array([0, 1]), "value": np.zeros(2), "cover": np.ones(2)}
    columns |= {"left": np.array([1], np.int32), "right": np.array([2], np.int32)}
    scorers = (
        IsolationScorer(Forest(1, 0.0, columns, single=True), 1.0, 0.0),
        HistogramScorer(np.array([[0.0, 1.0]]), np.zeros((1, 1)), 0.5),
    )
    for scorer in scorers:
        for rows in (1, FEW):
            for kind in (np.float32, np.float64):
                scorer.raw(np.zeros((rows, 1), kind))


def _array(arrays: Arrays, name: str) -> NDArray[Any]:
    if name not in arrays:
        raise ParameterError(f"the array {name!r} is missing")
    if name not in COLUMNS and arrays[name].dtype != np.float64:
        raise ParameterError(f"the array {name!r} is {arrays[name].dtype}, not float64")
    return arrays[name]


def _number(arrays: Arrays, name: str) -> float:
    array = _array(arrays, name)
    if array.shape != () or not np.isfinite(array):
        raise ParameterError(f"{name!r} is not one number")
    return float(array)
