"""Boosting: what labels teach, what the probability means, and the folders that it is saved in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from moneytrail.artifacts import load_detector, load_model, save_detector
from moneytrail.detectors import BoostingDetector, BoostingSettings, unfitted
from moneytrail.detectors.calibration import LEAST_SLOPE, log_loss, platt
from moneytrail.detectors.trees import probability
from moneytrail.errors import ArtifactError, ParameterError
from moneytrail.features import FEATURE_NAMES
from tests.contract.model_folders import arrays_of, rewrite

FEATURES = FEATURE_NAMES[:6]
SMALL = BoostingSettings(trees=60)
Matrix = NDArray[np.float64]


def world(rows: int, seed: int, level: float = -6.5) -> tuple[Matrix, NDArray[np.bool_], NDArray[np.float64]]:
    """Rows, labels drawn with known probabilities, and these: about one in a hundred at the default level."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(0.0, 1.0, (rows, len(FEATURES)))
    chance = probability(level + 2.5 * matrix[:, 0] + 1.5 * np.abs(matrix[:, 1]))
    return matrix, rng.random(rows) < chance, chance


def detector(settings: BoostingSettings = SMALL) -> BoostingDetector:
    return BoostingDetector(FEATURES, settings)


@pytest.fixture(scope="module")
def fitted() -> BoostingDetector:
    matrix, target, _ = world(20_000, 1)
    return detector().fit(matrix, target, seed=7)


def average_precision(score: NDArray[np.float64], target: NDArray[np.bool_]) -> float:
    found = np.cumsum(target[np.argsort(-score, kind="stable")])
    hits = np.flatnonzero(np.diff(found, prepend=0))
    return float(np.mean(found[hits] / (hits + 1)))


def test_it_ranks_later_rows_nearly_as_well_as_the_truth_does(fitted: BoostingDetector) -> None:
    matrix, target, chance = world(20_000, 2)
    best = average_precision(chance, target)
    assert best > 10 * target.mean()
    assert average_precision(fitted.anomaly_score(matrix), target) > 0.7 * best


