"""``moneytrail score``: from a bank's file to stored alerts, as the issue and the help say it."""

from __future__ import annotations

import json
import math
import os
import sqlite3
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from moneytrail import runs
from moneytrail.errors import StoreError
from moneytrail.graph import TransactionGraph
from moneytrail.loading import load_graph
from moneytrail.rates import ExchangeRates
from moneytrail.risk import shipped_weights
from moneytrail.storage import Store
from moneytrail.typologies import CATALOGUE
from tests.e2e.conftest import EVERYTHING, BankFiles, Scored
from tests.e2e.program import HEADER, call, contents, row, run, score, write_csv

TYPOLOGIES = tuple(entry.id for entry in CATALOGUE)
RAISING = [entry.id for entry in CATALOGUE if entry.alerts_alone]
WITHOUT_ARRIVALS = {"S03", "S12"}
DETECTORS = ("anomaly_iforest", "anomaly_hbos")


def seen(store: Path) -> object:
    """Everything that the store says of its alerts."""
    return call("alerts", "--store", store, "--limit", 500, "--json").json


def test_the_program_prints_one_json_object_and_its_progress_apart(bank: BankFiles, tmp_path: Path) -> None:
    ran = run("score", bank.gz, "--accounts", bank.accounts, "--json", cwd=tmp_path)
    summary = json.loads(ran.out)
    assert ran.status == 0
    assert isinstance(summary, dict)
    assert summary["alerts"] > 0
    assert "read" in ran.err
    assert (tmp_path / "moneytrail.db").is_file()


def test_the_summary_adds_up(bank: BankFiles, scored: Scored) -> None:
    summary = scored.summary
    rows = summary["rows"]
    assert (rows["read"], rows["kept"], rows["rejected"], rows["reasons"]) == (bank.rows, bank.rows, 0, {})
    sums = pl.read_parquet(bank.parquet).group_by(pl.col("currency").cast(pl.String)).agg(pl.col("amount").sum())
    assert {code: totals["kept"] for code, totals in summary["amounts"].items()} == dict(sums.iter_rows())
    assert all(totals["read"] == totals["kept"] + totals["rejected"] for totals in summary["amounts"].values())
    assert set(summary["matches"]) == set(TYPOLOGIES)
    assert all(summary["matches"][typology] > 0 for typology in ("S01", "L01", "L03", "L04"))
    assert set(summary["not_applicable"]) == WITHOUT_ARRIVALS
    assert summary["run_id"].startswith("R-")
    stages = summary["seconds"]
    assert {"read", "graph", "features", "scores", "alerts", "store", "out", "total"} <= set(stages)
    parts = [seconds for stage, seconds in stages.items() if stage != "total"]
    assert all(seconds >= 0 for seconds in parts)
    assert sum(parts) <= stages["total"] + 0.01


def test_accounts_are_those_of_the_transfers(bank: BankFiles, tmp_path: Path) -> None:
    frame = pl.read_parquet(bank.parquet)
    named = pl.concat([frame["debtor_account"], frame["creditor_account"]]).drop_nulls().n_unique()
    assert score(bank.parquet, "--no-store").json["accounts"] == named


def test_every_form_of_the_file_gives_the_same_alerts(bank: BankFiles, tmp_path: Path) -> None:
    frames = []
    for path in (bank.parquet, bank.csv, bank.gz):
        out = tmp_path / path.name
        summary = score(path, "--accounts", bank.accounts, "--no-store", "--out", out).json
        assert summary["rows"]["kept"] == bank.rows
        frames.append(pl.read_parquet(out / "alerts.parquet").sort("match_ids"))
    ours = [name for name in frames[0].columns if name not in ("alert_id", "rank", "within_budget")]
    assert frames[0].height > 0
    assert frames[0].select(ours).equals(frames[1].select(ours))
    assert frames[0].select(ours).equals(frames[2].select(ours))


