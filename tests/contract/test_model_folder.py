"""What every model folder owes its reader, whatever is kept in it: as it was saved, or refused with one error.

Kinds of models have contracts of their own beside this one: test_detectors.py and test_combination.py.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from moneytrail.artifacts import load_detector, load_model, save_detector
from moneytrail.combination_folder import KIND, Told, load_combination, load_combination_models, save_combination
from moneytrail.detectors import unfitted
from moneytrail.errors import ArtifactError
from moneytrail.model_folder import in_force, latest, put_in_force, version_of
from tests.contract.model_folders import (
    BROKEN_ARCHIVES,
    BROKEN_ARRAYS,
    GARBAGE,
    archive,
    bomb,
    change,
    flip,
    manifest_of,
    put,
    rehash,
    write,
)
from tests.taught import bank, fitted

FILES: Final = ("manifest.json", "model.skops", "scorer.npz")


@dataclass(frozen=True)
class Kind:
    """One kind of model: how it is loaded, with and without its trained model, and an array of its scorer."""

    name: str
    load: Callable[[Path], Any]
    load_model: Callable[[Path], Any]
    array: str


KINDS: Final = (
    Kind("iforest", load_detector, load_model, "typical.npy"),
    Kind("hbos", load_detector, load_model, "typical.npy"),
    Kind("boosting", load_detector, load_model, "base.npy"),
    Kind(KIND, load_combination, load_combination_models, "half_lives.npy"),
)


@dataclass(frozen=True)
class Kept:
    """A model folder that a test may spoil."""

    kind: Kind
    folder: Path

    def loads(self) -> None:
        self.kind.load(self.folder)

    def refused(self, reason: str) -> None:
        with pytest.raises(ArtifactError, match=reason) as caught:
            self.kind.load(self.folder)
        assert f"model {self.kind.name}/3" in str(caught.value)
        assert "\n" not in str(caught.value)

    def model_refused(self, reason: str) -> None:
        with pytest.raises(ArtifactError, match=reason) as caught:
            self.kind.load_model(self.folder)
        assert f"model {self.kind.name}/3" in str(caught.value)


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.name)
def saved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    kind: Kind = request.param
    folder = tmp_path_factory.mktemp("models") / kind.name / "3"
    if kind.name == KIND:
        rows = fitted().rows(bank().graph, np.arange(0, 2_000, 100))
        save_combination(fitted(), folder, Told({"fingerprint": "f"}, {"average_precision": 0.5}), rows)
    else:
        rng = np.random.default_rng(7)
        names = ("hour", "amount", "creditor_since_in")
        matrix = rng.normal(size=(400, len(names)))
        detector = unfitted(kind.name, names).fit(matrix, matrix[:, 1] > 1.0, seed=3)
        save_detector(detector, folder, trained_on={"rows": len(matrix)}, sample=matrix)
    return Kept(kind, folder)


@pytest.fixture
def kept(saved: Kept, tmp_path: Path) -> Kept:
    folder = tmp_path / saved.kind.name / "3"
    shutil.copytree(saved.folder, folder)
    return Kept(saved.kind, folder)


def test_it_holds_its_files_and_loads(kept: Kept) -> None:
    assert sorted(path.name for path in kept.folder.iterdir()) == list(FILES)
    kept.loads()
    kept.kind.load_model(kept.folder)


# Files


@pytest.mark.parametrize("name", ["model.skops", "scorer.npz"])
def test_a_changed_byte_is_refused(kept: Kept, name: str) -> None:
    flip(kept.folder, name)
    kept.refused(f"{name} is not the file .*sha256 differs")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused(kept: Kept, name: str) -> None:
    (kept.folder / name).unlink()
    kept.refused("missing")


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04", b"\x93NUMPY\x01\x00"])
def test_a_scorer_that_is_no_archive_is_refused(kept: Kept, content: bytes) -> None:
    put(kept.folder, "scorer.npz", content)
    kept.refused("damaged")


def test_a_scorer_of_one_array_is_refused(kept: Kept) -> None:
    np.save(kept.folder / "one.npy", np.zeros(3))
    put(kept.folder, "scorer.npz", (kept.folder / "one.npy").read_bytes())
    kept.refused("damaged")


@pytest.mark.parametrize("content", BROKEN_ARRAYS.values(), ids=BROKEN_ARRAYS)
def test_an_array_that_cannot_be_read_is_refused(kept: Kept, content: bytes) -> None:
    put(kept.folder, "scorer.npz", archive(kept.kind.array, content))
    kept.refused("damaged")


@pytest.mark.parametrize("broken", BROKEN_ARCHIVES.values(), ids=BROKEN_ARCHIVES)
def test_an_archive_that_cannot_be_unpacked_is_refused(kept: Kept, broken: dict[str, int]) -> None:
    put(kept.folder, "scorer.npz", archive(kept.kind.array, GARBAGE, **broken))
    kept.refused("damaged")
    put(kept.folder, "model.skops", archive("schema.json", GARBAGE, **broken))
    kept.model_refused("is not a model of kind")


def test_files_that_would_unpack_to_more_than_is_allowed_are_not_unpacked(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    import skops.io

    monkeypatch.setattr(np, "load", lambda *_, **__: pytest.fail("it was unpacked"))
    monkeypatch.setattr(skops.io, "get_untrusted_types", lambda *_, **__: pytest.fail("it was unpacked"))
    for sizes in ((3 * 2**30,), (2**30, 2**30, 1)):
        put(kept.folder, "scorer.npz", bomb(".npy", *sizes))
        kept.refused("it would unpack to [0-9,]* bytes, more than the 2,147,483,648 that are allowed")
        put(kept.folder, "model.skops", bomb(".json", *sizes))
        kept.model_refused("is not a model of kind")


def test_a_model_file_that_is_no_archive_is_refused(kept: Kept) -> None:
    import pickle

    for content in (b"", b"not an archive", pickle.dumps({"model": None})):
        (kept.folder / "model.skops").write_bytes(content)
        kept.model_refused("sha256 differs")
        rehash(kept.folder, "model.skops")
        kept.model_refused("is not a model of kind")


# The manifest


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"kind": "hbos", "sha256": "", "sample": 3}', "[" * 100_000], ids=range(7)
)
def test_a_broken_manifest_is_refused(kept: Kept, text: str) -> None:
    (kept.folder / "manifest.json").write_text(text, "utf-8")
    kept.refused("manifest is missing or incomplete")


@pytest.mark.parametrize("field", ["facts", "trained_on", "libraries", "version"])
def test_a_manifest_that_says_something_else_is_refused(kept: Kept, field: str) -> None:
    """Whatever it is: what nothing else would notice, too."""
    manifest = manifest_of(kept.folder)
    change(kept.folder)
    kept.loads()
    write(kept.folder, manifest | {field: "other"})
    kept.refused(r"the manifest is not as it was written \(manifest_sha256 differs\)")
    write(kept.folder, {name: value for name, value in manifest.items() if name != field})
    kept.refused("not as it was written")
    write(kept.folder, manifest | {"more": 1})
    kept.refused("not as it was written")
    write(kept.folder, {name: value for name, value in manifest.items() if name != "manifest_sha256"})
    kept.refused("missing or incomplete")


def test_other_features_are_refused(kept: Kept) -> None:
    names = manifest_of(kept.folder)["features"]
    change(kept.folder, features_hash="0" * 64)
    kept.refused("other features than this version")
    change(kept.folder, features=[*names[:-1], "shoe_size"])
    kept.refused("made for other features: .*shoe_size")
    change(kept.folder, features=names[::-1])
    kept.refused("other features")


def test_other_sample_scores_are_refused(kept: Kept) -> None:
    sample = manifest_of(kept.folder)["sample"]
    first, *others = sample["anomaly_scores"]
    for spoilt in ([first + 0.01, *others], [None, *others], others):
        change(kept.folder, sample=sample | {"anomaly_scores": spoilt})
        kept.refused("does not give the scores")
    change(kept.folder, sample=sample | {"anomaly_scores": [10**400]})
    kept.refused("damaged")


@pytest.mark.parametrize(
    "spoil", [lambda rows: [], lambda rows: [row[:-1] for row in rows], lambda rows: rows[0], lambda rows: "rows"]
)
def test_broken_sample_rows_are_refused(kept: Kept, spoil: Callable[[Any], Any]) -> None:
    sample = manifest_of(kept.folder)["sample"]
    change(kept.folder, sample=sample | {"rows": spoil(sample["rows"])})
    kept.refused("damaged|does not give the scores")


# Which version is in force


def test_the_latest_version_is_the_largest_number(tmp_path: Path) -> None:
    for version in ("1", "2", "10", "draft"):
        (tmp_path / "hbos" / version).mkdir(parents=True)
    assert latest(tmp_path, "hbos").name == "10"
    with pytest.raises(ArtifactError, match=r"no model 'iforest' in .*/: it holds hbos; "):
        latest(tmp_path, "iforest")
    with pytest.raises(ArtifactError, match="no model 'iforest' in none/: it holds none"):
        latest(tmp_path / "none", "iforest")


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