def test_rare_positives_are_ranked_better_than_with_the_defaults_of_the_library() -> None:
    """One in three hundred: a few leaves of scikit-learn's defaults chase single rows."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    train, target, _ = world(40_000, 3, level=-10.0)
    assert 100 < target.sum() < 200
    learned = detector(BoostingSettings()).fit(train, target, seed=1)
    usual = HistGradientBoostingClassifier(random_state=1).fit(train, target)
    matrix, truth, chance = world(40_000, 4, level=-10.0)
    found = average_precision(learned.anomaly_score(matrix), truth)
    assert found > 0.5 * average_precision(chance, truth) > 20 * truth.mean()
    assert found > 1.2 * average_precision(usual.predict_proba(matrix)[:, 1], truth)


@pytest.mark.parametrize("negatives", [40_000, 2_000])
def test_the_probability_is_that_among_all_rows_however_few_negatives_are_fitted_on(negatives: int) -> None:
    matrix, target, _ = world(20_000, 1)
    learned = detector(replace(SMALL, negatives=negatives)).fit(matrix, target, seed=7)
    assert learned.calibrated_on == "held-out rows"
    assert learned.facts["fitted_rows"] == min(20_000, target.sum() + negatives)
    asked, _, chance = world(20_000, 2)
    score = learned.anomaly_score(asked)
    assert score.mean() == pytest.approx(chance.mean(), rel=0.25)
    for low, high in ((0.0, 0.01), (0.01, 0.1), (0.1, 0.4)):
        some = (score >= low) & (score < high)
        assert score[some].mean() == pytest.approx(chance[some].mean(), rel=0.4)


def test_every_positive_is_fitted_on_and_negatives_are_drawn_by_the_seed() -> None:
    matrix, target, _ = world(5_000, 1)
    few = detector(replace(SMALL, trees=5, negatives=500))
    one, same, other = (few.fit(matrix, target, seed=seed) for seed in (1, 1, 2))
    assert one.facts["positives"] == target.sum()
    np.testing.assert_array_equal(one.anomaly_score(matrix), same.anomaly_score(matrix))
    assert not np.array_equal(one.anomaly_score(matrix), other.anomaly_score(matrix))


def test_any_number_of_threads_fits_the_same_bits() -> None:
    matrix, target, _ = world(5_000, 1)
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(detector(replace(SMALL, trees=15)).fit(matrix, target, seed=1).arrays())
    for name, array in found[0].items():
        np.testing.assert_array_equal(found[1][name], array)


def test_trees_that_do_not_help_on_held_out_rows_are_left_out() -> None:
    rng = np.random.default_rng(1)
    noise, target = rng.normal(size=(3_000, len(FEATURES))), rng.random(3_000) < 0.1
    learned = detector(replace(SMALL, trees=40, learning_rate=0.3)).fit(noise, target, seed=1)
    assert learned.facts["trees"] < 20
    assert learned.forest is not None
    assert learned.forest.columns["tree_start"].size == learned.facts["trees"] + 1


def test_the_held_out_rows_are_the_latest() -> None:
    """The labels of the last fifth are the other way round: nothing is left of the ranking there."""
    matrix, target, _ = world(8_000, 1, level=-2.0)
    turned = np.where(np.arange(8_000) >= 6_400, ~target, target)
    learned = detector().fit(matrix, turned, seed=1)
    assert learned.calibration is not None
    assert learned.calibration.slope == LEAST_SLOPE
    honest = detector().fit(matrix, target, seed=1)
    assert honest.calibration is not None
    assert honest.calibration.slope > 0.5


@pytest.mark.parametrize("held", [0.2, 0.0])
def test_where_too_few_positives_are_held_out_it_says_so(held: float) -> None:
    matrix, target, _ = world(3_000, 1)
    target[2_400:] = False
    learned = detector(replace(SMALL, held=held, trees=12)).fit(matrix, target, seed=1)
    assert learned.calibrated_on == "training rows"
    assert learned.facts["trees"] == 12
    assert learned.anomaly_score(matrix).mean() == pytest.approx(target.mean(), rel=0.3)


def test_missing_values_are_taken_and_infinite_ones_refused(fitted: BoostingDetector, tmp_path: Path) -> None:
    matrix, target, _ = world(3_000, 1, level=-4.0)
    matrix[target, 2] = np.nan
    learned = detector(replace(SMALL, trees=20)).fit(matrix, target, seed=1)
    score = learned.anomaly_score(matrix)
    assert score[target].min() > score[~target].max(), "that a value is missing tells all"
    save_detector(learned, tmp_path / "boosting" / "1", trained_on={}, sample=matrix[target])
    loaded, manifest = load_detector(tmp_path / "boosting" / "1")
    assert manifest["sample"]["rows"][0][2] is None
    np.testing.assert_array_equal(loaded.anomaly_score(matrix), score)
    matrix[3, 3] = -np.inf
    calls: list[Callable[[], Any]] = [
        lambda: fitted.anomaly_score(matrix),
        lambda: fitted.explain(matrix),
        lambda: detector().fit(matrix, target, seed=1),
    ]
    for call in calls:
        with pytest.raises(ParameterError, match="infinite values"):
            call()


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (None, "learns from labels"),
        (np.zeros(50, np.bool_), "holds negative rows only"),
        (np.ones(50, np.bool_), "holds positive rows only"),
        (np.arange(50) % 2, "int64.*not bool"),
        (np.arange(49) % 2 == 0, r"bool\[49\], not bool\[50\]"),
    ],
)
def test_labels_that_teach_nothing_are_refused(target: Any, said: str) -> None:
    with pytest.raises(ParameterError, match=f"detector boosting.*{said}"):
        detector().fit(np.zeros((50, len(FEATURES))), target, seed=1)


def test_one_positive_is_enough_to_be_fitted() -> None:
    matrix, _, _ = world(100, 1)
    learned = detector(replace(SMALL, trees=3)).fit(matrix, np.arange(100) == 5, seed=1)
    assert np.isfinite(learned.anomaly_score(matrix)).all()


def test_an_explanation_adds_up_to_the_log_odds(fitted: BoostingDetector) -> None:
    matrix, _, _ = world(100, 5)
    assert fitted.forest is not None
    assert fitted.calibration is not None
    slope, intercept = fitted.calibration
    told = fitted.explain(matrix)
    odds = slope * fitted.forest.expected + intercept + told.sum(axis=1)
    np.testing.assert_allclose(probability(odds), fitted.anomaly_score(matrix), rtol=1e-9)
    assert np.abs(told).mean(axis=0).argmax() == 0, "the first column tells most"


def test_before_fitting_nothing_is_scored_or_saved() -> None:
    for call in (detector().anomaly_score, detector().explain):
        with pytest.raises(ParameterError, match="not fitted"):
            call(np.zeros((1, len(FEATURES))))
    assert detector().calibrated_on == ""
    assert unfitted("boosting", FEATURES).supervised


@pytest.mark.parametrize(
    "wrong",
    [{"trees": 0}, {"leaves": 1}, {"least_leaf": 0}, {"negatives": 0}, {"learning_rate": 0.0}, {"columns_share": 1.5},
     {"held": 1.0}, {"l2": -1.0}],
)  # fmt: skip
def test_settings_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=f"boosting: .*{next(iter(wrong))}"):
        BoostingSettings(**wrong)


# The calibration


def test_two_numbers_of_the_least_loss() -> None:
    """No step to any side lowers the loss, on Platt's smoothed targets."""
    rng = np.random.default_rng(1)
    raw = rng.normal(-2.0, 2.0, 4_000)
    target = rng.random(4_000) < probability(0.6 * raw - 1.0)
    found = platt(raw, target)
    assert found.slope == pytest.approx(0.6, abs=0.1)
    assert found.intercept == pytest.approx(-1.0, abs=0.2)
    positives = target.sum()
    smooth = np.where(target, (positives + 1) / (positives + 2), 1 / (4_000 - positives + 2))
    least = log_loss(found.slope * raw + found.intercept, smooth)
    for step in (1e-3, -1e-3):
        assert log_loss((found.slope + step) * raw + found.intercept, smooth) > least
        assert log_loss(found.slope * raw + found.intercept + step, smooth) > least


