"""Killing ``score`` half way leaves store and folder as they were; interrupting it is no error of the program's."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest

from moneytrail.storage import Store
from tests.e2e.conftest import BankFiles, Scored
from tests.e2e.program import call, command, contents, environment

MOMENTS: Final = random.Random(20_250_401).sample(["read", "graph", "typology L01", "features", "scores", "alerts"], 3)
"""Stages behind which the program is killed, drawn once."""

KILLED_INSIDE: Final = """
import os, signal
from unittest import mock
from moneytrail import cli

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

with mock.patch({where!r}, die):
    cli.main()
"""


def state(store: Path) -> object:
    """What the store shows of alerts and runs."""
    with Store.open(store) as opened:
        runs = [(run.run_id, run.alert_count) for run in opened.runs()]
    return runs, call("alerts", "--store", store, "--limit", 500, "--json").json


def start(*arguments: object, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=environment(),
    )


def wait_for(running: subprocess.Popen[str], stage: str) -> None:
    """Read stderr until `stage` is told as done."""
    assert running.stderr is not None
    for line in running.stderr:
        if line.strip() == f"{stage} … done":
            return
    pytest.fail(f"the stage {stage!r} was never told")


def score_arguments(bank: BankFiles, scored: Scored, *more: object) -> tuple[object, ...]:
    return ("score", bank.csv, "--store", scored.store, "--out", scored.out, "--detectors", "none", "--json", *more)


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_a_random_moment(moment: str, bank: BankFiles, scored: Scored, tmp_path: Path) -> None:
    before, folder = state(scored.store), contents(scored.out)
    with start(*score_arguments(bank, scored), cwd=tmp_path) as running:
        wait_for(running, moment)
        running.kill()
    assert running.returncode == -signal.SIGKILL
    assert state(scored.store) == before
    if moment != "alerts":
        assert contents(scored.out) == folder
    again = call(*score_arguments(bank, scored, "-q")).json
    with Store.open(scored.store) as opened:
        assert {run.run_id for run in opened.runs()} == {scored.summary["run_id"], again["run_id"]}


@pytest.mark.parametrize(
    "where",
    [
        "moneytrail.storage.alert_rows.insert_alerts",
        "moneytrail.storage.journal.note",
        "sqlalchemy.engine.default.DefaultDialect.do_commit",
    ],
)
def test_killed_while_the_store_is_written(where: str, bank: BankFiles, scored: Scored, tmp_path: Path) -> None:
    before = state(scored.store)
    program = [sys.executable, "-c", KILLED_INSIDE.format(where=where)]
    arguments = [str(part) for part in score_arguments(bank, scored)]
    done = subprocess.run(
        [*program, *arguments], capture_output=True, text=True, cwd=tmp_path, env=environment(), timeout=120, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert done.stdout == ""
    assert state(scored.store) == before
    again = call(*score_arguments(bank, scored, "-q")).json
    stored = call("alerts", "--store", scored.store, "--run", again["run_id"], "--limit", 500, "--json").json
    assert len(stored["items"]) == again["alerts"] > 0


@pytest.mark.parametrize("where", ["polars.DataFrame.write_parquet", "json.dumps"])
def test_killed_while_the_folder_is_written(where: str, bank: BankFiles, scored: Scored, tmp_path: Path) -> None:
    folder = contents(scored.out)
    program = [sys.executable, "-c", KILLED_INSIDE.format(where=where)]
    done = subprocess.run(
        [*program, "score", str(bank.csv), "--no-store", "--out", str(scored.out), "--detectors", "none"],
        **{"capture_output": True, "cwd": tmp_path, "env": environment(), "timeout": 120, "check": False},
    )
    assert done.returncode == -signal.SIGKILL
    assert contents(scored.out) == folder
    assert call("score", bank.csv, "--no-store", "--out", scored.out, "--detectors", "none", "-q").status == 0


def test_a_fault_while_the_folder_is_swapped_keeps_the_old_one(
    bank: BankFiles, scored: Scored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = contents(scored.out)
    rename = Path.rename

    def fail(path: Path, target: Path) -> Path:
        if target == scored.out and path.name == "new":
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    assert call("score", bank.csv, "--no-store", "--out", scored.out, "--detectors", "none", "-q").complaint
    assert contents(scored.out) == folder


@pytest.mark.parametrize("moment", ["graph", "features"])
def test_interrupted_is_130_without_a_traceback(moment: str, bank: BankFiles, scored: Scored, tmp_path: Path) -> None:
    before, folder = state(scored.store), contents(scored.out)
    with start(*score_arguments(bank, scored, "--detectors", "iforest"), cwd=tmp_path) as running:
        wait_for(running, moment)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert "stopped" in err
    assert state(scored.store) == before
    assert contents(scored.out) == folder


@pytest.mark.parametrize("delay", [0.15, 0.5])
def test_interrupted_while_it_starts_has_no_traceback(delay: float, tmp_path: Path) -> None:
    with start("alerts", "--store", "none.db", cwd=tmp_path) as running:
        time.sleep(delay)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert "Traceback" not in err
    assert running.returncode in (2, 130)
    assert out == ""


def test_killed_simulate_leaves_the_old_bank(tmp_path: Path) -> None:
    old = call("simulate", "--customers", 60, "--days", 20, "--out", "bank", "--json", "-q").json
    before = contents(Path("bank"))
    program = [sys.executable, "-c", KILLED_INSIDE.format(where="polars.DataFrame.write_parquet")]
    done = subprocess.run(
        [*program, "simulate", "--customers", "70", "--days", "20", "--out", "bank", "--overwrite"],
        **{"capture_output": True, "cwd": tmp_path, "env": environment(), "timeout": 120, "check": False},
    )
    assert done.returncode == -signal.SIGKILL
    assert contents(Path("bank")) == before
    assert json.loads((Path("bank") / "simulation.json").read_text("utf-8"))["transfers"] == old["transfers"]
    assert os.path.isdir("bank")
