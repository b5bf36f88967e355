from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from moneytrail import combination
from moneytrail.artifacts import shipped_models
from moneytrail.detectors import BoostingSettings
from moneytrail.errors import ArtifactError, ParameterError
from moneytrail.evaluation import contenders, peers
from moneytrail.evaluation.contenders import Ours, Saved, contender
from moneytrail.evaluation.measuring import Watch
from moneytrail.evaluation.metrics import Ranked, average_precision
from moneytrail.evaluation.peers import PEERS, Part, TooSlowError, TreePeer, gfp_table, need, part_of
from moneytrail.evaluation.splits import SplitRule, split
from moneytrail.evaluation.trials import Outcome, Scored, Task, Trial, drawn_rows, matrix_of, run, tuned
from moneytrail.features import AHEAD, FEATURE_NAMES, compute
from moneytrail.rates import ExchangeRates
from tests.evaluation.cases import Row, bank, case_of


def silent(_stage: str, _done: float) -> None:
    return


def task_of(seed: int = 1) -> Task:
    return Task(bank(), split(bank(), SplitRule()), ExchangeRates.load(), seed, 1)


@pytest.fixture(autouse=True)
def _few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    few = (BoostingSettings(trees=15, leaves=7, held=0.0), BoostingSettings(trees=25, leaves=15, held=0.0))
    monkeypatch.setattr(contenders, "SETTINGS", few)


@cache
def outcome_of(name: str, seed: int = 1) -> Outcome:
    one = contender(name)
    one.check()
    return run(one, task_of(seed), silent)


@pytest.mark.parametrize("name", ["random", "rules", "iforest", "hbos", "raw-iforest", "boosting"])
def test_every_transfer_of_the_test_gets_a_score(name: str) -> None:
    found, parts = outcome_of(name), task_of().split
    assert np.isfinite(found.scores[parts.test]).all()
    assert np.isfinite(found.early[parts.validation | parts.test]).all()
    assert found.seconds["total"] == pytest.approx(sum(found.seconds[work] for work in ("tuning", "fit", "score")))
    assert found.probability == (name == "boosting")
    assert found.seconds["score"] > 0


@pytest.mark.parametrize("name", ["random", "iforest", "boosting"])
def test_scores_follow_the_seed(name: str) -> None:
    one, other = (outcome_of(name, seed).scores for seed in (1, 2))
    again = run(contender(name), task_of(), silent).scores
    assert np.array_equal(one, again, equal_nan=True)
    assert not np.array_equal(one, other, equal_nan=True)


def test_what_is_learned_beats_chance() -> None:
    test, truth = task_of().split.test, bank().illicit
    worth = {
        name: average_precision(Ranked.of(truth[test], outcome_of(name).scores[test]))
        for name in ("random", "rules", "boosting")
    }
    assert worth["rules"] > 5 * worth["random"]
    assert worth["boosting"] > 5 * worth["random"]


def test_the_ceiling_puts_every_illicit_transfer_above_every_other() -> None:
    test, truth = task_of().split.test, bank().illicit
    scores = outcome_of("perfect").scores
    assert scores[test & truth].min() > scores[test & ~truth].max()
    assert len(np.unique(scores[test])) == test.sum()
    with pytest.raises(ParameterError, match="the data carry no labels"):
        run(contender("perfect"), replace(task_of(), case=replace(bank(), labelled=False)), silent)


def test_labels_of_the_test_period_are_not_looked_at() -> None:
    case, parts = bank(), task_of().split
    other = replace(case, illicit=case.illicit & ~parts.test)
    task = Task(other, parts, ExchangeRates.load(), 1, 1)
    for name in ("boosting", "iforest", "raw-iforest"):
        assert np.array_equal(run(contender(name), task, silent).scores, outcome_of(name).scores, equal_nan=True)


