"""Money over HTTP: traces, an alert's money, freeze plans; what is refused, and what is audited."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from moneytrail.storage import SCOPES, Store
from moneytrail.verify import proof_of, verify_trace
from tests.api.conftest import Service, alert_of, asked, seeds


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


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/freeze-plans"])
@pytest.mark.parametrize(
    "instant",
    [
        20250501, 20250501.5, -1, 0, True, "20250501", "1746057600", "1746057600.5", "2025-05-01",
        "2025-05-01T00:00:00", "2025-05-01T00:00:00 Z", "20250501T000000Z", "2025-13-01T00:00:00Z", "", [], {},
    ],
)  # fmt: skip
def test_an_instant_is_written_out(money: Service, path: str, instant: object) -> None:
    answer = money.post(path, {"seeds": seeds(money), "until": instant})
    assert answer.status_code == 422, answer.text
    [error] = answer.json()["errors"]
    assert error["where"] == "body.until"
    if instant != "2025-13-01T00:00:00Z":
        assert error["message"].endswith("an instant is written as 2026-01-31T12:00:00Z, with its time zone")


def test_an_instant_is_one_in_every_time_zone(money: Service) -> None:
    body = {"seeds": seeds(money), "rules": ["fifo"]}
    here = [
        asked(money.post("/v1/traces", body | {"until": instant}))
        for instant in ("2025-05-20T00:00:00Z", "2025-05-20T02:00:00+02:00", "2025-05-19 19:00:00.000-05:00")
    ]
    assert len({said["ledger_transfers"] for said in here}) == 1
    assert asked(money.post("/v1/traces", body | {"until": None}))["ledger_transfers"] > here[0]["ledger_transfers"]
    for first_or_last in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        assert money.post("/v1/traces", body | {"until": first_or_last}).status_code in (200, 409)


@pytest.mark.parametrize(
    "number", ["1e400", "-1e400", "NaN", "Infinity", "-Infinity", "-1", "-0.5", '"1e400"', '"NaN"']
)
@pytest.mark.parametrize(
    ("path", "field"),
    [
        *(("/v1/traces", field) for field in ("floor", "accounts", "limit")),
        *(
            ("/v1/freeze-plans", field)
            for field in ("floor", "budget", "cost_budget", "delay_hours", "horizon_days", "least_share", "rounds")
        ),
    ],
)
def test_a_number_that_is_none_or_below_zero_is_one_clear_problem(
    money: Service, path: str, field: str, number: str
) -> None:
    headers = {"Authorization": f"Bearer {money.keys['all']}", "Content-Type": "application/json"}
    content = f'{{"seeds": {json.dumps(seeds(money))}, "{field}": {number}}}'
    answer = money.client.post(path, content=content, headers=headers)
    assert answer.status_code == 422, answer.text
    [error] = answer.json()["errors"]
    assert error["where"] == f"body.{field}"
    assert error["message"]


@pytest.mark.parametrize("cost", ["1e400", "NaN", "-1", "0", "0.5", "1000000001", '"a lot"', "null"])
def test_a_cost_that_is_none_is_one_clear_problem(money: Service, cost: str) -> None:
    headers = {"Authorization": f"Bearer {money.keys['all']}", "Content-Type": "application/json"}
    content = f'{{"seeds": {json.dumps(seeds(money))}, "costs": {{"A": {cost}}}}}'
    answer = money.client.post("/v1/freeze-plans", content=content, headers=headers)
    assert answer.status_code == 422, answer.text
    assert [error["where"] for error in answer.json()["errors"]] == ["body.costs.A"]


@pytest.mark.parametrize(
    ("floor", "status"),
    [
        *((floor, 422) for floor in ("1e400", "NaN", "-1", "+1", "", "9" * 14, "\u0661", "1\n")),
        ("9" * 13, 409),
        ("0.001", 409),
        ("0.010", 200),
    ],
)
def test_a_floor_is_an_amount_of_the_ledgers_currency(money: Service, floor: str, status: int) -> None:
    answer = money.post("/v1/traces", {"seeds": seeds(money), "floor": floor})
    assert answer.status_code == status, answer.text


def test_a_number_of_five_thousand_digits_cannot_be_read(money: Service) -> None:
    headers = {"Authorization": f"Bearer {money.keys['all']}", "Content-Type": "application/json"}
    content = f'{{"seeds": ["x"], "budget": {"9" * 5000}}}'
    answer = money.client.post("/v1/freeze-plans", content=content, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


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