def test_rows_that_are_told_apart_wholly_get_no_certainty() -> None:
    raw = np.array([-5.0, -4.0, 4.0, 5.0] * 5)
    score = probability(np.array(platt(raw, raw > 0)) @ [raw, np.ones_like(raw)])
    assert 0.001 < score.min() < 0.2
    assert 0.8 < score.max() < 0.999


@pytest.mark.parametrize("raw", [np.zeros(20), np.linspace(3.0, -3.0, 20), np.linspace(-1e6, 1e6, 20)])
def test_a_useless_model_is_flattened_and_an_extreme_one_stays_finite(raw: NDArray[np.float64]) -> None:
    found = platt(raw, np.arange(20) >= 15)
    assert found.slope > 0
    assert np.isfinite(found).all()
    if raw[0] > raw[-1]:
        assert found.slope == LEAST_SLOPE
        assert probability(found.slope * raw + found.intercept).mean() == pytest.approx(0.25, abs=0.05)


# Model folders


@pytest.fixture
def folder(fitted: BoostingDetector, tmp_path: Path) -> Path:
    place = tmp_path / "boosting" / "1"
    save_detector(fitted, place, trained_on={}, sample=world(20, 9)[0])
    return place


def test_a_folder_gives_the_same_detector_with_its_facts(fitted: BoostingDetector, folder: Path) -> None:
    matrix, _, _ = world(300, 9)
    for loaded in (load_detector(folder)[0], load_model(folder)):
        assert isinstance(loaded, BoostingDetector)
        assert loaded.facts == fitted.facts
        assert loaded.calibrated_on == "held-out rows"
        np.testing.assert_array_equal(loaded.anomaly_score(matrix), fitted.anomaly_score(matrix))
        np.testing.assert_array_equal(loaded.explain(matrix), fitted.explain(matrix))


@pytest.mark.parametrize(
    ("name", "value"),
    [("slope", -1.0), ("slope", 0.0), ("slope", np.nan), ("base", np.inf), ("intercept", np.zeros(2)), ("slope", 1),
     ("intercept", None), ("threshold", np.zeros(3)), ("slope", 0.5)],
)  # fmt: skip
def test_arrays_that_are_no_such_detector_are_refused_whatever_the_hash_says(
    folder: Path, name: str, value: Any
) -> None:
    arrays = arrays_of(folder) | {name: value}
    rewrite(folder, {key: array for key, array in arrays.items() if array is not None})
    with pytest.raises(ArtifactError, match="model boosting/1"):
        load_detector(folder)
