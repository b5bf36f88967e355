"""``moneytrail verify-match``: every match of a run is confirmed from its transfers, and an altered one refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from moneytrail.verify.rule import Rule
from moneytrail.verify.typologies import TYPOLOGY_RULES
from tests.e2e.conftest import Scored
from tests.e2e.program import Ran, call, run


def judged(ran: Ran) -> Any:
    """The JSON document, whatever the verdicts."""
    assert ran.status in (0, 1), ran.err
    return json.loads(ran.out)


def rewrite(path: Path, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    change(pl.read_parquet(path)).write_parquet(path)


def test_every_match_of_a_run_is_confirmed(scored: Scored) -> None:
    said = call("verify-match", scored.out, "--all", "--json", "-q").json
    assert said["confirmed"] == sum(scored.summary["matches"].values()) > 20
    assert said["refused"] == 0
    assert {verdict["match_id"].split("-")[0] for verdict in said["verdicts"]} >= set(TYPOLOGY_RULES)
    for verdict in said["verdicts"]:
        assert all(check["held"] for check in verdict["checks"])
        assert verdict["not_checkable"]


def test_single_matches_are_named(scored: Scored) -> None:
    ids = pl.read_parquet(scored.out / "matches.parquet")["match_id"].to_list()[:2]
    ran = call("verify-match", scored.out, *ids, "-q")
    assert ran.status == 0
    assert ran.err == ""
    for match_id in ids:
        assert f"{match_id} confirmed" in ran.out
    assert "2 confirmed, 0 refused." in ran.out
    assert "Not checkable from the evidence" in ran.out


def test_the_parameters_are_those_of_the_run(bank: Any, tmp_path: Path) -> None:
    arguments = ("score", bank.parquet, "--accounts", bank.accounts, "--detectors", "none", "--no-store", "-q")
    call(*arguments, "--set", "S01.payers=4", "--set", "L03.quick_minutes=90", "--out", "results")
    said = call("verify-match", "results", "--all", "--json", "-q").json
    assert said["refused"] == 0
    (Path("results") / "run.json").unlink()
    said = judged(call("verify-match", "results", "--all", "--json", "-q"))
    assert said["refused"] > 0
    assert any("defaults" in sentence for verdict in said["verdicts"] for sentence in verdict["not_checkable"])


def test_an_altered_match_is_refused_with_the_check_and_both_values(scored: Scored) -> None:
    matches = pl.read_parquet(scored.out / "matches.parquet")
    wanted = matches.filter(pl.col("typology") == "S01").row(0, named=True)
    inflated = wanted["value"] + 100_00
    changed = pl.when(pl.col("match_id") == wanted["match_id"]).then(inflated).otherwise(pl.col("value"))
    rewrite(scored.out / "matches.parquet", lambda frame: frame.with_columns(value=changed))
    ran = call("verify-match", scored.out, wanted["match_id"], "-q")
    assert ran.status == 1
    (line,) = [line for line in ran.out.splitlines() if line.startswith(wanted["match_id"])]
    assert line.endswith(f"refused: value: claimed {inflated:,}, the transfers show {wanted['value']:,}")
    assert ran.err == ""
    said = judged(call("verify-match", scored.out, "--all", "--json", "-q"))
    assert said["refused"] == 1


def test_altered_transfers_are_refused(scored: Scored) -> None:
    evidence = pl.read_parquet(scored.out / "evidence.parquet")
    first = evidence["transaction_id"][0]
    double = pl.when(pl.col("transaction_id") == first).then(pl.col("reference_amount") * 2 + 1)
    rewrite(
        scored.out / "transfers.parquet",
        lambda frame: frame.with_columns(reference_amount=double.otherwise(pl.col("reference_amount"))),
    )
    said = judged(call("verify-match", scored.out, "--all", "--json", "-q"))
    assert said["refused"] >= 1


def test_a_match_in_a_json_file(scored: Scored, tmp_path: Path) -> None:
    frame = pl.read_parquet(scored.out / "matches.parquet").filter(pl.col("typology") == "L04").head(1)
    match = frame.to_dicts()[0]
    evidence = pl.read_parquet(scored.out / "evidence.parquet").filter(pl.col("match_id") == match["match_id"])
    transfers = pl.read_parquet(scored.out / "transfers.parquet")
    match["evidence"] = evidence.join(transfers, on="transaction_id", how="left", maintain_order="left").to_dicts()
    path = tmp_path / "match.json"
    path.write_text(json.dumps(match, default=str), "utf-8")
    ran = call("verify-match", path, "-q")
    assert (ran.status, ran.err) == (0, "")
    assert "defaults" in ran.out
    match["evidence"].pop()
    path.write_text(json.dumps(match, default=str), "utf-8")
    assert call("verify-match", path, "-q").status == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("nowhere",),
        ("nowhere", "--all"),
        (".", "--all"),
        ("file.txt",),
        ("results",),
        ("results", "S01-0"),
        ("results", "--all", "x"),
    ],
)
def test_places_that_cannot_be_read(arguments: tuple[str, ...], scored: Scored, tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("no match", "utf-8")
    shutil.copytree(scored.out, tmp_path / "results")
    assert call("verify-match", *arguments, "-q").complaint


def test_the_program_ends_with_1_when_a_match_is_refused(scored: Scored, tmp_path: Path) -> None:
    rewrite(scored.out / "matches.parquet", lambda frame: frame.with_columns(score=pl.lit(0.99)))
    ran = run("verify-match", scored.out, "--all", cwd=tmp_path)
    assert ran.status == 1
    assert "refused" in ran.out
    assert "verify … done" in ran.err


def test_every_rule_says_what_cannot_be_seen() -> None:
    rule: Rule
    for rule in TYPOLOGY_RULES.values():
        assert rule.unseen
