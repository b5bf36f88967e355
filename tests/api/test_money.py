"""Money over HTTP: traces, an alert's money, freeze plans; what is refused, and what is audited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from moneytrail import Pipeline
from moneytrail.money.questions import seeds_of
from moneytrail.simulate import simulate
from moneytrail.storage import SCOPES, Ledger, Store
from moneytrail.verify import proof_of, verify_trace
from moneytrail_api import create_app
from tests.api.conftest import Service


@pytest.fixture(scope="module")
def money(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service over a run that kept its ledger, and an older one that did not."""
    bank = simulate(customers=400, days=60, seed=11, gangs=4, typologies=("S01", "L01", "L03", "L04"))
    report = Pipeline(parameters={"risk": {"raise_from": 0.0}}).run(bank.transfers, bank.accounts)
    with Store.open(tmp_path_factory.mktemp("money") / "store.db") as store:
        store.save_run(report.record, report.alerts, ledger=Ledger(bank.transfers, bank.accounts))
        store.save_run({**report.record, "run_id": "R-old", "created_at": "2020-01-01T00:00:00+00:00"}, [])
        keys: dict[str, str] = {scope: store.create_key(scope, [scope]).secret for scope in SCOPES}
        keys["all"] = store.create_key("all", SCOPES).secret
        app = create_app(store)
        with TestClient(app, raise_server_exceptions=False) as client:
            yield Service(app, store, client, list(report.alerts), keys)


def seeds(money: Service) -> list[str]:
    return next(found for found in map(seeds_of, money.alerts) if found)


def alert_of(money: Service) -> str:
    return next(alert.alert_id for alert in money.alerts if seeds_of(alert))


def asked(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_trace_says_where_the_money_is(money: Service) -> None:
    said = asked(money.post("/v1/traces", {"seeds": seeds(money), "rules": ["fifo", "clean_first"], "accounts": 3}))
    assert list(said["rules"]) == ["fifo", "clean_first"]
    assert len(said["accounts"]) == len(said["rules"]["fifo"]) == 3 <= said["accounts_in_all"]
    for sums in said["totals"].values():
        assert sums.pop("seeded") == sum(sums.values())
    assert (said["transfers"], said["picture"], said["proof"]) == ([], None, None)
    assert said["transfers_in_all"] > 0


def test_a_trace_has_its_proof_and_picture_where_they_are_asked_for(money: Service) -> None:
    body = {"seeds": seeds(money), "proof": True, "picture": True, "transfers": True}
    said = asked(money.post("/v1/traces", body))
    assert verify_trace(proof_of(said["proof"])).confirmed
    assert said["picture"].startswith("<svg")
    assert len(said["transfers"]) == said["transfers_in_all"]


def test_an_alerts_money_comes_with_clocks_and_levers(money: Service) -> None:
    said = asked(money.get(f"/v1/alerts/{alert_of(money)}/money"))
    assert said["alerts"] == [alert_of(money)]
    assert said["headline"].startswith("£")
    assert said["in_reach"]["analyst_hours"] > 0
    for one in said["accounts"]:
        assert one["low"] <= one["high"]
        assert {"best", "meanwhile", "within_reach", "not_assessed"} == set(one["levers"])
        assert one["why"]
    assert said["profit"]["takings"]["estimate"] > 0


def test_a_freeze_plan_over_http_equals_the_commands(money: Service) -> None:
    body = {"alert_ids": [alert_of(money)], "budget": 2, "delay_hours": 24, "rounds": 2, "picture": True}
    said = asked(money.post("/v1/freeze-plans", body))
    assert 1 <= len(said["accounts"]) <= 2
    assert said["intercepted"] <= said["no_plan_catches_more_than"]
    assert len(said["displacement"]) == 2
    assert "<svg" in said["picture"]


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/freeze-plans"])
@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({}, 409, "there is no seed"),
        ({"seeds": ["nope"]}, 409, "no transfer 'nope'"),
        ({"seeds": ["x"] * 2001}, 422, "errors"),
        ({"alert_ids": ["nope"]}, 404, "no alert 'nope'"),
        ({"run_id": "nope", "seeds": ["x"]}, 404, "nope"),
        ({"run_id": "R-old", "seeds": ["x"]}, 404, "ledger"),
        ({"seeds": ["x"], "floor": "-1"}, 422, "floor"),
        ({"seeds": ["x"], "floor": "1e400"}, 422, "floor"),
        ({"seeds": ["x"], "held_to_be": {"A": "guilty"}}, 422, "held_to_be"),
        ({"seeds": ["x"], "until": "2025-01-01"}, 422, "time zone"),
        ({"seed": ["x"]}, 422, "seed"),
    ],
)
def test_what_cannot_be_asked_is_one_clear_problem(
    money: Service, path: str, body: dict[str, Any], status: int, reason: str
) -> None:
    answer = money.post(path, body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert reason in answer.text


def test_a_plan_has_limits_of_its_own(money: Service) -> None:
    unknown = money.post("/v1/freeze-plans", {"seeds": seeds(money), "only": ["nobody"]})
    assert (unknown.status_code, unknown.json()["type"]) == (409, "urn:moneytrail:problem:unanswerable")
    for body in ({"move_by": "pari_passu"}, {"budget": 0}, {"horizon_days": 0}, {"rounds": 9}, {"least_share": 2}):
        assert money.post("/v1/freeze-plans", {"seeds": seeds(money), **body}).status_code == 422


@pytest.mark.parametrize("scope", [scope for scope in SCOPES if scope != "money:read"])
def test_money_needs_its_own_scope(money: Service, scope: str) -> None:
    assert money.get(f"/v1/alerts/{alert_of(money)}/money", key=scope).status_code == 403
    for path in ("/v1/traces", "/v1/freeze-plans"):
        assert money.post(path, {"seeds": seeds(money)}, key=scope).status_code == 403
    assert money.client.post("/v1/traces", json={"seeds": ["x"]}).status_code == 401


def test_every_question_is_audited(money: Service) -> None:
    before = len(money.store.audit())
    asked(money.post("/v1/traces", {"seeds": seeds(money)}, key="money:read"))
    asked(money.get(f"/v1/alerts/{alert_of(money)}/money", key="money:read"))
    asked(money.post("/v1/freeze-plans", {"alert_ids": [alert_of(money)]}, key="money:read"))
    entries = money.store.audit()
    assert len(entries) == before + 3
    latest = sorted(entries, key=lambda entry: entry.entry_id)[-3:]
    assert [entry.action for entry in latest] == ["money_traced", "money_traced", "freeze_planned"]
    assert all(entry.done_by.startswith("money:read") for entry in latest)
    assert latest[1].detail["alerts"] == [alert_of(money)]


def test_a_ledger_is_read_once(money: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(money.post("/v1/traces", {"seeds": seeds(money)}))

    def refuse(*_: object) -> None:
        raise AssertionError("the ledger was read again")

    monkeypatch.setattr(Store, "ledger", refuse)
    asked(money.post("/v1/traces", {"seeds": seeds(money)}))


def test_answers_do_not_depend_on_who_asks_at_the_same_time(money: Service, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    del tmp_path
    body = {"seeds": seeds(money), "accounts": 5}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: asked(money.post("/v1/traces", body)), range(12)))
    assert all(answer == answers[0] for answer in answers)
