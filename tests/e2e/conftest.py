"""One simulated bank and one scored store for the session; every test in a folder of its own."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from tests.e2e.program import call


@dataclass(frozen=True, slots=True)
class BankFiles:
    """The simulated bank on disk: the same transfers three times, and the accounts."""

    parquet: Path
    csv: Path
    gz: Path
    accounts: Path
    rows: int


@dataclass(frozen=True, slots=True)
class Scored:
    """The bank scored by ``moneytrail score``: its summary, its store and its folder."""

    summary: dict[str, Any]
    store: Path
    out: Path


@pytest.fixture(autouse=True)
def _own_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("MONEYTRAIL_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


EVERYTHING: Final = ("--set", "risk.raise_from=0")
"""Raises every alert, however small its risk."""


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> BankFiles:
    folder = tmp_path_factory.mktemp("bank") / "small"
    size = ("--customers", 400, "--days", 60, "--seed", 11, "--gangs", 4, "--typologies", "S01,L01,L03,L04")
    made = call("simulate", *size, "--out", folder, "--json", "-q").json
    csv = folder / "transfers.csv"
    pl.read_parquet(folder / "transfers.parquet").write_csv(csv)
    gz = folder / "transfers.csv.gz"
    gz.write_bytes(gzip.compress(csv.read_bytes(), 1))
    return BankFiles(folder / "transfers.parquet", csv, gz, folder / "accounts.parquet", made["transfers"])


@pytest.fixture(scope="session")
def session_scored(bank: BankFiles, tmp_path_factory: pytest.TempPathFactory) -> Scored:
    folder = tmp_path_factory.mktemp("scored")
    store, out = folder / "store.db", folder / "out"
    places = ("--store", store, "--out", out)
    done = call("score", bank.parquet, "--accounts", bank.accounts, *places, *EVERYTHING, "--json", "-q")
    return Scored(json.loads(done.out), store, out)


@pytest.fixture
def scored(session_scored: Scored, tmp_path: Path) -> Scored:
    """A copy that the test may change."""
    store, out = tmp_path / "store.db", tmp_path / "out"
    shutil.copy(session_scored.store, store)
    shutil.copytree(session_scored.out, out)
    return Scored(session_scored.summary, store, out)
