"""Killing ``score`` half way leaves store and folder as they were; interrupting it is no error of the program's."""

from __future__ import annotations

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

DELAYS: Final = [round(random.Random(20_250_401 + at).uniform(0.0, 0.5), 3) for at in range(2)]
"""Seconds after the first finished stage at which the program is killed, drawn once."""

KILLED_INSIDE: Final = """
import os, signal
from unittest import mock
from moneytrail import cli

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

with mock.patch({where!r}, die):
    cli.main()
"""

WAITING_INSIDE: Final = """
import sys, time
from unittest import mock
from moneytrail import cli

def wait(*_, **__):
    print("here", file=sys.stderr, flush=True)
    time.sleep(60)

with mock.patch({where!r}, wait):
    cli.main()
"""


def state(store: Path) -> object:
    """What the store shows of alerts and runs."""
    with Store.open(store) as opened:
        runs = [(run.run_id, run.alert_count, opened.ledger_summary(run.run_id)) for run in opened.runs()]
    return runs, call("alerts", "--store", store, "--limit", 500, "--json").json


def start(program: list[str], cwd: Path) -> subprocess.Popen[str]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(program, **pipes, text=True, cwd=cwd, env=environment())  # type: ignore[call-overload, no-any-return]


def inside(script: str, where: str, *arguments: object) -> list[str]:
    """The program with one of its functions replaced."""
    return [sys.executable, "-c", script.format(where=where), *map(str, arguments)]


def killed(program: list[str], cwd: Path) -> None:
    """Run a program that kills itself."""
    done = subprocess.run(program, capture_output=True, text=True, cwd=cwd, env=environment(), timeout=120, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, ""), done.stderr


def wait_for(running: subprocess.Popen[str], line: str) -> None:
    """Read stderr until this line."""
    assert running.stderr is not None
    assert any(told.strip() == line for told in running.stderr), f"{line!r} was never told"


def score_arguments(bank: BankFiles, scored: Scored, *more: object) -> tuple[object, ...]:
    return ("score", bank.csv, "--store", scored.store, "--out", scored.out, "--detectors", "none", "--json", *more)


@pytest.mark.parametrize("delay", DELAYS)
def test_killed_at_a_random_moment(delay: float, bank: BankFiles, scored: Scored, tmp_path: Path) -> None:
    before, folder = state(scored.store), contents(scored.out)
    with start(command(*score_arguments(bank, scored)), tmp_path) as running:
        wait_for(running, "read … done")
        time.sleep(delay)
        running.kill()
    # A busy machine may let it come to its end: then all of it is there. There is nothing between.
    stored, left = state(scored.store), contents(scored.out)
    again = call(*score_arguments(bank, scored, "-q")).json
    with Store.open(scored.store) as opened:
        assert {run.run_id for run in opened.runs()} == {scored.summary["run_id"], again["run_id"]}
    assert stored in (before, state(scored.store))
    frames = [name for name in folder if name.endswith(".parquet")]
    assert left == folder or [left[name] for name in frames] == [contents(scored.out)[name] for name in frames]


@pytest.mark.parametrize(
    "where",
    [
        "moneytrail.storage.alert_rows.insert_alerts",
        "moneytrail.storage.journal.note",
        "moneytrail.storage.ledger_parts.link_run",
    ],
)
def test_killed_while_the_store_is_written(where: str, bank: BankFiles, scored: Scored, tmp_path: Path) -> None:
    before = state(scored.store)
    killed(inside(KILLED_INSIDE, where, *score_arguments(bank, scored)), tmp_path)
    assert state(scored.store) == before
    again = call(*score_arguments(bank, scored, "-q")).json
    stored = call("alerts", "--store", scored.store, "--run", again["run_id"], "--limit", 500, "--json").json
    assert len(stored["items"]) == again["alerts"] > 0


@pytest.mark.parametrize("where", ["polars.DataFrame.write_parquet", "json.dumps"])
def test_killed_while_the_folder_is_written(where: str, bank: BankFiles, scored: Scored, tmp_path: Path) -> None:
    folder = contents(scored.out)
    arguments = ("score", bank.csv, "--no-store", "--out", scored.out, "--detectors", "none")
    killed(inside(KILLED_INSIDE, where, *arguments), tmp_path)
    assert contents(scored.out) == folder
    assert call(*arguments, "-q").status == 0


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


@pytest.mark.parametrize("where", ["moneytrail.scoring.group", "moneytrail.storage.journal.note"])
def test_interrupted_is_130_without_a_traceback(where: str, bank: BankFiles, scored: Scored, tmp_path: Path) -> None:
    before = state(scored.store)
    with start(inside(WAITING_INSIDE, where, *score_arguments(bank, scored)), tmp_path) as running:
        wait_for(running, "here")
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert state(scored.store) == before


@pytest.mark.parametrize("delay", [0.15, 0.4])
def test_interrupted_while_it_starts_has_no_traceback(delay: float, tmp_path: Path) -> None:
    with start(command("alerts", "--store", "none.db"), tmp_path) as running:
        time.sleep(delay)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert "Traceback" not in err
    assert running.returncode in (2, 130)
    assert out == ""


def test_killed_simulate_leaves_the_old_bank(tmp_path: Path) -> None:
    size = ("--days", 20, "--out", "bank")
    assert call("simulate", "--customers", 60, *size, "-q").status == 0
    before = contents(Path("bank"))
    where = "polars.DataFrame.write_parquet"
    killed(inside(KILLED_INSIDE, where, "simulate", "--customers", 70, *size, "--overwrite"), tmp_path)
    assert contents(Path("bank")) == before
