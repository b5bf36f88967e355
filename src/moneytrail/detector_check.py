"""What is wrong with a detector: the contract of :class:`moneytrail.detectors.Detector`, tried on made rows.

Called by :func:`moneytrail.testing.check_detector`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from moneytrail.artifacts import load_detector, save_detector
from moneytrail.detectors import BoostingDetector, RankedDetector
from moneytrail.errors import MoneytrailError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.detectors import Detector

    Matrix = NDArray[np.floating[Any]]

ROWS: Final = 800
EVERY: Final = 20
"""Every so many made rows one is planted far out."""

ALONE: Final = 17
"""Every so many rows one is scored alone."""


@dataclass(frozen=True, slots=True)
class Made:
    """Made rows, and which of them are planted."""

    matrix: NDArray[np.float64]
    planted: NDArray[np.bool_]


def made(width: int, rows: int, seed: int) -> Made:
    """Rows spread a little around three centres; every twentieth lies far out, each in another direction.

    Values are whole 64ths, so that float32 holds them exactly.
    """
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(width).normal(0.0, 2.0, (3, width))
    matrix = centres[rng.choice(3, rows, p=(0.6, 0.3, 0.1))] + rng.normal(0.0, 1.0, (rows, width))
    planted = np.arange(rows) % EVERY == EVERY - 1
    far = rng.choice((-1.0, 1.0), (rows, width)) * rng.uniform(8.0, 16.0, (rows, width))
    matrix = np.where(planted[:, None], matrix + far, matrix)
    return Made(np.round(matrix * 64.0) / 64.0, planted)


def faults(detector: Detector, seed: int) -> Iterator[str]:
    """Each breach of the contract as a sentence; it ends at one that leaves nothing else to try."""
    name, width = detector.name, len(detector.features)
    train, fresh = made(width, ROWS, seed), made(width, 100, seed + 1)
    kept = train.matrix.copy()
    target = train.planted if detector.supervised else None
    fitted = detector.fit(train.matrix, target, seed=seed)
    if not np.array_equal(kept, train.matrix):
        yield f"{name} changes the matrix that it is fitted on"
    scores = fitted.anomaly_score(fresh.matrix)
    yield from _score_faults(name, scores, fresh)
    if scores.shape != (len(fresh.matrix),):
        return
    yield from _row_faults(fitted, fresh.matrix, scores)
    again = detector.fit(train.matrix, target, seed=seed)
    if not np.array_equal(again.anomaly_score(fresh.matrix), scores):
        yield f"{name} fitted twice with one seed gives two scores to one row"
    yield from _explanation_faults(fitted, fresh.matrix)
    yield from _refusal_faults(fitted, fresh.matrix)
    if detector.supervised:
        yield from _label_faults(detector, train, seed)
    else:
        labelled = detector.fit(train.matrix, train.planted, seed=seed)
        if not np.array_equal(labelled.anomaly_score(fresh.matrix), scores):
            yield f"{name} says that it takes no labels, and scores otherwise with them"
    if isinstance(fitted, RankedDetector | BoostingDetector):
        yield from _saving_faults(fitted, fresh.matrix, scores)


def _score_faults(name: str, scores: NDArray[Any], rows: Made) -> Iterator[str]:
    """Shape, dtype, range and sense."""
    if scores.shape != (len(rows.matrix),):
        yield f"{name} gives scores of shape {scores.shape} to {len(rows.matrix)} rows"
        return
    if scores.dtype != np.float64:
        yield f"{name} gives scores of {scores.dtype}, and float64 is wanted"
    if not (np.isfinite(scores).all() and scores.min() >= 0.0 and scores.max() <= 1.0):
        yield f"{name} gives a score that is not between 0 and 1"
    strange, ordinary = np.median(scores[rows.planted]), np.median(scores[~rows.planted])
    if not strange > ordinary:
        yield f"{name} scores planted outliers {strange:.3f} on the median and the bulk {ordinary:.3f}: higher is worse"


def _row_faults(fitted: Detector, rows: Matrix, scores: NDArray[np.float64]) -> Iterator[str]:
    """A row has one score, whatever stands beside it and however it is kept."""
    alone = np.concatenate([fitted.anomaly_score(rows[[row]]) for row in range(0, len(rows), ALONE)])
    if not np.array_equal(alone, scores[::ALONE]):
        yield f"{fitted.name} scores a row otherwise alone than in a batch"
    order = np.random.default_rng(1).permutation(len(rows))
    if not np.array_equal(fitted.anomaly_score(rows[order]), scores[order]):
        yield f"{fitted.name} scores a row otherwise in another order of the rows"
    larger = np.concatenate([rows] * 7)
    if not np.array_equal(fitted.anomaly_score(larger), np.concatenate([scores] * 7)):
        yield f"{fitted.name} scores a row otherwise in a larger batch"
    if not np.array_equal(fitted.anomaly_score(rows.astype(np.float32)), scores):
        yield f"{fitted.name} scores a row otherwise as float32, which holds its values exactly"
    if fitted.anomaly_score(rows[:0]).shape != (0,):
        yield f"{fitted.name} gives no empty scores to no rows"


def _explanation_faults(fitted: Detector, rows: Matrix) -> Iterator[str]:
    for some in (rows[:5], rows[:0]):
        told = fitted.explain(some)
        if told.shape != some.shape or told.dtype != np.float64 or not np.isfinite(told).all():
            yield f"{fitted.name} explains {some.shape} by {told.dtype}{list(told.shape)}, or by what is not finite"


def _refusal_faults(fitted: Detector, rows: Matrix) -> Iterator[str]:
    """Another width and infinite values are refused with a MoneytrailError."""
    infinite = rows[:3].copy()
    infinite[1, 0] = np.inf
    wrong = {
        "a matrix with a feature missing": rows[:3, :-1],
        "a matrix with a feature too many": np.concatenate([rows[:3], rows[:3, :1]], axis=1),
        "an infinite value": infinite,
    }
    for what, matrix in wrong.items():
        for call in (fitted.anomaly_score, fitted.explain):
            if not _refuses(lambda call=call, matrix=matrix: call(matrix)):
                yield f"{fitted.name} takes {what} in {call.__name__} or fails otherwise: a MoneytrailError is wanted"


def _label_faults(detector: Detector, train: Made, seed: int) -> Iterator[str]:
    wrong: dict[str, NDArray[np.bool_] | None] = {
        "no labels": None,
        "labels of one kind": np.zeros(len(train.matrix), np.bool_),
        "labels of other rows": train.planted[:-1],
    }
    for what, target in wrong.items():
        if not _refuses(lambda target=target: detector.fit(train.matrix, target, seed=seed)):
            yield f"{detector.name} learns from labels and takes {what} or fails otherwise: a MoneytrailError is wanted"


def _refuses(call: Any) -> bool:
    try:
        call()
    except MoneytrailError:
        return True
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError):
        return False
    return False


def _saving_faults(
    fitted: RankedDetector | BoostingDetector, rows: NDArray[np.float64], scores: NDArray[np.float64]
) -> Iterator[str]:
    with TemporaryDirectory() as place:
        folder = Path(place) / "model" / "1"
        try:
            save_detector(fitted, folder, trained_on={}, sample=rows)
            loaded, _ = load_detector(folder)
        except ParameterError as error:
            yield str(error)
            return
        if not np.array_equal(loaded.anomaly_score(rows), scores):
            yield f"{fitted.name} saved and loaded again gives other scores"
        if not np.array_equal(loaded.explain(rows[:5]), fitted.explain(rows[:5])):
            yield f"{fitted.name} saved and loaded again explains otherwise"