@pytest.mark.parametrize("name", ["boosting", "moneytrail", "raw-lightgbm", "gfp-xgboost"])
@pytest.mark.parametrize("first", [60, 0, 46], ids=["none", "all", "test alone"])
def test_who_learns_from_one_kind_alone_is_refused_by_one_clear_word(name: str, first: int) -> None:
    """Before any work; the libraries of others would stop the whole run, or learn nothing in silence."""
    rows: list[Row] = [(place / 5, f"a{place % 7}", f"b{place % 5}", place >= first, None) for place in range(60)]
    case = case_of(rows)
    task = Task(case, split(case, SplitRule()), ExchangeRates.load(), 1, 1)
    with pytest.raises(ParameterError, match=r"^(0|36) of 36 transfers to learn from are illicit: both kinds"):
        run(contender(name), task, silent)
    none = replace(task, split=replace(task.split, train=np.zeros_like(task.split.train)))
    with pytest.raises(ParameterError, match=r"^0 of 0 transfers"):
        run(contender(name), none, silent)


def test_the_best_setting_is_chosen_on_validation_and_learned_anew() -> None:
    task = task_of()
    truth, parts = task.case.illicit, task.split
    again: list[str] = []

    def trial(name: str, quality: float) -> Any:
        def make() -> Trial:
            good = np.where(truth[parts.validation], quality, 0.5)
            return Trial({"name": name}, good, np.full(int(parts.test.sum()), 0.25), lambda: learned(name))

        return make

    def learned(name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        again.append(name)
        return np.full(int(parts.test.sum()), 0.75)

    scored = tuned(task, [trial("bad", 0.1), trial("good", 0.9), trial("as good", 0.9)], Watch(), silent)
    assert again == ["good"]
    assert scored.facts["chosen"] == {"name": "good", "validation_average_precision": 1.0}
    assert set(scored.scores[parts.test]) == {0.75}
    assert scored.early is not None
    assert set(scored.early[parts.test]) == {0.25}
    assert np.isnan(scored.scores[parts.train]).all()


def test_features_of_some_rows_are_those_of_all() -> None:
    graph, rows = bank().graph, task_of().split.test
    assert np.array_equal(matrix_of(graph, FEATURE_NAMES, rows), compute(graph)[rows])


def test_no_more_rows_are_drawn_than_asked() -> None:
    rows = np.arange(100) % 2 == 0
    drawn = drawn_rows(rows, 1, most=10)
    assert drawn.sum() == 10
    assert not (drawn & ~rows).any()
    assert drawn_rows(rows, 1) is rows


def test_a_saved_model_scores_as_it_is() -> None:
    saved = Saved("iforest/1", shipped_models() / "iforest" / "1")
    saved.check()
    found = run(saved, task_of(), silent)
    assert found.seconds["fit"] == 0
    assert found.facts["model"] == "iforest/1"
    assert np.isfinite(found.scores[task_of().split.test]).all()


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="nothing"):
        Saved("nothing", model="nothing").check()
    with pytest.raises(ArtifactError, match="manifest is missing"):
        Saved("empty", tmp_path).check()


def test_a_wrong_name_is_told_the_nearest_ones_and_the_list_once() -> None:
    listed = (
        "there are moneytrail, shipped, rules, iforest, random, moneytrail-hindsight, perfect, gfp-lightgbm, "
        "gfp-xgboost, gfp3-lightgbm, raw-lightgbm, raw-iforest, hbos, ecod, copod, isolation-forest, boosting, and "
        "PyOD's as pyod:NAME"
    )
    for name, close in (
        ("gfp-lightgmb", "close are gfp-lightgbm, gfp3-lightgbm, raw-lightgbm; "),
        ("iforst", "close are iforest, raw-iforest, isolation-forest; "),
        ("magic", ""),
    ):
        with pytest.raises(ParameterError) as error:
            contender(name)
        assert str(error.value) == f"no model {name!r}; {close}{listed}"
    with pytest.raises(ParameterError, match=r"^no detector pyod:knnn; close are pyod:knn"):
        contender("pyod:knnn")


def test_a_missing_library_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "find_spec", lambda name: None if name == "snapml" else object())
    with pytest.raises(ParameterError, match=r"gfp-lightgbm needs snapml, not installed: pip install 'moneytrail\[p"):
        PEERS[0].check()
    need("raw-lightgbm", "lightgbm")


def test_absent_sides_stand_alone_for_the_peer() -> None:
    rows: list[Row] = [(0, None, "b", True, None), (1, "b", None, False, None), (2, None, "c", False, None)]
    case = case_of([*rows, *((float(day), "b", "c", False, None) for day in range(3, 12))])
    table = gfp_table(Task(case, split(case, SplitRule()), ExchangeRates.load(), 1))
    assert len({table[0, 1], table[1, 2], table[2, 1], *table[3, 1:3]}) == 5
    assert table[:, 3].tolist() == [86_400 * (day + 1) for day in range(12)]


