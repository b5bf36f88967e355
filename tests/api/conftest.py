from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from moneytrail import Pipeline
from moneytrail.alerts import Alert
from moneytrail.money.questions import seeds_of
from moneytrail.simulate import simulate
from moneytrail.storage import SCOPES, Ledger, Store
from moneytrail_api import create_app
from tests.alert_examples import START, example_alerts, example_record
from tests.alert_examples import TYPOLOGIES as EXAMPLE_TYPOLOGIES

TYPOLOGIES: Final[list[dict[str, Any]]] = [
    {
        "id": typology,
        "name": "Seat-fee fan-in",
        "stage": "collection",
        "summary": "One account takes similar fees from many people.",
        "horizon_days": 30,
        "parameters": [{"name": "payers", "default": 8, "unit": "count"}],
        "roles": [{"name": "fee", "part": "payer"}],
        "sources": ["a made-up source"],
        "innocent_explanations": ["a club that collects for a trip"],
        "suppressors": ["R-LAND"],
    }
    for typology in (*EXAMPLE_TYPOLOGIES, "S99")
]
"""The example alerts have all of these but S99."""


@dataclass(frozen=True)
class Service:
    """The service over a real store, and its keys: one for everything, and one for each scope."""

    app: FastAPI
    store: Store
    client: TestClient
    alerts: list[Alert]
    keys: dict[str, str]

    def get(self, path: str, *, key: str = "all", **query: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.keys[key]}"}
        return self.client.get(path, params=query or None, headers=headers)

    def post(self, path: str, body: Any, *, key: str = "all") -> Any:
        return self.client.post(path, json=body, headers={"Authorization": f"Bearer {self.keys[key]}"})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.db") as opened:
        yield opened


@pytest.fixture
def service(store: Store) -> Iterator[Service]:
    alerts = example_alerts(11, 30)
    # The last one has no text that JSON or CSV find hard, so that a test can say what it looks like.
    alerts[-1] = replace(alerts[-1], headline="Account 4411 took fees from 12 people", risk_score=0.25)
    store.save_run(example_record("run-1"), alerts)
    store.save_run(example_record("run-0", START - timedelta(days=1)), [])
    keys: dict[str, str] = {scope: store.create_key(scope, [scope]).secret for scope in SCOPES}
    keys["all"] = store.create_key("all", SCOPES).secret
    app = create_app(store, typologies=TYPOLOGIES)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Service(app, store, client, alerts, keys)


@pytest.fixture(scope="session")
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
