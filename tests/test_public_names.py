"""The public surface is pinned: a change here is a change for users, and belongs in the changelog."""

from __future__ import annotations

import subprocess
import sys

import pytest

import moneytrail

PUBLIC = {
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
}


def test_the_public_names_are_these() -> None:
    assert set(moneytrail.__all__) == PUBLIC
    assert set(dir(moneytrail)) == PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_is_there_and_documented(name: str) -> None:
    thing = getattr(moneytrail, name)
    assert thing is getattr(moneytrail, name)
    assert name == "CATALOGUE" or thing.__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = moneytrail.nothing


def test_importing_moneytrail_loads_nothing_heavy() -> None:
    heavy = "{'polars', 'numba', 'pyod', 'sklearn', 'sqlalchemy', 'fastapi'}"
    code = f"import sys, moneytrail; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
