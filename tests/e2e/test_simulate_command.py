"""``moneytrail simulate``: every option does what its help says, and what cannot be made is refused in one line."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.e2e.program import Ran, call, contents, run

SIZE = ("--customers", 60, "--days", 20, "--seed", 3)
STAGES = ("people", "gangs", "transfers", "accounts and truth")
COUNTS = {
    *("transfers", "illicit", "accounts", "gangs", "out"),
    *("attempts", "naive_attempts", "careful_attempts", "incomplete_attempts"),
}


def simulate(*options: object, out: str = "bank") -> Ran:
    """A small bank, in this process, with its counts as JSON."""
    return call("simulate", *SIZE, *options, "--out", out, "--json", "-q")


def table(name: str, out: str = "bank") -> pl.DataFrame:
    return pl.read_parquet(Path(out) / f"{name}.parquet")


def test_the_program_prints_one_object_and_its_stages_apart(tmp_path: Path) -> None:
    ran = run("simulate", *SIZE, "--out", "bank", "--json", cwd=tmp_path)
    assert ran.status == 0
    assert ran.err.splitlines() == [f"  {stage} … done" for stage in STAGES]
    said = json.loads(ran.out.splitlines()[-1])
    assert set(said) == COUNTS
    assert said["transfers"] == table("transfers").height > 0
    assert said["illicit"] == table("truth/transfers").height > 0
    assert said["accounts"] == table("accounts").height
    assert sum(said[f"{name}_attempts"] for name in ("naive", "careful", "incomplete")) == said["attempts"]
    record = json.loads(Path("bank/simulation.json").read_text("utf-8"))
    assert {name: said[name] for name in COUNTS - {"out"}}.items() <= record.items()


def test_quiet_is_silent_and_a_person_gets_a_table_and_a_proposal() -> None:
    ran = call("simulate", *SIZE, "--out", "bank", "-q")
    assert (ran.status, ran.err) == (0, "")
    assert f"{table('transfers').height:,}" in ran.out
    proposal = "Score it: moneytrail score bank/transfers.parquet --accounts bank/accounts.parquet"
    assert ran.out.splitlines()[-1] == proposal


def test_strength_goes_from_naive_to_careful() -> None:
    told = {strength: simulate("--gangs", 3, "--strength", strength, out=f"bank{strength}").json for strength in (0, 1)}
    assert told[0]["careful_attempts"] == 0 < told[0]["naive_attempts"]
    assert told[1]["naive_attempts"] == 0 < told[1]["careful_attempts"]


def test_no_gangs_leave_nothing_illicit() -> None:
    said = simulate("--gangs", 0).json
    assert (said["gangs"], said["illicit"], said["attempts"]) == (0, 0, 0)


@pytest.mark.parametrize("wanted", ["S01", "S01, l03"])
def test_every_gang_does_the_typologies_that_are_named(wanted: str) -> None:
    assert simulate("--gangs", 3, "--typologies", wanted).json["illicit"] > 0
    named = {name.strip().upper() for name in wanted.split(",")}
    assert set(table("truth/attempts")["typology"]) <= named


def test_a_typology_that_no_gang_came_to_is_told() -> None:
    ran = call("simulate", *SIZE, "--gangs", 2, "--typologies", "L03", "--out", "bank")
    assert ran.status == 0
    assert ran.err.splitlines()[-1].startswith("No gang came to L03: ")
    ran = call("simulate", *SIZE, "--gangs", 3, "--typologies", "S01,L03", "--out", "other")
    assert ran.err.splitlines()[-1] == f"  {STAGES[-1]} … done"
    assert call("simulate", *SIZE, "--gangs", 0, "--typologies", "L03", "--out", "none", "-q").err == ""


def test_dirt_is_as_much_as_is_asked_for() -> None:
    soiled = {}
    for dirt in (0, 1, 5):
        assert simulate("--dirt", dirt, out=f"bank{dirt}").status == 0
        soiled[dirt] = table("truth/dirt", f"bank{dirt}").height
    assert soiled[0] == 0 < soiled[1] < soiled[5]


def test_threads_do_not_change_a_byte() -> None:
    sizes = ("--customers", 60, "--days", 70, "--json", "-q")
    for threads in (1, 2, 5):
        assert call("simulate", *sizes, "--threads", threads, "--out", str(threads)).status == 0
    assert contents(Path("1")) == contents(Path("2")) == contents(Path("5"))


@pytest.mark.parametrize("start", ["2024-02-29", "20230115"])
def test_the_first_day_is_the_one_that_is_named(start: str) -> None:
    assert simulate("--start", start).status == 0
    first = date.fromisoformat(start)
    days = table("arrivals")["day"]
    assert (days[0], days.len()) == (first, 20)
    assert table("transfers")["booked_at"].dt.date().min() == first


def test_the_page_says_what_was_made() -> None:
    said = simulate().json
    ran = call("simulate", *SIZE, "--out", "bank", "--describe", "-q")
    lines = ran.out.splitlines()
    assert ran.err == ""
    assert any(f"{said['transfers']:,}" in line for line in lines)
    assert any("no source" in line for line in lines)
    assert lines[-1].startswith("Score it: ")


def test_the_page_as_json_is_a_key_of_the_one_object() -> None:
    said = simulate("--describe").json
    assert set(said) == COUNTS | {"description"}
    page: dict[str, Any] = said["description"]
    assert (page["transfers"], page["illicit"]) == (said["transfers"], said["illicit"])
    assert page["arguments"]["seed"] == 3
    assert {check["verdict"] for check in page["checks"]} <= {"inside", "outside", "no source", "not covered"}


def test_the_figures_are_drawn_where_it_is_said() -> None:
    said = simulate("--plots", "figures").json
    assert sorted(said["plots"]) == sorted(str(path) for path in Path("figures").iterdir())
    assert {path.suffix for path in Path("figures").iterdir()} == {".svg"}
    assert "plots" not in contents(Path("bank"))
    ran = call("simulate", *SIZE, "--out", "bank", "--plots", "figures", "-q")
    assert f"{len(said['plots'])} in figures" in ran.out


@pytest.mark.parametrize("option", [("--describe",), ("--plots", "figures")])
def test_an_equal_bank_is_not_made_again(option: tuple[str, ...]) -> None:
    first = simulate().json
    before = {path: path.stat().st_mtime_ns for path in Path("bank").rglob("*")}
    ran = call("simulate", *SIZE, "--out", "bank", "--json", *option)
    assert ran.err == "", "a stage was worked through again"
    assert {name: ran.json[name] for name in first} == first
    assert {path: path.stat().st_mtime_ns for path in Path("bank").rglob("*")} == before
    again = call("simulate", *SIZE, "--out", "bank", "--json", "--overwrite", *option)
    assert [line.split(" …")[0].strip() for line in again.err.splitlines()] == list(STAGES)


@pytest.mark.parametrize("other", [("--seed", 4), ("--strength", 0.5), ("--dirt", 0), ("--start", "2025-04-02")])
def test_another_bank_stays_as_it_is(other: tuple[str, object]) -> None:
    assert simulate().status == 0
    before = contents(Path("bank"))
    assert "--overwrite" in call("simulate", *SIZE, *other, "--out", "bank", "--describe", "-q").complaint
    assert contents(Path("bank")) == before


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--customers", 49), "customers is 49"),
        (("--days", 13), "days is 13"),
        (("--seed", -1), "seed is -1"),
        (("--seed", 2**63), "9,223,372,036,854,775,807"),
        (("--gangs", -1), "gangs is -1"),
        (("--strength", 1.01), "0 (naive) to 1 (careful)"),
        (("--strength", "nan"), "strength is nan"),
        (("--dirt", -0.1), "dirt is -0.1"),
        (("--dirt", "inf"), "dirt is inf"),
        (("--typologies", "S01,S99"), "S99 cannot be planted; known: L01"),
        (("--typologies", "S01,s01"), "twice"),
        (("--typologies", ","), "names none; write them as S01,L03"),
        (("--threads", 0), "threads is 0"),
        (("--start", "yesterday"), "write it as 2025-04-01"),
        (("--start", "2025-02-29"), "is not a date"),
        (("--start", "9999-12-01"), "start is 9999-12-01"),
        (("--plots", "letter.txt"), "is a file, not a folder"),
        (("--out", "letter.txt"), "is a file, not a folder"),
        (("--out", "letter.txt", "--overwrite"), "is a file, not a folder"),
    ],
)
def test_what_cannot_be_made_is_refused_and_writes_nothing(
    wrong: tuple[object, ...], said: str, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("mine", "utf-8")
    before = contents(tmp_path)
    assert said in call("simulate", *SIZE, "--out", "new/bank", *wrong).complaint
    assert contents(tmp_path) == before
    assert not Path("new").exists()


@pytest.mark.parametrize("wrong", [("--strength", "x"), ("--customers", "1.5"), ("--nonsense",), ("bank",)])
def test_usage_errors_end_in_status_2(wrong: tuple[str, ...]) -> None:
    ran = call("simulate", *SIZE, *wrong)
    assert (ran.status, ran.out) == (2, "")
    assert "Traceback" not in ran.err
    assert not list(Path().iterdir())
