"""``moneytrail motifs``: every shape with its transfers, in a folder that verify-match needs nothing beside."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from moneytrail.matches import MATCH_SCHEMA
from moneytrail.motifs import MOTIFS
from tests.e2e.conftest import BankFiles
from tests.e2e.program import HEADER, Ran, call, contents, run, write_csv

NAMES = tuple(motif.name for motif in MOTIFS)
RING = [
    f"t{n},2025-04-01T1{n}:00:00Z,{debtor},{creditor},{1_000 - n},GBP,credit_transfer"
    for n, (debtor, creditor) in enumerate([("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")])
]


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "ring.csv", RING)


def test_every_match_in_the_folder_is_confirmed(bank: BankFiles) -> None:
    said = call("motifs", bank.parquet, "--accounts", bank.accounts, "--out", "found", "--json", "-q").json
    counts = {entry["id"]: entry["matches"] for entry in said["motifs"]}
    assert tuple(counts) == NAMES
    assert sum(number > 0 for number in counts.values()) >= 9
    matches, evidence = (pl.read_parquet(f"found/{name}.parquet") for name in ("matches", "evidence"))
    assert dict(matches.schema) == MATCH_SCHEMA
    assert dict(matches["typology"].value_counts().iter_rows()) == {k: v for k, v in counts.items() if v}
    assert set(evidence["match_id"]) == set(matches["match_id"])
    checked = call("verify-match", "found", "--all", "--json", "-q").json
    assert (checked["confirmed"], checked["refused"]) == (matches.height, 0)
    record = json.loads(Path("found/motifs.json").read_text("utf-8"))
    assert record["search_id"] == said["search_id"]
    assert record["source"]["files"][0]["name"] == bank.parquet.name
    assert record["rows"] == {"read": bank.rows, "kept": bank.rows, "rejected": 0}


def test_the_json_document_is_verified_as_it_stands(bank: BankFiles, tmp_path: Path) -> None:
    ran = call("motifs", bank.parquet, "--limit", 3, "--json", "-q")
    path = tmp_path / "found.json"
    path.write_text(ran.out, "utf-8")
    listed = [match["typology"] for match in ran.json["matches"]]
    assert all(listed.count(name) <= 3 for name in NAMES)
    checked = call("verify-match", path, "--json", "-q").json
    assert (checked["confirmed"], checked["refused"]) == (len(listed), 0)
    assert all("parameters" not in " ".join(verdict["not_checkable"]) for verdict in checked["verdicts"])


def test_an_altered_folder_is_refused(ring: Path) -> None:
    call("motifs", ring, "--motif", "cycle", "--out", "found", "-q")
    frame = pl.read_parquet("found/evidence.parquet")
    frame.with_columns(creditor_account=pl.lit("x")).write_parquet("found/evidence.parquet")
    ran = call("verify-match", "found", "--all", "-q")
    assert ran.status == 1
    assert "closed: the last transfer is to x" in ran.out


def test_a_ring_is_shown_with_its_sentence(ring: Path) -> None:
    ran = call("motifs", ring, "--motif", "cycle")
    assert ran.status == 0
    assert "Account a sent £10.00 off and was paid back by way of 3 other accounts" in " ".join(ran.out.split())
    assert "motif cycle … done" in ran.err
    assert "fan-in" not in ran.out


def test_the_same_search_has_the_same_id_and_bytes(ring: Path) -> None:
    one, two = (call("motifs", ring, "--out", name, "--json", "-q").json for name in ("one", "two"))
    other = call("motifs", ring, "--set", "cycle.hops=4", "--json", "-q").json
    assert one["search_id"] == two["search_id"] != other["search_id"]
    first, second = contents(Path("one")), contents(Path("two"))
    assert first["matches.parquet"] == second["matches.parquet"]
    assert first["evidence.parquet"] == second["evidence.parquet"]


def test_parameters_decide_and_are_recorded(ring: Path) -> None:
    def cycles(*arguments: object) -> Ran:
        return call("motifs", ring, "--motif", "cycle", *arguments, "--json", "-q")

    assert len(cycles().json["matches"]) == 1
    said = cycles("--set", "cycle.hops=5").json
    assert said["matches"] == []
    assert said["parameters"]["cycle"]["hops"] == 5
    assert len(cycles("--limit", 0).json["matches"]) == 0


def test_a_folder_of_an_earlier_search_is_replaced_and_no_other(ring: Path, tmp_path: Path) -> None:
    assert call("motifs", ring, "--out", "found", "-q").status == 0
    assert call("motifs", ring, "--motif", "cycle", "--out", "found", "-q").status == 0
    assert [entry["id"] for entry in json.loads(Path("found/motifs.json").read_text("utf-8"))["motifs"]] == ["cycle"]
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("mine", "utf-8")
    assert "letter.txt" in call("motifs", ring, "--out", "mine", "-q").complaint
    assert contents(mine) == {"letter.txt": b"mine"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--motif", "star"), "no motif 'star'"),
        (("--motif", ""), "no motif ''"),
        (("--set", "star.hops=3"), "no motif 'star'"),
        (("--set", "cycle.hops=1"), "cycle"),
        (("--set", "cycle.nothing=1"), "has no parameter 'nothing'"),
        (("--set", "cycle.hops"), "NAME.PARAMETER=NUMBER"),
        (("--motif", "chain", "--set", "cycle.hops=4"), "leaves cycle out"),
        (("--out", "."), "ring.csv lies in it"),
        (("--out", "none/found"), "no folder"),
        (("--out", "ring.csv"), "ring.csv"),
        (("--rates", "none.toml"), "none.toml"),
        (("--layout", "none"), "none"),
        (("--accounts", "none.csv"), "no such file"),
    ],
)
def test_what_cannot_be_searched_is_refused(arguments: tuple[str, ...], said: str, ring: Path) -> None:
    assert said in call("motifs", ring, *arguments, "-q").complaint


def test_odd_files(tmp_path: Path) -> None:
    assert call("motifs", "nowhere.csv", "-q").complaint
    empty = write_csv(tmp_path / "empty.csv", [], header=HEADER)
    ran = call("motifs", empty, "--out", "found", "--json", "-q")
    assert ran.status == 2 or ran.json["matches"] == []
    alone = write_csv(tmp_path / "alone.csv", RING[:1])
    assert call("motifs", alone, "--json", "-q").json["matches"] == []


def test_the_program_runs(ring: Path, tmp_path: Path) -> None:
    ran = run("motifs", ring, "--motif", "cycle,chain", "--out", "found", cwd=tmp_path)
    assert ran.status == 0, ran.err
    assert "verify-match found --all" in ran.out
    assert run("verify-match", "found", "--all", cwd=tmp_path).status == 0
