"""moneytrail: a financial-flow detection engine for disrupting the profits of people-smuggling gangs.

The public names. Each is loaded when it is first used, so that ``import moneytrail`` is quick.

Examples
--------
>>> import moneytrail
>>> from moneytrail.simulate import simulate
>>> bank = simulate(customers=60, days=20, seed=1)
>>> report = moneytrail.Pipeline().run(bank.transfers, bank.accounts)
>>> report.transfers.height == bank.transfers.height
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moneytrail.alerts import Alert
    from moneytrail.errors import MoneytrailError
    from moneytrail.graph import TransactionGraph
    from moneytrail.rates import ExchangeRates
    from moneytrail.readers import load_mapping, read, read_accounts
    from moneytrail.scoring import Pipeline, RiskReport, load_detectors
    from moneytrail.storage import Store
    from moneytrail.typologies import CATALOGUE

__all__ = [
    "CATALOGUE",
    "Alert",
    "ExchangeRates",
    "MoneytrailError",
    "Pipeline",
    "RiskReport",
    "Store",
    "TransactionGraph",
    "load_detectors",
    "load_mapping",
    "read",
    "read_accounts",
]

_HOME = {
    "CATALOGUE": "typologies",
    "Alert": "alerts",
    "ExchangeRates": "rates",
    "MoneytrailError": "errors",
    "Pipeline": "scoring",
    "RiskReport": "scoring",
    "Store": "storage",
    "TransactionGraph": "graph",
    "load_detectors": "scoring",
    "load_mapping": "readers",
    "read": "readers",
    "read_accounts": "readers",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'moneytrail' has no attribute {name!r}")
    return getattr(import_module(f"moneytrail.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
