"""``moneytrail train``: what it learns from, what it writes, and when the new version is used."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from moneytrail import training
from moneytrail.alerts import Alert
from moneytrail.combination import Combination
from moneytrail.combination_folder import KIND, load_combination
from moneytrail.decisions import with_decisions
from moneytrail.errors import ArtifactError, InputError, ParameterError
from moneytrail.evaluation.case import Case
from moneytrail.model_folder import in_force, latest, put_in_force
from moneytrail.storage import Store
from moneytrail.training import decide, train
from tests.alert_examples import example_alert, example_record
from tests.e2e.program import call
from tests.taught import FEW, bank, few_trees


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Few trees, and no shipped model."""
    monkeypatch.setattr(training, "Combination", partial(Combination, settings=FEW))
    monkeypatch.setattr(training, "shipped_models", lambda: tmp_path / "nothing shipped")
    with few_trees():
        yield


def silent(stage: str, done: float) -> None:
    assert stage in ("fit", "score")
    assert 0 <= done <= 1


def blind(case: Case, seed: int = 5) -> Case:
    """The case with as many labels, of transfers at random."""
    chosen = np.zeros(case.graph.transfers, np.bool_)
    chosen[np.random.default_rng(seed).choice(chosen.size, int(case.illicit.sum()), replace=False)] = True
    return replace(case, illicit=chosen, attempt=pl.Series([None] * chosen.size, dtype=pl.String))


def called(folder: Path, whose: str) -> str:
    """How a version is told from another of the same name and number."""
    sha256 = hashlib.sha256((folder / "model.skops").read_bytes()).hexdigest()
    return f"{folder.parent.name}/{folder.name} ({whose}, {sha256[:8]})"


def test_the_first_version_must_beat_chance(tmp_path: Path) -> None:
    made = train(bank(), tmp_path / "models", silent)
    folder = tmp_path / "models" / KIND / "1"
    assert (made.folder, made.in_force, made.compared_with) == (folder, "1", "chance")
    assert latest(tmp_path / "models", KIND) == folder
    assert made.verdict.better
    assert made.verdict.new > 5 * made.verdict.present > 0
    loaded, manifest = load_combination(folder)
    assert np.isfinite(loaded.score(bank().graph)).all()
    assert manifest["metrics"]["average_precision"] == made.verdict.new
    assert manifest["trained_on"]["illicit"] + manifest["trained_on"]["held_out_illicit"] <= int(bank().illicit.sum())
    card = (folder / "CARD.md").read_text("utf-8")
    assert f"{made.verdict.new:.3f}" in card
    assert card.startswith("# combination, version 1\n")
    said = json.loads((folder.parent / "in_force.json").read_text("utf-8"))
    assert (said["version"], said["why"]) == ("1", made.verdict.why)
    assert json.dumps(made.to_dict())


def test_nothing_is_learned_from_held_out_time(tmp_path: Path) -> None:
    """Other labels in the last fifth: the same model to the last bit, and another verdict."""
    case = bank()
    time = case.graph.time
    held = time >= time[0] + (time[-1] - time[0]) * 4 // 5 + 1
    loose = replace(case, attempt=pl.Series([None] * time.size, dtype=pl.String))
    turned = replace(loose, illicit=np.where(held, ~case.illicit, case.illicit))
    made = [train(each, tmp_path / name, silent) for name, each in (("a", loose), ("b", turned))]
    scores = [load_combination(one.folder)[0].score(case.graph) for one in made]
    np.testing.assert_array_equal(scores[0], scores[1])
    assert made[0].verdict.new != made[1].verdict.new