def test_the_cost_of_columns_moves_to_the_model_that_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    task = task_of()
    size = int(task.case.scored.sum())
    signal = task.case.illicit[task.case.scored].astype(np.float32)[:, None]
    kept: dict[str, Any] = {
        "raw": Part(np.zeros((size, 1), np.float32), 1.0, 2.0),
        "gfp 1": Part(np.zeros((size, 1), np.float32), 10.0, 20.0),
        "gfp 7": Part(signal, 100.0, 200.0),
        "gfp 30": "GFP over 30 d gave up",
    }
    task.kept.update(kept)

    def fit(known: Any, held: Any, setting: Any, rounds: int, seed: tuple[int, int]) -> Any:
        del held, setting, seed
        assert len(known[0]) == len(known[1])
        return (lambda matrix: matrix[:, -1].astype(np.float64)), rounds

    monkeypatch.setitem(peers.LIBRARIES, "plain", (fit, ({"a": 1}, {"a": 2})))
    watch = Watch()
    peer = TreePeer("p", "plain", (("raw", "gfp 1"), ("raw", "gfp 7"), ("raw", "gfp 30")))
    scored: Scored = peer.scores(task, watch, silent)
    assert scored.facts["chosen"]["columns"] == "raw, gfp 7"
    assert scored.facts["left_out"] == ["GFP over 30 d gave up"]
    assert len(scored.facts["tried"]) == 4
    assert watch.seconds["fit"] == pytest.approx(101, abs=0.5)
    assert watch.seconds["score"] == pytest.approx(202, abs=0.5)
    assert watch.seconds["tuning"] == pytest.approx(30 + task.patience, abs=0.5)
    with pytest.raises(ParameterError, match="30 d gave up"):
        TreePeer("p", "plain", (("raw", "gfp 30"),)).scores(task, Watch(), silent)
    with pytest.raises(TooSlowError):
        part_of(task, "gfp 30", silent)


@pytest.mark.skipif(find_spec("lightgbm") is None, reason="lightgbm is an extra: make setup-bench")
def test_lightgbm_on_raw_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "ROUNDS", 10)
    found = outcome_of("raw-lightgbm")
    assert len(found.facts["tried"]) == 4
    assert np.isfinite(found.scores[task_of().split.test]).all()


@pytest.mark.skipif(
    find_spec("xgboost") is None or find_spec("snapml") is None, reason="peers are an extra: make setup-bench"
)
def test_xgboost_on_the_columns_of_a_short_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "ROUNDS", 5)
    peer = TreePeer("gfp1", "xgboost", (("raw", "history", "gfp 1"),))
    peer.check()
    rows: list[Row] = [(place / 10, f"a{place % 7}", f"b{place % 5}", place % 9 == 0, None) for place in range(400)]
    case = case_of(rows)
    task = Task(case, split(case, SplitRule()), ExchangeRates.load(), 1, 1)
    found = run(peer, task, silent)
    assert np.isfinite(found.scores[task.split.test]).all()
    assert task.kept["gfp 1"].matrix.shape == (400, 235)
    assert found.seconds["fit"] > 0


def test_hindsight_is_ours_with_what_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same model, whose scores of a transfer change with what comes after it."""
    ours, later = contender("moneytrail"), contender("moneytrail-hindsight")
    assert isinstance(ours, Ours)
    assert isinstance(later, Ours)
    assert later.columns[: len(ours.columns)] == ours.columns
    assert all(name.startswith(AHEAD) for name in later.columns[len(ours.columns) :])
    monkeypatch.setattr(combination, "FIRST", BoostingSettings(trees=10, leaves=7, held=0.0))
    task = task_of()
    with threadpool_limits(1, user_api="openmp"):
        made = [run(one, task, silent) for one in (ours, later)]
    for found in made:
        assert np.isfinite(found.scores[task.split.test]).all()
        assert found.probability
    assert not np.array_equal(made[0].scores[task.split.test], made[1].scores[task.split.test])
