"""PyOD's detectors behind the one interface: names, what is refused, blocks, and the folders that they are saved in."""

from __future__ import annotations

import pkgutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from moneytrail import artifacts
from moneytrail.artifacts import load_detector, load_model, save_detector
from moneytrail.detector_check import made
from moneytrail.detectors import RankedDetector, pyod_models, unfitted
from moneytrail.detectors.pyod_models import BLOCK, KINDS, OWN, REFUSED, Kind, ModelScorer, standardised
from moneytrail.errors import ArtifactError, ParameterError
from moneytrail.features import FEATURE_NAMES
from tests.contract.model_folders import change, flip, manifest_of

FEATURES = FEATURE_NAMES[:5]
ROWS = made(len(FEATURES), 400, 1).matrix


def fitted(name: str = "pyod:pca", rows: NDArray[np.float64] = ROWS) -> RankedDetector:
    detector = unfitted(name, FEATURES).fit(rows, seed=1)
    assert isinstance(detector, RankedDetector)
    return detector


@pytest.mark.parametrize("name", ["pyod:knn", "pyod:KNN", "PyOD:Knn"])
def test_a_detector_is_named_by_module_or_class_in_any_case(name: str) -> None:
    assert unfitted(name).name == "pyod:knn"


@pytest.mark.parametrize("name", OWN)
def test_those_with_a_scorer_of_our_own_are_those(name: str) -> None:
    assert unfitted(f"pyod:{OWN[name]}").name == name


def test_an_unknown_name_is_refused_with_close_ones() -> None:
    with pytest.raises(ParameterError, match="no detector pyod:locf; close are pyod:lo"):
        unfitted("pyod:locf")
    with pytest.raises(ParameterError, match="no detector pyod:zzzzz; close are pyod:abod, pyod:ae1svm"):
        unfitted("pyod:zzzzz")


@pytest.mark.parametrize("name", REFUSED)
def test_one_that_is_not_offered_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(ParameterError, match=f"detector pyod:{name} (scores|gives|learns|wants|takes|is for) "):
        unfitted(f"pyod:{name}")


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "lunar", Kind("LUNAR", needs=("no_such_library", "numpy")))
    with pytest.raises(ParameterError, match="pyod:lunar needs no_such_library, not installed"):
        unfitted("pyod:lunar")


def test_every_model_of_rows_in_pyod_is_offered_or_refused() -> None:
    import pyod.models

    parts = {"base", "base_dl", "gaal_base", "sklearn_base", "thresholds"}
    modules = {module.name for module in pkgutil.iter_modules(pyod.models.__path__)}
    rows = {name for name in modules - parts if not name.startswith(("_", "ts_", "pyg_"))}
    assert rows == {*KINDS, *OWN, *REFUSED}


@pytest.mark.parametrize("name", [f"pyod:{name}" for name, kind in KINDS.items() if not kind.needs])
def test_what_can_be_fitted_can_be_saved(name: str) -> None:
    assert name in artifacts.ALLOWED_TYPES


def test_the_raw_score_is_that_of_pyod_on_standardised_columns() -> None:
    from pyod.models.knn import KNN

    detector = fitted("pyod:knn")
    centre, spread = ROWS.mean(axis=0), ROWS.std(axis=0)
    model = KNN().fit((ROWS - centre) / spread)
    asked = made(len(FEATURES), 2 * BLOCK + 3, 5).matrix
    assert detector.scorer is not None
    raw = model.decision_function((asked - centre) / spread)
    np.testing.assert_allclose(detector.scorer.raw(asked), raw, rtol=1e-9)
    ranks = np.searchsorted(np.sort(model.decision_scores_), raw) / len(ROWS)
    np.testing.assert_allclose(detector.anomaly_score(asked), ranks, atol=2 / len(ROWS))


def test_large_data_are_fitted_on_as_many_rows_as_stated_and_drawn_by_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "knn", KINDS["knn"]._replace(most_rows=100))
    detector = fitted("pyod:knn")
    assert detector.facts == {"fitted_rows": 100}
    np.testing.assert_array_equal(fitted("pyod:knn").anomaly_score(ROWS), detector.anomaly_score(ROWS))
    other = unfitted("pyod:knn", FEATURES).fit(ROWS, seed=2)
    assert not np.array_equal(other.anomaly_score(ROWS), detector.anomaly_score(ROWS))


def test_one_that_scores_rows_together_is_refused_after_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "cd", Kind("CD"))
    monkeypatch.setattr(pyod_models, "made", lambda _name, _seed: Together())
    with pytest.raises(ParameterError, match="detector pyod:cd scores a row together with the other rows"):
        RankedDetector("pyod:cd", FEATURES).fit(ROWS, seed=1)


