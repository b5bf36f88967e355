"""The other commands: what they print, what they refuse, and that their help reads well."""

from __future__ import annotations

import json
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from moneytrail.storage import Store
from moneytrail.typologies import BESIDE, CATALOGUE, by_id
from tests.e2e.conftest import Scored
from tests.e2e.program import PROGRAM, call, contents, environment, run

COMMANDS = (
    (),
    *(("score",), ("alerts",), ("alert",), ("typologies",), ("simulate",), ("serve",), ("warmup",), ("demo",)),
    *(
        ("motifs",),
        ("features",),
        ("trace",),
        ("verify-match",),
        ("explain",),
        ("benchmark",),
        ("evaluate",),
        ("train",),
    ),
    *(("keys",), ("keys", "create"), ("keys", "list"), ("keys", "revoke")),
)


def listed(scored: Scored, *arguments: object) -> list[dict[str, object]]:
    limit = () if "--limit" in arguments else ("--limit", 500)
    items: list[dict[str, object]] = call("alerts", "--store", scored.store, "--json", *arguments, *limit).json["items"]
    return items


def test_the_alerts_come_most_urgent_first(scored: Scored) -> None:
    items = listed(scored)
    assert len(items) == scored.summary["alerts"] > 5
    scores = [item["risk_score"] for item in items]
    assert scores == sorted(scores, key=float, reverse=True)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["risk_score", "value", "started_at", "detectable_at", "rank"])
def test_the_alerts_are_sorted_both_ways(name: str, scored: Scored) -> None:
    rising = [item[name] for item in listed(scored, "--sort", name)]
    falling = [item[name] for item in listed(scored, f"--sort=-{name}")]
    assert rising == sorted(rising) == falling[::-1]  # type: ignore[type-var]


