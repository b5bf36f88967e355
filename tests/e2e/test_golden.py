"""The golden run: a simulated bank with six gangs (seed 11) to alerts.

Results change only on purpose, and then the changelog says so.
"""

from __future__ import annotations

import hashlib
import json
from typing import Final

import numba
import polars as pl
import pytest

from moneytrail.schema import TRANSFER_SCHEMA
from moneytrail.scoring import Pipeline, RiskReport, load_detectors
from moneytrail.simulate import SimulatedBank, simulate

GOLDEN: Final = {
    "bank": "6e8823cda512433d4f75599fbbfa9db37682384097b922176e958a72bdefad78",
    "matches": "40f8b4a5ce84a724ec64d04eeda605cb181f852399adeeb533cbe839f048758c",
    "alerts": "b2fc274a543ea89a30739276be5c5e16e736c8747cb794f5f7227b47228daab3",
}

ADVICE: Final = """the {part} of the golden run changed (hash {found}).
If that is meant: write a line in CHANGELOG.md under "Results may change", and put the new hash into
tests/e2e/test_golden.py. If it is not meant: the first of bank, matches, alerts that changed says where to look."""

SAME_DATA: Final = {"fingerprint": "golden"}
"""The run id is a hash over the data's fingerprint too; a fixed one makes the ids of alerts comparable."""


def digest(frame: pl.DataFrame) -> str:
    """SHA-256 over the rows as JSON lines; times as microseconds, floats as Python writes them."""
    instants = [name for name, dtype in frame.schema.items() if dtype == pl.Datetime]
    rows = frame.with_columns(pl.col(instants).cast(pl.Int64)).iter_rows()
    text = "\n".join(json.dumps(row, default=str, ensure_ascii=False) for row in rows)
    return hashlib.sha256(f"{frame.columns}\n{text}".encode()).hexdigest()


def bank_of(bank: SimulatedBank) -> str:
    return digest(bank.transfers.select(*TRANSFER_SCHEMA))


def matches_of(report: RiskReport) -> str:
    columns = ("match_id", "typology", "subject", "score", "value", "started_at", "ended_at", "detectable_at")
    match = report.matches.select(*columns).sort("match_id")
    evidence = report.evidence.sort("match_id", "transaction_id", "role")
    return hashlib.sha256((digest(match) + digest(evidence)).encode()).hexdigest()


def alerts_of(report: RiskReport) -> str:
    """Everything of the alerts but their ids and their words.

    An alert's id carries the run's id, which changes with every version; the ids of its matches name it as well.
    Alerts of equal risk and value are ranked by id, so here by their matches instead.
    """
    columns = ("risk_score", "value", "reference_currency", "started_at", "ended_at", "detectable_at", "subjects")
    more = ("typologies", "typology_scores", "match_ids", "transfers", "anomaly_iforest", "anomaly_hbos")
    frame = report.alert_frame.with_columns(pl.col("match_ids").list.sort().alias("match_ids"))
    key = pl.col("match_ids").list.join(" ")
    return digest(frame.sort("risk_score", "value", key, descending=[True, True, False]).select(*columns, *more))


@pytest.fixture(scope="module")
def golden_bank() -> SimulatedBank:
    return simulate(200, 45, seed=11, gangs=6)


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(detectors=load_detectors(["iforest", "hbos"]))


@pytest.fixture(scope="module")
def golden_report(golden_bank: SimulatedBank, pipeline: Pipeline) -> RiskReport:
    return pipeline.run(golden_bank.transfers, golden_bank.accounts, source=SAME_DATA)


@pytest.mark.parametrize("part", GOLDEN)
def test_the_golden_run(part: str, golden_bank: SimulatedBank, golden_report: RiskReport) -> None:
    parts = {"bank": bank_of(golden_bank), "matches": matches_of(golden_report), "alerts": alerts_of(golden_report)}
    assert parts[part] == GOLDEN[part], ADVICE.format(part=part, found=parts[part])


def test_the_golden_run_finds_every_typology(golden_report: RiskReport) -> None:
    assert set(golden_report.matches["typology"]) >= {"S01", "L01", "L03", "L04"}
    assert golden_report.alert_frame.height > 5


def test_ranks_follow_risk_then_value(golden_report: RiskReport) -> None:
    ranked = golden_report.alert_frame.sort("rank").select("risk_score", "value").rows()
    assert ranked == sorted(ranked, reverse=True)


def assert_equal(one: RiskReport, other: RiskReport) -> None:
    assert one.run_id == other.run_id
    assert one.alerts == other.alerts
    for name in ("matches", "evidence", "alert_frame"):
        assert getattr(one, name).equals(getattr(other, name)), name


def test_any_number_of_threads_gives_the_same_bits(
    golden_bank: SimulatedBank, golden_report: RiskReport, pipeline: Pipeline
) -> None:
    before = numba.get_num_threads()
    try:
        for threads in range(1, min(4, numba.config.NUMBA_NUM_THREADS) + 1):
            numba.set_num_threads(threads)
            again = pipeline.run(golden_bank.transfers, golden_bank.accounts, source=SAME_DATA)
            assert_equal(again, golden_report)
            assert again.transfers.equals(golden_report.transfers)
    finally:
        numba.set_num_threads(before)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_the_frame_does_not_matter(
    seed: int, golden_bank: SimulatedBank, golden_report: RiskReport, pipeline: Pipeline
) -> None:
    # `row` goes along, so that equal times keep their order.
    shuffled = golden_bank.transfers.sample(fraction=1.0, shuffle=True, seed=seed)
    accounts = golden_bank.accounts.sample(fraction=1.0, shuffle=True, seed=seed)
    report = pipeline.run(shuffled, accounts, source=SAME_DATA)
    assert_equal(report, golden_report)
    assert report.transfers.sort("row").equals(golden_report.transfers.sort("row"))


def test_the_order_of_a_file_matters_for_equal_times_only(golden_bank: SimulatedBank, pipeline: Pipeline) -> None:
    # Rows that are numbered anew after a shuffle: only times that occur once have an order that numbers cannot change.
    apart = golden_bank.transfers.unique("booked_at", keep="first", maintain_order=True)
    shuffled = apart.sample(fraction=1.0, shuffle=True, seed=5)
    renumbered = shuffled.with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64))
    whole, other = (pipeline.run(frame, golden_bank.accounts, source=SAME_DATA) for frame in (apart, renumbered))
    assert whole.alert_frame.height > 5
    assert_equal(other, whole)


def test_other_data_give_another_run_id(golden_bank: SimulatedBank, pipeline: Pipeline) -> None:
    one = pipeline.run(golden_bank.transfers.head(100), golden_bank.accounts).run_id
    again = pipeline.run(golden_bank.transfers.head(100), golden_bank.accounts).run_id
    other = pipeline.run(golden_bank.transfers.head(99), golden_bank.accounts).run_id
    assert one == again != other