class Together:
    """Scores a row by its rank in the call."""

    labels_: Any = None

    def fit(self, rows: NDArray[np.float64]) -> Together:
        self.decision_scores_ = rows[:, 0]
        return self

    def decision_function(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.argsort(np.argsort(rows[:, 0])).astype(np.float64)


class Without(Together):
    """Gives scores that are no numbers."""

    def __init__(self, train: float, score: float) -> None:
        self.train, self.score = train, score

    def fit(self, rows: NDArray[np.float64]) -> Without:
        self.decision_scores_ = np.full(len(rows), self.train)
        return self

    def decision_function(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.full(len(rows), self.score)


@pytest.mark.parametrize(
    ("train", "score", "said"),
    [(np.nan, 0.0, "training rows scores that are not finite"), (0.0, np.nan, "has no score for a row")],
)
def test_scores_that_are_no_numbers_are_refused(
    monkeypatch: pytest.MonkeyPatch, train: float, score: float, said: str
) -> None:
    monkeypatch.setattr(pyod_models, "made", lambda _name, _seed: Without(train, score))
    with pytest.raises(ParameterError, match=f"detector pyod:pca .*{said}"):
        fitted()


@pytest.mark.parametrize("name", ["pyod:cblof", "pyod:knn"])
def test_rows_that_pyod_cannot_fit_give_one_clear_error(name: str) -> None:
    with pytest.raises(ParameterError, match=f"detector {name} cannot be fitted on these 3 rows: "):
        fitted(name, ROWS[:3])


def test_values_of_any_size_are_scored() -> None:
    rows = ROWS[:3].copy()
    rows[0, 0], rows[1, 1] = 1e308, -1e308
    for name in ("pyod:pca", "pyod:knn", "pyod:gmm"):
        assert fitted(name).anomaly_score(rows)[:2].tolist() == [1.0, 1.0]


def test_a_column_of_one_value_is_left_alone() -> None:
    assert standardised(np.array([[3.1]]), np.array([3.1]), np.array([1.0])).tolist() == [[0.0]]
    rows = ROWS.copy()
    rows[:, 2] = 0.1
    detector = fitted("pyod:knn", rows)
    assert isinstance(detector.scorer, ModelScorer)
    assert detector.scorer.spread[2] == 1.0
    with pytest.raises(ParameterError, match="pyod:pca gives training rows scores that are not finite"):
        fitted("pyod:pca", rows)


# Model folders


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "pca" / "1"
    save_detector(fitted(), place, trained_on={}, sample=ROWS)
    return place


def test_a_folder_loads_with_its_model_and_its_facts(folder: Path) -> None:
    detector, manifest = load_detector(folder)
    assert manifest["kind"] == "pyod:pca"
    assert detector.facts == {"fitted_rows": 400}
    np.testing.assert_array_equal(detector.anomaly_score(ROWS), fitted().anomaly_score(ROWS))
    np.testing.assert_array_equal(load_model(folder).anomaly_score(ROWS), fitted().anomaly_score(ROWS))


def test_a_type_that_is_not_allowed_is_refused_by_both(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(artifacts.ALLOWED_TYPES, "pyod:pca", frozenset())
    for load in (load_detector, load_model):
        with pytest.raises(
            ArtifactError, match=r"model pca/1 holds the type pyod.models.pca.PCA, which is not allowed"
        ):
            load(folder)


def test_a_kind_without_allowed_types_is_refused_at_saving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(artifacts.ALLOWED_TYPES, "pyod:pca")
    with pytest.raises(ParameterError, match="pyod:pca cannot be saved: it has no list of types"):
        save_detector(fitted(), tmp_path / "pca" / "1", trained_on={}, sample=ROWS)
    monkeypatch.setitem(artifacts.ALLOWED_TYPES, "pyod:pca", frozenset())
    with pytest.raises(ParameterError, match="pyod:pca cannot be saved: its file holds the type"):
        save_detector(fitted(), tmp_path / "pca" / "1", trained_on={}, sample=ROWS)
    assert not (tmp_path / "pca").exists()


@pytest.mark.parametrize("name", ["scorer.npz", "model.skops"])
def test_a_changed_byte_is_refused(folder: Path, name: str) -> None:
    flip(folder, name)
    with pytest.raises(ArtifactError, match=f"{name} is not the file .*sha256 differs"):
        load_detector(folder)


def test_other_sample_scores_are_refused(folder: Path) -> None:
    sample = manifest_of(folder)["sample"]
    sample["anomaly_scores"][0] += 0.01
    change(folder, sample=sample)
    with pytest.raises(ArtifactError, match="does not give the scores"):
        load_detector(folder)


@pytest.mark.parametrize(
    ("centre", "spread"), [([0.0], [0.0]), ([0.0, 1.0], [1.0]), ([np.nan], [1.0]), ([0.0], [[1.0]])]
)
def test_numbers_that_do_not_standardise_are_refused(centre: Any, spread: Any) -> None:
    with pytest.raises(ParameterError, match="spread"):
        ModelScorer("pyod:pca", None, np.array(centre), np.array(spread))