def test_one_that_is_no_better_is_written_and_not_used(tmp_path: Path) -> None:
    """The same data again: the difference is nothing, and the first version stays."""
    first = train(bank(), tmp_path, silent)
    again = train(bank(), tmp_path, silent)
    assert (again.folder.name, again.in_force, again.compared_with) == ("2", "1", called(first.folder, "yours"))
    assert again.model == called(again.folder, "yours") != first.model == called(first.folder, "yours")
    assert again.verdict.new == again.verdict.present == first.verdict.new
    assert again.verdict.difference == (0.0, 0.0)
    assert not again.verdict.better
    assert "nothing changes" in again.verdict.why
    assert latest(tmp_path, KIND).name == "1"
    said = json.loads((tmp_path / KIND / "in_force.json").read_text("utf-8"))
    assert (said["version"], said["tried"]) == ("1", "2")


def test_one_that_is_better_takes_its_place(tmp_path: Path) -> None:
    worse = train(blind(bank()), tmp_path, silent)
    assert worse.in_force is None
    with pytest.raises(ArtifactError, match=r"no version .* is in force"):
        latest(tmp_path, KIND)
    put_in_force(tmp_path, KIND, "1", {"why": "somebody wished it"})
    better = train(bank(), tmp_path, silent)
    assert (better.folder.name, better.in_force, better.compared_with) == ("2", "2", called(worse.folder, "yours"))
    assert better.verdict.new > better.verdict.present
    assert better.verdict.difference is not None
    assert better.verdict.difference[0] > 0


def test_a_folder_without_a_version_is_held_against_the_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = train(bank(), tmp_path / "shipped", silent)
    monkeypatch.setattr(training, "shipped_models", lambda: tmp_path / "shipped")
    made = train(bank(), tmp_path / "own", silent, name="ours")
    assert made.compared_with == called(shipped.folder, "shipped")
    assert f"To beat was {made.compared_with}: " in (made.folder / "CARD.md").read_text("utf-8")
    assert (made.folder.parent.name, made.in_force) == ("ours", None)
    assert in_force(tmp_path / "own", "ours") is None
    assert made.notes == ()


