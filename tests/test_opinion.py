"""The opinion of a trained model beside the typologies: what becomes a match, and what a run says of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from moneytrail.catalogue import search
from moneytrail.combination import Combination
from moneytrail.combination_folder import Told, save_combination
from moneytrail.errors import ArtifactError, ParameterError
from moneytrail.features import Pool
from moneytrail.graph import TransactionGraph
from moneytrail.opinion import Opinion, words
from moneytrail.rates import ExchangeRates
from moneytrail.risk import MODEL
from moneytrail.scoring import Pipeline, RiskReport, load_opinion, pipeline_of
from moneytrail.testing import check_matches
from moneytrail.typologies.ground import Ground
from moneytrail.typologies.m01_model_opinion import HUB, TYPOLOGY
from tests.e2e.program import call
from tests.taught import bank, fitted
from tests.worlds import DAY, NEW_YEAR, graph_of, transfer

LEAST = 0.5


@dataclass
class Stub:
    """A model that says what it is told to, in ledger order."""

    said: list[float]
    columns: tuple[str, ...] = ("amount", "hour")
    second_columns: tuple[str, ...] = ("amount", "hour", "first_log_odds", "echo_debtor_in_sum_7d")
    asked: int = 0

    def score(self, graph: TransactionGraph, *, pool: Pool) -> NDArray[np.float64]:
        assert pool.graphs == (graph,)
        self.asked += 1
        return np.array(self.said[: graph.transfers])

    def explain(self, graph: TransactionGraph, places: NDArray[np.int64], *, pool: Pool) -> NDArray[np.float64]:
        assert pool.graphs == (graph,)
        return np.tile([0.5, -1.0, 0.25, 2.0], (places.size, 1))


def found(rows: list[tuple[str | None, str | None, int, float]], **values: Any) -> dict[str, dict[str, Any]]:
    """Matches of a stub's opinion by subject; each row is debtor, creditor, day, probability."""
    transfers = [
        transfer(place, NEW_YEAR + day * DAY, debtor, creditor, 100 * (place + 1))
        for place, (debtor, creditor, day, _) in enumerate(rows)
    ]
    model = Stub([one[3] for one in rows])
    asked = Opinion(cast("Combination", model), "stub", "7", "0" * 64)
    matches = asked.typology.find(graph_of(transfers), values)
    assert not check_matches(TYPOLOGY, matches, {str(one["transaction_id"]) for one in transfers})
    proof = dict(matches.evidence.group_by("match_id").agg("transaction_id", "role").rows_by_key("match_id"))
    made: dict[str, dict[str, Any]] = {}
    for row in matches.match.iter_rows(named=True):
        (ids, roles) = proof[row["match_id"]][0]
        made[row["subject"]] = row | {"ids": sorted(ids), "roles": roles}
    return made


def test_a_transfer_goes_to_the_account_with_most_of_it() -> None:
    made = found([("a", "hub", 0, 0.9), ("b", "hub", 1, 0.6), ("hub", "c", 2, 0.5), ("d", "e", 3, 0.49)])
    assert set(made) == {"hub"}
    one = made["hub"]
    assert (one["score"], one["transfers"], one["value"]) == (0.9, 3, 300)
    assert sorted(one["roles"]) == ["counterflow", "flow", "flow"]
    assert one["started_at"] == one["detectable_at"] < one["ended_at"]


def test_of_equal_accounts_the_creditor_is_the_subject() -> None:
    assert set(found([("a", "b", 0, 0.8)])) == {"b"}
    assert set(found([("a", None, 0, 0.8)])) == {"a"}
    assert set(found([(None, "b", 0, 0.8)])) == {"b"}


