"""The combination's model folder: what is loaded is what was saved, and anything else is refused with one error."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from moneytrail import combination_folder
from moneytrail.artifacts import latest, load_detector, shipped_models
from moneytrail.combination import KEPT, Combination
from moneytrail.combination_folder import KIND, Told, load_combination, load_combination_models, save_combination
from moneytrail.detectors import BoostingSettings
from moneytrail.errors import ArtifactError, ParameterError
from moneytrail.evaluation.groups import GroupRate, check_gate, read_reasons
from moneytrail.features import hash_of
from tests.contract.model_folders import (
    Stowaway,
    arrays_of,
    change,
    manifest_of,
    rehash,
    rewrite,
)
from tests.taught import bank, fitted

ROOT = Path(__file__).parents[2]
TOLD = Told({"fingerprint": "f"}, {"average_precision": 0.5})
PLACES = np.arange(0, 2_000, 100)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / KIND / "3"
    save_combination(fitted(), folder, TOLD, fitted().rows(bank().graph, PLACES))
    return folder


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    folder = tmp_path / KIND / "3"
    shutil.copytree(saved, folder)
    return folder


def refused(folder: Path, reason: str) -> None:
    with pytest.raises(ArtifactError, match=reason) as caught:
        load_combination(folder)
    assert "model combination/3" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_loaded_it_scores_and_explains_as_it_did(saved: Path) -> None:
    loaded, manifest = load_combination(saved)
    graph = bank().graph
    np.testing.assert_array_equal(loaded.score(graph), fitted().score(graph))
    np.testing.assert_array_equal(loaded.explain(graph, PLACES), fitted().explain(graph, PLACES))
    assert (loaded.columns, loaded.half_lives) == (fitted().columns, fitted().half_lives)
    assert loaded.settings == fitted().settings
    assert (loaded.first_settings, loaded.keep) == (fitted().first_settings, fitted().keep)
    assert loaded.facts == manifest["facts"] == fitted().facts
    assert (manifest["name"], manifest["version"], manifest["kind"]) == (KIND, "3", KIND)
    assert manifest["features_hash"] == hash_of(fitted().columns)
    assert manifest["trained_on"] == TOLD.trained_on
    assert manifest["metrics"] == TOLD.metrics
    assert set(manifest["libraries"]) >= {"moneytrail", "numpy", "scikit-learn", "skops"}
    assert len(manifest["sample"]["rows"]) == 16
    assert sorted(path.name for path in saved.iterdir()) == ["manifest.json", "model.skops", "scorer.npz"]


def test_only_a_fitted_one_is_saved(saved: Path, tmp_path: Path) -> None:
    rows = fitted().rows(bank().graph, PLACES)
    for unsaved in (Combination(), load_combination(saved)[0]):
        with pytest.raises(ParameterError, match="only a fitted one can be saved"):
            save_combination(unsaved, tmp_path / "1", TOLD, rows)
    assert not (tmp_path / "1").exists()


def test_without_a_sample_row_it_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="no sample row"):
        save_combination(fitted(), tmp_path / "1", TOLD, fitted().rows(bank().graph, PLACES[:0]))
    assert not (tmp_path / "1").exists()


def test_the_trained_models_load_with_the_same_scores(saved: Path) -> None:
    whole = load_combination_models(saved)
    np.testing.assert_array_equal(whole.score(bank().graph), fitted().score(bank().graph))
    rows = fitted().rows(bank().graph, PLACES)[:, [whole.second_columns.index(name) for name in whole.kept]]
    member = whole.second[0]
    assert member.forest is not None
    np.testing.assert_allclose(member.model.decision_function(rows), member.forest.raw(rows), rtol=0, atol=1e-12)


def test_loading_imports_no_model_library(saved: Path) -> None:
    code = (
        "import sys, pathlib; from moneytrail.combination_folder import load_combination\n"
        f"load_combination(pathlib.Path({str(saved)!r}))\n"
        "print(sorted({'sklearn', 'pyod', 'skops', 'joblib', 'pandas'} & sys.modules.keys()))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_other_features_are_refused(copy: Path) -> None:
    names = manifest_of(copy)["features"]
    change(copy, features=[*names[:-1], "shoe_size"])
    refused(copy, "made for other features: .*shoe_size")
    change(copy, features=names[::-1])
    refused(copy, "other features than this version")
    change(copy, features=names[:-1], features_hash=hash_of(names[:-1]))
    refused(copy, "damaged|does not give the scores")


def test_a_scorer_without_one_of_its_arrays_is_refused(copy: Path) -> None:
    whole = arrays_of(copy)
    for name in ("half_lives", *(key for key in whole if key.startswith(("first.0.", "second.2.")))):
        rewrite(copy, {key: array for key, array in whole.items() if key != name})
        refused(copy, "damaged")


@pytest.mark.parametrize("lost", ["first.1.", "second.", "first."])
def test_a_scorer_without_a_model_is_refused(copy: Path, lost: str) -> None:
    rewrite(copy, {key: array for key, array in arrays_of(copy).items() if not key.startswith(lost)})
    refused(copy, "models are missing")


def test_a_scorer_without_its_last_model_gives_other_scores(copy: Path) -> None:
    """Models are counted by the arrays; the sample notices one that is gone without a gap."""
    for lost in ("first.2.", "second.4."):
        whole = arrays_of(copy)
        rewrite(copy, {key: array for key, array in whole.items() if not key.startswith(lost)})
        refused(copy, "does not give the scores")
        rewrite(copy, whole)
    load_combination(copy)


@pytest.mark.parametrize("key", ["unknown", "first.0", "third.0.base", "first.x.base", "first.-1.base"])
def test_an_array_of_no_model_is_refused(copy: Path, key: str) -> None:
    rewrite(copy, arrays_of(copy) | {key: np.zeros(1)})
    refused(copy, "damaged")


@pytest.mark.parametrize("name", ["first.1", "second.0"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_none_are_refused(copy: Path, name: str, value: float) -> None:
    whole = arrays_of(copy)
    for part in ("threshold", "value", "base", "slope", "intercept", "cover"):
        if part == "threshold" and value == np.inf:
            continue  # everything lies below it: a question whose answer is always the same
        spoilt = np.array(whole[f"{name}.{part}"])
        spoilt.flat[0] = value
        rewrite(copy, whole | {f"{name}.{part}": spoilt})
        refused(copy, "damaged")


@pytest.mark.parametrize(
    "days",
    [
        np.array([7.0, 60.0]),
        np.array([7, 0]),
        np.array([7, 60, 90]),
        np.array([[7, 60]]),
        np.array([], np.int64),
        np.array([60, 7]),
        np.array([7, 2**62]),
    ],
)
def test_other_half_lives_are_refused(copy: Path, days: NDArray[Any]) -> None:
    rewrite(copy, arrays_of(copy) | {"half_lives": days})
    refused(copy, "half lives")


def test_half_lives_are_checked_by_more_than_the_manifest(copy: Path) -> None:
    rewrite(copy, arrays_of(copy) | {"half_lives": np.array([7, 60, 90])})
    change(copy, half_lives=[7, 60, 90])
    refused(copy, "damaged")


@pytest.mark.parametrize("field", ["first_log_odds", "anomaly_scores"])
def test_other_sample_scores_are_refused(copy: Path, field: str) -> None:
    sample = manifest_of(copy)["sample"]
    for spoilt in (sample[field][0] + 0.01, None):
        change(copy, sample=sample | {field: [spoilt, *sample[field][1:]]})
        refused(copy, "does not give the scores")
    change(copy, sample=sample | {field: sample[field][:-1]})
    refused(copy, "does not give the scores")
    change(copy, sample={key: value for key, value in sample.items() if key != field})
    refused(copy, "damaged|incomplete")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda kept: [],
        lambda kept: None,
        lambda kept: kept[:-1],
        lambda kept: kept[1:],
        lambda kept: kept[::-1],
        lambda kept: ["x", *kept],
    ],
)
def test_broken_kept_columns_are_refused(copy: Path, spoil: Callable[[Any], Any]) -> None:
    change(copy, kept=spoil(manifest_of(copy)["kept"]))
    refused(copy, "damaged|does not give the scores")


def test_the_settings_of_both_rounds_are_kept(tmp_path: Path) -> None:
    """As they were, and not as they usually are: what is fitted again later is fitted alike."""
    first = BoostingSettings(trees=7, learning_rate=0.3)
    other = replace(fitted(), first_settings=first)
    folder = tmp_path / KIND / "1"
    save_combination(other, folder, TOLD, other.rows(bank().graph, PLACES))
    for loaded in (load_combination(folder)[0], load_combination_models(folder)):
        assert (loaded.first_settings, loaded.keep) == (first, other.keep)


@pytest.mark.parametrize("keep", [None, 0, -1, str(KEPT), float(KEPT), True, KEPT - 1, KEPT + 1])
def test_a_broken_number_of_kept_columns_is_refused(copy: Path, keep: Any) -> None:
    assert manifest_of(copy)["keep"] == KEPT
    change(copy, keep=keep)
    refused(copy, "damaged: keep is not")


@pytest.mark.parametrize("field", ["settings", "first_settings"])
@pytest.mark.parametrize("settings", [None, {}, {"leaves": 0}, {"shoes": 1}])
def test_broken_settings_are_refused(copy: Path, field: str, settings: Any) -> None:
    change(copy, **{field: settings})
    if settings == {}:
        load_combination(copy)  # those that are usual
    else:
        refused(copy, "damaged")


def test_numbers_beyond_any_float_are_refused(copy: Path) -> None:
    sample = manifest_of(copy)["sample"]
    change(copy, sample=sample | {"anomaly_scores": [10**400]})
    refused(copy, "damaged")
    change(copy, sample=sample, half_lives=[float("inf"), 60])
    with pytest.raises(ArtifactError, match="is not a model of kind"):
        load_combination_models(copy)


def test_a_pickle_in_the_scorer_is_refused(copy: Path) -> None:
    rewrite(copy, arrays_of(copy) | {"first.0.base": np.array([{}, []], object)})
    refused(copy, "damaged")


def test_the_kinds_are_not_mixed(copy: Path) -> None:
    with pytest.raises(ArtifactError, match="of kind 'combination'"):
        load_detector(copy)
    change(copy, kind="boosting")
    refused(copy, "of kind 'boosting', not 'combination'")


# The trained models themselves


def test_a_stowaway_in_the_model_file_is_refused(copy: Path) -> None:
    import skops.io

    skops.io.dump({"first": [Stowaway()], "second": []}, copy / "model.skops")
    rehash(copy, "model.skops")
    with pytest.raises(ArtifactError, match="Stowaway, which is not allowed"):
        load_combination_models(copy)


def test_types_that_are_not_allowed_are_neither_saved_nor_loaded(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(combination_folder, "ALLOWED_TYPES", frozenset())
    with pytest.raises(ArtifactError, match="TreePredictor, which is not allowed"):
        load_combination_models(copy)
    with pytest.raises(ParameterError, match=r"cannot be saved: .*TreePredictor"):
        save_combination(fitted(), tmp_path / "4", TOLD, fitted().rows(bank().graph, PLACES))
    assert not (tmp_path / "4").exists()


# The shipped one, and which version is in force


def test_the_shipped_combination_scores_and_says_what_it_is() -> None:
    folder = latest(shipped_models(), KIND)
    shipped, manifest = load_combination(folder)
    found = shipped.score(bank().graph)
    assert np.isfinite(found).all()
    assert found[bank().illicit].mean() > 10 * found[~bank().illicit].mean()
    assert manifest["metrics"]["simulated_banks"]
    assert (shipped.keep, shipped.first_settings.trees) == (len(shipped.columns), 200)
    assert "Error rates by customer group" in (folder / "CARD.md").read_text("utf-8")


def test_the_shipped_one_passes_the_fairness_gate() -> None:
    """As at its release: no group over the limit without a written reason, and no reason for a group that is not."""
    metrics = load_combination(latest(shipped_models(), KIND))[1]["metrics"]
    groups = [GroupRate(**group) for group in metrics["groups"]]
    reasons = ROOT / "models/fairness-reasons.toml"
    assert {group.name for group in check_gate(groups, reasons)} == set(read_reasons(reasons))
    assert {"foreign corridor", "domestic corridor", "ordinary customers"} <= {group.name for group in groups}
    with pytest.raises(ArtifactError, match="loans within a group"):
        check_gate(groups, ROOT / "no such file")
