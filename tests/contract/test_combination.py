"""The combination's model folder: what is loaded is what was saved, and anything else is refused with one error."""

from __future__ import annotations

import json
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
from moneytrail.model_folder import in_force, put_in_force, version_of
from tests.contract.model_folders import (
    BROKEN_ARCHIVES,
    BROKEN_ARRAYS,
    GARBAGE,
    Stowaway,
    archive,
    arrays_of,
    bomb,
    change,
    flip,
    manifest_of,
    put,
    rehash,
    rewrite,
    write,
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


@pytest.mark.parametrize("name", ["model.skops", "scorer.npz"])
def test_a_changed_byte_is_refused(copy: Path, name: str) -> None:
    flip(copy, name)
    refused(copy, f"{name} is not the file .*sha256 differs")


@pytest.mark.parametrize("name", ["model.skops", "scorer.npz", "manifest.json"])
def test_an_absent_file_is_refused(copy: Path, name: str) -> None:
    (copy / name).unlink()
    refused(copy, "missing")


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
    "spoil", [lambda rows: [], lambda rows: [row[:-1] for row in rows], lambda rows: rows[0], lambda rows: "rows"]
)
def test_broken_sample_rows_are_refused(copy: Path, spoil: Callable[[Any], Any]) -> None:
    sample = manifest_of(copy)["sample"]
    change(copy, sample=sample | {"rows": spoil(sample["rows"])})
    refused(copy, "damaged")


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


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"kind": "combination", "sample": 3}', "[" * 100_000], ids=range(7)
)
def test_a_broken_manifest_is_refused(copy: Path, text: str) -> None:
    (copy / "manifest.json").write_text(text, "utf-8")
    refused(copy, "manifest is missing or incomplete")


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04", b"\x93NUMPY\x01\x00"])
def test_a_scorer_that_is_no_archive_is_refused(copy: Path, content: bytes) -> None:
    put(copy, "scorer.npz", content)
    refused(copy, "damaged")


@pytest.mark.parametrize("content", BROKEN_ARRAYS.values(), ids=BROKEN_ARRAYS)
def test_an_array_that_cannot_be_read_is_refused(copy: Path, content: bytes) -> None:
    put(copy, "scorer.npz", archive("half_lives.npy", content))
    refused(copy, "damaged")


@pytest.mark.parametrize("broken", BROKEN_ARCHIVES.values(), ids=BROKEN_ARCHIVES)
def test_an_archive_that_cannot_be_unpacked_is_refused(copy: Path, broken: dict[str, int]) -> None:
    put(copy, "scorer.npz", archive("half_lives.npy", GARBAGE, **broken))
    refused(copy, "damaged")
    put(copy, "model.skops", archive("schema.json", GARBAGE, **broken))
    with pytest.raises(ArtifactError, match="is not a model of kind"):
        load_combination_models(copy)


@pytest.mark.parametrize("field", ["facts", "metrics", "trained_on", "libraries", "version"])
def test_a_manifest_that_says_something_else_is_refused(copy: Path, field: str) -> None:
    """Whatever it is: what nothing else would notice, too."""
    manifest = manifest_of(copy)
    change(copy)
    load_combination(copy)
    write(copy, manifest | {field: "other"})
    refused(copy, r"the manifest is not as it was written \(manifest_sha256 differs\)")
    write(copy, {name: value for name, value in manifest.items() if name != field})
    refused(copy, "not as it was written")
    write(copy, manifest | {"more": 1})
    refused(copy, "not as it was written")
    write(copy, {name: value for name, value in manifest.items() if name != "manifest_sha256"})
    refused(copy, "missing or incomplete")