def test_periods_part_the_matches_of_one_account() -> None:
    border = next(day for day in range(40) if (NEW_YEAR // DAY + day) % 30 == 0)
    rows: list[tuple[str | None, str | None, int, float]] = [("a", "b", border - 1, 0.7), ("c", "b", border, 0.8)]
    transfers = [transfer(p, NEW_YEAR + d * DAY, x, y, 100) for p, (x, y, d, _) in enumerate(rows)]
    asked = Opinion(cast("Combination", Stub([0.7, 0.8])), "stub", "7", "0" * 64)
    assert asked.typology.find(graph_of(transfers)).match["score"].sort().to_list() == [0.7, 0.8]
    assert asked.typology.find(graph_of(transfers), {"window_days": 180}).match.height == 1


def test_a_shop_is_no_subject_where_there_is_another() -> None:
    """Many flagged payers of one shop are as many accounts of interest, up to the number that makes a hub."""
    few = [(f"p{place}", "shop", 1, 0.6) for place in range(HUB)]
    assert set(found(few)) == {"shop"}  # type: ignore[arg-type]
    many = [(f"p{place}", "shop", 1, 0.6) for place in range(HUB + 1)]
    assert set(found(many)) == {debtor for debtor, *_ in many}  # type: ignore[arg-type]


def test_what_is_said_of_a_match() -> None:
    (one,) = found([("a", "b", 0, 0.625), ("c", "b", 1, 0.9999)]).values()
    assert one["score"] == 0.99
    assert one["explanation"].startswith("Account b has 2 transfers of £3.00 in all, between 1 January 2025 and")
    assert "the model stub/7 gives a probability of 0.62 to 0.99" in one["explanation"]
    assert "opinion of a model and proves nothing" in one["explanation"]
    told = {measure["name"]: measure["value"] for measure in one["measures"]}
    assert told["probability"] == pytest.approx(0.9999)
    assert told["weighed_1"] == 2.0
    assert [told[f"weighed_{place}"] for place in (1, 2, 3)] == [2.0, 0.5, 0.25]
    assert "suspicion of the debtor's other transfers in" in one["explanation"]


def test_the_line_may_be_raised_but_not_below_more_likely_than_not() -> None:
    assert set(found([("a", "b", 0, 0.8), ("c", "d", 0, 0.95)], least_probability=0.9)) == {"d"}
    with pytest.raises(ParameterError, match=r"0\.5 to 0\.99"):
        found([("a", "b", 0, 0.8)], least_probability=0.4)


def test_each_column_has_words() -> None:
    for column in fitted().second_columns:
        assert words(column)
    for none in ("no_such_column", "echo_debtor", "echo_payer_out_sum_7d"):
        with pytest.raises(ParameterError, match=f"no feature '{none}'"):
            words(none)


def test_one_ledger_is_asked_about_once() -> None:
    model = Stub([0.7])
    asked = Opinion(cast("Combination", model), "stub", "7", "0" * 64)
    graph = graph_of([transfer(0, NEW_YEAR, "a", "b", 100)])
    for _ in range(2):
        asked.probabilities(graph)
        asked.typology.find(graph)
    assert model.asked == 1
    asked.probabilities(graph_of([transfer(0, NEW_YEAR, "a", "b", 100)]))
    assert model.asked == 2


def test_nothing_is_looked_for_without_a_model() -> None:
    graph = graph_of([transfer(0, NEW_YEAR, "a", "b", 100)])
    with pytest.raises(ParameterError, match="no model was named"):
        search(Ground(graph), only=[MODEL])
    assert MODEL not in {one.typology.id for one in search(Ground(graph))}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    case = bank()
    sample = fitted().rows(case.graph, np.arange(16))
    save_combination(fitted(), folder / "combination" / "1", Told(), sample)
    return folder


@pytest.fixture(scope="module")
def report(models: Path) -> RiskReport:
    case = bank()
    pipeline = Pipeline(ExchangeRates.load(), model=load_opinion("combination", models), placebo=1)
    return pipeline.run(case.transfers, case.accounts, source={"fingerprint": "test"})


def test_every_transfer_that_it_holds_illicit_stands_in_one_match(report: RiskReport) -> None:
    flagged = report.transfers.filter(pl.col("probability") >= LEAST)["transaction_id"]
    own = report.matches.filter(pl.col("typology") == MODEL)
    proof = report.evidence.filter(pl.col("match_id").is_in(own["match_id"].implode()))
    assert flagged.len() > 10
    assert sorted(flagged) == sorted(proof["transaction_id"])
    assert own["score"].is_between(LEAST, 0.99).all()
    best = proof.join(report.transfers, on="transaction_id").group_by("match_id").agg(pl.col("probability").max())
    both = own.join(best, on="match_id")
    assert (both["score"] - both["probability"].clip(upper_bound=0.99)).abs().max() < 1e-5  # type: ignore[operator]


def test_its_parts_stay_visible(report: RiskReport) -> None:
    case, model = bank(), fitted()
    assert report.transfers["probability"].to_numpy() == pytest.approx(
        model.score(case.graph)[np.argsort(case.graph.order)], abs=1e-6
    )
    shown = report.transfers.filter(pl.col(MODEL) > 0)
    assert (shown["risk_score"] >= shown[MODEL] - 1e-6).all()
    first = next(alert for alert in report.alerts if MODEL in alert.typology_scores)
    assert first.typology_scores[MODEL] <= first.risk_score + 1e-6
    assert any("opinion of a model" in match.explanation for match in first.matches)
    assert first.placebo is not None


def test_what_it_raises_holds_nearly_all_of_the_gangs_and_little_else(report: RiskReport) -> None:
    """A small model of few trees: far from right each time, and far above chance."""
    case = bank()
    illicit = set(case.graph.transaction_ids(np.flatnonzero(case.illicit)))
    own = [(alert, match) for alert in report.alerts for match in alert.matches if match.typology == MODEL]
    ids = {match.match_id for _, match in own}
    raised = {one.transaction_id for alert, _ in own for one in alert.evidence if one.match_id in ids}
    assert len(raised & illicit) > 0.9 * len(illicit)
    assert len(raised & illicit) / len(raised) > 20 * len(illicit) / case.graph.transfers


def test_a_run_with_a_model_is_another_run_and_can_be_repeated(report: RiskReport, models: Path) -> None:
    case = bank()
    again = pipeline_of(json.loads(json.dumps(report.record)), models)
    assert again.model is not None
    repeated = again.run(case.transfers, case.accounts, source={"fingerprint": "test"})
    assert repeated.run_id == report.run_id
    assert repeated.alert_frame.equals(report.alert_frame)
    bare = Pipeline(again.rates, placebo=1)
    without = bare.run(case.transfers, case.accounts, source={"fingerprint": "test"})
    assert without.run_id != report.run_id
    assert "probability" not in without.transfers.columns
    other = json.loads(json.dumps(report.record))
    other["deciding"]["model"]["version"] = "2"
    with pytest.raises(ParameterError, match="was changed"):
        pipeline_of(other, models)


def test_a_model_that_is_not_there_or_no_combination(models: Path) -> None:
    with pytest.raises(ArtifactError, match="no model 'other'"):
        load_opinion("other", models)
    with pytest.raises(ArtifactError, match="kind"):
        load_opinion("iforest")


def test_from_the_command_line(models: Path, tmp_path: Path) -> None:
    case = bank()
    files = {"transfers": case.transfers, "accounts": case.accounts}
    for name, frame in files.items():
        assert frame is not None
        frame.write_parquet(tmp_path / f"{name}.parquet")
    asked = ["score", str(tmp_path / "transfers.parquet"), "--accounts", str(tmp_path / "accounts.parquet")]
    more = ["--model", "combination", "--models", str(models), "--detectors", "none", "--placebo", "0", "--json", "-q"]
    store = ["--store", str(tmp_path / "m.db")]
    made = call(*asked, *more, *store, "--out", str(tmp_path / "out"))
    assert made.status == 0, made.err
    assert made.json["matches"][MODEL] > 0
    listed = call("alerts", *store, "--typology", MODEL, "--json")
    assert listed.json
    checked = call("verify-match", str(tmp_path / "out"), "--all")
    assert checked.status == 0, checked.out
    assert "of it there is no second checker" in checked.out
    shown = call("typologies", MODEL)
    assert "Opinion of a trained model" in shown.out