def test_out_holds_every_input_row_with_every_score_apart(bank: BankFiles, scored: Scored) -> None:
    frame = pl.read_parquet(scored.out / "transfers.parquet")
    assert frame["transaction_id"].to_list() == pl.read_parquet(bank.parquet)["transaction_id"].to_list()
    assert frame["transaction_id"].is_unique().all()
    for name in (*TYPOLOGIES, *DETECTORS, "risk_score"):
        assert frame[name].null_count() == (frame.height if name in WITHOUT_ARRIVALS else 0)
        assert frame[name].is_between(0.0, 1.0).all()
    assert frame["reference_amount"].dtype == pl.Int64


def test_the_risk_score_is_made_of_the_scores_beside_it(scored: Scored) -> None:
    frame = pl.read_parquet(scored.out / "transfers.parquet").filter(pl.col("risk_score") > 0)
    assert frame.height > 100
    for values in frame.select(*TYPOLOGIES, *DETECTORS, "risk_score").iter_rows(named=True):
        anomaly = sum(values[name] for name in DETECTORS) / len(DETECTORS)
        strange = min(max((anomaly - 0.9) / 0.1, 0.0), 1.0)
        calm = math.prod(1.0 - shipped_weights()[name] * (values[name] or 0.0) for name in RAISING)
        calm *= 1.0 - 0.05 * strange
        assert values["risk_score"] == pytest.approx(1.0 - calm, abs=2e-6)


def test_the_evidence_proves_the_matches_and_the_matches_the_alerts(scored: Scored) -> None:
    names = ("transfers", "matches", "evidence", "alerts")
    transfers, matches, evidence, alerts = (pl.read_parquet(scored.out / f"{name}.parquet") for name in names)
    assert evidence.columns == ["match_id", "transaction_id", "role"]
    assert evidence.null_count().sum_horizontal().item() == 0
    assert matches["match_id"].is_unique().all()
    assert set(evidence["match_id"]) == set(matches["match_id"])
    assert set(evidence["transaction_id"]) <= set(transfers["transaction_id"])
    counts = dict(evidence["match_id"].value_counts().iter_rows())
    assert {row["match_id"]: row["transfers"] for row in matches.iter_rows(named=True)} == counts
    raised = set(alerts["match_ids"].explode())
    assert raised <= set(matches["match_id"])
    assert matches.height - len(raised) == scored.summary["matches_that_raised_no_alert"]
    left = matches.filter(~pl.col("match_id").is_in(list(raised)))
    assert ((left["score"] < 0.3) | ~left["typology"].is_in(RAISING)).all()
    assert alerts["rank"].to_list() == list(range(1, alerts.height + 1))
    assert alerts["risk_score"].is_sorted(descending=True)
    assert int(alerts["within_budget"].sum()) == scored.summary["alerts"]
    proven = evidence.join(matches.select("match_id", "typology"), on="match_id")
    for typology in TYPOLOGIES:
        marked = set(transfers.filter(pl.col(typology) > 0)["transaction_id"])
        assert marked == set(proven.filter(pl.col("typology") == typology)["transaction_id"])


def test_the_stored_alerts_are_those_of_the_frames(scored: Scored) -> None:
    frame = pl.read_parquet(scored.out / "alerts.parquet")
    stored = call("alerts", "--store", scored.store, "--sort", "rank", "--limit", 500, "--json").json["items"]
    assert [item["alert_id"] for item in stored] == frame["alert_id"].to_list()
    assert [item["headline"] for item in stored] == frame["headline"].to_list()
    assert [item["value"] for item in stored] == frame["value"].to_list()


def test_a_run_is_repeated_from_its_record(bank: BankFiles, scored: Scored, tmp_path: Path) -> None:
    record = json.loads((scored.out / "run.json").read_text("utf-8"))
    assert record["run_id"] == scored.summary["run_id"]
    again = tmp_path / "again"
    ran = call(
        *("score", bank.parquet, "--accounts", bank.accounts, "--repeat", scored.out / "run.json"),
        *("--no-store", "--out", again, "--json"),
    )
    assert ran.json["run_id"] == record["run_id"]
    for name in ("transfers", "matches", "evidence", "alerts"):
        assert pl.read_parquet(again / f"{name}.parquet").equals(pl.read_parquet(scored.out / f"{name}.parquet"))


