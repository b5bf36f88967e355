"""``moneytrail serve`` and ``moneytrail demo`` as programs: over real sockets, with real keys, until Ctrl-C."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from moneytrail.storage import Store
from moneytrail.typologies import BESIDE, CATALOGUE
from tests.e2e.conftest import Scored
from tests.e2e.program import command, contents, environment, run


@dataclass(frozen=True, slots=True)
class Served:
    """A service that runs, its store, and a key for each kind of caller."""

    address: str
    store: Path
    keys: dict[str, str]
    summary: dict[str, Any]

    def get(self, path: str, key: str | None = "all", *, kind: str = "application/json") -> Any:
        """The body of an answer that is 200."""
        status, found, body = answer(self.address + path, self.keys[key] if key else None)
        assert (status, found.split(";")[0]) == (200, kind), body
        return json.loads(body) if kind == "application/json" else body

    def refused(self, path: str, key: str | None) -> int:
        """The status of an answer that is a problem."""
        status, kind, body = answer(self.address + path, key)
        assert kind == "application/problem+json"
        problem = json.loads(body)
        assert problem["status"] == status
        assert problem["title"]
        return status


def answer(url: str, key: str | None) -> tuple[int, str, str]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as response:
            return response.status, response.headers["Content-Type"], response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


@contextmanager
def running(*arguments: object, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command(*arguments), **pipes, text=True, cwd=cwd, env=environment()) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Interrupt it; its exit status and what it said on stderr."""
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    return process.returncode, err


