"""Odd places and odd terminals: nothing that somebody keeps is destroyed, and what is shown can be used."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
from pathlib import Path

import pytest

from tests.e2e.conftest import EVERYTHING, BankFiles, Scored
from tests.e2e.program import Ran, call, command, contents, environment, row, run, score, write_csv

ROWS = [row(at) for at in range(3_000)]


@pytest.fixture
def transfers(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "t.csv", ROWS)


def on_a_terminal(columns: int, *arguments: object) -> str:
    """What the program writes to a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    shown = bytearray()

    def follow() -> None:
        while True:
            try:
                part = os.read(ours, 4_096)
            except OSError:
                return
            if not part:
                return
            shown.extend(part)

    reader = threading.Thread(target=follow)
    reader.start()
    settings = {name: value for name, value in environment(TERM="dumb").items() if name not in ("COLUMNS", "LINES")}
    done = subprocess.run(command(*arguments), stdout=theirs, stderr=subprocess.PIPE, env=settings, check=False)
    os.close(theirs)
    reader.join(30)
    os.close(ours)
    assert done.returncode == 0, done.stderr
    return shown.decode().replace("\r\n", "\n")


def test_the_ids_can_be_copied_from_a_narrow_terminal(scored: Scored) -> None:
    shown = on_a_terminal(80, "alerts", "--store", scored.store, "--limit", 5)
    items = call("alerts", "--store", scored.store, "--limit", 5, "--json").json["items"]
    assert all(len(line) <= 80 for line in shown.splitlines())
    for item in items:
        assert item["alert_id"] in shown


def test_the_evidence_can_be_read_on_a_narrow_terminal(scored: Scored) -> None:
    alert_id = call("alerts", "--store", scored.store, "--limit", 1, "--json").json["items"][0]["alert_id"]
    shown = on_a_terminal(80, "alert", alert_id, "--store", scored.store)
    evidence = call("alert", alert_id, "--store", scored.store, "--json").json["evidence"]
    for transfer in evidence[:10]:
        assert transfer["transaction_id"] in shown


def test_the_working_folder_may_take_the_results(
    transfers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    ran = score(transfers, "--no-store", "--out", ".")
    assert ran.status == 0 or ran.complaint
    assert ran.status == 2 or (here / "run.json").is_file()


def kept_or_refused(ran: Ran, path: Path, before: bytes | None = None) -> None:
    """Either one clear line, or the file is there afterwards."""
    assert ran.status == 0 or ran.complaint
    if ran.status == 0:
        assert path.exists()
    if before is not None:
        assert path.read_bytes() == before


def test_a_store_inside_the_folder_of_results_is_not_destroyed(bank: BankFiles, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    ran = score(bank.parquet, "--store", out / "s.db", "--out", out)
    kept_or_refused(ran, out / "s.db")
    if ran.status == 0:
        first = call("alerts", "--store", out / "s.db", "--limit", 500, "--json").json["items"]
        assert first
        again = score(bank.parquet, "--store", out / "s.db", "--out", out, "--alert-budget", 3)
        both = call("alerts", "--store", out / "s.db", "--limit", 500, "--json").json["items"]
        assert again.status == 2 or len(both) == len(first) + 3


def test_rejected_rows_inside_the_folder_of_results_are_not_destroyed(transfers: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert score(transfers, "--no-store", "--out", out).status == 0
    kept_or_refused(score(transfers, "--no-store", "--out", out, "--rejected", out / "bad.csv"), out / "bad.csv")


def test_what_somebody_put_beside_our_results_is_not_destroyed(transfers: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert score(transfers, "--no-store", "--out", out).status == 0
    for name in ("notes.txt", "t.csv"):
        mine = out / name
        mine.write_bytes(transfers.read_bytes())
        source = mine if name == "t.csv" else transfers
        kept_or_refused(score(source, "--no-store", "--out", out), mine, transfers.read_bytes())


def test_a_pipe_is_read_whole_or_refused(tmp_path: Path) -> None:
    # Without a header nothing but the count would show that the beginning is gone.
    mapping = tmp_path / "map.toml"
    mapping.write_text(
        "[file]\nheader = false\n[columns]\ntransaction_id = 0\nbooked_at = 1\ndebtor_account = 2\n"
        'creditor_account = 3\namount = 4\ncurrency = 5\n[time]\nformats = "%Y-%m-%dT%H:%M:%SZ"\n',
        "utf-8",
    )
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    text = "\n".join([*ROWS, ""]).encode()

    def feed() -> None:
        with pipe.open("wb") as stream:
            try:
                stream.write(text)
                stream.flush()
            except BrokenPipeError:
                return

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    program = command("score", pipe, "--mapping", mapping, "--no-store", "--detectors", "none", "--json", "-q")
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            ran = Ran(0, *process.communicate(timeout=20))
        except subprocess.TimeoutExpired:
            process.kill()
            pytest.fail("it waits for ever for what it has read already")
        finally:
            # A reader lets the feeder end where the program never opened the pipe.
            os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))
            feeder.join(10)
    if process.returncode:
        assert Ran(process.returncode, ran.out, ran.err).complaint
    else:
        assert ran.json["rows"]["read"] == len(ROWS)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_is_one_line(scored: Scored) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        program = command("alerts", "--store", scored.store, "--json")
        done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, env=environment(), check=False)
    assert "Traceback" not in done.stderr
    assert done.returncode == 2


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_unicode_is_no_fault(encoding: str, scored: Scored) -> None:
    ran = run("alerts", "--store", scored.store, PYTHONIOENCODING=encoding)
    assert "Traceback" not in ran.err
    assert ran.status == 0


def test_two_at_once_into_one_new_store(bank: BankFiles, tmp_path: Path) -> None:
    arguments = ("score", bank.parquet, "--store", "new.db", "--detectors", "none", *EVERYTHING, "--json", "-q")
    budgets = (5, 6)
    started = [
        subprocess.Popen(
            command(*arguments, "--alert-budget", budget),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=environment(),
        )
        for budget in budgets
    ]
    ended = [one.communicate(timeout=120) for one in started]
    assert [(one.returncode, err) for one, (_, err) in zip(started, ended, strict=True)] == [(0, "")] * 2
    items = call("alerts", "--store", "new.db", "--limit", 500, "--json").json["items"]
    assert len(items) == 11


def test_a_file_name_of_any_bytes(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv"))
    write_csv(path, [*ROWS[:3], "bad"])
    ran = score(path, "--store", "s.db", "--out", "out", "--rejected", "bad.csv")
    assert ran.json["rows"]["rejected"] == 1
    assert {"bad.csv", "s.db"} <= set(contents(tmp_path))