def test_other_data_do_not_repeat_a_run(bank: BankFiles, scored: Scored) -> None:
    record = scored.out / "run.json"
    assert "not repeated" in call("score", bank.csv, "--repeat", record, "--no-store", "-q").complaint


def test_a_run_that_was_not_repeated_leaves_store_and_folder_as_they_were(bank: BankFiles, scored: Scored) -> None:
    before, folder = seen(scored.store), contents(scored.out)
    record = scored.out / "run.json"
    ran = call("score", bank.csv, "--repeat", record, "--store", scored.store, "--out", scored.out, "-q")
    assert "not repeated" in ran.complaint
    assert seen(scored.store) == before
    assert contents(scored.out) == folder


@pytest.mark.parametrize(
    "change", [("--alert-budget", "3"), ("--set", "S01.payers=5"), ("--detectors", "none"), ("--rates", "rates.toml")]
)
def test_a_repeated_run_takes_no_parameter_beside_its_record(
    change: tuple[str, str], bank: BankFiles, scored: Scored
) -> None:
    Path("rates.toml").write_text('reference = "GBP"\n[rates]\nEUR = 0.9\nUSD = 0.8\n', "utf-8")
    record = scored.out / "run.json"
    ran = call("score", bank.parquet, "--accounts", bank.accounts, "--repeat", record, "--no-store", "-q", *change)
    assert change[0] in ran.complaint


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"deciding": 1}', '{"run_id": "R-1", "deciding": {"catalogue": ["S01"], "rates": {}}}', "\x00"],
)
def test_a_file_that_is_no_run_record(text: str, bank: BankFiles) -> None:
    Path("run.json").write_text(text, "utf-8")
    assert "run" in call("score", bank.parquet, "--repeat", "run.json", "--no-store", "-q").complaint


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("catalogue", [{"id": "Z99", "parameters": {}}]),
        ("catalogue", [{"id": "S01", "parameters": {"payers": "many"}}]),
        ("detectors", [{"name": "iforest", "version": "99", "sha256": ""}]),
        ("detectors", [{"name": "iforest", "version": "1", "sha256": "0" * 64}]),
        ("rates", {"reference": "XXX", "rates": {}, "source": "", "as_of": ""}),
        ("alert_budget", "many"),
        ("alert_budget", 0),
    ],
)
def test_a_record_with_an_altered_part_is_refused(part: str, value: object, bank: BankFiles, scored: Scored) -> None:
    whole = json.loads((scored.out / "run.json").read_text("utf-8"))
    Path("run.json").write_text(json.dumps(whole | {"deciding": whole["deciding"] | {part: value}}), "utf-8")
    assert call("score", bank.parquet, "--repeat", "run.json", "--no-store", "-q").complaint


def test_the_same_input_twice_changes_nothing_and_keeps_decisions(bank: BankFiles, scored: Scored) -> None:
    with Store.open(scored.store) as store:
        alert_id = json.loads(json.dumps(seen(scored.store)))["items"][0]["alert_id"]
        store.decide(alert_id, "escalated", by="a test")
    before = seen(scored.store)
    files = (bank.parquet, "--accounts", bank.accounts, "--store", scored.store)
    again = call("score", *files, *EVERYTHING, "--json", "-q").json
    assert again["run_id"] == scored.summary["run_id"]
    assert seen(scored.store) == before
    assert call("alert", alert_id, "--store", scored.store, "--json").json["status"] == "escalated"


def test_two_runs_lie_side_by_side(bank: BankFiles, scored: Scored) -> None:
    other = score(bank.parquet, "--accounts", bank.accounts, "--store", scored.store).json
    assert other["run_id"] != scored.summary["run_id"]
    for summary in (scored.summary, other):
        mine = call("alerts", "--run", summary["run_id"], "--store", scored.store, "--limit", 500, "--json").json
        assert {item["run_id"] for item in mine["items"]} == {summary["run_id"]}
        assert len(mine["items"]) == summary["alerts"]


