"""The combination of two rounds: what it learns, and that nothing but the data and the seed decides it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numba
import numpy as np
import polars as pl
import pytest
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from moneytrail import combination
from moneytrail.combination import COLUMNS, Combination, echo_names
from moneytrail.errors import ParameterError
from moneytrail.evaluation.metrics import Ranked, average_precision
from moneytrail.features import Pool, matrix, pool
from moneytrail.graph import TransactionGraph
from moneytrail.rates import ExchangeRates
from tests.taught import FEW, SEED, bank, early, few_trees, fitted, small


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    with few_trees():
        yield


def test_it_finds_what_it_learned_in_time_to_come() -> None:
    case, rows = bank(), early(bank())
    found = fitted().score(case.graph)
    assert ((found >= 0) & (found <= 1)).all()
    base = case.illicit[~rows].mean()
    assert average_precision(Ranked.of(case.illicit[~rows], found[~rows])) > 10 * base > 0


def test_the_same_for_the_same_seed_and_any_number_of_threads() -> None:
    """Very few trees: while other tests run, two threads of scikit-learn wait long for each other."""
    case, unfitted = bank(), Combination(settings=replace(FEW, trees=3))
    one, other = (unfitted.fit(case.graph, early(case), case.illicit, seed=seed) for seed in (SEED, SEED + 1))
    expected = one.score(case.graph)
    assert (other.score(case.graph) != expected).any()
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(2)
        with threadpool_limits(2, user_api="openmp"):
            again = unfitted.fit(case.graph, early(case), case.illicit, seed=SEED)
        np.testing.assert_array_equal(again.score(case.graph), expected)
    finally:
        numba.set_num_threads(before)


def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    case = bank()
    expected = fitted().score(case.graph)
    monkeypatch.setattr(matrix, "LEAST_BLOCK", 997)
    monkeypatch.setattr(matrix, "BLOCKS", 10**6)
    np.testing.assert_array_equal(fitted().score(case.graph), expected)
    monkeypatch.setattr(pool, "HELD_BYTES", 0)
    np.testing.assert_array_equal(fitted().score(case.graph), expected)
    again = small().fit(case.graph, early(case), case.illicit, seed=SEED)
    np.testing.assert_array_equal(again.score(case.graph), expected)


def test_what_comes_later_changes_nothing() -> None:
    case = bank()
    expected = fitted().score(case.graph)
    for share in (0.3, 0.71):
        border = case.graph.time[int(case.graph.transfers * share)]
        frame = case.transfers.filter(pl.col("booked_at").dt.epoch("us") <= int(border))
        cut = TransactionGraph.from_frame(frame, ExchangeRates.load(), case.accounts)
        assert 0 < cut.transfers < case.graph.transfers
        np.testing.assert_array_equal(fitted().score(cut), expected[: cut.transfers])


def test_no_account_table_is_needed() -> None:
    bare = TransactionGraph.from_frame(bank().transfers, ExchangeRates.load())
    np.testing.assert_array_equal(fitted().score(bare), fitted().score(bank().graph))


def test_labels_outside_the_rows_are_not_read() -> None:
    case, rows = bank(), early(bank())
    blind = small().fit(case.graph, rows, case.illicit | ~rows, seed=SEED)
    np.testing.assert_array_equal(blind.score(case.graph), fitted().score(case.graph))


def test_an_explanation_adds_up_to_the_log_odds() -> None:
    case = bank()
    found = fitted().score(case.graph)
    places = np.unique(np.concatenate([np.argsort(found)[-20:], np.arange(0, case.graph.transfers, 997)]))
    added = fitted().explain(case.graph, places)
    assert added.shape == (places.size, len(fitted().second_columns))
    odds = np.log(found[places] / (1 - found[places]))
    np.testing.assert_allclose(added.sum(axis=1) + fitted().average_log_odds, odds, rtol=0, atol=1e-7)
    assert (np.abs(added).max(axis=1) > 0).all()


def test_its_columns_are_the_features_and_the_echo() -> None:
    assert fitted().second_columns == (*COLUMNS, "first_log_odds", *echo_names())
    assert len(set(fitted().second_columns)) == len(COLUMNS) + 1 + 16
    rows = fitted().rows(bank().graph, np.array([3, 700]))
    assert rows.shape == (2, len(fitted().second_columns))
    np.testing.assert_array_equal(fitted().probability_of(rows), fitted().score(bank().graph)[[3, 700]])


def test_too_few_labels_are_refused() -> None:
    case, rows = bank(), early(bank())
    one = np.zeros_like(rows)
    one[np.flatnonzero(case.illicit & rows)[0]] = True
    with pytest.raises(ParameterError, match=r"1 of .* are illicit: at least 2 of each kind"):
        small().fit(case.graph, rows, one, seed=1)
    with pytest.raises(ParameterError, match="at least 2 of each kind"):
        small().fit(case.graph, rows & case.illicit, case.illicit, seed=1)
    with pytest.raises(ParameterError, match="one a transfer"):
        small().fit(case.graph, rows[1:], case.illicit, seed=1)
    with pytest.raises(ParameterError, match="0 of 0"):
        small().fit_many([], seed=1)
    for ask in (lambda: small().score(case.graph), lambda: small().average_log_odds):
        with pytest.raises(ParameterError, match="not fitted"):
            ask()


# Several ledgers


def test_one_ledger_of_many_is_the_one() -> None:
    case = bank()
    many = small().fit_many([(case.graph, early(case), case.illicit)], seed=SEED)
    np.testing.assert_array_equal(many.score(case.graph), fitted().score(case.graph))
    assert many.facts == fitted().facts


def test_what_is_learned_from_some_banks_is_found_in_another() -> None:
    cases = [bank(seed) for seed in (7, 8, 9, 10)]
    known = [(case.graph, np.ones(case.graph.transfers, np.bool_), case.illicit) for case in cases]
    model = small().fit_many(known, seed=SEED)
    other = bank()
    found = average_precision(Ranked.of(other.illicit, model.score(other.graph)))
    assert found > 10 * other.illicit.mean()


def test_a_ledger_that_nobody_learns_from_changes_nothing() -> None:
    """Accounts of two ledgers are never one, though both count theirs from 0: no echo passes from one to another."""
    case, beside = bank(), bank(7)
    nothing = np.zeros(beside.graph.transfers, np.bool_)
    silent = (beside.graph, nothing, beside.illicit)
    model = small().fit_many([silent, (case.graph, early(case), case.illicit)], seed=SEED)
    assert model.facts["positives"] == fitted().facts["positives"]
    np.testing.assert_array_equal(model.score(case.graph), fitted().score(case.graph))


@pytest.mark.parametrize(
    ("cuts", "borders", "expected"),
    [
        ((40, 70), (10, 35, 80), (35, 80)),
        ((1, 2), (10, 35, 80), (10, 35)),
        ((98, 99), (10, 35, 80), (35, 80)),
        ((30, 40), (35, 80), (35, 80)),
        ((10, 80), (10, 35, 80), (10, 80)),
    ],
)
def test_folds_are_whole_ledgers(cuts: tuple[int, ...], borders: tuple[int, ...], expected: tuple[int, ...]) -> None:
    folds = combination._at_borders(np.array([0, *cuts, 100]), np.array([0, *borders, 100]))
    assert folds.tolist() == [0, *expected, 100]


def test_settings_are_those_of_round_two() -> None:
    case = bank()
    model = Combination(half_lives=(7,), settings=replace(small().settings, leaves=3)).fit(
        case.graph, early(case), case.illicit, seed=1
    )
    assert len(model.second_columns) == len(COLUMNS) + 1 + 8
    for member in model.second:
        assert member.forest is not None
        assert np.diff(member.forest.columns["tree_start"]).max() <= 2


def test_round_two_takes_what_gained_most_and_explains_all() -> None:
    model, case = fitted(), bank()
    assert len(model.kept) == combination.KEPT + 1 + 16
    assert model.kept == tuple(name for name in model.second_columns if name in set(model.kept))
    added = model.explain(case.graph, np.arange(50))
    left_out = [place for place, name in enumerate(model.second_columns) if name not in set(model.kept)]
    assert added.shape == (50, len(model.second_columns))
    assert not added[:, left_out].any()
    assert added.any()


def test_a_pool_is_used_and_checked() -> None:
    case, model = bank(), fitted()
    made = Pool([case.graph], COLUMNS).fill()
    np.testing.assert_array_equal(model.score(case.graph, pool=made), model.score(case.graph))
    with few_trees():
        again = small().fit(case.graph, early(case), case.illicit, seed=SEED, pool=made)
    np.testing.assert_array_equal(again.score(case.graph), model.score(case.graph))
    np.testing.assert_array_equal(model.rows(case.graph, np.arange(9), pool=made), model.rows(case.graph, np.arange(9)))
    for other in (Pool([case.graph], COLUMNS[:5]), Pool([case.graph] * 2, COLUMNS), Pool([bank(7).graph], COLUMNS)):
        with pytest.raises(ParameterError, match="other ledgers or other columns"):
            model.score(case.graph, pool=other)
