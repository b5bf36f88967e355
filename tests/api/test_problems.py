"""One test for each row of the error table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from moneytrail.errors import ConflictError, MoneytrailError, StoreError
from moneytrail.storage import Store
from moneytrail_api import create_app
from moneytrail_api.problems import HTTP_KINDS, KINDS
from tests.api.conftest import Service


def check(response: Any, status: int, name: str, *, instance: str | None = None) -> dict[str, Any]:
    """Check the form that every problem has, and return it."""
    body: dict[str, Any] = response.json()
    assert response.status_code == body["status"] == status
    assert response.headers["content-type"] == "application/problem+json"
    assert body["type"] == f"urn:moneytrail:problem:{name}"
    assert body["instance"] == (instance or response.request.url.path)
    assert body["title"]
    assert body["detail"]
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-request-id"]
    return body


PATHS = (
    ("GET", "/v1/alerts", "alerts:read"),
    ("GET", "/v1/alerts/run-1-alert-0000", "alerts:read"),
    ("GET", "/v1/alerts/run-1-alert-0000/evidence", "alerts:read"),
    ("GET", "/v1/alerts/run-1-alert-0000/decisions", "alerts:decide"),
    ("POST", "/v1/alerts/run-1-alert-0000/decisions", "alerts:decide"),
    ("GET", "/v1/typologies", "alerts:read"),
    ("GET", "/v1/runs", "runs:read"),
    ("GET", "/v1/runs/run-1", "runs:read"),
)
BODY = {"status": "in_review"}


@pytest.mark.parametrize(("method", "path", "scope"), PATHS)
def test_each_path_wants_a_key_and_its_scope(service: Service, method: str, path: str, scope: str) -> None:
    def ask(authorization: str | None) -> Any:
        headers = {} if authorization is None else {"Authorization": authorization}
        return service.client.request(method, path, headers=headers, json=BODY if method == "POST" else None)

    revoked = service.store.create_key("gone", [scope])
    service.store.revoke_key(revoked.record.key_id)
    good = service.keys[scope]
    for bad in (None, "", "Bearer", "Bearer x", f"Basic {good}", good, f"Bearer {revoked.secret}", f"Bearer {good}x"):
        response = ask(bad)
        check(response, 401, "unauthenticated")
        assert response.headers["www-authenticate"] == "Bearer"
    for other in {"alerts:read", "alerts:decide", "runs:read"} - {scope}:
        body = check(ask(f"Bearer {service.keys[other]}"), 403, "forbidden")
        assert scope in body["detail"]
    assert ask(f"Bearer {good}").status_code in (200, 201)


def test_a_bad_key_is_never_told_apart_nor_repeated(service: Service) -> None:
    bodies = set()
    for secret in ("no-key-of-ours", "mt_aaaaaaaa_" + "b" * 43):
        response = service.client.get("/v1/alerts", headers={"Authorization": f"Bearer {secret}"})
        assert secret not in response.text
        bodies.add(response.text)
    assert len(bodies) == 1


@pytest.mark.parametrize(
    "path", ["/v1/alerts/none", "/v1/alerts/none/evidence", "/v1/alerts/none/decisions", "/v1/runs/none"]
)
def test_not_found(service: Service, path: str) -> None:
    assert "'none'" in check(service.get(path), 404, "not-found")["detail"]


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/alerts/", "/v1/alerts/a/b/c", "/v2/alerts", "/%00", "/V1/alerts"])
def test_an_unknown_path(service: Service, path: str) -> None:
    response = service.client.get(path)
    assert check(response, 404, "not-found", instance=response.json()["instance"])


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/alerts", "GET, HEAD"),
        ("PUT", "/v1/alerts/x/decisions", "GET, HEAD, POST"),
        ("POST", "/healthz", "GET, HEAD"),
        ("PATCH", "/v1/runs/x", "GET, HEAD"),
    ],
)
def test_a_method_that_the_path_does_not_know(service: Service, method: str, path: str, allowed: str) -> None:
    response = service.client.request(method, path)
    check(response, 405, "method-not-allowed")
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ({"limit": 0}, "query.limit"),
        ({"limit": 501}, "query.limit"),
        ({"limit": "many"}, "query.limit"),
        ({"min_score": "nan"}, "query.min_score"),
        ({"max_score": 1.01}, "query.max_score"),
        ({"min_value": -1}, "query.min_value"),
        ({"max_value": 2**63}, "query.max_value"),
        ({"since": "2026-01-01T00:00:00"}, "query.since"),
        ({"since": "1767225600"}, "query.since"),
        ({"since": "-0.5"}, "query.since"),
        ({"until": "soon"}, "query.until"),
        ({"status": "done"}, "query.status"),
        ({"sort": "headline"}, "query.sort"),
        ({"account": ""}, "query.account"),
        ({"acount": "4411"}, "query.acount"),
    ],
)
def test_a_wrong_query(service: Service, query: dict[str, Any], where: str) -> None:
    body = check(service.get("/v1/alerts", **query), 422, "invalid-request")
    assert [error["where"] for error in body["errors"]] == [where]


@pytest.mark.parametrize("path", ["/v1/alerts/run-1-alert-0000/evidence", "/v1/runs"])
def test_a_misspelt_parameter_is_not_overlooked(service: Service, path: str) -> None:
    assert check(service.get(path, fromat="csv"), 422, "invalid-request")["errors"][0]["where"] == "query.fromat"


@pytest.mark.parametrize("typology", ["s01", "S02", "S01 ", "S01,L01"])
def test_a_typology_that_is_not_in_the_catalogue(service: Service, typology: str) -> None:
    body = check(service.get("/v1/alerts", typology=typology), 422, "invalid-request")
    [error] = body["errors"]
    assert error["where"] == "query.typology"
    assert error["message"].endswith("there are: S01, L01, L03, L04, S99.")


def test_a_typology_where_the_catalogue_is_empty(store: Store) -> None:
    secret = store.create_key("k", ["alerts:read"]).secret
    client = TestClient(create_app(store, typologies=[]))
    response = client.get("/v1/alerts?typology=S01", headers={"Authorization": f"Bearer {secret}"})
    assert check(response, 422, "invalid-request")["errors"][0]["message"].endswith("there are: none.")
    assert client.get("/openapi.json").status_code == 200


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/v1/alerts?typology=S01&typology=L01", "typology"),
        ("/v1/alerts?status=open&limit=5&status=open", "status"),
        ("/v1/alerts?account=&account=x", "account"),
        ("/v1/alerts/run-1-alert-0000/evidence?format=csv&format=json", "format"),
        ("/v1/runs?limit=1&limit=2", "limit"),
    ],
)
def test_a_parameter_that_is_given_twice(service: Service, address: str, name: str) -> None:
    body = check(service.get(address), 422, "invalid-request")
    assert body["errors"] == [{"where": f"query.{name}", "message": "Give this parameter once."}]
    check(service.client.get(address), 401, "unauthenticated")


@pytest.mark.parametrize("name", ["since", "until"])
@pytest.mark.parametrize(
    ("instant", "lost"),
    [
        ("2025-01-01T00:00:00+00:00", True),
        ("2025-01-01%2012:00:00.5+05:45", True),
        ("2025-01-01%2000:00", False),
        ("2025-01-01T00:00:00", False),
        ("+soon", False),
    ],
)
def test_a_plus_that_arrives_as_a_blank(service: Service, name: str, instant: str, lost: bool) -> None:
    [error] = check(service.get(f"/v1/alerts?{name}={instant}"), 422, "invalid-request")["errors"]
    assert error["where"] == f"query.{name}"
    assert ("a plus in a URL is written %2B" in error["message"]) == lost
    if lost:
        assert service.get(f"/v1/alerts?{name}={instant.replace('+', '%2B')}").status_code == 200


def test_a_cursor_of_another_query(service: Service) -> None:
    cursor = service.get("/v1/alerts", limit=3).json()["next_cursor"]
    for query in ({"cursor": cursor, "sort": "value"}, {"cursor": cursor[:-3]}, {"cursor": "x"}):
        assert "cursor" in check(service.get("/v1/alerts", **query), 422, "invalid-request")["detail"]


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"status": "done"},
        {"status": 1},
        {"status": "open", "by": "me"},
        {"status": "open", "reason": "x" * 4001},
    ],
)
def test_a_wrong_body(service: Service, body: object) -> None:
    path = f"/v1/alerts/{service.alerts[0].alert_id}/decisions"
    assert check(service.post(path, body), 422, "invalid-request")["errors"]
    assert service.store.decisions(service.alerts[0].alert_id) == []


def test_a_body_that_is_no_json_or_no_text(service: Service) -> None:
    path = f"/v1/alerts/{service.alerts[0].alert_id}/decisions"
    headers = {"Authorization": f"Bearer {service.keys['all']}", "Content-Type": "application/json"}
    for content in (b"{", b"\xff\xfe", b'{"status": "open", "reason": "\\ud800"}', b"[" * 50_000):
        response = service.client.post(path, content=content, headers=headers)
        assert response.status_code in (400, 422), content[:20]
        check(response, response.status_code, "invalid-request" if response.status_code == 422 else "bad-request")


def test_closing_without_a_reason(service: Service) -> None:
    path = f"/v1/alerts/{service.alerts[0].alert_id}/decisions"
    response = service.post(path, {"status": "closed_useful"})
    assert "reason" in check(response, 422, "invalid-request")["detail"]


def test_a_body_that_is_too_large(service: Service) -> None:
    path = f"/v1/alerts/{service.alerts[0].alert_id}/decisions"
    headers = {"Authorization": f"Bearer {service.keys['all']}", "Content-Type": "application/json"}
    announced = service.client.post(path, content=b" " * 70_000, headers=headers)
    check(announced, 413, "body-too-large")

    def chunks() -> Iterator[bytes]:
        for _ in range(70):
            yield b" " * 1000

    unannounced = service.client.post(path, content=chunks(), headers=headers)
    check(unannounced, 413, "body-too-large")


def test_an_address_that_is_too_long(service: Service) -> None:
    check(service.get("/v1/alerts", account="x" * 9000), 414, "address-too-long")
    check(service.get("/v1/alerts/" + "x" * 8000), 422, "invalid-request")


def _raising(error: Exception) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (StoreError("postgresql://user@host/secret-place is down"), 503, "store-unavailable"),
        (MoneytrailError("secret-place"), 500, "internal-error"),
        (ZeroDivisionError("secret-place"), 500, "internal-error"),
        (ConflictError("run 'x' is in the store with other alerts"), 409, "conflict"),
    ],
)
def test_what_fails_inside_stays_inside_but_is_logged(
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    status: int,
    name: str,
) -> None:
    monkeypatch.setattr(Store, "alerts", _raising(error))
    response = service.get("/v1/alerts")
    check(response, status, name)
    assert "secret-place" not in response.text
    assert (response.headers["x-request-id"] in caplog.text) == (status >= 500)
    assert ("secret-place" in caplog.text) == (status >= 500)


def test_not_ready_while_the_store_fails(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "check", _raising(StoreError("of version 9999")))
    check(service.client.get("/readyz"), 503, "store-unavailable")
    assert service.client.get("/healthz").status_code == 200


def test_every_row_of_the_table_is_in_this_file() -> None:
    statuses = {kind.status for kind in (*KINDS.values(), *HTTP_KINDS.values())}
    assert statuses == {400, 401, 403, 404, 405, 409, 413, 414, 422, 500, 503}