def test_without_ids_the_row_number_is_the_id_over_all_files(tmp_path: Path) -> None:
    header = "Timestamp,From Bank,Account,To Bank,Account,Amount Received,Receiving Currency,Amount Paid,"
    header += "Payment Currency,Payment Format,Is Laundering"
    good = "2022/09/01 00:{:02},1,A{},2,B,10.00,US Dollar,10.00,US Dollar,ACH,0"
    one = write_csv(tmp_path / "one.csv", [good.format(5, 1), "broken", good.format(1, 2)], header=header)
    two = write_csv(tmp_path / "two.csv.gz", [good.format(3, 3)], header=header)
    summary = score(one, two, "--no-store", "--out", "out").json
    assert summary["layout"] == "amlworld"
    assert summary["rows"]["read"] == 4
    frame = pl.read_parquet("out/transfers.parquet")
    assert frame["transaction_id"].to_list() == ["0", "2", "3"]
    assert frame["debtor_account"].to_list() == ["1/A1", "1/A2", "1/A3"]


def test_the_alert_budget_cuts_and_tells(bank: BankFiles, scored: Scored, tmp_path: Path) -> None:
    ran = score(
        bank.parquet, "--accounts", bank.accounts, "--store", "cut.db", "--out", "cut", *EVERYTHING, "--alert-budget", 3
    )
    assert ran.json["alerts"] == 3
    frame = pl.read_parquet("cut/alerts.parquet")
    assert ran.json["alerts_beyond_budget"] == frame.height - 3 > 0
    assert len(call("alerts", "--store", "cut.db", "--json").json["items"]) == 3


def test_alerts_below_the_line_are_kept_and_told(bank: BankFiles, scored: Scored, tmp_path: Path) -> None:
    files = (bank.parquet, "--accounts", bank.accounts, "--store", "line.db", "--out", "line")
    told = score(*files, "--set", "risk.raise_from=0.1").json
    frame = pl.read_parquet("line/alerts.parquet")
    raised = frame.filter(pl.col("risk_score") >= 0.1)
    assert 0 < told["alerts"] == raised.height == frame["within_budget"].sum() < frame.height
    assert told["alerts_below_the_line"] == frame.height - raised.height
    assert told["alerts_beyond_budget"] == 0
    assert told["raise_from"] == 0.1


@pytest.mark.parametrize("budget", ["0", "-1"])
def test_a_budget_below_one_is_refused(budget: str, bank: BankFiles) -> None:
    assert "1 or more" in score(bank.parquet, "--alert-budget", budget).complaint


def test_a_parameter_is_set_and_recorded(bank: BankFiles, tmp_path: Path) -> None:
    counts = {}
    for value in (3, 40):
        out = tmp_path / str(value)
        summary = score(bank.parquet, "--no-store", "--out", out, "--set", f"S01.payers={value}").json
        counts[value] = summary["matches"]["S01"]
        deciding = json.loads((out / "run.json").read_text("utf-8"))["deciding"]
        assert [e["parameters"]["payers"] for e in deciding["catalogue"] if e["id"] == "S01"] == [value]
    assert counts[3] > counts[40]


@pytest.mark.parametrize(
    "pair",
    [
        *("S01", "S01=3", "S01.payers", "S01.payers=", "S01.payers=three", "S01.payers=3.5", "S01.payers=-1"),
        *("S01.payers=nan", "S01.payers=1e400", "S01.payers=inf", "S01.paiers=3", "S99.payers=3", "=3", "payers=3"),
        *("S01.payers=99999999999999999999999", "S01.similar_share=0.12345", "S01.payers=3=4"),
    ],
)
def test_a_parameter_that_is_not_allowed_is_refused(pair: str, bank: BankFiles) -> None:
    assert score(bank.parquet, "--no-store", "--set", pair).complaint


def test_a_currency_for_files_that_state_none(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "sim.csv",
        ["1,a,b,TRANSFER,10.25,2017-01-01T00:00:00Z,False,-1"],
        header="tran_id,orig_acct,bene_acct,tx_type,base_amt,tran_timestamp,is_sar,alert_id",
    )
    assert list(score(path, "--no-store").json["amounts"]) == ["USD"]
    assert score(path, "--no-store", "--currency", "EUR").json["amounts"]["EUR"]["kept"] == 1025
    for wrong in ("eur", "XXX", "", "€"):
        assert score(path, "--no-store", "--currency", wrong).complaint