@pytest.fixture(scope="module")
def served(session_scored: Scored, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    shutil.copy(session_scored.store, folder / "s.db")
    with Store.open(folder / "s.db") as store:
        keys = {
            "all": store.create_key("all", ["alerts:read", "alerts:decide", "runs:read"]).secret,
            "runs": store.create_key("runs", ["runs:read"]).secret,
            "alerts": store.create_key("alerts", ["alerts:read"]).secret,
        }
        revoked = store.create_key("gone", ["alerts:read"])
        store.revoke_key(revoked.record.key_id)
        keys["revoked"] = revoked.secret
    with running("serve", "--port", 0, "--store", "s.db", cwd=folder) as process:
        assert process.stdout is not None
        address = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert address
        yield Served(address[0], folder / "s.db", keys, session_scored.summary)
        assert ended(process) == (0, "")
    assert not (folder / "s.db-wal").exists()


def test_who_may_read(served: Served) -> None:
    assert served.refused("/v1/alerts", None) == 401
    assert served.refused("/v1/alerts", "mt_nonsense") == 401
    assert served.refused("/v1/alerts", served.keys["revoked"]) == 401
    assert served.refused("/v1/alerts", served.keys["runs"]) == 403
    assert served.refused(f"/v1/runs/{served.summary['run_id']}", served.keys["alerts"]) == 403
    assert served.get("/v1/alerts", "alerts")["items"]


def test_a_key_revoked_while_it_serves_opens_nothing_more(served: Served) -> None:
    with Store.open(served.store) as store:
        key = store.create_key("soon gone", ["alerts:read"])
    assert answer(f"{served.address}/v1/alerts", key.secret)[0] == 200
    assert run("keys", "revoke", key.record.key_id, "--store", served.store).status == 0
    assert served.refused("/v1/alerts", key.secret) == 401


def test_the_pages_together_are_the_stored_alerts(served: Served) -> None:
    seen: list[str] = []
    query = "/v1/alerts?limit=7&sort=rank"
    page = served.get(query)
    while True:
        seen += [item["alert_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        page = served.get(f"{query}&cursor={page['next_cursor']}")
    stored = json.loads(run("alerts", "--store", served.store, "--sort", "rank", "--limit", 500, "--json").out)
    assert seen == [item["alert_id"] for item in stored["items"]]
    assert len(seen) == served.summary["alerts"]


def test_an_alert_with_its_evidence_and_its_run(served: Served) -> None:
    first = served.get("/v1/alerts?limit=1")["items"][0]["alert_id"]
    whole = served.get(f"/v1/alerts/{first}")
    assert whole["headline"].endswith(".")
    assert whole["value"]["currency"] == "GBP"
    assert whole["run_id"] == served.summary["run_id"]
    assert all(match["measures"] and match["explanation"] for match in whole["matches"])
    evidence = served.get(f"/v1/alerts/{first}/evidence")["items"]
    table = served.get(f"/v1/alerts/{first}/evidence?format=csv", kind="text/csv")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["transaction_id"] for row in rows] == [one["transaction_id"] for one in evidence]
    assert [row["role"] for row in rows] == [one["role"] for one in evidence]
    assert {one["match_id"] for one in evidence} == {match["match_id"] for match in whole["matches"]}


def test_the_catalogue_the_run_and_the_document(served: Served) -> None:
    assert [entry["id"] for entry in served.get("/v1/typologies")["items"]] == [
        entry.id for entry in (*CATALOGUE, *BESIDE)
    ]
    record = served.get(f"/v1/runs/{served.summary['run_id']}")
    assert record["run_id"] == served.summary["run_id"]
    assert served.refused("/v1/runs/R-none", served.keys["all"]) == 404
    assert served.refused("/v1/alerts/A-none", served.keys["all"]) == 404
    assert served.refused("/v1/alerts?limit=0", served.keys["all"]) == 422
    assert served.refused("/nothing", served.keys["all"]) == 404
    paths = served.get("/openapi.json", None)["paths"]
    wanted = {"/v1/alerts", "/v1/alerts/{alert_id}", "/v1/alerts/{alert_id}/evidence", "/v1/typologies"}
    assert wanted | {"/v1/runs/{run_id}", "/healthz", "/readyz"} <= set(paths)
    assert served.get("/healthz", None)["status"] == "ok"
    assert served.get("/readyz", None)["status"] == "ok"


def test_a_port_that_is_taken(scored: Scored, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run("serve", "--port", port, "--store", scored.store, cwd=tmp_path)
    assert str(port) in ran.complaint


@pytest.mark.slow
def test_the_demo(tmp_path: Path) -> None:
    said = []
    for start in ("first", "second"):
        with running("demo", "--port", 0, "--folder", "demo", cwd=tmp_path) as process:
            assert process.stdout is not None
            lines: list[str] = []
            for line in process.stdout:
                lines.append(line.rstrip("\n"))
                if line.startswith("curl "):
                    break
            header, address = shlex.split(lines[-1])[2:]
            status, _, body = answer(address, header.removeprefix("Authorization: Bearer "))
            assert status == 200
            items = json.loads(body)["items"]
            text = "\n".join(lines)
            assert items[0]["alert_id"] in text
            assert re.search(r"http://127\.0\.0\.1:\d+ ", text)
            before = contents(tmp_path / "demo" / "bank")
            if start == "second":
                # A third one that cannot have the port must not take the key away from the one that serves.
                port = address.split(":")[2].split("/")[0]
                other = run("demo", "--port", port, "--folder", "demo", cwd=tmp_path)
                assert (other.status, "Traceback" in other.err, port in other.err) == (2, False, True)
                assert answer(address, header.removeprefix("Authorization: Bearer "))[0] == 200
            status, err = ended(process)
        assert status == 0
        assert "Traceback" not in err
        assert ("Scoring" in err) == (start == "first")
        said.append(([item["alert_id"] for item in items], before))
    assert said[0] == said[1]
    with Store.open(tmp_path / "demo" / "moneytrail.db", create=False) as store:
        assert all(store.has_ledger(run.run_id) for run in store.runs())


def test_the_demo_begins_again_where_it_was_broken_off(tmp_path: Path) -> None:
    with running("demo", "--port", 0, "--folder", "demo", cwd=tmp_path) as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
