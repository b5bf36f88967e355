from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from moneytrail.errors import ParameterError
from moneytrail.evaluation.metrics import (
    EDGES,
    Ranked,
    at_budget,
    at_threshold,
    average_precision,
    best_threshold,
    bootstrap,
    calibration,
    clusters,
    curve,
    interval,
)
from tests.oracles import metrics as oracle

DAY = 86_400_000_000
ROWS = st.lists(st.tuples(st.sampled_from((0.0, 0.25, 0.5, 0.75, 1.0)), st.booleans(), st.integers(0, 3)), min_size=1)
MIXED = ROWS.filter(lambda rows: any(truth and weight for _, truth, weight in rows))


def ranked_of(rows: list[tuple[float, bool, int]]) -> tuple[Ranked, NDArray[np.float64]]:
    """Sorted rows, and their weights from the best on."""
    ranked = Ranked.of(np.array([row[1] for row in rows]), np.array([row[0] for row in rows]))
    return ranked, np.array([row[2] for row in rows], np.float64)[ranked.order]


@given(MIXED)
def test_average_precision_is_the_sum_over_steps(rows: list[tuple[float, bool, int]]) -> None:
    ranked, weight = ranked_of(rows)
    assert average_precision(ranked, weight) == pytest.approx(oracle.average_precision(rows))
    assert average_precision(ranked) == pytest.approx(
        average_precision_score([row[1] for row in rows], [row[0] for row in rows])
    )


@given(MIXED, st.sampled_from((-1.0, 0.0, 0.3, 0.5, 1.0, 2.0)))
def test_precision_and_recall_at_a_score(rows: list[tuple[float, bool, int]], line: float) -> None:
    ranked, weight = ranked_of(rows)
    found = at_threshold(ranked, line, weight)
    assert (found.precision, found.recall, found.f1) == pytest.approx(oracle.precision_recall(rows, line))


@given(MIXED)
def test_the_best_threshold_is_the_highest_of_the_best(rows: list[tuple[float, bool, int]]) -> None:
    even = [(score, truth, 1) for score, truth, _ in rows]
    assert best_threshold(ranked_of(even)[0]).score == oracle.best_line(even)


@given(MIXED.map(lambda rows: rows[:6]).filter(lambda rows: any(r[1] for r in rows)), st.integers(1, 7))
def test_a_budget_that_ends_among_equal_scores_counts_their_share(
    rows: list[tuple[float, bool, int]], budget: int
) -> None:
    found = at_budget(ranked_of(rows)[0], budget)
    hits = oracle.hits_at(rows, budget)
    assert found.precision == pytest.approx(hits / min(budget, len(rows)))
    assert found.recall == pytest.approx(hits / sum(row[1] for row in rows))


@given(MIXED, st.randoms(use_true_random=False))
def test_the_order_of_rows_with_equal_scores_says_nothing(rows: list[tuple[float, bool, int]], random: object) -> None:
    other = list(rows)
    random.shuffle(other)  # type: ignore[attr-defined]
    one, two = ranked_of(rows)[0], ranked_of(other)[0]
    assert average_precision(one) == pytest.approx(average_precision(two))
    assert best_threshold(one) == pytest.approx(best_threshold(two))
    assert at_budget(one, 3) == pytest.approx(at_budget(two, 3))
    assert curve(one) == curve(two)


def test_a_perfect_order_has_an_average_precision_of_one() -> None:
    truth = np.arange(100) < 7
    ranked = Ranked.of(truth, 1.0 - np.arange(100) / 100)
    assert average_precision(ranked) == 1.0
    assert best_threshold(ranked)[1:] == (1.0, 1.0, 1.0)


def test_chance_is_worth_the_base_rate() -> None:
    rng = np.random.default_rng(1)
    truth = rng.random(20_000) < 0.05
    ranked = Ranked.of(truth, rng.random(20_000))
    drawn = bootstrap(ranked, np.arange(20_000), {"ap": average_precision}, seed=3)["ap"]
    between = interval(drawn)
    assert between is not None
    assert between[0] < truth.mean() < between[1]
    assert between[1] - between[0] < 0.02


def test_without_a_positive_there_is_no_average_precision() -> None:
    ranked = Ranked.of(np.zeros(3, np.bool_), np.arange(3.0))
    assert math.isnan(average_precision(ranked))
    assert interval(np.array([math.nan])) is None


def test_scores_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ParameterError, match="1 rows have no score"):
        Ranked.of(np.array([True, False]), np.array([0.5, math.nan]))
    with pytest.raises(ParameterError, match="one score a row"):
        Ranked.of(np.array([True]), np.array([0.5, 0.1]))
    with pytest.raises(ParameterError, match="budget = 0"):
        at_budget(Ranked.of(np.array([True]), np.array([0.5])), 0)


@given(st.lists(st.tuples(st.sampled_from((*EDGES, 0.005, 0.5, 0.99)), st.booleans()), min_size=1))
def test_calibration_by_bins(rows: list[tuple[float, bool]]) -> None:
    found = calibration(np.array([row[1] for row in rows]), np.array([row[0] for row in rows]))
    brier, error, sizes = oracle.reliability(rows, EDGES)
    assert found["brier"] == pytest.approx(brier)
    assert found["expected_calibration_error"] == pytest.approx(error)
    assert [one["rows"] for one in found["bins"]] == [size for size in sizes if size]


def test_what_is_no_probability_is_not_calibrated() -> None:
    with pytest.raises(ParameterError, match="outside"):
        calibration(np.array([True]), np.array([1.5]))


def test_clusters_are_attempts_and_days() -> None:
    attempt = pl.Series(["b", None, "a", None, "b"], dtype=pl.String)
    time = np.array([0, 1, DAY, DAY + 1, 2 * DAY])
    found = clusters(attempt, time, np.array([True, False, True, False, True]))
    assert found[0] == found[4]
    assert len({found[0], found[1], found[2], found[3]}) == 4
    alone = clusters(pl.Series([None] * 3, dtype=pl.String), np.zeros(3, np.int64), np.ones(3, np.bool_))
    assert alone.tolist() == [0, 1, 2]


def test_a_draw_takes_whole_clusters_and_never_loses_every_positive() -> None:
    truth = np.array([True, True, False, False, False, False])
    cluster = np.array([0, 0, 1, 1, 2, 2])
    ranked = Ranked.of(truth, np.arange(6.0))
    seen: list[list[float]] = []

    def note(_ranked: Ranked, weight: NDArray[np.float64]) -> float:
        back = np.empty(6)
        back[_ranked.order] = weight
        seen.append(back.tolist())
        return float(weight.sum())

    sums = bootstrap(ranked, cluster, {"sum": note}, seed=5, draws=30)["sum"]
    assert all(a == b for row in seen for a, b in (row[:2], row[2:4], row[4:]))
    assert all(row[0] == 1.0 for row in seen)
    assert set(sums) == {6.0}
    assert len({tuple(row) for row in seen}) == 3


def test_draws_follow_the_seed() -> None:
    rng = np.random.default_rng(1)
    ranked = Ranked.of(rng.random(300) < 0.1, rng.random(300))
    one, again, other = (
        bootstrap(ranked, np.arange(300), {"ap": average_precision}, seed=seed, draws=20)["ap"] for seed in (1, 1, 2)
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