def test_the_filters_keep_what_they_say(scored: Scored) -> None:
    every = listed(scored)
    for typology in ("S01", "L01", "L03", "L04"):
        wanted = [item for item in every if typology in item["typology_scores"]]  # type: ignore[operator]
        assert listed(scored, "--typology", typology) == wanted != []
    middle = sorted(item["risk_score"] for item in every)[len(every) // 2]  # type: ignore[type-var]
    assert listed(scored, "--min-score", middle) == [i for i in every if i["risk_score"] >= middle]  # type: ignore[operator]
    worth = sorted(item["value"] for item in every)[len(every) // 2]  # type: ignore[type-var]
    assert listed(scored, "--min-value", worth) == [i for i in every if i["value"] >= worth]  # type: ignore[operator]
    account = every[0]["subjects"][0]["account"]  # type: ignore[index]
    assert every[0] in listed(scored, "--account", account)
    assert listed(scored, "--account", account.upper() + "?") == []
    assert listed(scored, "--status", "open") == every
    assert listed(scored, "--status", "escalated") == []
    assert listed(scored, "--run", scored.summary["run_id"]) == every
    assert listed(scored, "--run", "R-none") == []
    assert listed(scored, "--limit", 2) == every[:2]


def test_a_list_that_is_cut_says_so(scored: Scored) -> None:
    assert "--limit" in call("alerts", "--store", scored.store, "--limit", 2).err
    assert call("alerts", "--store", scored.store, "--limit", 500).err == ""


@pytest.mark.parametrize(
    "wrong",
    [
        *(("--sort", "name"), ("--status", "done"), ("--min-score", "nan"), ("--min-score", "inf")),
        ("--min-value", str(2**70)),
    ],
)
def test_filters_that_are_not_allowed(wrong: tuple[str, str], scored: Scored) -> None:
    assert call("alerts", "--store", scored.store, *wrong).complaint


@pytest.mark.parametrize("wrong", [("--limit", "0"), ("--limit", "501"), ("--limit", "x"), ("--nonsense",)])
def test_usage_errors_end_in_status_2(wrong: tuple[str, ...], scored: Scored) -> None:
    ran = call("alerts", "--store", scored.store, *wrong)
    assert (ran.status, ran.out) == (2, "")
    assert "Traceback" not in ran.err


def test_the_table_names_every_alert(scored: Scored) -> None:
    ran = call("alerts", "--store", scored.store, "--limit", 500)
    for item in listed(scored):
        assert str(item["alert_id"]) in ran.out


@pytest.mark.parametrize("arguments", [("alerts",), ("alert", "A-1"), ("keys", "list"), ("keys", "revoke", "x")])
def test_a_store_that_is_not_there_is_told_and_not_made(arguments: tuple[str, ...], tmp_path: Path) -> None:
    complaint = call(*arguments).complaint
    assert "no store at moneytrail.db" in complaint
    assert not list(tmp_path.iterdir())


def test_one_alert_is_shown_with_all_that_proves_it(scored: Scored) -> None:
    for item in listed(scored):
        alert_id = item["alert_id"]
        whole = call("alert", alert_id, "--store", scored.store, "--json").json
        text = call("alert", alert_id, "--store", scored.store, "--all").out
        flat = re.sub(r"[\s│]+", " ", text)
        assert whole["headline"] in flat
        for match in whole["matches"]:
            assert match["match_id"] in text
            assert match["explanation"] in flat
            for measure in match["measures"]:
                assert " ".join(measure["label"].split()[:2]) in flat
            gates = [measure for measure in match["measures"] if measure["kind"] == "gate"]
            assert gates
            assert all(measure["met"] and measure["threshold"] is not None for measure in gates)
            for sentence in match["innocent_explanations"]:
                assert sentence in flat
        roles = {role.name for entry in CATALOGUE for role in entry.roles}
        for transfer in whole["evidence"]:
            assert transfer["transaction_id"] in text
            assert transfer["role"] in roles
            assert transfer["role"] in text


def test_a_long_alert_is_cut_and_says_so(scored: Scored) -> None:
    longest = max(listed(scored), key=lambda item: int(str(item["evidence_count"])))
    assert int(str(longest["evidence_count"])) > 40
    text = call("alert", longest["alert_id"], "--store", scored.store).out
    assert "--all" in text


@pytest.mark.parametrize("alert_id", ["A-0", "", "'", "A-0; DROP TABLE alerts", "é"])
def test_an_alert_that_is_not_there(alert_id: str, scored: Scored) -> None:
    assert "alert" in call("alert", alert_id, "--store", scored.store).complaint


def test_the_typologies(scored: Scored) -> None:
    everything = call("typologies", "--json").json
    assert [entry["id"] for entry in everything] == [entry.id for entry in (*CATALOGUE, *BESIDE)]
    table = call("typologies").out
    for entry in (*CATALOGUE, *BESIDE):
        assert entry.id in table
        one = call("typologies", entry.id)
        assert entry.name in one.out
        for parameter in entry.parameters:
            assert parameter.name in one.out
        assert "Source:" in one.out
        assert call("typologies", entry.id, "--json").json["id"] == entry.id
    assert call("typologies", "Z99").complaint


def test_equal_seeds_give_equal_banks(tmp_path: Path) -> None:
    size = ("--customers", 60, "--days", 20, "--gangs", 2, "--json", "-q")
    one = call("simulate", *size, "--seed", 3, "--out", "one").json
    two = call("simulate", *size, "--seed", 3, "--out", "two").json
    other = call("simulate", *size, "--seed", 4, "--out", "other").json
    assert {**one, "out": ""} == {**two, "out": ""} != {**other, "out": ""}
    assert contents(Path("one")) == contents(Path("two"))
    assert contents(Path("one")) != contents(Path("other"))
    assert one["illicit"] > 0
    assert one["gangs"] == 2


def test_simulate_replaces_nothing_unasked(tmp_path: Path) -> None:
    folder = tmp_path / "bank"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine", "utf-8")
    arguments = ("simulate", "--customers", 60, "--days", 20, "--out", folder, "-q")
    assert "--overwrite" in call(*arguments).complaint
    assert "something else" in call(*arguments, "--overwrite").complaint
    assert contents(folder) == {"mine.txt": b"mine"}
    (folder / "mine.txt").unlink()
    assert call(*arguments).status == 0
    assert "--overwrite" in call(*arguments).complaint
    assert call(*arguments, "--overwrite").status == 0
    assert (folder / "transfers.parquet").is_file()


@pytest.mark.parametrize("wrong", [("--customers", 49), ("--days", 13), ("--seed", -1), ("--gangs", -1)])
def test_simulate_says_what_is_allowed(wrong: tuple[str, int], tmp_path: Path) -> None:
    assert str(wrong[1]) in call("simulate", *wrong, "--out", "bank", "-q").complaint
    assert not Path("bank").exists()


def test_what_simulate_proposes_works(tmp_path: Path) -> None:
    told = call("simulate", "--customers", 60, "--days", 20, "--out", "a bank", "-q").out.splitlines()[-1]
    assert told.startswith("Score it: moneytrail score ")
    done = subprocess.run(
        ["bash", "-c", f"{PROGRAM.parent}/{told.removeprefix('Score it: ')} --detectors none --no-store -q"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(),
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_keys_are_made_listed_and_revoked(tmp_path: Path) -> None:
    secret = call("keys", "create", "desk [1]", "--store", "s.db").out.strip()
    made = call("keys", "create", "two", "--scope", "runs:read", "--store", "s.db", "--json").json
    assert secret.startswith("mt_")
    assert secret not in Path("s.db").read_bytes().decode("latin-1")
    assert made["key"].startswith(f"mt_{made['key_id']}_")
    assert made["scopes"] == ["runs:read"]
    keys = call("keys", "list", "--store", "s.db", "--json").json
    assert [key["name"] for key in keys] == ["desk [1]", "two"]
    assert keys[0]["scopes"] == ["alerts:read", "runs:read"]
    assert "desk [1]" in call("keys", "list", "--store", "s.db").out
    assert call("keys", "revoke", made["key_id"], "--store", "s.db").out == f"revoked {made['key_id']}\n"
    assert call("keys", "revoke", made["key_id"], "--store", "s.db").status == 0
    revoked = call("keys", "list", "--store", "s.db", "--json").json
    assert [key["revoked_at"] is None for key in revoked] == [True, False]
    with Store.open("s.db") as store:
        assert store.find_key(secret) is not None
        assert store.find_key(made["key"]) is None


@pytest.mark.parametrize(
    "wrong",
    [
        *(("create", ""), ("create", " "), ("create", "x", "--scope", "everything"), ("revoke", "nosuch")),
        *(("create", "x", "--expires", "2001-01-01"), ("create", "x", "--scope", "")),
    ],
)
def test_keys_that_cannot_be(wrong: tuple[str, ...], scored: Scored) -> None:
    assert call("keys", *wrong, "--store", scored.store).complaint


@pytest.mark.parametrize(
    ("told", "meant"),
    [("2090-01-01", "2090-01-01T00:00:00+00:00"), ("2090-01-01T00:00:00+02:00", "2089-12-31T22:00:00+00:00")],
)
def test_a_key_ends_at_the_moment_that_was_told(told: str, meant: str, tmp_path: Path) -> None:
    ran = call("keys", "create", "x", "--expires", told, "--store", "s.db", "--json")
    assert ran.status == 2 or ran.json["expires_at"] == meant


def test_warmup_says_that_it_is_done() -> None:
    assert "compiled" in call("warmup").out
    assert all(seconds >= 0 for seconds in call("warmup", "--json").json.values())


def test_the_version() -> None:
    assert call("--version").out == f"moneytrail {version('moneytrail')}\n"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_reads_well(command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ran = call(*command, "--help")
    assert ran.status == 0
    lines = ran.out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    description = " ".join(lines[1:]).split("Options:")[0]
    assert re.search(r"[A-Z][^.]+\.", description), "a command needs a sentence"
    options = re.findall(r"^  (-[^ ]*(?: [A-Z.a-z=0-9\[\]/|_]+)*)(?:  +(.*))?$", ran.out, re.MULTILINE)
    assert options
    blocks = re.split(r"\n(?=  (?:-|\S))", ran.out.split("Options:", 1)[1])
    for block in blocks:
        words = block.split()
        if words and words[0].startswith("-"):
            assert len(words) > 2, f"no help: {block!r}"


def test_the_help_says_when_a_model_gives_no_opinion() -> None:
    said = " ".join(call("score", "--help").out.split())
    days = next(one.default for one in by_id("M01").parameters if one.name == "first_days")
    assert f"It gives none in the first {days} days of the data (M01.first_days)." in said


def test_the_list_of_commands_shows_whole_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert "..." not in call("--help").out.split("Commands:")[1]


def test_no_arguments_show_the_help() -> None:
    ran = call()
    assert "Usage:" in ran.out + ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("head", ["head -n 1", "true"])
@pytest.mark.parametrize("json_wanted", ["", "--json"])
def test_a_reader_that_goes_away_is_no_error(head: str, json_wanted: str, scored: Scored) -> None:
    line = f"{PROGRAM} alerts --store {scored.store} --limit 500 {json_wanted} | {head}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment(), check=False)
    assert done.stderr == ""
    assert done.returncode == 0


def test_the_program_lists_alerts_where_it_stands(scored: Scored, tmp_path: Path) -> None:
    ran = run("alerts", "--json", "--limit", 500, cwd=tmp_path, MONEYTRAIL_STORE=str(scored.store))
    assert json.loads(ran.out)["items"] == listed(scored)
    assert ran.err == ""