def test_rates_of_ones_own(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1, currency="EUR", amount=1001)])
    rates = tmp_path / "rates.toml"
    rates.write_text('reference = "GBP"\nsource = "a test"\nas_of = "2025-01-01"\n[rates]\nEUR = 0.5\n', "utf-8")
    score(path, "--no-store", "--out", "out", "--rates", rates).json["run_id"]
    assert pl.read_parquet("out/transfers.parquet")["reference_amount"].to_list() == [501]


@pytest.mark.parametrize(
    "text",
    [
        *("", "not toml", 'reference = "GBP"', "[rates]\nEUR = 1", 'reference = "GBP"\nrates = 3'),
        *(f'reference = "GBP"\n[rates]\nEUR = {value}' for value in ("0", "-1", "nan", "inf", "'x'", "[]", "1e10")),
        *('reference = "GBP"\n[rates]\nXYZ = 1', 'reference = "GBP"\n[rates]\nGBP = 2', "reference = 5\n[rates]"),
    ],
)
def test_rates_that_are_wrong(text: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1)])
    Path("rates.toml").write_text(text, "utf-8")
    assert score(path, "--no-store", "--rates", "rates.toml").complaint


def test_without_detectors_no_anomaly_score_stands_there(bank: BankFiles) -> None:
    score(bank.parquet, "--no-store", "--out", "out").json["run_id"]
    frame = pl.read_parquet("out/transfers.parquet")
    assert not [name for name in frame.columns if name.startswith("anomaly_")]
    assert frame["risk_score"].max() > 0  # type: ignore[operator]


@pytest.mark.parametrize("names", ["nosuch", "iforest,nosuch", "..", "IForest", "pyod:knn", "x" * 300])
def test_a_detector_that_is_not_there(names: str, bank: BankFiles) -> None:
    complaint = score(bank.parquet, "--no-store", "--detectors", names).complaint
    assert complaint == (
        f"--detectors {names.removeprefix('iforest,')}: no fitted detector in models/; there: hbos, iforest; "
        "how to fit others: docs/detectors.md"
    )


def test_a_model_that_is_not_there_or_of_the_other_kind(bank: BankFiles, tmp_path: Path) -> None:
    for option, name, words in (
        ("--model", "nosuch", "no trained model in models/; there: combination; moneytrail train makes others"),
        ("--model", "x" * 300, "no trained model in models/; there: combination; moneytrail train makes others"),
        ("--model", "iforest", "is no trained model; use --detectors iforest"),
        ("--detectors", "combination", "is no fitted detector; use --model combination"),
    ):
        assert score(bank.parquet, "--no-store", option, name).complaint == f"{option} {name}: {words}"


def test_a_damaged_model_is_told_as_such(bank: BankFiles, tmp_path: Path) -> None:
    (tmp_path / "hbos" / "1").mkdir(parents=True)
    complaint = score(bank.parquet, "--no-store", "--detectors", "hbos", "--models", tmp_path).complaint
    assert complaint == "model hbos/1: the manifest is missing or incomplete"


def test_what_is_no_saved_model_is_not_evaluated(bank: BankFiles) -> None:
    assert call("evaluate", "--model", "rules", "--data", bank.parquet).complaint == (
        "no model 'rules' in models/: it holds combination, hbos, iforest; "
        "for one that is not saved use moneytrail benchmark"
    )


def test_a_folder_of_models_that_has_none(bank: BankFiles, tmp_path: Path) -> None:
    assert score(bank.parquet, "--no-store", "--detectors", "hbos", "--models", tmp_path).complaint
    assert score(bank.parquet, "--no-store", "--detectors", "hbos", "--models", tmp_path / "none").complaint


