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

from moneytrail.catalogue import load_parameters, search
from moneytrail.combination import Combination
from moneytrail.combination_folder import Told, save_combination
from moneytrail.errors import ArtifactError, ParameterError
from moneytrail.explaining import from_folder
from moneytrail.features import Pool
from moneytrail.graph import TransactionGraph
from moneytrail.opinion import Opinion, reading
from moneytrail.rates import ExchangeRates
from moneytrail.risk import MODEL
from moneytrail.scoring import Pipeline, RiskReport, _run_id, load_opinion, pipeline_of
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
    columns: tuple[str, ...] = ("amount", "pair_first")
    second_columns: tuple[str, ...] = ("amount", "pair_first", "first_log_odds", "echo_debtor_in_sum_7d")
    asked: int = 0
    added: tuple[float, ...] = (-1.0, -1.0, 0.25, 2.0)

    def score(self, graph: TransactionGraph, *, pool: Pool) -> NDArray[np.float64]:
        assert pool.graphs == (graph,)
        self.asked += 1
        return np.array(self.said[: graph.transfers])

    def rows(self, graph: TransactionGraph, places: NDArray[np.int64], *, pool: Pool) -> NDArray[np.float32]:
        assert (np.diff(places) > 0).all()
        context = np.stack([np.zeros(places.size), graph.amount[places]], axis=1)
        return np.concatenate([pool.rows(places), context], axis=1, dtype=np.float32)

    def explain_rows(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.tile(self.added, (len(rows), 1))

    @property
    def first(self) -> list[Stub]:
        return [self, self]

    def explain(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        assert rows.shape[1] == len(self.columns)
        return np.tile([0.5, -0.1], (len(rows), 1))


SHA = "0123456789" * 6 + "0123"


def opinion(said: list[float], **given: Any) -> Opinion:
    return Opinion(cast("Combination", Stub(said, **given)), "stub", "7", SHA)


def found(
    rows: list[tuple[str | None, str | None, int, float]], stub: dict[str, Any] | None = None, **values: Any
) -> dict[str, dict[str, Any]]:
    """Matches of a stub's opinion by subject; each row is debtor, creditor, day, probability."""
    transfers = [
        transfer(place, NEW_YEAR + day * DAY, debtor, creditor, 100 * (place + 1))
        for place, (debtor, creditor, day, _) in enumerate(rows)
    ]
    asked = opinion([one[3] for one in rows], **(stub or {}))
    matches = asked.typology.find(graph_of(transfers), {"first_days": 0} | values)
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
    asked, whole = opinion([0.7, 0.8]), {"first_days": 0}
    assert asked.typology.find(graph_of(transfers), whole).match["score"].sort().to_list() == [0.7, 0.8]
    assert asked.typology.find(graph_of(transfers), whole | {"window_days": 180}).match.height == 1


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
    assert (
        "The model stub/7 (01234567) puts them at 0.62 to 0.99 (at the base rate of the banks it learned from)."
        in (one["explanation"])
    )
    assert "opinion of a model and proves nothing" in one["explanation"]
    told = {measure["name"]: measure["value"] for measure in one["measures"]}
    assert told["probability"] == pytest.approx(0.9999)
    assert told["weighed_1"] == 2.0
    assert [told.get(f"weighed_{place}") for place in (1, 2, 3)] == [2.0, 0.25, None]
    assert one["explanation"].endswith(
        "What weighed most in the likeliest of them: other transfers into the debtor's account in recent weeks were "
        "themselves suspected; the transfer itself (amount in the reference currency: £2.00, usually £1.00)."
    )


def test_a_column_that_is_named_by_itself_is_not_named_again_in_the_transfer_itself() -> None:
    (one,) = found([("a", "b", 0, 0.9)], {"added": (1.0, 0.5, 0.25, 0.1)}).values()
    assert one["explanation"].endswith(
        "What weighed most in it: amount in the reference currency: £1.00, as usual; the two accounts had no dealings "
        "before (180 days): yes, as usual; the transfer itself."
    )


@pytest.mark.parametrize(
    ("column", "value", "usual", "said"),
    [
        ("hour", 13.5, 12, "hour of the day, UTC, with fractions: 13.5 hours, usually 12.0 hours"),
        ("pair_recent", np.log(3), 0, "number of the transfers the same way between the two, this one included (180 "),
        ("pair_ever", np.log1p(3), 0, "number of earlier transfers the same way between the two: 3, usually 0"),
        ("debtor_since_in", np.log1p(7_300), np.log1p(40), "time since the debtor's last transfer in (180 days): 2 h"),
        ("debtor_dwell_time_7d", np.nan, 86_400, "first in first out (7 days): unknown, usually 1 day"),
        ("debtor_out_weekday_share_60d", -1, 0.5, "(60 days): unknown, usually 50 %"),
        ("creditor_in_amount_sum_7d", 12_345, 100, "(7 days): £123.45, usually £1.00"),
        ("amount", np.float32(np.log1p(10_000_000)), 0, "amount in the reference currency: £100,000.00, usually £0.00"),
        ("debtor_payees_30d", 14, 14, "distinct payees of the debtor (30 days): 14, as usual"),
        ("round_amount", 1, 0, "yes, usually no"),
        ("debtor_out_burst_7d", 2.5, 1, "2.5, usually 1.0"),
        ("debtor_age", 12.25, 40, "days since the debtor's first transfer either way: 12.2 days, usually 40.0 days"),
        (
            "echo_creditor_out_most_60d",
            0.4,
            0.1,
            "one other transfer out of the creditor's account in recent months was",
        ),
        (
            "echo_creditor_out_sum_7d",
            0.1,
            0.1,
            "hardly another transfer out of the creditor's account in recent weeks was",
        ),
    ],
)
def test_a_column_is_told_with_its_value_and_what_is_usual(column: str, value: float, usual: float, said: str) -> None:
    assert said in reading(column, value, usual, "GBP")


def test_in_the_first_days_no_opinion_is_given() -> None:
    """The border belongs to those with an opinion; a ledger that does not reach it has none at all."""
    rows = [transfer(place, NEW_YEAR + day * DAY, "a", "b", 100) for place, day in enumerate((0, 29, 30, 31))]
    rows[1]["time"] = rows[2]["time"] - 1
    graph, asked = graph_of(rows), opinion([0.9] * 4)
    given = asked.probabilities(graph, 30)
    np.testing.assert_array_equal(given, [np.nan, np.nan, 0.9, 0.9])
    assert asked.silence(graph, 30) == "stub gives no opinion in the first 30 days: 2 of 4 transfers"
    assert asked.typology.find(graph).match["transfers"].sum() == 2
    assert asked.typology.find(graph, {"first_days": 0}).match["transfers"].sum() == 4
    assert not asked.silence(graph, 0)
    (searched,) = search(Ground(graph), {MODEL: {"first_days": 32}}, only=[MODEL], own=[asked.typology])
    assert searched.not_applicable == "stub gives no opinion in the first 32 days: 4 of 4 transfers"
    assert not searched.matches.match.height
    unasked = Stub([0.9] * 4)
    assert np.isnan(Opinion(cast("Combination", unasked), "stub", "7", SHA).probabilities(graph, 32)).all()
    assert not unasked.asked


def test_the_line_may_be_raised_but_not_below_more_likely_than_not() -> None:
    assert set(found([("a", "b", 0, 0.8), ("c", "d", 0, 0.95)], least_probability=0.9)) == {"d"}
    with pytest.raises(ParameterError, match=r"0\.5 to 0\.99"):
        found([("a", "b", 0, 0.8)], least_probability=0.4)


def test_each_column_has_words() -> None:
    for column in fitted().second_columns:
        assert column == "first_log_odds" or "log" not in reading(column, 1.0, 0.0, "GBP")
    for none in ("no_such_column", "echo_debtor", "echo_payer_out_sum_7d"):
        with pytest.raises(ParameterError, match=f"no feature '{none}'"):
            reading(none, 1.0, 0.0, "GBP")


def test_one_ledger_is_asked_about_once() -> None:
    model = Stub([0.7])
    asked = Opinion(cast("Combination", model), "stub", "7", SHA)
    graph = graph_of([transfer(0, NEW_YEAR, "a", "b", 100)])
    for _ in range(2):
        asked.probabilities(graph, 0)
        asked.typology.find(graph, {"first_days": 0})
    assert model.asked == 1
    asked.probabilities(graph_of([transfer(0, NEW_YEAR, "a", "b", 100)]), 0)
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
    wanted = model.score(case.graph)
    wanted[case.graph.time < case.graph.time[0] + 30 * DAY] = np.nan
    given = report.transfers["probability"]
    assert given.to_numpy() == pytest.approx(wanted[np.argsort(case.graph.order)], abs=1e-6, nan_ok=True)
    silent = int(np.isnan(wanted).sum())
    assert 0 < silent == given.null_count()
    said = f"combination gives no opinion in the first 30 days: {silent:,} of {given.len():,} transfers"
    assert report.record["opinion"] == {"said": said}
    shown = report.transfers.filter(pl.col(MODEL) > 0)
    assert (shown["risk_score"] >= shown[MODEL] - 1e-6).all()
    first = next(alert for alert in report.alerts if MODEL in alert.typology_scores)
    assert first.typology_scores[MODEL] <= first.risk_score + 1e-6
    assert any("opinion of a model" in match.explanation for match in first.matches)
    assert first.placebo is not None


def test_it_is_the_last_reason_of_an_alert_unless_it_stands_alone(report: RiskReport) -> None:
    alone: list[str] = []
    beside: list[str] = []
    for alert in report.alerts:
        kinds = [match.typology for match in alert.matches]
        assert kinds == sorted(kinds, key=lambda kind: kind == MODEL)
        if MODEL in kinds:
            (alone if set(kinds) == {MODEL} else beside).append(alert.headline.partition(": account")[0])
    assert set(alone) <= {"Opinion of a trained model"}
    assert beside
    assert all(one.endswith(", and the opinion of a trained model") for one in beside)


def test_each_transfer_of_the_evidence_has_its_probability(report: RiskReport) -> None:
    given = dict(report.transfers.select("transaction_id", "probability").iter_rows())
    proof = [one for alert in report.alerts for one in alert.evidence]
    assert [one.probability for one in proof] == [given[one.transaction_id] for one in proof]
    assert {one.probability is None for one in proof} == {True, False}


def test_what_it_raises_holds_nearly_all_of_the_gangs_and_little_else(report: RiskReport) -> None:
    """A small model of few trees: far from right each time, and far above chance."""
    case = bank()
    told = case.graph.time >= case.graph.time[0] + 30 * DAY
    illicit = set(case.graph.transaction_ids(np.flatnonzero(case.illicit & told)))
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


def changed(record: dict[str, Any], **entry: object) -> dict[str, Any]:
    """A record that names another model, with the run id made right again."""
    made: dict[str, Any] = json.loads(json.dumps(record))
    made["deciding"]["model"] |= entry
    return made | {"run_id": _run_id(made["deciding"])}


@pytest.mark.parametrize("entry", [{"name": "../combination"}, {"version": "../1"}, {"version": "9"}])
def test_a_record_cannot_name_a_model_outside_the_folder(
    report: RiskReport, models: Path, entry: dict[str, str]
) -> None:
    with pytest.raises(ArtifactError, match=r"no name of a model|no version"):
        pipeline_of(changed(report.record, **entry), models)
    for absolute in ({"name": str(models / "combination")}, {"version": str(models / "combination" / "1")}):
        with pytest.raises(ArtifactError, match=r"no name of a model|no version"):
            pipeline_of(changed(report.record, **absolute), models)


def test_a_record_that_names_a_model_by_a_number_is_damaged(report: RiskReport, models: Path) -> None:
    for key, value in (("name", 5), ("version", 1), ("sha256", None)):
        with pytest.raises(ParameterError, match=f"damaged: the {key} of a model is {value}, and a text is wanted"):
            pipeline_of(changed(report.record, **{key: value}), models)


@pytest.mark.parametrize("parameters", [{MODEL: {"first_days": 0}}, {"risk": {MODEL: 0.5}}])
def test_what_is_set_of_an_opinion_needs_a_model(
    parameters: dict[str, dict[str, object]], models: Path, tmp_path: Path
) -> None:
    with pytest.raises(ParameterError, match="M01 needs --model"):
        Pipeline(parameters=parameters)
    assert Pipeline(parameters=parameters, model=load_opinion("combination", models)).parameters == parameters
    (name, values), file = *parameters.items(), tmp_path / "mine.toml"
    file.write_text(f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items()))
    assert load_parameters(file) == parameters


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
    silence = made.json["opinion"]["said"]
    assert silence.startswith("combination gives no opinion in the first 30 days: ")
    plain = [one for one in more if one != "--json"]
    said = call(*asked, *plain, "--no-store", "--out", str(tmp_path / "again")).out
    assert silence in " ".join(said.split())
    listed = call("alerts", *store, "--typology", MODEL, "--json")
    alert = call("alert", listed.json["items"][0]["alert_id"], *store, "--json").json
    assert "probability" in call("alert", alert["alert_id"], *store).out
    own = {one["match_id"] for one in alert["matches"] if one["typology"] == MODEL}
    assert own
    assert all(one["probability"] >= LEAST for one in alert["evidence"] if one["match_id"] in own)
    found = from_folder(tmp_path / "out", min(own), "GBP")
    assert all((one.probability or 0) >= LEAST for one in found.evidence)
    checked = call("verify-match", str(tmp_path / "out"), "--all")
    assert checked.status == 0, checked.out
    assert "of it there is no second checker" in checked.out
    shown = call("typologies", MODEL)
    assert "Opinion of a trained model" in shown.out
