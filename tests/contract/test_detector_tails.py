"""ECOD and COPOD with the training rows frozen: on those rows they are PyOD's, and no row sees another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from moneytrail.detectors.scorers import SCORERS
from moneytrail.detectors.tails import BETWEEN, ENDS, CopodScorer, EcodScorer, TailScorer
from moneytrail.errors import ParameterError

KINDS = (EcodScorer, CopodScorer)
# PyOD asks scipy for the skew of a column of one value.
pytestmark = pytest.mark.filterwarnings("ignore:Precision loss occurred:RuntimeWarning")


def rows(count: int = 300, seed: int = 1) -> NDArray[np.float64]:
    """One column leans right, one left, one either way, one has ties, one has a single value."""
    rng = np.random.default_rng(seed)
    right = rng.exponential(1.0, count)
    even = rng.normal(0.0, 1.0, count)
    return np.stack([right, -right[::-1], even, rng.integers(0, 4, count), np.full(count, 7.0)], axis=1)


def pyod(kind: str) -> Any:
    from pyod.models.copod import COPOD
    from pyod.models.ecod import ECOD

    return {"ecod": ECOD, "copod": COPOD}[kind]()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
@pytest.mark.parametrize("count", [2, 3, 300])
def test_on_the_training_rows_the_score_is_that_of_pyod(kind: type[TailScorer], count: int) -> None:
    train = rows(count)
    model = pyod(kind.kind).fit(train)
    np.testing.assert_allclose(kind.of_rows(train).raw(train), model.decision_scores_, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_pyod_scores_a_row_by_its_company_and_this_does_not(kind: type[TailScorer]) -> None:
    train, others = rows(), rows(40, seed=2)
    model = pyod(kind.kind).fit(train)
    assert model.decision_function(others)[0] != model.decision_function(others[:1])[0]
    scorer = kind.of_rows(train)
    assert scorer.raw(others)[0] == scorer.raw(others[:1])[0]


def test_a_value_beyond_all_counts_as_one_row_more() -> None:
    """Column of 1, 2, 3, 4, 10 leans right: the upper tail counts, or the rarer one of both."""
    train = np.array([[1.0], [2.0], [3.0], [4.0], [10.0]])
    asked = np.array([[0.0], [1.0], [2.5], [4.0], [10.0], [99.0]])
    rarer = [1 / 6, 1 / 5, 2 / 5, 2 / 5, 1 / 5, 1 / 6]
    np.testing.assert_allclose(EcodScorer.of_rows(train).raw(asked), -np.log(rarer), atol=1e-12)
    mean = [(np.log(6)) / 2, np.log(5) / 2, (np.log(5 / 2) + np.log(5 / 3)) / 2, np.log(5 / 2), np.log(5), np.log(6)]
    np.testing.assert_allclose(CopodScorer.of_rows(train).raw(asked), mean, atol=1e-12)


def test_of_a_long_column_the_ends_are_kept_whole_and_the_middle_within_a_thousandth() -> None:
    train = np.random.default_rng(3).permutation(np.arange(100_000.0))[:, None]
    scorer = EcodScorer.of_rows(train)
    assert scorer.columns["value"].size <= BETWEEN + 2 * ENDS
    ends = np.concatenate([np.arange(ENDS), 100_000 - 1 - np.arange(ENDS)])
    exact = np.minimum(np.arange(100_000) + 1, 100_000 - np.arange(100_000)) / 100_000
    scores = scorer.raw(np.arange(100_000.0)[:, None])
    np.testing.assert_allclose(scores[ends], -np.log(exact[ends]), atol=1e-12)
    assert np.abs(np.exp(-scores) - exact).max() < 1e-3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value": np.array([2.0, 1.0])}, "do not rise"),
        ({"value": np.array([1.0, np.nan])}, "do not rise"),
        ({"start": np.array([0, 3])}, "not of one size"),
        ({"start": np.array([1, 2])}, "do not divide"),
        ({"start": np.array([0, 0, 2])}, "do not divide"),
        ({"below": np.array([0.0, 1.0])}, "share"),
        ({"above": np.array([1.0, 1.5])}, "share"),
        ({"skew": np.array([0.5])}, "leans no way"),
        ({"skew": np.array([1])}, "float64"),
        ({"beyond": np.array(0.0)}, "share"),
        ({"beyond": np.zeros(2)}, "one number"),
    ],
)
def test_arrays_that_are_no_tails_are_refused(change: dict[str, NDArray[Any]], said: str) -> None:
    whole = EcodScorer.of_rows(np.array([[1.0], [2.0]])).arrays()
    with pytest.raises(ParameterError, match=said):
        EcodScorer.of_arrays(whole | change, 1)


def test_tails_of_another_width_or_kind_are_refused() -> None:
    scorer = EcodScorer.of_rows(rows())
    with pytest.raises(ParameterError, match="5 features, not of 4"):
        EcodScorer.of_arrays(scorer.arrays(), 4)
    with pytest.raises(ParameterError, match="no tails of kind 'copod'"):
        SCORERS["copod"].of_model(scorer.arrays() | {"kind": "ecod"})
