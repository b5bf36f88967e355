"""What the OpenAPI document says of money is what is answered: fields, problems, and what is not listed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

from moneytrail.disruption import shipped
from moneytrail.errors import StoreError
from moneytrail.money import questions
from moneytrail.money.questions import seeds_of
from moneytrail.verify import proof_of, verify_trace
from moneytrail_api import create_app, ledgers
from moneytrail_api.ledgers import AT_ONCE, MOST_WAITING
from moneytrail_api.limits import ADDRESS_MAX, BODY_MAX
from moneytrail_api.money_answers import AlertMoney, BreakTotal, FreezePlanAnswer, TraceAnswer
from moneytrail_api.money_models import LISTED
from tests.api.conftest import Service, alert_of, asked, seeds

RULES = ("fifo", "lifo", "haircut", "pari_passu", "clean_first", "tainted_first")


def known(model: type[BaseModel], answer: dict[str, Any]) -> Any:
    """The part of an answer that the model knows; refused where a field is missing or of another type."""
    told = model.model_validate_json(json.dumps(answer), strict=True)
    return json.loads(told.model_dump_json(by_alias=True, exclude_unset=True))


def small_alerts(money: Service) -> list[str]:
    return [alert.alert_id for alert in money.alerts if 0 < len(seeds_of(alert)) < 22]


# Every field of the documents is in the models, and the other way round


def test_a_traces_answer_is_what_the_models_say(money: Service) -> None:
    seen: set[str] = set()
    for alert in small_alerts(money):
        said = asked(money.post("/v1/traces", {"alert_ids": [alert], "transfers": True, "proof": True}))
        assert known(TraceAnswer, said) == said
        seen |= {name for name, value in said.items() if value not in (None, [], {})}
    assert {"transfers", "breaks", "value_links", "advances", "break_totals", "end_point_settled", "proof"} <= seen


@pytest.mark.parametrize(
    "body",
    [
        {"rules": ["poison"]},
        {"rules": ["fifo"], "transfers": True},
        {"through_other_banks": True, "transfers": True, "picture": True},
        {"until": "2025-05-10T00:00:00Z", "floor": "1.00", "equal_victims": True},
        {"limit": 0, "accounts": 0},
    ],
)
def test_a_trace_by_other_rules_is_too(money: Service, body: dict[str, Any]) -> None:
    said = asked(money.post("/v1/traces", {"seeds": seeds(money), **body}))
    assert known(TraceAnswer, said) == said


@pytest.mark.parametrize("query", [{}, {"through_other_banks": "true", "picture": "true"}, {"limit": "1"}])
def test_an_alerts_money_is_what_the_models_say(money: Service, query: dict[str, str]) -> None:
    for alert in small_alerts(money)[:8]:
        said = asked(money.get(f"/v1/alerts/{alert}/money", **query))
        assert known(AlertMoney, said) == said


@pytest.mark.parametrize(
    "body",
    [
        {"budget": 30, "rounds": 2},
        {"cost_budget": 3, "costs": {"81998762": 2}, "rounds": 0},
        {"only": ["81998762"], "held_to_be": {"81998762": "victim"}, "picture": True},
        {"through_other_banks": True, "horizon_days": 200, "limit": 1},
    ],
)
def test_a_plan_is_what_the_models_say(money: Service, body: dict[str, Any]) -> None:
    said = asked(money.post("/v1/freeze-plans", {"seeds": seeds(money), **body}))
    assert known(FreezePlanAnswer, said) == said


def test_a_field_that_the_models_do_not_know_would_be_found(money: Service) -> None:
    said = asked(money.post("/v1/traces", {"seeds": seeds(money)}))
    first = next(iter(said["accounts"].values()))
    first["new"] = 1
    assert known(TraceAnswer, said) != said
    del first["new"], first["why"]
    with pytest.raises(ValueError, match="why"):
        known(TraceAnswer, said)


def fields(document: dict[str, Any], schema: dict[str, Any], where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field below a schema, with what is said of it."""
    name = schema.get("$ref", "").rpartition("/")[2]
    whole = document["components"]["schemas"][name] if name else schema
    for field, told in whole.get("properties", {}).items():
        yield f"{where}.{field}", told
        yield from fields(document, told, f"{where}.{field}")
    for part in (*whole.get("anyOf", ()), whole.get("items"), whole.get("additionalProperties")):
        if isinstance(part, dict):
            yield f"{where}[]", {"description": "", **part}
            yield from fields(document, part, f"{where}[]")


MONEY = (("/v1/traces", "post"), ("/v1/alerts/{alert_id}/money", "get"), ("/v1/freeze-plans", "post"))


