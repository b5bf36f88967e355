from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from moneytrail.errors import InputError, ParameterError
from moneytrail.evaluation.case import Case
from moneytrail.rates import ExchangeRates
from moneytrail.runs import Inputs
from moneytrail.simulate import Wish, simulate_to
from tests.evaluation.cases import Row, bank, case_of, frame_of


def test_labels_stand_in_ledger_order() -> None:
    rows: list[Row] = [(3, "a", "b", True, "x"), (1, "b", "c", False, "y"), (2, "c", "a", True, None)]
    case = case_of(rows)
    assert case.illicit.tolist() == [False, True, True]
    # An attempt is one of illicit transfers; what a data set calls its honest patterns is none.
    assert case.attempt.to_list() == [None, None, "x"]
    assert case.labelled
    assert case.facts["attempts"] == 1
    assert case.facts["base_rate"] == pytest.approx(2 / 3)


def test_one_sided_records_are_context_where_none_is_illicit() -> None:
    rows: list[Row] = [(1, "a", None, False, None), (2, "a", "b", True, None), (3, None, "b", False, None)]
    assert case_of(rows).scored.tolist() == [False, True, False]
    assert "2 records of cash" in case_of(rows).facts["population"]
    assert case_of(rows, wanted="all").scored.all()
    marked: list[Row] = [(0, None, "b", True, None), *rows]
    assert case_of(marked).scored.all()
    assert case_of(marked, wanted="account-to-account").scored.tolist() == [False, False, True, False]


def test_a_transfer_whose_label_is_not_known_is_not_measured() -> None:
    rows: list[Row] = [(1, "a", "b", None, None), (2, "a", "b", True, None), (3, "b", "a", False, None)]
    assert case_of(rows).scored.tolist() == [False, True, True]


def test_without_labels_every_transfer_counts_and_it_is_said() -> None:
    case = case_of([(1, "a", "b", None, None), (2, "b", None, None, None)])
    assert not case.labelled
    assert case.scored.all()
    assert case.facts["base_rate"] is None
    assert "no labels" in case.facts["not_computed"]["every figure against labels"]


def test_nothing_to_measure_is_an_error() -> None:
    with pytest.raises(InputError, match="no transfer is left"):
        case_of([(1, "a", None, False, None)], wanted="account-to-account")
    with pytest.raises(ParameterError, match="--population half"):
        case_of([(1, "a", "b", False, None)], wanted="half")


def test_a_simulated_case_has_its_truth() -> None:
    case = bank()
    assert case.truth is not None
    marked = case.graph.transaction_ids(np.flatnonzero(case.illicit))
    assert set(marked) == set(case.truth["transfers"]["transaction_id"])
    assert case.facts["not_computed"] == {}
    assert case.facts["customers"] == 150


def test_a_folder_of_simulate_is_the_case_made_in_memory(tmp_path: Path) -> None:
    wish = Wish(customers=60, days=20, seed=3)
    simulate_to(tmp_path / "bank", wish)
    rates = ExchangeRates.load()
    made = Case.simulated(wish, rates, lambda *_: None)
    for path in (tmp_path / "bank", tmp_path / "bank" / "transfers.parquet"):
        read = Case.load(Inputs([path]), rates, lambda *_: None)
        assert np.array_equal(read.illicit, made.illicit)
        assert read.attempt.equals(made.attempt, null_equal=True)
        assert read.accounts is not None
        assert read.arrivals is not None
        assert read.facts["customers"] == 60
        assert set(read.truth or ()) == set(made.truth or ())


def test_another_file_brings_nothing_that_was_not_named(tmp_path: Path) -> None:
    rows: list[Row] = [(1, "a", "b", True, "x"), (2, "b", "a", False, None)]
    frame_of(rows).write_parquet(tmp_path / "own.parquet")
    pl.DataFrame({"account": ["a"]}).write_parquet(tmp_path / "accounts.parquet")
    case = Case.load(Inputs([tmp_path / "own.parquet"]), ExchangeRates.load(), lambda *_: None)
    assert case.accounts is None
    assert case.truth is None
    assert case.illicit.tolist() == [True, False]
