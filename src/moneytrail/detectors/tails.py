"""Tail scores, ECOD and COPOD: how far out each value of a row lies among the values of the training rows.

Li, Zhao, Hu, Botta, Ionescu and Chen, "ECOD", IEEE TKDE 2023; Li, Zhao, Botta, Ionescu and Hu, "COPOD", ICDM 2020.
PyOD's versions count the rows of a call among the training rows: a row's score depends on what is scored with it. Here
the counts are of the training rows alone. On those the scores are PyOD's within 1e-9.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import numpy as np

from moneytrail.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

ENDS: Final = 512
"""So many distinct values at each end of a column are all kept: they make the scores that count."""

BETWEEN: Final = 2_048
"""So many are kept between, evenly among the distinct values; a column of no more values is kept whole."""

_KINDS: Final = {"start": "int64", "value": "float64", "below": "float64", "above": "float64", "skew": "float64"}


@dataclass(frozen=True, eq=False)
class TailScorer:
    """The shares of the training rows at or below, and at or above, each kept value of each column.

    A value further out than all training rows counts as one row more: ``1 / (rows + 1)``.

    Attributes
    ----------
    columns : mapping of arrays
        ``start`` int64[features + 1], where each feature's values begin; ``value``, rising within a feature; ``below``
        and ``above``, shares of the training rows in (0, 1]; ``skew`` float64[features], -1, 0 or 1.
    beyond : float
        Share that a value beyond all training rows counts as.

    Raises
    ------
    ParameterError
        When the arrays are no such table.
    """

    columns: Mapping[str, NDArray[Any]]
    beyond: float
    low: tuple[NDArray[np.float64], ...] = field(init=False)
    high: tuple[NDArray[np.float64], ...] = field(init=False)

    kind: ClassVar[str] = ""
    mean: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check(self.columns, self.beyond)
        start, least = self.columns["start"], [-np.log(self.beyond)]
        below, above = (-np.log(self.columns[name]) for name in ("below", "above"))
        spans = [slice(start[f], start[f + 1]) for f in range(self.features)]
        object.__setattr__(self, "low", tuple(np.concatenate([least, below[span]]) for span in spans))
        object.__setattr__(self, "high", tuple(np.concatenate([above[span], least]) for span in spans))

    @classmethod
    def of_rows(cls, rows: NDArray[np.float64]) -> Self:
        """Of training rows, float64[rows, features], finite, two at least."""
        tables = [_tails(np.ascontiguousarray(column)) for column in rows.T]
        flat = {name: np.concatenate([table[name] for table in tables]) for name in ("value", "below", "above")}
        start = np.cumsum([0, *(table["value"].size for table in tables)], dtype=np.int64)
        return cls({"start": start, "skew": _skew(rows)} | flat, 1.0 / (len(rows) + 1))

    @classmethod
    def of_model(cls, model: Any) -> Self:
        """Of what :meth:`arrays` gave: the trained model is its arrays."""
        if not isinstance(model, dict) or model.get("kind") != cls.kind:
            raise ParameterError(f"there are no tails of kind {cls.kind!r}")
        return cls.of_arrays(model, model["skew"].size)

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]], features: int) -> Self:
        """Of the arrays that :meth:`arrays` gave; checked."""
        absent = sorted({*_KINDS, "beyond"} - arrays.keys())
        if absent:
            raise ParameterError(f"the array {absent[0]!r} is missing")
        beyond = arrays["beyond"]
        if beyond.shape != () or beyond.dtype != np.float64:
            raise ParameterError("'beyond' is not one number")
        scorer = cls({name: arrays[name] for name in _KINDS}, float(beyond))
        if scorer.features != features:
            raise ParameterError(f"there are tails of {scorer.features} features, not of {features}")
        return scorer

    @property
    def features(self) -> int:
        """Width of the matrix."""
        return int(self.columns["skew"].size)

    def raw(self, matrix: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Sum over the features of the tail's negative logarithm; cost: two binary searches a value."""
        scores = np.zeros(len(matrix))
        start, value = self.columns["start"], self.columns["value"]
        for f, skew in enumerate(self.columns["skew"]):
            x = np.asarray(matrix[:, f], np.float64)
            kept = value[start[f] : start[f + 1]]
            low = self.low[f][np.searchsorted(kept, x, side="right")]
            high = self.high[f][np.searchsorted(kept, x, side="left")]
            both = (low + high) / 2 if self.mean else np.maximum(low, high)
            # Column by column: a row's sum has one order, whatever rows stand beside it.
            scores += np.maximum(both, low * float(skew <= 0) + high * float(skew >= 0))
        return scores

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The table, and one number."""
        return {name: self.columns[name] for name in _KINDS} | {"beyond": np.array(self.beyond)}


class EcodScorer(TailScorer):
    """ECOD: the rarer of both tails, or of the tail that the column is skewed to."""

    kind = "ecod"


class CopodScorer(TailScorer):
    """COPOD: the mean of both tails, or the tail that the column is skewed to."""

    kind = "copod"
    mean = True


def _tails(column: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """The kept values of one column, and the shares at or below, and at or above, each."""
    value, counts = np.unique(column, return_counts=True)
    below = np.cumsum(counts)
    above = column.size - below + counts
    kept = np.arange(value.size)
    if value.size > BETWEEN + 2 * ENDS:
        between = np.linspace(ENDS, value.size - 1 - ENDS, BETWEEN).round().astype(np.int64)
        kept = np.unique(np.concatenate([kept[:ENDS], between, kept[-ENDS:]]))
    return {"value": value[kept], "below": below[kept] / column.size, "above": above[kept] / column.size}


def _skew(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Which way each column leans, by PyOD's own measure: -1, 0 or 1; 0 for a column of one value."""
    from scipy.stats import skew

    with warnings.catch_warnings():
        # scipy warns of columns that are nearly constant, and gives NaN for those that are.
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.sign(np.nan_to_num(skew(rows, axis=0))), np.float64)


def _check(columns: Mapping[str, NDArray[Any]], beyond: float) -> None:
    for name, kind in _KINDS.items():
        if columns[name].dtype != np.dtype(kind) or columns[name].ndim != 1:
            raise ParameterError(f"the tails' array {name!r} is not {kind}[...]")
    start, value, skew = (columns[name] for name in ("start", "value", "skew"))
    if not skew.size or start.size != skew.size + 1 or start[0] != 0 or (np.diff(start) < 1).any():
        raise ParameterError("the tails' starts do not divide the values")
    if start[-1] != value.size or columns["below"].size != value.size or columns["above"].size != value.size:
        raise ParameterError("the tails' values and shares are not of one size")
    inside = np.ones(max(value.size - 1, 0), np.bool_)
    inside[start[1:-1] - 1] = False
    if not np.isfinite(value).all() or (np.diff(value)[inside] <= 0).any() or not np.isin(skew, (-1, 0, 1)).all():
        raise ParameterError("the tails' values do not rise, or a column leans no way")
    shares = np.concatenate([columns["below"], columns["above"], [beyond]])
    if not ((shares > 0) & (shares <= 1)).all():
        raise ParameterError("the tails hold a share that is not between 0 and 1")