def test_a_version_that_knows_what_it_is_measured_on_is_told(tmp_path: Path) -> None:
    train(bank(), tmp_path, silent)
    time = bank().graph.time
    early = bank().scored & (time < time[0] + (time[-1] - time[0]) * 9 // 10)
    made = train(replace(bank(), scored=early), tmp_path, silent)
    assert any("may know what it is measured on" in note for note in made.notes)


def test_a_half_written_version_is_never_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(bank(), tmp_path, silent)
    (tmp_path / KIND / "in_force.json").unlink()

    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(training, "save_combination", broken)
    with pytest.raises(OSError, match="disk full"):
        train(bank(), tmp_path, silent)
    assert (tmp_path / KIND / "2").is_dir()
    assert latest(tmp_path, KIND).name == "1"


def test_too_few_labels_are_one_clear_error(tmp_path: Path) -> None:
    case = bank()
    few = np.zeros_like(case.illicit)
    few[np.flatnonzero(case.illicit)[:9]] = True
    loose = replace(case, illicit=few, attempt=pl.Series([None] * few.size, dtype=pl.String))
    with pytest.raises(InputError, match=r"too few labels: 9 illicit transfers to learn from, .* wanted are 10"):
        train(loose, tmp_path, silent)
    time = case.graph.time
    late = case.illicit & (time < time[0] + (time[-1] - time[0]) // 2)
    with pytest.raises(InputError, match=r"too few labels: 0 illicit transfers to measure on, .* wanted are 5"):
        train(replace(loose, illicit=late), tmp_path, silent)
    with pytest.raises(InputError, match="no honest transfer to measure on"):
        train(loose_with(case, case.illicit), tmp_path, silent, measured=case.illicit)
    with pytest.raises(InputError, match="carry no labels"):
        train(replace(case, labelled=False), tmp_path, silent)
    assert not any(tmp_path.iterdir())


def loose_with(case: Case, illicit: NDArray[np.bool_]) -> Case:
    """The case with other labels, of no attempt."""
    return replace(case, illicit=illicit, attempt=pl.Series([None] * illicit.size, dtype=pl.String))


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden"])
def test_a_name_that_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ParameterError, match="name of a folder"):
        train(bank(), tmp_path, silent, name=name)


def test_a_file_in_place_of_the_folder_is_refused_before_anything_is_learned(tmp_path: Path) -> None:
    file = tmp_path / "models"
    file.write_text("no folder")
    with pytest.raises(ParameterError, match="models is a file, wanted is a folder"):
        train(bank(), file, silent)
    (tmp_path / KIND).write_text("no folder")
    with pytest.raises(ParameterError, match="combination is a file, wanted is a folder"):
        train(bank(), tmp_path, silent)


def test_a_verdict_needs_more_than_luck() -> None:
    """One lucky transfer of many is no reason to change a model; all of them are."""
    case = loose_with(bank(), bank().illicit)
    held = np.ones(case.graph.transfers, np.bool_)
    before = np.random.default_rng(1).random(held.size)
    lucky = before.copy()
    lucky[np.flatnonzero(case.illicit)[0]] += 0.1
    assert not decide(case, held, lucky, before, seed=1).better
    assert decide(case, held, before + case.illicit, before, seed=1).better
    assert not decide(case, held, before, before + case.illicit, seed=1).better
    assert not decide(case, held, before - 2.0 * case.illicit, None, seed=1).better


# Decisions


def alert_of(alert_id: str, transfers: Sequence[str]) -> Alert:
    """An alert that these transfers prove."""
    made = example_alert(random.Random(alert_id), alert_id, "run-1", 1, 1)
    (proof,) = made.evidence
    return replace(
        made, status="open", evidence=tuple(replace(proof, transaction_id=transfer) for transfer in transfers)
    )


def store_of(path: Path, alerts: Mapping[str, tuple[Sequence[str], str]]) -> Path:
    """A store of alerts: their transfers and what was decided."""
    with Store.open(path) as store:
        store.save_run(example_record("run-1"), [alert_of(name, ids) for name, (ids, _) in alerts.items()])
        for name, (_, status) in alerts.items():
            if status != "open":
                store.decide(name, status, by="somebody", reason="looked at it")  # type: ignore[arg-type]
    return path


def ids_of(case: Case, places: Sequence[int]) -> list[str]:
    return case.graph.transaction_ids(np.array(places)).to_list()


def test_decisions_become_labels(tmp_path: Path) -> None:
    case = bank()
    alerts = {
        "right": (ids_of(case, [0, 1, 2]), "closed_useful"),
        "wrong": (ids_of(case, [2, 3, 4]), "closed_false_positive"),
        "open": (ids_of(case, [1, 4, 5]), "open"),
        "review": (ids_of(case, [6]), "in_review"),
        "told": (ids_of(case, [7]), "escalated"),
    }
    with Store.open(store_of(tmp_path / "store.db", alerts)) as store:
        made, decided = with_decisions(case, store)
    assert np.flatnonzero(made.illicit).tolist() == [0, 1, 2]
    assert np.flatnonzero(decided).tolist() == [0, 1, 2, 3, 4]
    assert np.flatnonzero(~made.scored).tolist() == [5, 6, 7]
    assert made.attempt[:6].to_list() == ["right", "right", "right", "wrong", "wrong", None]
    assert made.labelled
    assert made.truth is None
    assert {name: made.facts[name] for name in ("decided_right", "decided_wrong", "undecided")} == {
        "decided_right": 3,
        "decided_wrong": 2,
        "undecided": 3,
    }


def test_more_alerts_than_a_page_are_read(tmp_path: Path) -> None:
    case = bank()
    alerts = {f"a{place:04d}": (ids_of(case, [place]), "open") for place in range(510)}
    alerts["right"] = (ids_of(case, [600]), "closed_useful")
    with Store.open(store_of(tmp_path / "store.db", alerts)) as store:
        made, _ = with_decisions(case, store)
    assert np.flatnonzero(~made.scored).tolist() == list(range(510))


def test_a_store_without_decisions_is_refused(tmp_path: Path) -> None:
    case = bank()
    with (
        Store.open(store_of(tmp_path / "a.db", {"open": (ids_of(case, [1]), "open")})) as store,
        pytest.raises(InputError, match="no alert closed as right or wrong"),
    ):
        with_decisions(case, store)
    with (
        Store.open(store_of(tmp_path / "b.db", {"right": (["elsewhere"], "closed_useful")})) as store,
        pytest.raises(InputError, match="none of the transfers"),
    ):
        with_decisions(case, store)


def decided_bank(path: Path) -> Path:
    """A store in which the illicit transfers make twelve right alerts, and others at random twelve wrong ones."""
    case = bank()
    right = np.array_split(np.flatnonzero(case.illicit), 12)
    others = np.random.default_rng(2).choice(np.flatnonzero(~case.illicit), 240, replace=False)
    wrong = np.array_split(np.sort(others), 12)
    alerts = {f"right{n}": (ids_of(case, part.tolist()), "closed_useful") for n, part in enumerate(right)}
    alerts |= {f"wrong{n}": (ids_of(case, part.tolist()), "closed_false_positive") for n, part in enumerate(wrong)}
    return store_of(path, alerts)


# The command


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The bank's transfers with labels, and its accounts."""
    case = bank()
    labels = pl.DataFrame({
        "transaction_id": case.graph.transaction_ids(np.arange(case.graph.transfers)),
        "label_illicit": case.illicit,
        "label_attempt": case.attempt,
    })  # fmt: skip
    frame = case.transfers.drop("label_illicit", "label_attempt", strict=False)
    transfers, accounts = tmp_path / "transfers.parquet", tmp_path / "accounts.parquet"
    frame.join(labels, on="transaction_id", how="left", maintain_order="left").write_parquet(transfers)
    assert case.accounts is not None
    case.accounts.write_parquet(accounts)
    return transfers, accounts


def test_the_command_learns_from_labels(files: tuple[Path, Path], tmp_path: Path) -> None:
    transfers, accounts = files
    made = call("train", "--data", transfers, "--accounts", accounts, "--out", tmp_path / "m", "--json", "-q").json
    own = called(tmp_path / "m" / KIND / "1", "yours")
    assert (made["model"], made["in_force"], made["better"]) == (own, "1", True)
    assert made["learned_from"]["known_from"] == "labels"
    assert made["learned_from"]["illicit"] >= 10
    plain = call("train", "--data", transfers, "--accounts", accounts, "--out", tmp_path / "m", "-q")
    assert f"Written: {called(tmp_path / 'm' / KIND / '2', 'yours')} in " in plain.out
    assert "nothing changes" in plain.out
    assert f"In force: 1; compared with {own}\n" in plain.out


def test_the_command_learns_from_decisions(files: tuple[Path, Path], tmp_path: Path) -> None:
    transfers, accounts = files
    given = ("--data", transfers, "--accounts", accounts, "--store", decided_bank(tmp_path / "store.db"))
    made = call("train", *given, "--out", tmp_path / "m", "--name", "ours", "--json", "-q").json
    assert made["model"] == called(tmp_path / "m" / "ours" / "1", "yours")
    learned = made["learned_from"]
    assert learned["known_from"] == "decisions"
    assert learned["decided_right"] == int(bank().illicit.sum())
    assert learned["decided_wrong"] == 240
    assert 0 < learned["held_out"] < learned["decided_right"] + learned["decided_wrong"]
    assert made["average_precision"] > made["average_precision_in_force"]


def test_the_command_says_what_is_missing(files: tuple[Path, Path], tmp_path: Path) -> None:
    transfers, _ = files
    bare = tmp_path / "bare.parquet"
    pl.read_parquet(transfers).with_columns(label_illicit=pl.lit(None, pl.Boolean)).write_parquet(bare)
    refused = call("train", "--data", bare, "--out", tmp_path / "m", "-q")
    assert "the data carry no labels to learn from; give the bank's decisions with --store" in refused.complaint
    assert not (tmp_path / "m").exists()
    gone = call("train", "--data", transfers, "--store", tmp_path / "gone.db", "--out", tmp_path / "m", "-q")
    assert "gone.db" in gone.complaint
