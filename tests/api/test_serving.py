"""The server as a process: it announces itself, answers, and ends without a traceback."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from importlib.resources import files
from pathlib import Path

import pytest

from moneytrail.disruption import Levers
from moneytrail.errors import ParameterError, StoreError
from moneytrail_api import serving
from moneytrail_api.serving import serve

_SERVE = """
import sys
from moneytrail_api.serving import serve
serve(sys.argv[1], port=0, on_ready=lambda address: print(address, flush=True))
print("ended", flush=True)
"""


def test_it_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _SERVE, str(tmp_path / "store.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{address}/readyz", timeout=30) as response:
            assert json.load(response) == {"status": "ok"}
            assert "server" not in response.headers
        server.send_signal(signal.SIGINT)
        stdout, stderr = server.communicate(timeout=30)
        assert (server.returncode, stdout, stderr) == (0, "ended\n", "")
    assert not (tmp_path / "store.db-wal").exists()


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ParameterError, match="in use") as refused:
        serve(str(tmp_path / "store.db"), port=taken.getsockname()[1])
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("host", "port"), [("no.such.host.invalid", 0), ("127.0.0.1", 70_000)])
def test_a_place_where_nobody_can_listen(tmp_path: Path, host: str, port: int) -> None:
    with pytest.raises(ParameterError, match="cannot listen"):
        serve(str(tmp_path / "store.db"), host, port)


def test_another_countrys_levers_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str | None] = []

    def made(_store: str, *, levers: Levers | None) -> None:
        told.append(levers.country if levers else None)
        raise StoreError("enough is known")

    monkeypatch.setattr(serving, "create_app", made)
    text = (files("moneytrail.disruption") / "levers.toml").read_text("utf-8")
    for country in ("XX", "YY"):
        (tmp_path / f"{country}.toml").write_text(text.replace('country = "GB"', f'country = "{country}"'), "utf-8")

    def serve_once(levers: Path | None = None) -> None:
        with pytest.raises(StoreError, match="enough"):
            serve(str(tmp_path / "store.db"), port=0, levers=levers)

    monkeypatch.delenv("MONEYTRAIL_LEVERS", raising=False)
    serve_once()
    monkeypatch.setenv("MONEYTRAIL_LEVERS", str(tmp_path / "XX.toml"))
    serve_once()
    serve_once(tmp_path / "YY.toml")
    monkeypatch.setenv("MONEYTRAIL_LEVERS", "")
    serve_once()
    assert told == [None, "XX", "YY", None]


def test_levers_that_cannot_be_read_are_told_before_anything_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONEYTRAIL_LEVERS", str(tmp_path / "none.toml"))
    with pytest.raises(ParameterError, match=r"none\.toml"):
        serve(str(tmp_path / "store.db"), port=0)
    assert not (tmp_path / "store.db").exists()


def test_a_store_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="folder"):
        serve(str(tmp_path / "missing" / "store.db"))
