"""``moneytrail benchmark`` and ``moneytrail evaluate``, from files to figures."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from moneytrail.artifacts import shipped_models
from tests.e2e.program import call


@pytest.fixture(scope="session")
def banks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("measured") / "bank"
    size = ("--customers", 60, "--days", 50, "--seed", 3, "--gangs", 3, "--typologies", "S01,L03", "--strength", 0)
    call("simulate", *size, "--out", folder, "--json", "-q")
    return folder


def test_models_side_by_side_on_a_simulated_bank(banks: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    wanted = ("--models", "random,rules,iforest", "--budget", "5 a week", "--seeds", 2)
    told = call("benchmark", "--data", banks, *wanted, "--html", page, "--json", "-q").json
    assert [model["name"] for model in told["models"]] == ["random", "rules", "iforest"]
    chance, rules, forest = told["models"]
    assert rules["average_precision"] > chance["average_precision"] > 0
    assert forest["runs"] == 2
    assert forest["memory_mib"] is None or forest["memory_mib"] >= 0
    assert set(forest["seconds"]) == {"tuning", "fit", "score", "total"}
    assert told["case"]["split"]["by"] == "time"
    assert told["case"]["customers"] == 60
    assert told["budget"] == "5 a week"
    assert "4 settings" in told["tuning"]
    text = page.read_text("utf-8")
    assert "<svg" in text
    assert "Alerts by group of customers" in text
    assert "What was run" in text
    assert told["case"]["fingerprint"] in text
    assert f"<td>moneytrail</td><td>{told['versions']['moneytrail']}</td>" in text
    assert {"domestic corridor", "ordinary customers"} <= {group["name"] for group in rules["groups"]}


def test_the_table_for_people(banks: Path) -> None:
    wanted = ("--models", "random", "--budget", "5 a week")
    done = call("benchmark", "--data", banks / "transfers.parquet", *wanted, "-q")
    assert done.status == 0
    assert "random" in done.out
    assert "illicit" in done.out
    assert "Not computed" in done.out
    assert "False alerts of random" in done.out
    assert "Figures that need no labels" not in done.out
    # Sixty customers are too few for the usual budget.
    few = call("benchmark", "--data", banks, "--models", "random", "-q").out
    assert "--budget '3 a week'" in " ".join(few.split())


def test_the_published_protocol_of_amlworld(tmp_path: Path) -> None:
    header = (
        "Timestamp,From Bank,Account,To Bank,Account,Amount Received,Receiving Currency,Amount Paid,Payment Currency,"
        "Payment Format,Is Laundering"
    )
    rows = [
        f"2022/09/{1 + place // 20:02d} 00:{place % 60:02d},1,A{place % 7},2,B{place % 5},1.00,US Dollar,1.00,"
        f"US Dollar,ACH,{int(place % 4 == 0)}"
        for place in range(200)
    ]
    file = tmp_path / "HI-Small_Trans.csv"
    file.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    told = call("benchmark", "--data", file, "--models", "random", "--json", "-q").json
    assert told["case"]["split"]["by"] == "rows"
    assert told["models"][0]["f1"] is not None
    assert told["models"][0]["not_computed"]["attempts_found"] == "the labels name no attempts"
    assert (
        call("benchmark", "--data", file, "--models", "random", "--split", "time", "--json", "-q").json["case"][
            "split"
        ]["by"]
        == "time"
    )


def test_a_saved_model_is_measured_as_it_is(banks: Path) -> None:
    for model in ("iforest", shipped_models() / "hbos" / "1"):
        told = call("evaluate", "--model", model, "--data", banks, "--json", "-q").json
        found = told["models"][0]
        assert found["seconds"]["fit"] == 0
        assert found["average_precision"] is not None


def test_data_without_labels_give_what_needs_none(banks: Path, tmp_path: Path) -> None:
    file = tmp_path / "plain.parquet"
    pl.read_parquet(banks / "transfers.parquet").write_parquet(file)
    told = call(
        "benchmark", "--data", file, "--models", "random,iforest,boosting", "--budget", "5 a week", "--json", "-q"
    ).json
    assert [model["average_precision"] for model in told["models"]] == [None] * 3
    assert told["models"][1]["drift"] is not None
    assert "no labels" in told["models"][2]["not_computed"]["everything"]
    assert told["cases"][0]["agreement"][0]["models"] == ["random", "iforest"]
    assert told["case"]["customers_counted"].endswith(" accounts (no account table)")
    shown = call("benchmark", "--data", file, "--models", "random,iforest", "--budget", "5 a week", "-q").out
    assert "Figures that need no labels" in shown
    assert "Agreement between models" in shown
    assert "accounts (no account table)" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--models", "random"), "either --data FILE, once or more, or --simulate SEEDS"),
        (("--data", "missing.csv", "--models", "random"), "missing.csv: no such file"),
        (("--data", "missing.csv", "--models", "magic"), "no model 'magic'"),
        (("--data", "missing.csv", "--models", "random,random"), "each once"),
        (("--data", "missing.csv", "--models", "random", "--split", "month"), "there are auto, time, rows"),
        (("--data", "missing.csv", "--models", "random", "--budget", "lots"), "--budget 'lots'"),
        (("--data", "missing.csv", "--models", "random", "--population", "half"), "--population half"),
        (("--data", "missing.csv", "--models", "random", "--embargo", "soon"), "--embargo 'soon': wanted is 0, or"),
        (("--data", "missing.csv", "--models", "random", "--html", "nowhere/page.html"), "no folder nowhere"),
        (("--simulate", "x", "--models", "random"), "'x' is no seed"),
        (("--simulate", "²", "--models", "random"), "'²' is no seed"),
        (("--simulate", "9" * 5_000, "--models", "random"), "is no seed"),
        (("--simulate", "1", "--accounts", "a.csv", "--models", "random"), "--accounts goes not with --simulate"),
        (("--data", "a", "--data", "b", "--accounts", "c", "--models", "random"), "--accounts goes with one --data"),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], said: str) -> None:
    assert said in call("benchmark", *arguments, "-q").complaint


def test_a_model_that_is_not_there_is_refused() -> None:
    assert "nothing" in call("evaluate", "--model", "nothing", "--simulate", "1", "-q").complaint
