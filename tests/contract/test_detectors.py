"""One contract for every detector, and for the folders that they are saved in."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from moneytrail import artifacts
from moneytrail.artifacts import latest, load_detector, save_detector
from moneytrail.detectors import DETECTORS, Detector, PyodDetector, unfitted
from moneytrail.detectors.base import BLOCK, rank_among
from moneytrail.errors import ArtifactError, ParameterError
from moneytrail.features import FEATURE_NAMES, FEATURES_HASH

ROWS, PLANTED = 600, 12
SEED = 3
Matrix = NDArray[np.float64]


def bulk(rows: int = ROWS, seed: int = 1) -> Matrix:
    """Return ordinary rows: each feature spread a little around its own level."""
    rng = np.random.default_rng(seed)
    return rng.normal(np.arange(len(FEATURE_NAMES)) % 5, 1.0, (rows, len(FEATURE_NAMES)))


def outliers() -> Matrix:
    return bulk(PLANTED, seed=2) + np.where(np.arange(len(FEATURE_NAMES)) % 3, 0.0, 8.0)


@pytest.fixture(scope="module", params=DETECTORS, ids=lambda detector: detector.name)
def fitted(request: pytest.FixtureRequest) -> PyodDetector:
    detector: PyodDetector = request.param
    return detector.fit(bulk(), seed=SEED)


def test_it_is_a_detector(fitted: PyodDetector) -> None:
    assert isinstance(fitted, Detector)
    assert fitted.features == FEATURE_NAMES
    assert unfitted(fitted.name).model is None, "fitting must not change the registry"


def test_scores_have_shape_and_range(fitted: PyodDetector) -> None:
    scores = fitted.anomaly_score(np.concatenate([bulk(50, seed=9), outliers(), bulk(1) * 1e6]))
    assert scores.shape == (50 + PLANTED + 1,)
    assert scores.dtype == np.float64
    assert scores.min() >= 0.0
    assert scores.max() <= 1.0


def test_no_rows_have_no_scores(fitted: PyodDetector) -> None:
    nothing = np.empty((0, len(FEATURE_NAMES)))
    assert fitted.anomaly_score(nothing).shape == (0,)
    assert fitted.explain(nothing).shape == (0, len(FEATURE_NAMES))


def test_planted_outliers_score_above_the_bulk(fitted: PyodDetector) -> None:
    ordinary, strange = fitted.anomaly_score(bulk(200, seed=9)), fitted.anomaly_score(outliers())
    assert strange.mean() > ordinary.mean() + 0.3
    assert np.median(strange) > 0.95


def test_a_score_is_a_rank_among_the_training_rows(fitted: PyodDetector) -> None:
    scores = np.sort(fitted.anomaly_score(bulk()))
    assert np.abs(scores - np.linspace(0.0, 1.0, ROWS)).max() < 0.02


def test_a_row_scores_the_same_alone_in_a_batch_and_shuffled(fitted: PyodDetector) -> None:
    rows = np.concatenate([bulk(40, seed=9), outliers()])
    together = fitted.anomaly_score(rows)
    alone = np.concatenate([fitted.anomaly_score(rows[i : i + 1]) for i in range(len(rows))])
    np.testing.assert_array_equal(alone, together)
    order = np.random.default_rng(4).permutation(len(rows))
    np.testing.assert_array_equal(fitted.anomaly_score(rows[order]), together[order])


def test_blocks_do_not_change_a_score(fitted: PyodDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = bulk(40, seed=9)
    together = fitted.anomaly_score(rows)
    assert len(rows) < BLOCK
    monkeypatch.setattr("moneytrail.detectors.pyod_models.BLOCK", 7)
    np.testing.assert_array_equal(fitted.anomaly_score(rows), together)


def test_float32_and_read_only_rows_are_taken(fitted: PyodDetector) -> None:
    rows = bulk(20, seed=9).astype(np.float32)
    rows.flags.writeable = False
    np.testing.assert_array_equal(fitted.anomaly_score(rows), fitted.anomaly_score(rows.astype(np.float64)))
    assert fitted.explain(rows).shape == rows.shape


def test_the_same_seed_fits_the_same_detector(fitted: PyodDetector) -> None:
    again = unfitted(fitted.name).fit(bulk(), seed=SEED)
    rows = np.concatenate([bulk(40, seed=9), outliers()])
    np.testing.assert_array_equal(again.anomaly_score(rows), fitted.anomaly_score(rows))


def test_fitting_leaves_the_matrix_alone(fitted: PyodDetector) -> None:
    rows = bulk()
    unfitted(fitted.name).fit(rows, seed=SEED)
    np.testing.assert_array_equal(rows, bulk())


@pytest.mark.parametrize("call", ["fit", "anomaly_score", "explain"])
@pytest.mark.parametrize("columns", [-1, 1])
def test_another_width_is_refused(fitted: PyodDetector, call: str, columns: int) -> None:
    rows = np.zeros((5, len(FEATURE_NAMES) + columns))
    with pytest.raises(ParameterError, match=f"{fitted.name} takes {len(FEATURE_NAMES)} features"):
        calls(fitted)[call](rows)


@pytest.mark.parametrize("call", ["fit", "anomaly_score", "explain"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(fitted: PyodDetector, call: str, value: float) -> None:
    rows = bulk(5)
    rows[2, 3] = value
    with pytest.raises(ParameterError, match="not finite"):
        calls(fitted)[call](rows)


def calls(detector: PyodDetector) -> dict[str, Callable[[Matrix], Any]]:
    return {
        "fit": lambda rows: unfitted(detector.name).fit(rows, seed=1),
        "anomaly_score": detector.anomaly_score,
        "explain": detector.explain,
    }


def test_a_flat_list_of_numbers_is_refused(fitted: PyodDetector) -> None:
    with pytest.raises(ParameterError, match="shape"):
        fitted.anomaly_score(np.zeros(len(FEATURE_NAMES)))


@pytest.mark.parametrize("rows", [0, 1])
def test_too_few_rows_to_fit_are_refused(fitted: PyodDetector, rows: int) -> None:
    with pytest.raises(ParameterError, match="at least 2 rows"):
        unfitted(fitted.name).fit(bulk(rows), seed=1)


@pytest.mark.parametrize("name", [detector.name for detector in DETECTORS])
def test_before_fitting_nothing_is_scored(name: str) -> None:
    for call in (unfitted(name).anomaly_score, unfitted(name).explain):
        with pytest.raises(ParameterError, match="not fitted"):
            call(bulk(3))


def test_an_unknown_detector_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ParameterError, match="no detector 'oracle'; there are iforest, hbos"):
        unfitted("oracle")


def test_an_explanation_points_at_what_is_strange(fitted: PyodDetector) -> None:
    """One feature far out in a row of middling score: the score falls most when that one is made typical."""
    assert fitted.typical is not None
    np.testing.assert_array_equal(fitted.explain(fitted.typical[None, :]), np.zeros((1, len(FEATURE_NAMES))))
    rows = bulk(41, seed=9)
    row = rows[[np.argsort(fitted.anomaly_score(rows))[20]]]
    row[0, 7] += 30.0
    falls = fitted.explain(row)
    assert falls.shape == (1, len(FEATURE_NAMES))
    assert falls.dtype == np.float64
    assert falls[0, 7] > max(0.0, float(np.quantile(falls, 0.9)))


def test_an_explanation_is_the_fall_of_the_score(fitted: PyodDetector) -> None:
    assert fitted.typical is not None
    row = outliers()[:1]
    changed = row.copy()
    changed[0, 6] = fitted.typical[6]
    fall = fitted.anomaly_score(row)[0] - fitted.anomaly_score(changed)[0]
    assert fitted.explain(row)[0, 6] == fall


def test_a_common_score_is_not_called_rare() -> None:
    """Half of the training scores are equal: that score ranks where the run begins."""
    quantiles = np.array([0.0, 1.0, 1.0, 1.0, 2.0])
    assert rank_among(np.array([-1.0, 0.0, 1.0, 1.5, 2.0, 9.0]), quantiles).tolist() == [0, 0, 0.25, 0.625, 1, 1]


# Model folders


@pytest.fixture(scope="module")
def saved(fitted: PyodDetector, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(fitted.name) / fitted.name / "1"
    save_detector(fitted, folder, trained_on={"rows": ROWS}, sample=bulk(30, seed=9))
    return folder


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    folder = tmp_path / saved.parent.name / saved.name
    shutil.copytree(saved, folder)
    return folder


def change(folder: Path, **fields: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | fields), "utf-8")


def refused(folder: Path, reason: str) -> None:
    with pytest.raises(ArtifactError, match=reason) as caught:
        load_detector(folder)
    assert f"model {folder.parent.name}/{folder.name}" in str(caught.value)


def test_a_loaded_detector_gives_equal_scores(fitted: PyodDetector, saved: Path) -> None:
    detector, manifest = load_detector(saved)
    rows = np.concatenate([bulk(40, seed=9), outliers()])
    np.testing.assert_array_equal(detector.anomaly_score(rows), fitted.anomaly_score(rows))
    np.testing.assert_array_equal(detector.explain(rows[:3]), fitted.explain(rows[:3]))
    assert manifest["features_hash"] == FEATURES_HASH
    assert manifest["trained_on"] == {"rows": ROWS}
    assert len(manifest["sample"]["rows"]) == 16
    assert sorted(path.name for path in saved.iterdir()) == ["manifest.json", "model.skops"]


def test_a_changed_byte_of_the_model_is_refused(copy: Path) -> None:
    content = bytearray((copy / "model.skops").read_bytes())
    content[len(content) // 2] ^= 1
    (copy / "model.skops").write_bytes(content)
    refused(copy, "sha256 differs")


@pytest.mark.parametrize("name", ["model.skops", "manifest.json"])
def test_a_missing_file_is_refused(copy: Path, name: str) -> None:
    (copy / name).unlink()
    refused(copy, "missing")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"kind": "hbos", "sha256": "", "sample": 3}'])
def test_a_broken_manifest_is_refused(copy: Path, text: str) -> None:
    (copy / "manifest.json").write_text(text, "utf-8")
    refused(copy, "manifest is missing or incomplete")


def test_a_model_for_other_features_is_refused(copy: Path) -> None:
    change(copy, features_hash="0" * 64)
    refused(copy, "other features")


def test_other_sample_scores_are_refused(copy: Path) -> None:
    sample = json.loads((copy / "manifest.json").read_text("utf-8"))["sample"]
    sample["anomaly_scores"][0] += 0.01
    change(copy, sample=sample)
    refused(copy, "does not give the scores")


def test_a_sample_of_another_shape_is_refused(copy: Path) -> None:
    """A manifest is a file like any other: whatever stands in it, one clear error."""
    sample = json.loads((copy / "manifest.json").read_text("utf-8"))["sample"]
    change(copy, sample={"rows": [row[:-1] for row in sample["rows"]], "anomaly_scores": sample["anomaly_scores"]})
    with pytest.raises(ArtifactError):
        load_detector(copy)
    change(copy, sample=sample | {"anomaly_scores": sample["anomaly_scores"][:-1]})
    with pytest.raises(ArtifactError):
        load_detector(copy)


def test_a_type_that_is_not_allowed_is_refused(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = copy.parent.name
    monkeypatch.setattr(artifacts, "ALLOWED_TYPES", {name: frozenset()})
    refused(copy, "not allowed")


def test_a_kind_that_is_not_known_is_refused(copy: Path) -> None:
    change(copy, kind="pickle")
    refused(copy, "not allowed for kind 'pickle'")


class Stowaway:
    """A type of no model."""


def test_a_stowaway_in_the_model_file_is_refused(fitted: PyodDetector, tmp_path: Path) -> None:
    folder = tmp_path / fitted.name / "1"
    smuggling = replace(fitted, model=fitted.model)
    save_detector(smuggling, folder, trained_on={}, sample=bulk(3))
    import skops.io

    skops.io.dump({"model": Stowaway(), "quantiles": fitted.quantiles, "typical": None}, folder / "model.skops")
    change(folder, sha256=artifacts._sha256(folder / "model.skops"))
    refused(folder, "Stowaway, which is not allowed")


def test_an_archive_that_is_none_is_refused(copy: Path) -> None:
    """The hash agrees with the manifest, but the file is no model."""
    (copy / "model.skops").write_bytes(b"not an archive")
    change(copy, sha256=artifacts._sha256(copy / "model.skops"))
    with pytest.raises(ArtifactError):
        load_detector(copy)


def test_the_latest_version_is_the_largest_number(tmp_path: Path) -> None:
    for version in ("1", "2", "10", "draft"):
        (tmp_path / "hbos" / version).mkdir(parents=True)
    assert latest(tmp_path, "hbos").name == "10"
    with pytest.raises(ArtifactError, match="no model 'iforest'"):
        latest(tmp_path, "iforest")