def test_layouts_and_mappings_that_do_not_fit(bank: BankFiles, tmp_path: Path) -> None:
    mapping = tmp_path / "map.toml"
    mapping.write_text('[columns]\nbooked_at = "x"\namount = "y"\ndebtor_account = "z"\n', "utf-8")
    assert "moneytrail, amlworld" in score(bank.csv, "--no-store", "--layout", "nosuch").complaint
    assert "tran_id" in score(bank.csv, "--no-store", "--layout", "amlsim").complaint
    assert "--mapping" in score(bank.csv, "--no-store", "--layout", "amlsim", "--mapping", mapping).complaint
    assert score(bank.csv, "--no-store", "--mapping", mapping).complaint
    assert score(bank.csv, "--no-store", "--mapping", tmp_path / "none.toml").complaint
    assert score(bank.csv, "--no-store", "--mapping", tmp_path).complaint


def test_a_mapping_reads_a_file_of_ones_own(tmp_path: Path) -> None:
    mapping, path = tmp_path / "map.toml", tmp_path / "x.csv"
    mapping.write_text(
        '[file]\nseparator = ";"\n[columns]\nbooked_at = "Day"\ndebtor_account = "From"\ncreditor_account = "To"\n'
        'amount = "Sum"\n[time]\nformats = "%d.%m.%Y"\n[amount]\ncurrency = "EUR"\ndecimal = ","\nthousands = "."\n',
        "utf-8",
    )
    write_csv(path, ["31.12.2024;a;b;1.234,50", "1.1.2025;b;c;x"], header="Day;From;To;Sum")
    summary = score(path, "--mapping", mapping, "--no-store").json
    assert summary["amounts"]["EUR"]["kept"] == 123_450
    assert summary["rows"]["reasons"] == {"amount_not_a_number": 1}


def test_no_store_writes_none(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1)])
    assert score(path, "--no-store").json["store"] is None
    assert [child.name for child in tmp_path.iterdir()] == ["t.csv"]


def test_the_ledger_is_kept_and_gives_the_graph_that_was_scored(bank: BankFiles, scored: Scored) -> None:
    told = scored.summary["ledger"]
    held = pl.read_parquet(bank.accounts).height
    assert (told["kept"], told["why"], told["transfers"], told["accounts"]) == (True, None, bank.rows, held)
    with Store.open(scored.store) as store:
        summary, back = store.ledger_summary(scored.summary["run_id"]), store.ledger(scored.summary["run_id"])
    assert summary is not None
    assert (summary.fingerprint, summary.bytes) == (told["fingerprint"], told["bytes"])
    inputs = runs.Inputs([bank.csv], accounts=bank.accounts)
    wanted = load_graph(inputs, ExchangeRates.load(), lambda *_: None).graph
    found = TransactionGraph.from_frame(back.transfers, back.rates, back.accounts)
    for name in ("debtor", "creditor", "amount", "time", "order", "links"):
        assert np.array_equal(getattr(found, name), getattr(wanted, name)), name
    assert found.names.equals(wanted.names)
    assert found.register.equals(wanted.register)


def ledgers(store: Path) -> int:
    connection = sqlite3.connect(store)
    number = connection.execute("SELECT count(*) FROM ledgers").fetchone()[0]
    connection.close()
    return int(number)


def test_every_form_of_the_file_has_one_ledger(bank: BankFiles, scored: Scored) -> None:
    for path in (bank.csv, bank.gz):
        again = score(path, "--accounts", bank.accounts, "--store", scored.store).json
        assert again["run_id"] != scored.summary["run_id"]
        assert again["ledger"] == scored.summary["ledger"]
    assert ledgers(scored.store) == 1
    without = score(bank.csv, "--store", scored.store).json["ledger"]
    assert without["accounts"] is None
    assert without["fingerprint"] != scored.summary["ledger"]["fingerprint"]
    assert ledgers(scored.store) == 2


