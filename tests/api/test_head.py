"""HEAD answers as GET does, without the body."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from moneytrail.errors import StoreError
from moneytrail.storage import Store

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Message

    from tests.api.conftest import Service

ALERT = "/v1/alerts/run-1-alert-0000"
PATHS = (
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/v1/alerts",
    "/v1/alerts?limit=3&sort=value",
    ALERT,
    f"{ALERT}/evidence",
    f"{ALERT}/evidence?format=csv",
    f"{ALERT}/decisions",
    "/v1/typologies",
    "/v1/runs",
    "/v1/runs/run-1",
)
WRONG = (
    ("/nowhere", 404),
    ("/v1/alerts/none", 404),
    ("/v1/alerts?limit=0", 422),
    ("/v1/alerts?typology=s01", 422),
    ("/v1/alerts?account=" + "x" * 9000, 414),
)


@dataclass
class Answer:
    """What the application itself sends, before any server or client drops the body of a HEAD."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    ended: bool = False


def ask(app: FastAPI, method: str, address: str, key: str | None) -> Answer:
    path, _, query = address.partition("?")
    headers = [(b"host", b"testserver"), (b"x-request-id", b"same")]
    if key is not None:
        headers.append((b"authorization", f"Bearer {key}".encode()))
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": headers,
        "client": ("127.0.0.1", 50_000),
        "server": ("testserver", 80),
    }
    answer = Answer()

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message["headers"])
        else:
            answer.body += message.get("body", b"")
            answer.ended = not message.get("more_body", False)

    asyncio.run(app(scope, receive, send))
    assert scope["method"] == method
    return answer


def check_head(service: Service, address: str, status: int, key: str | None) -> None:
    got, head = (ask(service.app, method, address, key) for method in ("GET", "HEAD"))
    assert got.status == head.status == status
    assert got.headers == head.headers
    assert got.body != b""
    assert head.body == b""
    assert got.ended
    assert head.ended


@pytest.mark.parametrize("address", PATHS)
def test_head_is_get_without_the_body(service: Service, address: str) -> None:
    check_head(service, address, 200, service.keys["all"])


@pytest.mark.parametrize("address", [address for address in PATHS if address.startswith("/v1")])
def test_head_wants_a_key_and_its_scope(service: Service, address: str) -> None:
    other = "alerts:read" if address.startswith(("/v1/runs", f"{ALERT}/decisions")) else "runs:read"
    check_head(service, address, 401, None)
    check_head(service, address, 401, "mt_unknown")
    check_head(service, address, 403, service.keys[other])


@pytest.mark.parametrize(("address", "status"), WRONG)
def test_head_is_refused_as_get_is(service: Service, address: str, status: int) -> None:
    check_head(service, address, status, service.keys["all"])


def test_head_while_the_store_fails(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreError("of version 9999")

    monkeypatch.setattr(Store, "check", fail)
    check_head(service, "/readyz", 503, None)


def test_head_of_the_evidence_is_no_export(service: Service) -> None:
    ask(service.app, "HEAD", f"{ALERT}/evidence", service.keys["all"])
    assert service.store.audit(10, action="evidence_exported") == []
    ask(service.app, "GET", f"{ALERT}/evidence", service.keys["all"])
    assert len(service.store.audit(10, action="evidence_exported")) == 1
