"""One contract for every detector without labels that scores by plain arrays, and for the folders they are saved in."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from moneytrail import artifacts
from moneytrail.artifacts import latest, load_detector, load_model, save_detector, shipped_models, write_scorer
from moneytrail.detectors import DETECTORS, Detector, RankedDetector, unfitted, warm_up
from moneytrail.detectors.base import rank_among
from moneytrail.detectors.scorers import SCORERS, HistogramScorer
from moneytrail.errors import ArtifactError, ParameterError
from moneytrail.features import FEATURE_NAMES, FEATURES_HASH
from moneytrail.scoring import SHIPPED_DETECTORS
from tests.contract.model_folders import (
    Stowaway,
    arrays_of,
    change,
    rehash,
    rewrite,
)

ROWS, PLANTED = 600, 12
SEED = 3
RANKED = [detector for detector in DETECTORS if isinstance(detector, RankedDetector)]
Matrix = NDArray[np.float64]


def bulk(rows: int = ROWS, seed: int = 1) -> Matrix:
    """Return ordinary rows: each feature spread a little around its own level."""
    rng = np.random.default_rng(seed)
    return rng.normal(np.arange(len(FEATURE_NAMES)) % 5, 1.0, (rows, len(FEATURE_NAMES)))


def outliers() -> Matrix:
    return bulk(PLANTED, seed=2) + np.where(np.arange(len(FEATURE_NAMES)) % 3, 0.0, 8.0)


@pytest.fixture(scope="module", params=RANKED, ids=lambda detector: detector.name)
def fitted(request: pytest.FixtureRequest) -> RankedDetector:
    detector: RankedDetector = request.param
    return detector.fit(bulk(), seed=SEED)


def test_it_is_a_detector(fitted: RankedDetector) -> None:
    assert isinstance(fitted, Detector)
    assert fitted.features == FEATURE_NAMES
    assert not fitted.supervised
    assert fitted.facts == {"fitted_rows": ROWS}
    assert unfitted(fitted.name).model is None, "fitting must not change the registry"


def test_scores_have_shape_and_range(fitted: RankedDetector) -> None:
    scores = fitted.anomaly_score(np.concatenate([bulk(50, seed=9), outliers(), bulk(1) * 1e6]))
    assert scores.shape == (50 + PLANTED + 1,)
    assert scores.dtype == np.float64
    assert scores.min() >= 0.0
    assert scores.max() <= 1.0


def test_no_rows_have_no_scores(fitted: RankedDetector) -> None:
    nothing = np.empty((0, len(FEATURE_NAMES)))
    assert fitted.anomaly_score(nothing).shape == (0,)
    assert fitted.explain(nothing).shape == (0, len(FEATURE_NAMES))


def test_planted_outliers_score_above_the_bulk(fitted: RankedDetector) -> None:
    ordinary, strange = fitted.anomaly_score(bulk(200, seed=9)), fitted.anomaly_score(outliers())
    assert strange.mean() > ordinary.mean() + 0.3
    assert np.median(strange) > 0.95


def test_a_score_is_a_rank_among_the_training_rows(fitted: RankedDetector) -> None:
    scores = np.sort(fitted.anomaly_score(bulk()))
    assert np.abs(scores - np.linspace(0.0, 1.0, ROWS)).max() < 0.02


def test_a_row_scores_the_same_alone_in_a_batch_and_shuffled(fitted: RankedDetector) -> None:
    rows = np.concatenate([bulk(40, seed=9), outliers()])
    together = fitted.anomaly_score(rows)
    alone = np.concatenate([fitted.anomaly_score(rows[i : i + 1]) for i in range(len(rows))])
    np.testing.assert_array_equal(alone, together)
    order = np.random.default_rng(4).permutation(len(rows))
    np.testing.assert_array_equal(fitted.anomaly_score(rows[order]), together[order])


def test_a_score_does_not_depend_on_the_size_of_the_batch(fitted: RankedDetector) -> None:
    """Few rows, full blocks and many chunks go different ways through the kernels."""
    rows = bulk(9_000, seed=9)
    together = fitted.anomaly_score(rows)
    for size in (1, 15, 16, 511, 513):
        np.testing.assert_array_equal(fitted.anomaly_score(rows[-size:]), together[-size:])


def test_float32_and_read_only_rows_are_taken(fitted: RankedDetector) -> None:
    rows = bulk(20, seed=9).astype(np.float32)
    rows.flags.writeable = False
    np.testing.assert_array_equal(fitted.anomaly_score(rows), fitted.anomaly_score(rows.astype(np.float64)))
    np.testing.assert_array_equal(fitted.explain(rows), fitted.explain(rows.astype(np.float64)))
    np.testing.assert_array_equal(fitted.anomaly_score(np.asfortranarray(rows)), fitted.anomaly_score(rows))


def test_the_scorer_gives_the_raw_scores_of_the_model(fitted: RankedDetector) -> None:
    assert fitted.scorer is not None
    rows = np.concatenate([bulk(400, seed=9), outliers(), bulk(9) * 1e6, bulk(9) * 0.0, around_the_edges(fitted)])
    raw = fitted.scorer.raw(rows)
    if fitted.name == "iforest":
        np.testing.assert_array_equal(raw, fitted.model.decision_function(rows))
    elif fitted.name == "isolation-forest":
        np.testing.assert_array_equal(raw, -fitted.model.decision_function(rows))
    elif fitted.name == "hbos":
        np.testing.assert_allclose(raw, fitted.model.decision_function(rows), rtol=0, atol=1e-12)
    else:
        # PyOD's own tails count the rows of the call: tests/contract/test_detector_tails.py has their oracle.
        np.testing.assert_array_equal(raw, SCORERS[fitted.name].of_model(fitted.model).raw(rows))


def around_the_edges(detector: RankedDetector) -> Matrix:
    """Rows at every edge of a histogram, half a bin outside the outermost, and one step to both sides of each."""
    if not isinstance(detector.scorer, HistogramScorer):
        return bulk(0)
    edges = detector.scorer.edges
    half = (edges[:, 1] - edges[:, 0]) * detector.scorer.tolerance
    at = np.concatenate([edges.T, edges[:, 0] - [half], edges[:, -1] + [half]])
    return np.concatenate([at, np.nextafter(at, np.inf), np.nextafter(at, -np.inf)])


def test_the_same_seed_fits_the_same_detector(fitted: RankedDetector) -> None:
    again = unfitted(fitted.name).fit(bulk(), seed=SEED)
    rows = np.concatenate([bulk(40, seed=9), outliers()])
    np.testing.assert_array_equal(again.anomaly_score(rows), fitted.anomaly_score(rows))


def test_the_isolation_forest_of_either_library_ranks_the_same() -> None:
    one, other = (unfitted(name).fit(bulk(), seed=SEED) for name in ("iforest", "isolation-forest"))
    rows = np.concatenate([bulk(40, seed=9), outliers()])
    np.testing.assert_allclose(one.anomaly_score(rows), other.anomaly_score(rows), rtol=0, atol=1e-9)


def test_fitting_leaves_the_matrix_alone(fitted: RankedDetector) -> None:
    rows = bulk()
    unfitted(fitted.name).fit(rows, seed=SEED)
    np.testing.assert_array_equal(rows, bulk())


@pytest.mark.parametrize("call", ["fit", "anomaly_score", "explain"])
@pytest.mark.parametrize("columns", [-1, 1])
def test_another_width_is_refused(fitted: RankedDetector, call: str, columns: int) -> None:
    rows = np.zeros((5, len(FEATURE_NAMES) + columns))
    with pytest.raises(ParameterError, match=f"{fitted.name} takes {len(FEATURE_NAMES)} features"):
        calls(fitted)[call](rows)


@pytest.mark.parametrize("call", ["fit", "anomaly_score", "explain"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(fitted: RankedDetector, call: str, value: float) -> None:
    rows = bulk(5)
    rows[2, 3] = value
    with pytest.raises(ParameterError, match="not finite"):
        calls(fitted)[call](rows)


def calls(detector: RankedDetector) -> dict[str, Callable[[Matrix], Any]]:
    return {
        "fit": lambda rows: unfitted(detector.name).fit(rows, seed=1),
        "anomaly_score": detector.anomaly_score,
        "explain": detector.explain,
    }


def test_a_flat_list_of_numbers_is_refused(fitted: RankedDetector) -> None:
    with pytest.raises(ParameterError, match="shape"):
        fitted.anomaly_score(np.zeros(len(FEATURE_NAMES)))


@pytest.mark.parametrize("rows", [0, 1])
def test_too_few_rows_to_fit_are_refused(fitted: RankedDetector, rows: int) -> None:
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


def test_a_detector_names_its_own_columns(fitted: RankedDetector, tmp_path: Path) -> None:
    names = ("hour", "amount", "creditor_since_in")
    own = unfitted(fitted.name, names).fit(bulk()[:, :3], seed=SEED)
    folder = tmp_path / fitted.name / "1"
    manifest = save_detector(own, folder, trained_on={}, sample=bulk(20)[:, :3])
    assert manifest["features"] == list(names)
    assert manifest["features_hash"] != FEATURES_HASH
    loaded, _ = load_detector(folder)
    assert loaded.features == names
    np.testing.assert_array_equal(loaded.anomaly_score(bulk(9)[:, :3]), own.anomaly_score(bulk(9)[:, :3]))
    change(folder, features=["hour", "amount", "shoe_size"])
    refused(folder, "made for other features: .*shoe_size")
    change(folder, features=["amount", "hour", "creditor_since_in"])
    refused(folder, "other features than this version")


def test_without_a_sample_row_it_is_not_saved(fitted: RankedDetector, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="no sample row"):
        save_detector(fitted, tmp_path / fitted.name / "1", trained_on={}, sample=bulk(0))
    assert not (tmp_path / fitted.name).exists()


def test_warming_up_needs_no_model() -> None:
    warm_up()


def test_an_explanation_points_at_what_is_strange(fitted: RankedDetector) -> None:
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


def test_an_explanation_is_the_fall_of_the_score(fitted: RankedDetector) -> None:
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
def saved(fitted: RankedDetector, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(fitted.name) / fitted.name / "1"
    save_detector(fitted, folder, trained_on={"rows": ROWS}, sample=bulk(30, seed=9))
    return folder


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    folder = tmp_path / saved.parent.name / saved.name
    shutil.copytree(saved, folder)
    return folder


def refused(folder: Path, reason: str) -> None:
    with pytest.raises(ArtifactError, match=reason) as caught:
        load_detector(folder)
    assert f"model {folder.parent.name}/{folder.name}" in str(caught.value)


def test_a_loaded_detector_gives_equal_scores(fitted: RankedDetector, saved: Path) -> None:
    detector, manifest = load_detector(saved)
    assert detector.facts == manifest["facts"] == {"fitted_rows": ROWS}
    rows = np.concatenate([bulk(40, seed=9), outliers()])
    np.testing.assert_array_equal(detector.anomaly_score(rows), fitted.anomaly_score(rows))
    np.testing.assert_array_equal(detector.explain(rows[:3]), fitted.explain(rows[:3]))
    assert manifest["features_hash"] == FEATURES_HASH
    assert manifest["trained_on"] == {"rows": ROWS}
    assert len(manifest["sample"]["rows"]) == 16
    assert sorted(path.name for path in saved.iterdir()) == ["manifest.json", "model.skops", "scorer.npz"]
    with pytest.raises(ParameterError, match="only a fitted one can be saved"):
        save_detector(detector, saved, trained_on={}, sample=rows)


def test_the_trained_model_loads_with_the_same_scores(fitted: RankedDetector, saved: Path) -> None:
    detector = load_model(saved)
    rows = np.concatenate([bulk(40, seed=9), outliers()])
    if hasattr(fitted.model, "decision_function"):
        np.testing.assert_array_equal(detector.model.decision_function(rows), fitted.model.decision_function(rows))
    np.testing.assert_array_equal(detector.anomaly_score(rows), fitted.anomaly_score(rows))


def test_a_scorer_is_written_from_the_model_again(copy: Path) -> None:
    before = {name: (copy / name).read_bytes() for name in ("model.skops", "scorer.npz", "manifest.json")}
    (copy / "scorer.npz").unlink()
    assert write_scorer(copy) == json.loads(before["manifest.json"])
    assert {name: (copy / name).read_bytes() for name in before} == before


@pytest.mark.parametrize("name", SHIPPED_DETECTORS)
def test_the_shipped_scorers_are_those_of_the_shipped_models(name: str) -> None:
    folder = latest(shipped_models(), name)
    scorer, model = load_detector(folder)[0], load_model(folder)
    assert isinstance(scorer, RankedDetector)
    assert isinstance(model, RankedDetector)
    assert scorer.scorer is not None
    assert model.scorer is not None
    for key, array in model.scorer.arrays().items():
        np.testing.assert_array_equal(scorer.scorer.arrays()[key], array)
    assert scorer.quantiles is not None
    assert scorer.typical is not None
    np.testing.assert_array_equal(scorer.quantiles, model.quantiles)
    np.testing.assert_array_equal(scorer.typical, model.typical)
    rows = scorer.typical + bulk(700) * 2
    np.testing.assert_allclose(scorer.scorer.raw(rows), model.model.decision_function(rows), rtol=0, atol=1e-12)


def test_loading_and_scoring_import_no_model_library(tmp_path: Path) -> None:
    """Neither for the shipped models nor for any other kind that scores by plain arrays."""
    labels = np.arange(ROWS) % 9 == 0
    for detector in DETECTORS:
        own = detector.fit(bulk(), labels, seed=SEED)
        save_detector(own, tmp_path / detector.name / "1", trained_on={}, sample=bulk(20))
    code = (
        "import sys, numpy, pathlib; from moneytrail.artifacts import *\n"
        f"folders = [latest(shipped_models(), name) for name in {SHIPPED_DETECTORS}]\n"
        f"folders += [latest(pathlib.Path({str(tmp_path)!r}), name) for name in {[d.name for d in DETECTORS]}]\n"
        "for folder in folders:\n"
        "    detector, _ = load_detector(folder)\n"
        "    rows = numpy.zeros((40, len(detector.features)))\n"
        "    detector.anomaly_score(rows), detector.explain(rows)\n"
        "print(sorted({'sklearn', 'pyod', 'skops', 'joblib', 'pandas'} & sys.modules.keys()))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_scorer_without_one_of_its_arrays_is_refused(copy: Path) -> None:
    whole = arrays_of(copy)
    for name in whole:
        rewrite(copy, {key: array for key, array in whole.items() if key != name})
        refused(copy, "scorer or its sample rows are damaged")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda array: array.ravel()[:0],
        lambda array: np.append(array, array),
        lambda array: array.astype("float16"),
        lambda array: array.astype("complex128"),
        lambda array: array.astype("U8"),
        lambda array: np.full_like(array, -1 if array.dtype.kind == "i" else np.nan),
        lambda array: np.full_like(array, 2**31 - 1 if array.dtype.kind == "i" else np.inf),
        lambda array: array[..., None],
    ],
)
def test_arrays_that_are_no_scorer_are_refused_whatever_the_hash_says(
    copy: Path, spoil: Callable[[NDArray[Any]], NDArray[Any]]
) -> None:
    whole = arrays_of(copy)
    for name in sorted(whole.keys() - {"missing_left"}):
        rewrite(copy, whole | {name: spoil(whole[name])})
        with pytest.raises(ArtifactError, match=f"model {copy.parent.name}/1"):
            load_detector(copy)


def test_numbers_put_anywhere_break_nothing(copy: Path) -> None:
    """Every place of the scorer holds something else once: refused, or scores all the same."""
    whole = arrays_of(copy)
    rng = np.random.default_rng(1)
    for name, array in whole.items():
        for value in (-1, 0, 3, 2**31 - 1):
            changed = array.copy()
            changed.flat[rng.integers(array.size)] = value
            rewrite(copy, whole | {name: changed})
            try:
                detector, _ = load_detector(copy)
            except ArtifactError:
                continue
            assert np.isfinite(detector.anomaly_score(bulk(700, seed=5))).all()


def test_falling_quantiles_are_refused(copy: Path) -> None:
    rewrite(copy, arrays_of(copy) | {"quantiles": arrays_of(copy)["quantiles"][::-1]})
    refused(copy, "quantiles fall")


def test_an_array_of_objects_is_refused(copy: Path) -> None:
    rewrite(copy, arrays_of(copy) | {"typical": np.array([{}, []], object)})
    refused(copy, "damaged")


def test_the_scorer_of_the_other_detector_is_refused(copy: Path) -> None:
    other = next(name for name in SCORERS if SCORERS[name] is not SCORERS[copy.parent.name])
    change(copy, kind=other)
    refused(copy, "damaged")


def test_a_kind_that_is_not_known_is_refused(copy: Path) -> None:
    change(copy, kind="pickle")
    refused(copy, "of kind 'pickle'; known are iforest, hbos")


# The trained model itself


def model_refused(folder: Path, reason: str) -> None:
    with pytest.raises(ArtifactError, match=reason):
        load_model(folder)


def test_a_type_that_is_not_allowed_is_refused(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not artifacts.ALLOWED_TYPES[copy.parent.name]:
        pytest.skip("its model is plain arrays")
    monkeypatch.setattr(artifacts, "ALLOWED_TYPES", {copy.parent.name: frozenset()})
    model_refused(copy, "not allowed")


def test_a_stowaway_in_the_model_file_is_refused(fitted: RankedDetector, copy: Path) -> None:
    import skops.io

    skops.io.dump({"model": Stowaway(), "quantiles": fitted.quantiles, "typical": None}, copy / "model.skops")
    rehash(copy, "model.skops")
    model_refused(copy, "Stowaway, which is not allowed")


def test_a_model_file_without_a_model_is_refused(copy: Path) -> None:
    import skops.io

    skops.io.dump({"model": {}, "quantiles": None, "typical": None}, copy / "model.skops")
    rehash(copy, "model.skops")
    model_refused(copy, "is not a model of kind")