def test_a_ledger_that_was_not_kept_is_kept_by_scoring_again(bank: BankFiles, tmp_path: Path) -> None:
    files = (bank.parquet, "--accounts", bank.accounts, "--store", "s.db")
    first = score(*files, "--no-keep-ledger").json
    why = "--no-keep-ledger was given"
    nothing = {"kept": False, "why": why, "fingerprint": None, "transfers": 0, "accounts": None, "bytes": 0}
    assert first["ledger"] == nothing
    with Store.open("s.db") as store, pytest.raises(StoreError, match="--keep-ledger"):
        store.ledger(first["run_id"])
    before = seen(Path("s.db"))
    again = score(*files, "--keep-ledger").json
    assert again["run_id"] == first["run_id"]
    assert again["ledger"]["kept"]
    assert seen(Path("s.db")) == before
    # What is there stays there, and the summary says what is there.
    assert score(*files, "--no-keep-ledger").json["ledger"] == again["ledger"]


def test_a_large_ledger_is_kept_only_when_asked_for(
    bank: BankFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "LEDGER_KEPT_UP_TO", bank.rows)
    assert score(bank.parquet, "--store", "at.db").json["ledger"]["kept"]
    monkeypatch.setattr(runs, "LEDGER_KEPT_UP_TO", bank.rows - 1)
    ran = call("score", bank.parquet, "--store", "above.db", "--detectors", "none", "--placebo", 0, "-q")
    assert (
        f"Ledger: not kept: {bank.rows:,} transfers are more than the {bank.rows - 1:,} that are kept unasked; "
        "--keep-ledger keeps them."
    ) in ran.out
    asked = call("score", bank.parquet, "--store", "above.db", "--detectors", "none", "--placebo", 0, "--keep-ledger")
    assert f"Ledger: kept in the store: {bank.rows:,} transfers; " in asked.out


def test_the_help_says_up_to_where_a_ledger_is_kept() -> None:
    assert f"{runs.LEDGER_KEPT_UP_TO:,} transfers" in " ".join(call("score", "--help").out.split())


def test_without_a_store_no_ledger_is_kept(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1)])
    told = score(path, "--no-store").json["ledger"]
    assert (told["kept"], told["why"]) == (False, "no store is written")
    assert "--keep-ledger" in score(path, "--no-store", "--keep-ledger").complaint


def test_the_ledger_holds_what_was_kept_of_the_file(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1), row(2, amount="x"), row(3, debtor="")])
    told = score(path, "--store", "s.db").json
    with Store.open("s.db") as store:
        back = store.ledger(told["run_id"])
    assert back.transfers["transaction_id"].to_list() == ["t1", "t3"]
    assert back.transfers["debtor_account"].to_list() == ["a", None]
    assert told["ledger"]["transfers"] == 2


def test_rejected_rows_are_kept_aside_with_everything_that_is_known(tmp_path: Path) -> None:
    good = [row(at) for at in range(3)]
    path = write_csv(tmp_path / "t.csv", [*good, row(8, amount="x"), row(9, currency="ZZZ"), "a,b"])
    summary = score(path, "--no-store", "--rejected", "bad.csv", "--out", "out").json
    rows = summary["rows"]
    assert (rows["read"], rows["kept"], rows["rejected"]) == (6, 3, 3)
    assert rows["reasons"] == {"amount_not_a_number": 1, "currency_unknown": 1, "wrong_field_count": 1}
    bad = pl.read_csv("bad.csv")
    assert bad.columns == ["file", "line", "row", "field", "value", "reason"]
    assert bad.select("line", "row", "field", "value", "reason").rows() == [
        (5, 3, "amount", "x", "amount_not_a_number"),
        (6, 4, "currency", "ZZZ", "currency_unknown"),
        (7, 5, None, "a,b", "wrong_field_count"),
    ]
    assert set(bad["file"]) == {str(path)}
    assert pl.read_parquet("out/rejected.parquet").equals(bad)
    assert [example["line"] for example in summary["rejected_examples"]] == [5, 6, 7]
    assert summary["amounts"]["GBP"] == {"read": 3000, "kept": 3000, "rejected": 0}


def test_amounts_of_rejected_rows_reconcile(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1), row(1, amount=700), row(2, debtor="", creditor="", amount=50)])
    summary = score(path, "--no-store").json
    assert summary["rows"]["reasons"] == {"both_accounts_absent": 1, "duplicate_transaction_id": 1}
    assert summary["amounts"] == {"GBP": {"read": 1750, "kept": 1000, "rejected": 750}}