def test_files_that_would_unpack_to_more_than_is_allowed_are_not_unpacked(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import skops.io

    monkeypatch.setattr(np, "load", lambda *_, **__: pytest.fail("it was unpacked"))
    monkeypatch.setattr(skops.io, "get_untrusted_types", lambda *_, **__: pytest.fail("it was unpacked"))
    for sizes in ((3 * 2**30,), (2**30, 2**30, 1)):
        put(copy, "scorer.npz", bomb(".npy", *sizes))
        refused(copy, "it would unpack to [0-9,]* bytes, more than the 2,147,483,648 that are allowed")
        put(copy, "model.skops", bomb(".json", *sizes))
        with pytest.raises(ArtifactError, match="is not a model of kind"):
            load_combination_models(copy)


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


def test_a_pickle_as_the_model_file_is_refused(copy: Path) -> None:
    import pickle

    for content in (pickle.dumps({"first": [], "second": []}), b""):
        put(copy, "model.skops", content)
        with pytest.raises(ArtifactError, match="is not a model of kind"):
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


def test_the_version_in_force_is_the_one_that_is_named(tmp_path: Path) -> None:
    assert in_force(tmp_path, KIND) is None
    for version in ("1", "2", "10"):
        (tmp_path / KIND / version).mkdir(parents=True)
    assert latest(tmp_path, KIND).name == "10"
    put_in_force(tmp_path, KIND, "2", {"why": "it is the better one"})
    assert latest(tmp_path, KIND).name == "2"
    assert json.loads((tmp_path / KIND / "in_force.json").read_text("utf-8"))["why"] == "it is the better one"
    put_in_force(tmp_path, KIND, None, {})
    assert in_force(tmp_path, KIND) is None
    with pytest.raises(ArtifactError, match=r"no version of model .combination. .* is in force"):
        latest(tmp_path, KIND)
    put_in_force(tmp_path, KIND, "3", {})
    with pytest.raises(ArtifactError, match="names version '3', which is not there"):
        latest(tmp_path, KIND)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", '{"version": 1}', '{"version": ["1"]}', "[" * 100_000], ids=range(7)
)
def test_a_broken_file_in_force_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / KIND / "1").mkdir(parents=True)
    (tmp_path / KIND / "in_force.json").write_text(text, "utf-8")
    with pytest.raises(ArtifactError, match="does not say which version is in force"):
        latest(tmp_path, KIND)


@pytest.mark.parametrize("name", ["../combination", "..", ".", "", "/combination", "combination/1", "x" * 300])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    """A run record names models: it must not choose the folder."""
    (tmp_path / "models" / KIND / "1" / "1").mkdir(parents=True)
    (tmp_path / KIND / "1").mkdir(parents=True)
    for call in (latest, in_force, lambda folder, name: version_of(folder, name, "1")):
        with pytest.raises(ArtifactError, match="is no name of a model"):
            call(tmp_path / "models", name)
    absolute = str(tmp_path / KIND)
    with pytest.raises(ArtifactError, match="is no name of a model"):
        version_of(tmp_path / "models", absolute, "1")
    with pytest.raises(ArtifactError, match="no model"):
        latest(tmp_path, "\ud800")


@pytest.mark.parametrize("number", ["2", "", ".", "..", "../combination/1", "1/", "/1", "01"])
def test_only_a_version_that_is_there_is_given(tmp_path: Path, number: str) -> None:
    (tmp_path / KIND / "1").mkdir(parents=True)
    assert version_of(tmp_path, KIND, "1") == tmp_path / KIND / "1"
    with pytest.raises(ArtifactError, match=r"no version .* of model 'combination' in"):
        version_of(tmp_path, KIND, number)


def test_the_shipped_one_passes_the_fairness_gate() -> None:
    """As at its release: no group over the limit without a written reason, and no reason for a group that is not."""
    metrics = load_combination(latest(shipped_models(), KIND))[1]["metrics"]
    groups = [GroupRate(**group) for group in metrics["groups"]]
    reasons = ROOT / "models/fairness-reasons.toml"
    assert {group.name for group in check_gate(groups, reasons)} == set(read_reasons(reasons))
    assert {"foreign corridor", "domestic corridor", "ordinary customers"} <= {group.name for group in groups}
    with pytest.raises(ArtifactError, match="loans within a group"):
        check_gate(groups, ROOT / "no such file")
