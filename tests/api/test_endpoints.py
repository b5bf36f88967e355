"""Each endpoint over a real store."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from moneytrail.alerts import Alert, AlertSubject
from moneytrail.errors import StoreError
from moneytrail.storage import SCOPES, SORTS, Store
from moneytrail_api import create_app
from moneytrail_api.evidence_csv import HEADER, guarded
from moneytrail_api.routers.alerts import preferred
from tests.alert_examples import AWKWARD, example_alerts, example_record
from tests.api.conftest import TYPOLOGIES, Service


def _ids(service: Service, **query: Any) -> list[str]:
    """Walk every page."""
    found: list[str] = []
    while True:
        page = service.get("/v1/alerts", **query).json()
        found.extend(item["alert_id"] for item in page["items"])
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


def _money(amount: int, currency: str) -> dict[str, object]:
    return {"amount": amount, "currency": currency}


def test_the_list_shows_what_an_alert_is(service: Service) -> None:
    alert = service.alerts[-1]
    [item] = service.get("/v1/alerts", min_score=0.25, max_score=0.25).json()["items"]
    assert item["alert_id"] == alert.alert_id
    assert item["headline"] == "Account 4411 took fees from 12 people"
    assert item["value"] == _money(alert.value, "GBP")
    assert item["typology_scores"] == alert.typology_scores
    assert item["anomaly_scores"] == alert.anomaly_scores
    assert [subject["account"] for subject in item["subjects"]] == [s.account for s in alert.subjects]
    assert item["subject_count"] == len(alert.subjects)
    assert datetime.fromisoformat(item["started_at"]) == alert.started_at
    assert (item["match_count"], item["evidence_count"]) == (len(alert.matches), len(alert.evidence))
    assert "evidence" not in item


@pytest.mark.parametrize("count", [0, 24, 25, 26, 1000])
def test_the_list_has_the_first_subjects_and_their_number(service: Service, count: int) -> None:
    subjects = tuple(AlertSubject(f"account {number}", "unknown", "payer") for number in range(count))
    alert = replace(example_alerts(3, 1, run_id="wide")[0], subjects=subjects)
    service.store.save_run(example_record("wide"), [alert])
    [item] = service.get("/v1/alerts", run_id="wide").json()["items"]
    whole = service.get(f"/v1/alerts/{alert.alert_id}").json()
    assert item["subject_count"] == whole["subject_count"] == count
    assert [subject["account"] for subject in whole["subjects"]] == [s.account for s in subjects]
    assert item["subjects"] == whole["subjects"][:25]


@pytest.mark.parametrize("sort", SORTS)
def test_pages_hold_every_alert_once_while_others_are_saved(service: Service, sort: str) -> None:
    name = sort.removeprefix("-")
    wanted = sorted(
        service.alerts, key=lambda alert: (getattr(alert, name), alert.alert_id), reverse=sort.startswith("-")
    )
    assert _ids(service, sort=sort, limit=7) == [alert.alert_id for alert in wanted]
    first = service.get("/v1/alerts", sort=sort, limit=7).json()
    service.store.save_run(example_record("late"), example_alerts(99, 10, run_id="late"))
    rest = _ids(service, sort=sort, limit=7, cursor=first["next_cursor"])
    found = [item["alert_id"] for item in first["items"]] + rest
    assert len(found) == len(set(found))
    assert [alert_id for alert_id in found if alert_id.startswith("run-1")] == [a.alert_id for a in wanted]


def test_every_filter_reaches_the_store(service: Service) -> None:
    alert = next(alert for alert in service.alerts if alert.value > 0)
    service.store.decide(alert.alert_id, "escalated", by="me")
    account = alert.subjects[0].account
    filters: dict[str, object] = {
        "typology": alert.matches[0].typology,
        "min_score": alert.risk_score,
        "max_score": alert.risk_score,
        "min_value": alert.value,
        "max_value": alert.value,
        "account": account,
        "since": alert.ended_at.isoformat(),
        "until": "2026-01-09T00:00:00+05:45",
        "status": "escalated",
        "run_id": "run-1",
    }
    assert _ids(service, **filters) == [alert.alert_id]
    misses = {
        "typology": "S99",
        "min_score": 1,
        "max_score": 0.01,
        "min_value": 2**63 - 1,
        "max_value": alert.value - 1,
        "account": account + "x",
        "since": "2030-01-01T00:00:00Z",
        "until": "2001-01-01T00:00:00Z",
        "status": "in_review",
        "run_id": "run-0",
    }
    assert misses.keys() == filters.keys()
    for name, value in misses.items():
        assert _ids(service, **{**filters, name: value}) == [], name


@pytest.mark.parametrize("account", AWKWARD)
def test_an_account_of_any_spelling_is_found(service: Service, account: str) -> None:
    def touches(alert: Alert) -> bool:
        sides = {t.debtor_account for t in alert.evidence} | {t.creditor_account for t in alert.evidence}
        return account in sides | {subject.account for subject in alert.subjects}

    wanted = {alert.alert_id for alert in service.alerts if touches(alert)}
    assert set(_ids(service, account=account)) == wanted


def test_an_alert_is_shown_whole(service: Service) -> None:
    for alert in service.alerts:
        body = service.get(f"/v1/alerts/{alert.alert_id}").json()
        assert body["headline"] == alert.headline
        assert body["subjects"] == [{"account": s.account, "role": s.role, "part": s.part} for s in alert.subjects]
        assert [match["score"] for match in body["matches"]] == [match.score for match in alert.matches]
        measure = body["matches"][0]["measures"][0]
        assert (measure["value"], measure["sense"], measure["threshold"]) == (9.0, ">=", 8.0)
        assert body["matches"][0]["innocent_explanations"] == ["a club that collects for a trip", "a wedding"]
        assert body["run"] == service.store.run("run-1")
        for shown, transfer in zip(body["evidence"], alert.evidence, strict=True):
            assert shown["role"] == transfer.role
            assert shown["amount"] == _money(transfer.amount, transfer.currency)
            assert shown["reference_amount"] == _money(transfer.reference_amount, "GBP")
            assert datetime.fromisoformat(shown["booked_at"]) == transfer.booked_at


def test_the_evidence_of_an_alert_and_of_a_match(service: Service) -> None:
    alert = service.alerts[0]
    path = f"/v1/alerts/{alert.alert_id}/evidence"
    items = service.get(path).json()["items"]
    assert [item["transaction_id"] for item in items] == [t.transaction_id for t in alert.evidence]
    match_id = alert.evidence[0].match_id
    items = service.get(path, match_id=match_id).json()["items"]
    assert {item["match_id"] for item in items} == {match_id}
    assert service.get(path, match_id="none").status_code == 404


def test_the_evidence_as_csv(service: Service) -> None:
    service.store.save_run(example_record("large"), large := example_alerts(5, 1, run_id="large", evidence=1201))
    response = service.get(f"/v1/alerts/{large[0].alert_id}/evidence", format="csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="evidence.csv"'
    header, *rows = csv.reader(io.StringIO(response.text, newline=""))
    assert tuple(header) == HEADER
    assert len(rows) == 1201
    for row, transfer in zip(rows, large[0].evidence, strict=True):
        shown = dict(zip(header, row, strict=True))
        assert shown["transaction_id"] == transfer.transaction_id
        assert shown["amount_minor_units"] == str(transfer.amount)
        assert shown["creditor_account"] == guarded(transfer.creditor_account)
        assert not shown["reference"].startswith("=")


def test_the_evidence_has_the_probability_of_a_model_in_every_form(service: Service) -> None:
    (alert,) = example_alerts(3, 1, run_id="run-2", evidence=3)
    given: list[float | None] = [0.8125, None, 0.0]
    evidence = [replace(one, probability=said) for one, said in zip(alert.evidence, given, strict=True)]
    service.store.save_run(example_record("run-2"), [replace(alert, evidence=tuple(evidence))])
    path = f"/v1/alerts/{alert.alert_id}"
    for items in (service.get(path).json()["evidence"], service.get(f"{path}/evidence").json()["items"]):
        assert [item["probability"] for item in items] == given
    table = csv.DictReader(io.StringIO(service.get(f"{path}/evidence", format="csv").text, newline=""))
    assert [row["probability"] for row in table] == ["0.8125", "", "0.0"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "＠x", '=HYPERLINK("x")']
)
def test_a_formula_is_disarmed(text: str) -> None:
    assert guarded(text) == "'" + text


@pytest.mark.parametrize("text", ["GB29 NWBK", "a=b", "1-2", "", "счёт", "'quoted"])
def test_what_is_no_formula_stays(text: str) -> None:
    assert guarded(text) == text


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("text/csv", "csv"),
        ("TEXT/CSV;charset=utf-8", "csv"),
        ("application/json, text/csv", "json"),
        ("text/csv, application/json;q=0.5", "csv"),
        ("text/csv;q=0", "json"),
        ("text/csv;q=many", "json"),
        ("image/png", "json"),
    ],
)
def test_the_accept_header_chooses_the_form(accept: str, form: str) -> None:
    assert preferred(accept) == form


def test_the_format_outweighs_the_accept_header_and_exports_are_audited(service: Service) -> None:
    path = f"/v1/alerts/{service.alerts[0].alert_id}/evidence"
    headers = {"Authorization": f"Bearer {service.keys['all']}", "Accept": "text/csv"}
    by_header = service.client.get(path, headers=headers)
    by_format = service.client.get(path, headers=headers, params={"format": "json"})
    assert by_header.headers["content-type"].startswith("text/csv")
    assert by_format.headers["content-type"] == "application/json"
    last, before = service.store.audit(2, action="evidence_exported")
    assert (before.detail["form"], last.detail["form"]) == ("csv", "json")
    assert last.subject == service.alerts[0].alert_id
    assert last.done_by.startswith("all (")


def test_a_decision_is_made_and_read(service: Service) -> None:
    path = f"/v1/alerts/{service.alerts[0].alert_id}"
    made = service.post(f"{path}/decisions", {"status": "closed_useful", "reason": "reported"})
    assert made.status_code == 201
    assert made.json()["decided_by"].startswith("all (")
    assert service.get(f"{path}/decisions").json()["items"] == [made.json()]
    assert service.get(path).json()["status"] == "closed_useful"
    assert [i["alert_id"] for i in service.get("/v1/alerts", status="closed_useful").json()["items"]] == [
        service.alerts[0].alert_id
    ]


def test_the_catalogue(service: Service) -> None:
    assert service.get("/v1/typologies").json() == {"items": TYPOLOGIES}


def test_the_packages_own_catalogue_fits(store: Store) -> None:
    key = store.create_key("k", SCOPES).secret
    client = TestClient(create_app(store))
    items = client.get("/v1/typologies", headers={"Authorization": f"Bearer {key}"}).json()["items"]
    assert {"S01", "L01", "L03", "L04"} <= {item["id"] for item in items}


def test_runs(service: Service) -> None:
    items = service.get("/v1/runs").json()["items"]
    assert [(item["run_id"], item["alert_count"]) for item in items] == [("run-1", 30), ("run-0", 0)]
    assert len(service.get("/v1/runs", limit=1).json()["items"]) == 1
    assert service.get("/v1/runs/run-1").json() == service.store.run("run-1")


def test_health_needs_no_key(service: Service) -> None:
    for path in ("/healthz", "/readyz"):
        response = service.client.get(path)
        assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_no_page_loads_scripts_from_elsewhere(service: Service) -> None:
    for path in ("/docs", "/docs/oauth2-redirect", "/redoc"):
        response = service.client.get(path)
        assert response.status_code == 404
        assert response.headers["content-security-policy"].startswith("default-src 'none'")


def test_the_document_names_the_typologies(service: Service) -> None:
    parameters = service.client.get("/openapi.json").json()["paths"]["/v1/alerts"]["get"]["parameters"]
    [schema] = [parameter["schema"] for parameter in parameters if parameter["name"] == "typology"]
    assert schema["anyOf"][0]["enum"] == [typology["id"] for typology in TYPOLOGIES]


def test_the_documentation_is_served(service: Service) -> None:
    document = service.client.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["API key"]["scheme"] == "bearer"
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"]
            assert ("security" in operation) == path.startswith("/v1")
            for status, response in operation["responses"].items():
                if status >= "400":
                    assert list(response["content"]) == ["application/problem+json"], (path, status)


def test_every_answer_is_protected_and_numbered(service: Service) -> None:
    for path in ("/v1/alerts", "/healthz", "/nowhere", f"/v1/alerts/{service.alerts[0].alert_id}/evidence?format=csv"):
        headers = service.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert len(headers["x-request-id"]) == 32
    sent = service.client.get("/healthz", headers={"X-Request-ID": "case-7.a"})
    assert sent.headers["x-request-id"] == "case-7.a"
    for harmful in ("a b", "x" * 65, "<script>"):
        assert service.client.get("/healthz", headers={"X-Request-ID": harmful}).headers["x-request-id"] != harmful


def test_many_callers_at_once(service: Service) -> None:
    def ask(number: int) -> int:
        alert = service.alerts[number % len(service.alerts)].alert_id
        if number % 4 == 0:
            body = {"status": "in_review", "reason": str(number)}
            return int(service.post(f"/v1/alerts/{alert}/decisions", body).status_code)
        path = ("/v1/alerts", f"/v1/alerts/{alert}", f"/v1/alerts/{alert}/evidence")[number % 3]
        return int(service.get(path).status_code)

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(ask, range(160)))
    assert set(statuses) == {200, 201}
    made = sum(len(service.store.decisions(alert.alert_id)) for alert in service.alerts)
    assert made == statuses.count(201) == 40


def test_an_address_is_opened_and_closed_by_the_service(tmp_path: Path) -> None:
    with TestClient(create_app(str(tmp_path / "store.db"), typologies=[])) as client:
        assert client.get("/readyz").status_code == 200
    with pytest.raises(StoreError):
        create_app(str(tmp_path / "missing" / "store.db"), typologies=[])