def test_rejected_account_rows_are_counted_too(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1)])
    accounts = write_csv(tmp_path / "accounts.csv", ["a,personal", "b,nonsense", "a,personal"], header="account,kind")
    summary = score(path, "--no-store", "--accounts", accounts, "--out", "out").json
    assert summary["rows"]["rejected"] == 0
    assert "kind_unknown" in json.dumps(summary)
    assert "duplicate_account" in json.dumps(summary)


def test_places_that_cannot_be_written_are_told_before_the_work(bank: BankFiles, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x", "utf-8")
    for arguments in (
        ("--rejected", blocked / "bad.csv"),
        ("--rejected", tmp_path / "missing" / "bad.csv"),
        ("--rejected", tmp_path),
        ("--out", blocked),
        ("--out", blocked / "out"),
        ("--store", tmp_path / "missing" / "store.db"),
        ("--store", tmp_path),
        ("--store", "mysql://x/y"),
        ("--store", "sqlite://"),
    ):
        rest = () if "--store" in arguments else ("--no-store",)
        assert score(bank.parquet, *arguments, *rest).complaint
    assert blocked.read_text("utf-8") == "x"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="nobody may write into /proc, where there is one")
def test_what_only_writing_can_tell_is_tried_before_the_work(
    bank: BankFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a run of an hour ends with an error about a file that nobody has named."""
    monkeypatch.setattr(runs, "read", lambda *_, **__: pytest.fail("the work began"))
    nowhere = Path("/proc/moneytrail")
    for option in ("--out", "--rejected", "--store"):
        rest = () if option == "--store" else ("--no-store",)
        complaint = score(bank.parquet, option, nowhere, *rest).complaint
        assert complaint.startswith(f"{option} {nowhere}: cannot be written: ")
    long = tmp_path / ("x" * 250)
    assert score(bank.parquet, "--out", long, "--no-store").complaint == (
        f"--out {long}: cannot be written: File name too long"
    )
    assert "is a mount point" in score(bank.parquet, "--out", "/proc", "--no-store").complaint
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    assert (
        score(bank.parquet, "--out", out, "--no-store").complaint
        == f"--out {out}: cannot be written: permission denied"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_settings_from_the_environment(bank: BankFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONEYTRAIL_STORE", "elsewhere.db")
    monkeypatch.setenv("MONEYTRAIL_ALERT_BUDGET", "2")
    summary = score(bank.parquet, "--accounts", bank.accounts, *EVERYTHING).json
    assert summary["alerts"] == 2
    assert summary["store"].endswith("elsewhere.db")
    assert Path("elsewhere.db").is_file()
    assert len(call("alerts", "--json").json["items"]) == 2
    assert score(bank.parquet, "--alert-budget", 1, "--no-store").json["alerts"] == 1


@pytest.mark.parametrize("value", ["0", "-3", "many", "", "1.5"])
def test_a_setting_that_is_not_allowed_is_one_line(
    value: str, bank: BankFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONEYTRAIL_ALERT_BUDGET", value)
    assert "MONEYTRAIL_ALERT_BUDGET" in score(bank.parquet, "--no-store").complaint


def test_an_empty_store_setting_is_not_taken_as_no_store(bank: BankFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONEYTRAIL_STORE", "")
    assert score(bank.parquet).complaint


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1)])
    ran = score(path, "--store", "postgresql://user:s3cret@127.0.0.1:1/none")
    assert "s3cret" not in ran.err + ran.out
    assert ran.complaint


def test_the_summary_for_people(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t[1].csv", [row(1), row(2, amount="[bold]x")])
    ran = call("score", path, "--detectors", "none", "--store", "s.db", "--out", "out")
    assert ran.status == 0
    for words in ("2 rows read, 1 kept, 1 rejected", "line 3", "[bold]x", "t[1].csv", "Alerts: 0", "s.db"):
        assert words in ran.out
    assert HEADER not in ran.out