@pytest.mark.parametrize(("path", "method"), MONEY)
def test_a_client_generator_gets_every_field_with_its_meaning_and_unit(money: Service, path: str, method: str) -> None:
    document = money.client.get("/openapi.json").json()
    schema = document["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
    found = dict(fields(document, schema, ""))
    assert len(found) > 60
    for where, told in found.items():
        assert "description" in told, where
        assert {"type", "$ref", "anyOf", "const", "enum"} & set(told), f"{where} may be anything"
        assert told.get("additionalProperties") is not True, where
        of_int64 = [one for one in (told, *told.get("anyOf", ())) if one.get("format") == "int64"]
        if of_int64 and not where.endswith("[]"):
            assert "inor units" in told["description"], where


def test_the_rules_of_a_break_are_those_that_say_where_money_is() -> None:
    assert set(BreakTotal.model_fields) == {"says", *RULES}


# Every documented problem can come, and no other


def body_of(path: str, money: Service) -> dict[str, Any] | None:
    return None if "{" in path else {"alert_ids": [alert_of(money)]}


def ask(money: Service, path: str, method: str, *, key: str = "all", **more: Any) -> Any:
    """Ask an endpoint; of its own alert unless told otherwise."""
    address = path.replace("{alert_id}", more.pop("alert", alert_of(money)))
    headers = {"Authorization": f"Bearer {money.keys[key]}", "Content-Type": "application/json"}
    request: dict[str, Any] = {"headers": headers}
    if method == "post" and "content" not in more:
        request["json"] = body_of(path, money)
    return money.client.request(method, address + more.pop("query", ""), **(request | more))


def failing(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def provoked(money: Service, path: str, method: str, patch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An answer of each kind of problem."""
    yield ask(money, path, method, headers={})
    yield ask(money, path, method, key="alerts:read")
    yield ask(money, path, method, content=b" " * (BODY_MAX + 1))
    yield ask(money, path, method, query="?x=" + "x" * ADDRESS_MAX)
    if method == "post":
        yield ask(money, path, method, content=b'{"seeds": ["\xff"]}')
        yield ask(money, path, method, content=None)
        yield ask(money, path, method, json={"seeds": ["41"]})
        yield ask(money, path, method, json={"alert_ids": ["A-0"]})
    else:
        yield ask(money, path, method, query="?through_other_banks=true&through_other_banks=true")
        yield ask(money, path, method, alert="A-0")
        with patch.context() as dark:
            dark.setattr(questions, "seeds_of", lambda _alert: [])
            yield ask(money, path, method)
    for error in (StoreError("down"), ZeroDivisionError()):
        with patch.context() as broken:
            broken.setattr(ledgers, "run_of", failing(error))
            yield ask(money, path, method)
    with ExitStack() as full:
        room = money.app.state.ledgers._room
        for _ in range(AT_ONCE + MOST_WAITING):
            full.enter_context(room)
        yield ask(money, path, method)


@pytest.mark.parametrize(("path", "method"), MONEY)
def test_each_documented_problem_comes_as_its_example_says(
    money: Service, monkeypatch: pytest.MonkeyPatch, path: str, method: str
) -> None:
    responses = money.client.get("/openapi.json").json()["paths"][path][method]["responses"]
    documented = {
        (int(status), example["value"]["type"]): example["value"]
        for status, response in responses.items()
        for example in response["content"].get("application/problem+json", {}).get("examples", {}).values()
    }
    came = set()
    for answer in provoked(money, path, method, monkeypatch):
        body = answer.json()
        example = documented[answer.status_code, body["type"]]
        assert json.loads(json.dumps(body).replace(alert_of(money), "A-0")) == example
        came.add((answer.status_code, body["type"]))
    assert came == set(documented)


def test_an_unanswerable_question_is_documented_as_one(money: Service) -> None:
    paths = money.client.get("/openapi.json").json()["paths"]
    for path, method in MONEY:
        problem = paths[path][method]["responses"]["409"]["content"]["application/problem+json"]
        assert list(problem["examples"]) == ["unanswerable"]


def test_every_example_of_a_problem_is_of_its_own_endpoint(service: Service) -> None:
    paths = service.client.get("/openapi.json").json()["paths"]
    for path, operations in paths.items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                content = response["content"].get("application/problem+json", {})
                assert content.get("examples") or int(status) < 300, (path, status)
                for name, example in content.get("examples", {}).items():
                    said = example["value"]
                    assert said["status"] == int(status)
                    assert said["type"] == f"urn:moneytrail:problem:{name}"
                    assert said["title"] == example["summary"]
                    assert said["detail"]
                    assert said["instance"].split("/")[:3] == path.split("/")[:3]
                    assert "{" not in said["instance"]


# What is not listed is counted and said


def test_a_trace_lists_the_first_and_counts_all(money: Service) -> None:
    body = {"seeds": seeds(money), "transfers": True, "proof": True, "until": "2025-05-20T00:00:00Z"}
    whole = asked(money.post("/v1/traces", body | {"accounts": 100_000}))
    few = asked(money.post("/v1/traces", body | {"accounts": 4, "limit": 3}))
    assert whole["cut"] is None
    for name in ("transfers", "breaks", "value_links", "advances", "seeds", "seeds_after_the_end"):
        assert few[name] == whole[name][:3]
        assert few[f"{name}_in_all"] == whole[f"{name}_in_all"] == len(whole[name])
        assert (f"in `{name}`" in few["cut"]) == (len(whole[name]) > 3)
    assert few["transfers_in_all"] > 3 < few["breaks_in_all"]
    assert list(few["accounts"].items()) == list(whole["accounts"].items())[:4]
    assert few["accounts_in_all"] == len(whole["accounts"])
    assert f"the first 3 of {few['transfers_in_all']:,} in `transfers`" in few["cut"]
    assert f"the first 4 of {few['accounts_in_all']:,} in `accounts`" in few["cut"]
    for name in ("totals", "break_totals", "proof", "source"):
        assert few[name] == whole[name], "figures and proof are of all"
    assert verify_trace(proof_of(few["proof"])).confirmed


def test_transfers_that_were_not_asked_for_are_counted_too(money: Service) -> None:
    said = asked(money.post("/v1/traces", {"seeds": seeds(money)}))
    assert (said["transfers"], said["breaks"]) == ([], [])
    for name in ("transfers", "breaks"):
        assert f"none of {said[f'{name}_in_all']:,} in `{name}`" in said["cut"]
        assert said[f"{name}_in_all"] > 0


def test_a_large_trace_is_cut_unless_told_otherwise(money: Service) -> None:
    most = max(money.alerts, key=lambda alert: len(seeds_of(alert)))
    body = {"alert_ids": [most.alert_id], "transfers": True}
    said = asked(money.post("/v1/traces", body))
    assert len(said["transfers"]) == LISTED < said["transfers_in_all"]
    assert "`transfers`" in said["cut"]
    whole = asked(money.post("/v1/traces", body | {"limit": 100_000}))
    assert len(whole["transfers"]) == whole["transfers_in_all"] == said["transfers_in_all"]
    assert "`transfers`" not in whole["cut"]


def test_an_alerts_money_and_a_plan_tell_what_they_do_not_list(money: Service) -> None:
    alert = asked(money.get(f"/v1/alerts/{alert_of(money)}/money", limit=2))
    assert len(alert["seeds"]) == 2 < alert["seeds_in_all"]
    assert len(alert["profit"]["controlled"]) == 2 < alert["profit"]["controlled_in_all"]
    for name in ("accounts", "seeds", "profit.controlled"):
        assert f"`{name}`" in alert["cut"]
    plan = asked(money.post("/v1/freeze-plans", {"alert_ids": [alert_of(money)], "limit": 2}))
    assert len(plan["question"]["held_to_be"]) == 2 < plan["question"]["held_to_be_in_all"]
    later = "displacement[0].when_they_are_found.not_proposed"
    for name in ("seeds", "question.held_to_be", "not_proposed", later, "could_leave_by_like_payments.bounded_by"):
        assert f"`{name}`" in plan["cut"]


@pytest.mark.parametrize("limit", [-1, 100_001, "1e400", None, 2.5])
def test_a_limit_has_limits(money: Service, limit: Any) -> None:
    answer = money.post("/v1/traces", {"seeds": seeds(money), "limit": limit})
    assert answer.status_code == 422
    assert [error["where"] for error in answer.json()["errors"]] == ["body.limit"]


# Another country's levers


def test_a_service_may_have_another_countrys_levers(money: Service) -> None:
    elsewhere = replace(shipped(), country="XX", levers=shipped().levers[:1])
    app = create_app(money.store, levers=elsewhere)
    with TestClient(app) as client:
        other = Service(app, money.store, client, money.alerts, money.keys)
        plan = asked(other.post("/v1/freeze-plans", {"alert_ids": [alert_of(money)]}))
        alert = asked(other.get(f"/v1/alerts/{alert_of(money)}/money"))
    assert plan["question"]["levers"] == "XX"
    assert asked(money.post("/v1/freeze-plans", {"alert_ids": [alert_of(money)]}))["question"]["levers"] == "GB"
    levers = {one["id"] for account in alert["accounts"] for one in account["levers"]["within_reach"]}
    assert levers <= {elsewhere.levers[0].id}
    shown = asked(money.get(f"/v1/alerts/{alert_of(money)}/money"))["accounts"]
    assert len({one["id"] for account in shown for one in account["levers"]["within_reach"]}) > 1
