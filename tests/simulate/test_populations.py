"""Honest populations: every look-alike of the suppressor table is there, and passes the test that the table states."""

from __future__ import annotations

import polars as pl
import pytest

from moneytrail.simulate import SimulatedBank, simulate
from tests.simulate.suppressors import TESTS, Book, View

DAYS = 270
"""So many that six months of remittances, of routes and of trade can be seen from whichever day they begin on."""

LEAST = {
    "R-SAL": 0.95,  # the others joined too late for a third payment
    "R-PAY": 1.0,
    "R-LAND": 0.9,  # some are newcomers
    "R-MKT": 0.95,
    "R-CRWD": 1.0,
    "R-CHAR": 1.0,
    "R-STUD": 0.9,  # newcomers, and a lump sum from elsewhere
    "R-TUITION": 1.0,
    "R-REM": 0.9,  # newcomers have no six months
    "R-ROSCA": 0.9,
    "R-TRIP": 0.9,
    "R-SPLIT": 0.88,  # some friends hardly meet, and one of them never pays first
    "R-OWN": 0.95,
    "R-LOAN": 0.95,
    "R-TRADER": 0.88,  # those with few jobs have few customers twice
    "R-CASHBIZ": 0.9,  # two sigma leave one in twenty out
    "R-REGMSB": 1.0,
    "R-AGENT": 1.0,
    "R-NAUT": 0.9,  # boat owners may be newcomers
    "R-LOGI": 1.0,
    "R-TRADE": 0.9,
    "R-REFUND": 1.0,
}
"""Least share of the noted accounts that passes."""

COMMON = {"R-SAL", "R-OWN", "R-SPLIT", "R-LOAN"}
"""What half of all customers do, or may do once: nothing to tell populations apart by."""

MAY_BE_EMPTY = {"solicitor"}
"""Three in ten of a handful bank here."""


@pytest.fixture(scope="module")
def honest() -> SimulatedBank:
    return simulate(3000, DAYS, seed=11, gangs=0, dirt=0)


@pytest.fixture(scope="module")
def noted(honest: SimulatedBank) -> dict[str, list[str]]:
    populations = honest.truth["populations"].filter(pl.col("population").str.starts_with("R-"))
    return dict(populations.group_by("population").agg("account").sort("population").iter_rows())


@pytest.fixture(scope="module")
def book(honest: SimulatedBank, noted: dict[str, list[str]]) -> Book:
    return Book(honest, {account for accounts in noted.values() for account in accounts})


def test_every_row_of_the_table_has_accounts(noted: dict[str, list[str]]) -> None:
    assert set(noted) == set(TESTS) == set(LEAST)
    assert len(TESTS) == 22


@pytest.mark.parametrize("code", TESTS)
def test_look_alikes_pass_their_own_test(code: str, noted: dict[str, list[str]], book: Book) -> None:
    failing = [account for account in noted[code] if not TESTS[code](View(account, book))]
    assert len(failing) <= (1 - LEAST[code]) * len(noted[code]), failing


@pytest.mark.parametrize("code", sorted(set(TESTS) - COMMON))
def test_other_accounts_do_not_pass_it(code: str, noted: dict[str, list[str]], book: Book) -> None:
    others = sorted(set().union(*noted.values()) - set(noted[code]))[::10]
    passing = [account for account in others if TESTS[code](View(account, book))]
    assert len(others) > 100
    # A student with a sponsor abroad has a stable partner there too.
    assert len(passing) <= (0.04 if code == "R-TRADE" else 0.02) * len(others), passing


def test_populations_are_there_in_a_small_bank_and_grow_with_it() -> None:
    small, large = (_sizes(customers) for customers in (500, 9000))
    assert set(large) - set(small) <= MAY_BE_EMPTY
    assert set(small) <= set(large)
    assert [name for name, size in small.items() if large[name] <= size] == []


def _sizes(customers: int) -> dict[str, int]:
    table = simulate(customers, 28, seed=3, gangs=0, dirt=0).truth["populations"]
    return dict(table.group_by("population").len().iter_rows())


def test_only_accounts_of_the_bank_are_noted(honest: SimulatedBank) -> None:
    populations = honest.truth["populations"]
    assert populations.columns == ["account", "population"]
    assert populations.join(honest.accounts, on="account", how="anti").is_empty()
    assert populations.is_duplicated().sum() == 0
