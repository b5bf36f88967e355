"""``check_detector`` passes every detector that is offered, and says how a broken one breaks the contract."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from moneytrail import artifacts
from moneytrail.detectors import DETECTORS, unfitted
from moneytrail.detectors.pyod_models import KINDS
from moneytrail.errors import ParameterError
from moneytrail.features import FEATURE_NAMES
from moneytrail.testing import CheckError, check_detector

NAMES = [detector.name for detector in DETECTORS] + [f"pyod:{name}" for name, kind in KINDS.items() if not kind.needs]


@pytest.mark.parametrize("name", NAMES)
def test_every_detector_keeps_the_contract(name: str) -> None:
    check_detector(unfitted(name, FEATURE_NAMES[:4]))


class Distance:
    """How far a row lies from the mean of the training rows: the shortest detector that keeps the contract."""

    name = "distance"
    supervised = False

    def __init__(self, width: int = 3) -> None:
        self.features = tuple(f"own_{place}" for place in range(width))
        self.centre = np.zeros(width)

    def fit(self, matrix: NDArray[Any], target: NDArray[np.bool_] | None = None, *, seed: int) -> Distance:
        fitted = type(self)(len(self.features))
        fitted.centre = matrix.mean(axis=0)
        return fitted

    def parts(self, matrix: NDArray[Any]) -> NDArray[np.float64]:
        if matrix.shape[1] != len(self.features) or not np.isfinite(matrix).all():
            raise ParameterError("no such matrix")
        parts: NDArray[np.float64] = (np.asarray(matrix, np.float64) - self.centre) ** 2
        return parts

    def anomaly_score(self, matrix: NDArray[Any]) -> NDArray[np.float64]:
        far = np.zeros(len(matrix))
        for part in self.parts(matrix).T:
            far += part
        score: NDArray[np.float64] = far / (1.0 + far)
        return score

    def explain(self, matrix: NDArray[Any]) -> NDArray[np.float64]:
        return self.parts(matrix)


def test_a_detector_of_ones_own_passes() -> None:
    check_detector(Distance())


class Mirrored(Distance):
    def anomaly_score(self, matrix: NDArray[Any]) -> NDArray[np.float64]:
        return 1.0 - super().anomaly_score(matrix)


class Ranked(Distance):
    def anomaly_score(self, matrix: NDArray[Any]) -> NDArray[np.float64]:
        ranks = np.argsort(np.argsort(super().anomaly_score(matrix)))
        return ranks.astype(np.float64) / max(len(ranks), 1)


class Placed(Distance):
    def anomaly_score(self, matrix: NDArray[Any]) -> NDArray[np.float64]:
        return super().anomaly_score(matrix) + np.arange(len(matrix)) * 1e-9


class Loud(Distance):
    def anomaly_score(self, matrix: NDArray[Any]) -> NDArray[np.float64]:
        return super().anomaly_score(matrix) * 100.0


class Short(Distance):
    def anomaly_score(self, matrix: NDArray[Any]) -> NDArray[np.float64]:
        return super().anomaly_score(matrix)[:, None]


class Single(Distance):
    def anomaly_score(self, matrix: NDArray[Any]) -> Any:
        return super().anomaly_score(matrix).astype(np.float32)


class Forgiving(Distance):
    def parts(self, matrix: NDArray[Any]) -> NDArray[np.float64]:
        width = len(self.features)
        whole = np.zeros((len(matrix), width))
        whole[:, : matrix.shape[1]] = np.clip(matrix, -1e9, 1e9)[:, :width]
        return super().parts(whole)


class Crashing(Distance):
    def parts(self, matrix: NDArray[Any]) -> NDArray[np.float64]:
        if not np.isfinite(matrix).all():
            raise ValueError("deep inside")
        return super().parts(matrix)


class Coarse(Distance):
    def anomaly_score(self, matrix: NDArray[Any]) -> NDArray[np.float64]:
        return super().anomaly_score(matrix) + 1e-9 * (matrix.dtype == np.float32)


class Terse(Distance):
    def explain(self, matrix: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(self.parts(matrix).sum(axis=1), np.float64)


class Careless(Distance):
    supervised = True


class Peeking(Distance):
    def fit(self, matrix: NDArray[Any], target: NDArray[np.bool_] | None = None, *, seed: int) -> Distance:
        return super().fit(matrix if target is None else matrix[~target], seed=seed)


class Restless(Distance):
    calls = 0

    def fit(self, matrix: NDArray[Any], target: NDArray[np.bool_] | None = None, *, seed: int) -> Distance:
        Restless.calls += 1
        fitted = super().fit(matrix, seed=seed)
        fitted.centre = fitted.centre + Restless.calls * 1e-6
        return fitted


class Fragile(Distance):
    def anomaly_score(self, matrix: NDArray[Any]) -> NDArray[np.float64]:
        matrix.max()
        return super().anomaly_score(matrix)


class Unfit(Distance):
    def fit(self, matrix: NDArray[Any], target: NDArray[np.bool_] | None = None, *, seed: int) -> Distance:
        raise ParameterError("not in the mood")


class Spoiling(Distance):
    def fit(self, matrix: NDArray[Any], target: NDArray[np.bool_] | None = None, *, seed: int) -> Distance:
        fitted = super().fit(matrix, seed=seed)
        matrix[0, 0] = 0.0
        return fitted


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (Mirrored, r"scores planted outliers 0\.\d+ on the median and the bulk 0\.\d+: higher is worse"),
        (Ranked, "otherwise alone than in a batch"),
        (Placed, "in another order of the rows"),
        (Placed, "in a larger batch"),
        (Loud, "not between 0 and 1"),
        (Short, r"scores of shape \(100, 1\) to 100 rows"),
        (Single, "scores of float32"),
        (Forgiving, "takes a matrix with a feature missing in anomaly_score"),
        (Forgiving, "takes a matrix with a feature too many in explain"),
        (Forgiving, "takes an infinite value in explain"),
        (Crashing, "takes an infinite value in anomaly_score or fails otherwise: a MoneytrailError is wanted"),
        (Coarse, "otherwise as float32"),
        (Terse, r"explains \(5, 3\) by float64\[5\]"),
        (Careless, "learns from labels and takes no labels"),
        (Careless, "takes labels of one kind"),
        (Peeking, "says that it takes no labels, and scores otherwise with them"),
        (Restless, "fitted twice with one seed gives two scores"),
        (Fragile, "fails on what it must take: ValueError: zero-size array"),
        (Unfit, "fails on what it must take: ParameterError: not in the mood"),
        (Spoiling, "changes the matrix that it is fitted on"),
    ],
)
def test_a_broken_detector_is_told_what_is_wrong(broken: type[Distance], said: str) -> None:
    with pytest.raises(CheckError, match=f"distance .*{said}"):
        check_detector(broken())


def test_the_page_on_detectors_runs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "detectors.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert len(blocks) == 2
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "docs/detectors.md", "exec"), names)
    assert names["score"].shape == (len(names["matrix"]),)
    for name in (detector.name for detector in DETECTORS):
        assert f"| `{name}` |" in page
    for name, kind in KINDS.items():
        assert kind.needs or f"| `pyod:{name}` |" in page


def test_one_that_cannot_be_saved_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(artifacts.ALLOWED_TYPES, "ecod")
    with pytest.raises(AssertionError, match="detector ecod cannot be saved"):
        check_detector(unfitted("ecod", FEATURE_NAMES[:3]))
