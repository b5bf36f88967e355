"""The pipeline as a whole: repeatable, causal, the same for any threads, every score apart."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import numba
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from moneytrail import features
from moneytrail.errors import ArtifactError, InputError, ParameterError
from moneytrail.graph import TransactionGraph
from moneytrail.model_folder import shipped_models
from moneytrail.rates import ExchangeRates
from moneytrail.risk import shipped_weights
from moneytrail.schema import TRANSFER_SCHEMA
from moneytrail.scoring import Pipeline, RiskReport, _run_id, load_detectors, pipeline_of, warm_up
from moneytrail.simulate import SimulatedBank, simulate
from moneytrail.typologies import CATALOGUE


@cache
def bank() -> SimulatedBank:
    return simulate(customers=300, days=60, seed=3, gangs=4, typologies=tuple(entry.id for entry in CATALOGUE))


@cache
def report() -> RiskReport:
    pipeline = Pipeline(alert_budget=5, detectors=load_detectors(["iforest", "hbos"]))
    return pipeline.run(bank().transfers, bank().accounts)


def test_every_transfer_comes_back_with_every_score_apart() -> None:
    scored = report().transfers
    assert_frame_equal(scored.select(*TRANSFER_SCHEMA), bank().transfers.select(*TRANSFER_SCHEMA))
    for name in [entry.id for entry in CATALOGUE] + ["anomaly_iforest", "anomaly_hbos", "risk_score"]:
        assert scored[name].is_between(0, 1).all(), name


def test_a_transfer_has_the_best_score_of_the_matches_that_it_proves() -> None:
    best: dict[tuple[str, str], float] = {}
    score = {row["match_id"]: (row["typology"], row["score"]) for row in report().matches.iter_rows(named=True)}
    for row in report().evidence.iter_rows(named=True):
        typology, value = score[row["match_id"]]
        key = (row["transaction_id"], typology)
        best[key] = max(best.get(key, 0.0), value)
    assert best
    missing = not_applicable()
    for row in report().transfers.iter_rows(named=True):
        for entry in CATALOGUE:
            wanted = best.get((row["transaction_id"], entry.id), 0.0)
            assert row[entry.id] == (None if entry.id in missing else wanted)


def not_applicable() -> set[str]:
    return {entry["id"] for entry in report().record["deciding"]["catalogue"] if entry["not_applicable"]}


def test_the_combined_score_is_what_it_says() -> None:
    scored = report().transfers
    calm = np.ones(scored.height)
    for entry in CATALOGUE:
        if entry.alerts_alone:
            calm *= 1 - shipped_weights()[entry.id] * scored[entry.id].fill_null(0.0).to_numpy()
    mean = (scored["anomaly_iforest"].to_numpy() + scored["anomaly_hbos"].to_numpy()) / 2
    calm *= 1 - 0.05 * np.clip((mean - 0.9) / 0.1, 0, 1)
    assert np.abs(scored["risk_score"].to_numpy() - (1 - calm)).max() < 1e-5


def test_the_run_id_changes_with_what_decides_and_with_nothing_else() -> None:
    again = Pipeline(alert_budget=5, detectors=load_detectors(["iforest", "hbos"])).run(
        bank().transfers, bank().accounts
    )
    assert again.run_id == report().run_id
    assert_frame_equal(again.alert_frame, report().alert_frame)
    detectors = load_detectors(["iforest", "hbos"])
    dearer = {**ExchangeRates.load().rates, "EUR": Decimal("0.9")}
    others = [
        Pipeline(alert_budget=6, detectors=detectors),
        Pipeline(alert_budget=5, detectors=detectors[:1]),
        Pipeline(alert_budget=5, detectors=detectors, parameters={"S01": {"payers": 9}}),
        Pipeline(replace(ExchangeRates.load(), rates=dearer), 5, {}, detectors),
    ]
    ids = {pipeline.run(bank().transfers, bank().accounts).run_id for pipeline in others}
    ids.add(Pipeline(alert_budget=5, detectors=detectors).run(bank().transfers.head(100)).run_id)
    assert len(ids | {report().run_id}) == 6


def test_a_changed_record_is_refused(tmp_path: Path) -> None:
    report().write(tmp_path / "out")
    record = json.loads((tmp_path / "out/run.json").read_text())
    record["deciding"]["risk"]["anomaly_weight"] = 0.2
    with pytest.raises(ParameterError, match="the run record was changed"):
        pipeline_of(record)


def test_the_record_repeats_the_run(tmp_path: Path) -> None:
    report().write(tmp_path / "out")
    record = json.loads((tmp_path / "out/run.json").read_text())
    again = pipeline_of(record).run(bank().transfers, bank().accounts)
    assert again.run_id == report().run_id
    assert_frame_equal(again.matches, report().matches)
    del record["deciding"]["rates"]
    with pytest.raises(ParameterError, match="incomplete or damaged: 'rates'"):
        pipeline_of(record)


@pytest.mark.parametrize(
    ("entry", "error", "said"),
    [
        ({"name": "../x"}, ArtifactError, "'../x' is no name of a model: it leads to another folder"),
        ({"name": str(shipped_models() / "iforest")}, ArtifactError, "is no name of a model"),
        ({"version": "../../iforest/1"}, ArtifactError, "no version '../../iforest/1' of model 'iforest'"),
        ({"version": str(shipped_models() / "iforest" / "1")}, ArtifactError, "no version '/"),
        ({"name": 5}, ParameterError, "damaged: the name of a model is 5, and a text is wanted"),
        ({"version": 1}, ParameterError, "damaged: the version of a model is 1, and a text is wanted"),
    ],
)
def test_a_record_names_detectors_in_the_folder_of_models_alone(
    entry: dict[str, object], error: type[Exception], said: str
) -> None:
    record = json.loads(json.dumps(report().record))
    record["deciding"]["detectors"][0] |= entry
    record["run_id"] = _run_id(record["deciding"])
    with pytest.raises(error, match=re.escape(said)) as refused:
        pipeline_of(record)
    assert "\n" not in str(refused.value)


def test_one_thread_gives_the_same_bits_as_many() -> None:
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        single = Pipeline(alert_budget=5, detectors=load_detectors(["iforest", "hbos"])).run(
            bank().transfers, bank().accounts
        )
    finally:
        numba.set_num_threads(before)
    assert_frame_equal(single.transfers, report().transfers)
    assert_frame_equal(single.alert_frame, report().alert_frame)


def test_features_of_a_transfer_do_not_depend_on_what_follows() -> None:
    rates = ExchangeRates.load()
    whole = features.compute(TransactionGraph.from_frame(bank().transfers, rates, bank().accounts))
    for cut in (1, 1000, bank().transfers.height // 2):
        head = TransactionGraph.from_frame(bank().transfers.head(cut), rates, bank().accounts)
        assert np.array_equal(features.compute(head), whole[:cut])


def test_a_match_is_found_in_the_data_up_to_its_detection() -> None:
    """`detectable_at` is honest: the transfers up to that moment already hold the gate."""
    rows = report().matches.sort("match_id").head(12)
    assert rows.height == 12
    for row in rows.iter_rows(named=True):
        known = bank().transfers.filter(pl.col("booked_at") <= row["detectable_at"])
        graph = TransactionGraph.from_frame(known, ExchangeRates.load(), bank().accounts)
        entry = next(entry for entry in CATALOGUE if entry.id == row["typology"])
        assert row["subject"] in entry.find(graph).match["subject"].to_list()


def test_labels_do_not_reach_a_score() -> None:
    labelled = bank().transfers.with_columns(label_illicit=pl.col("row") % 2 == 0, label_typology=pl.lit("S01"))
    scored = Pipeline(alert_budget=5).run(labelled, bank().accounts)
    plain = Pipeline(alert_budget=5).run(bank().transfers, bank().accounts)
    names = [entry.id for entry in CATALOGUE] + ["risk_score"]
    assert_frame_equal(scored.transfers.select(names), plain.transfers.select(names))


def test_a_typology_that_the_data_cannot_show_is_named_and_null() -> None:
    silent = bank().transfers.with_columns(channel=pl.lit("unknown").cast(TRANSFER_SCHEMA["channel"]))
    scored = Pipeline().run(silent)
    (entry,) = [entry for entry in scored.record["deciding"]["catalogue"] if entry["id"] == "L01"]
    assert "needs cash or wire credits" in entry["not_applicable"]
    assert scored.transfers["L01"].null_count() == silent.height


def test_planted_gangs_stand_in_the_alerts() -> None:
    """Not a bar on quality, a guard against silence: most naive attempts are in matches of their typology."""
    proof = report().evidence.join(report().matches.select("match_id", "typology"), on="match_id")
    proven = set(proof.select("typology", "transaction_id").iter_rows())
    naive = bank().truth_attempts.filter(pl.col("strength") == "naive").select("attempt")
    attempts = bank().truth_transfers.join(naive, on="attempt").group_by("attempt", "typology").agg("transaction_id")
    assert attempts["typology"].n_unique() >= 5
    found = sum(
        sum((typology, one) in proven for one in ids) * 2 >= len(ids) for _, typology, ids in attempts.iter_rows()
    )
    assert found >= 0.7 * attempts.height


def test_what_is_wrong_is_refused() -> None:
    with pytest.raises(ParameterError, match="alert_budget = 0"):
        Pipeline(alert_budget=0)
    with pytest.raises(ParameterError, match="no typology 'X99'"):
        Pipeline(parameters={"X99": {}})
    with pytest.raises(InputError, match="lacks the column"):
        Pipeline().run(bank().transfers.drop("amount"))


def test_an_empty_table_is_a_run() -> None:
    empty = Pipeline(detectors=load_detectors(["iforest", "hbos"])).run(bank().transfers.clear())
    assert empty.transfers.height == 0
    assert empty.alerts == ()
    assert set(report().transfers.columns) == set(empty.transfers.columns)


def test_warm_up_compiles_every_kernel() -> None:
    assert {"graph", "features", "read"} < set(warm_up())
    if numba.config.DISABLE_JIT:
        pytest.skip("nothing is compiled in this mode")
    from moneytrail.kernels import activity, fans, ordering, pass_through, records, relations, structuring

    for module in (activity, fans, ordering, pass_through, records, relations, structuring):
        for name, kernel in vars(module).items():
            if isinstance(kernel, numba.core.dispatcher.Dispatcher) and kernel.targetoptions.get("parallel"):
                assert kernel.signatures, f"{module.__name__}.{name} was not compiled"
