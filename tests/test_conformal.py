"""The alert budget: p-values, the step-up rule, what is promised, and when the promise is withdrawn."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.conformal import (
    AlertPlan,
    Budget,
    Calibration,
    Decision,
    agreement,
    below_the_line,
    benjamini_hochberg,
    clopper_pearson,
    conformal_p_values,
    decide,
    drift,
    missed_at_most,
    overlap,
)
from moneytrail.conformal.budget import DAY
from moneytrail.conformal.drifting import Side, higher, index_of_counts, more_in_run, population_stability_index
from moneytrail.conformal.exposure import Periods, exposure
from moneytrail.errors import ParameterError
from tests.oracles import conformal as oracle

DRAWS = 2_000
SHARES = [0.05, 0.1, 0.2, 0.5]

few_scores = st.lists(st.integers(0, 6).map(lambda k: k / 8), max_size=12)
thousandths = st.integers(1, 999)


# The p-values and the step-up rule


@given(few_scores, few_scores, st.integers(0, 5))
def test_p_values_are_those_of_the_oracle(scores: list[float], calibration: list[float], more: int) -> None:
    found = conformal_p_values(scores, calibration, len(calibration) + more)
    wanted = oracle.p_values(scores, calibration + [0.0] * more)
    assert found.tolist() == [float(p) for p in wanted]


@given(few_scores, few_scores, thousandths, st.integers(0, 9))
def test_the_step_up_rule_is_exact_at_its_line(
    scores: list[float], calibration: list[float], share: int, more: int
) -> None:
    wanted = oracle.step_up(oracle.p_values(scores, calibration), Fraction(share, 1000), len(scores) + more)
    found = benjamini_hochberg(conformal_p_values(scores, calibration), share / 1000, len(scores) + more)
    assert found.tolist() == wanted


@given(few_scores, few_scores, thousandths, st.integers(0, 9))
def test_the_rule_is_the_count_of_false_ones_in_another_form(
    scores: list[float], calibration: list[float], share: int, more: int
) -> None:
    tests = len(scores) + more
    line = oracle.threshold(scores, calibration, Fraction(share, 1000), tests)
    found = benjamini_hochberg(conformal_p_values(scores, calibration), share / 1000, tests)
    assert found.tolist() == [line is not None and score >= line for score in scores]


@given(st.integers(0, 40), st.integers(0, 40), st.sampled_from([0.5, 0.9, 0.95]))
def test_the_exact_bounds_leave_half_on_either_side(hits: int, misses: int, confidence: float) -> None:
    trials, tail = hits + misses, (1 - confidence) / 2
    low, high = clopper_pearson(hits, trials, confidence)
    if hits:
        assert float(1 - oracle.at_most(hits - 1, trials, Fraction(low))) == pytest.approx(tail, rel=1e-6)
    else:
        assert low == 0.0
    if misses:
        assert float(oracle.at_most(hits, trials, Fraction(high))) == pytest.approx(tail, rel=1e-6)
    else:
        assert high == 1.0


def test_the_exact_bounds_hold_for_many() -> None:
    low, high = clopper_pearson(3, 5_000_000)
    # Poisson limits of 3 events (Garwood, 1936): 0.6187 to 8.7673.
    assert low * 5_000_000 == pytest.approx(0.6187, abs=1e-4)
    assert high * 5_000_000 == pytest.approx(8.7673, abs=1e-4)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: conformal_p_values([0.1], [0.2, 0.3], 1), "units = 1: allowed is 2 or more"),
        (lambda: conformal_p_values([np.nan], [0.2]), "scores: allowed are finite numbers from 0"),
        (lambda: conformal_p_values([0.1], [[0.2]]), "calibration: wanted is one row"),
        (lambda: benjamini_hochberg([0.5], 0.0), "q = 0.0"),
        (lambda: benjamini_hochberg([0.5], 1.0), "q = 1.0"),
        (lambda: benjamini_hochberg([1.5], 0.1), "p_values hold 1.5"),
        (lambda: benjamini_hochberg([0.5, 0.5], 0.1, 1), "tests = 1: allowed is 2"),
        (lambda: clopper_pearson(3, 2), "3 of 2"),
        (lambda: clopper_pearson(1, 2, 1.0), "confidence = 1.0"),
        (lambda: Budget(0), "alerts a run = 0"),
        (lambda: Budget(1, "month"), "per = 'month'"),  # type: ignore[arg-type]
        (lambda: Budget(false_share=1.0), "false share = 1.0"),
        (lambda: Calibration(np.ones(3), 2), "units = 2"),
        (lambda: decide([0.5], [0], None, Budget(false_share=0.1), units=1), "only be promised with a calibration"),
        (lambda: decide([0.5], [0], None, Budget(), units=0), "do not fit together"),
        (lambda: AlertPlan(Budget(false_share=0.1)), "--calibrate-until DATE"),
        (lambda: AlertPlan(Budget(1), date(2025, 1, 1), 3), "period_days = 3"),
        (lambda: below_the_line(5, 0, 1), "a review sample of 0"),
        (lambda: missed_at_most(6, 0, 5), "6 reviewed of 5"),
    ],
)
def test_what_is_wrong_is_refused(call: Any, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        call()


# The decision

alerts = st.lists(
    st.tuples(st.integers(1, 6).map(lambda k: k / 8), st.integers(-9, 20)),
    max_size=10,
).map(lambda rows: sorted(rows, key=lambda row: -row[0]))


@given(alerts, few_scores, st.sampled_from(["day", "week", "run"]), st.integers(1, 3), thousandths, st.integers(0, 20))
def test_a_decision_is_the_oracles(
    rows: list[tuple[float, int]], clean: list[float], per: Any, number: int, share: int, more: int
) -> None:
    scores, times = [row[0] for row in rows], [row[1] * DAY + 7 for row in rows]
    units, q = len(rows) + more, Fraction(share, 1000)
    calibration = Calibration(np.array(clean), len(clean) + 3)
    made = decide(scores, times, calibration, Budget(number, per, share / 1000), units=units)
    kept = oracle.best_of_each(scores, times, number, per)
    p = oracle.p_values(scores, [*clean, 0.0, 0.0, 0.0])
    taken = iter(oracle.step_up([one for one, stays in zip(p, kept, strict=True) if stays], q, units))
    assert made.raised.tolist() == [stays and next(taken) for stays in kept]
    assert made.by_alerts == sum(kept)
    assert made.by_share == sum(oracle.step_up(p, q, units))
    raised = int(made.raised.sum())
    # What the proof of the promise needs: no p-value is above q times the number really raised, over the units.
    assert all(p[place] <= q * raised / units for place in np.flatnonzero(made.raised))
    wanted = "neither" if raised == len(rows) else "alerts" if raised == made.by_alerts else "false_share"
    assert made.binding == wanted


@given(alerts, few_scores, thousandths, thousandths)
def test_more_is_raised_when_more_may_be_false(
    rows: list[tuple[float, int]], clean: list[float], one: int, other: int
) -> None:
    scores, times = [row[0] for row in rows], [row[1] * DAY for row in rows]
    low, high = (
        decide(scores, times, Calibration(np.array(clean), 30), Budget(2, "week", q / 1000), units=20).raised
        for q in sorted((one, other))
    )
    assert (low <= high).all()


@given(alerts, few_scores, st.lists(st.integers(0, 11), max_size=6), thousandths)
def test_a_dirty_calibration_raises_fewer_and_never_more(
    rows: list[tuple[float, int]], clean: list[float], dirty: list[int], share: int
) -> None:
    scores, times, budget = [row[0] for row in rows], [0] * len(rows), Budget(false_share=share / 1000)
    spoilt = [0.99 if place in dirty else score for place, score in enumerate(clean)]
    honest, wrong = (decide(scores, times, Calibration(np.array(one), 40), budget, units=20) for one in (clean, spoilt))
    assert honest.p_values is not None
    assert wrong.p_values is not None
    assert (wrong.p_values >= honest.p_values).all()
    assert (wrong.raised <= honest.raised).all()


def test_nothing_below_the_line_is_raised_or_uses_up_the_budget() -> None:
    made = decide([0.9, 0.34, 0.2], [0, 0, 0], None, Budget(2), units=3, line=0.35)
    assert made.raised.tolist() == [True, False, False]
    assert (made.candidates, made.binding, made.threshold) == (1, "neither", 0.9)
    assert made.expected_false is None


def test_how_much_calibration_is_needed_is_told_exactly() -> None:
    def made(units: int) -> Decision:
        return decide([0.9, 0.8], [0, 0], Calibration(np.empty(0), units), Budget(false_share=0.05), units=100)

    needed = made(50).units_needed
    assert needed == 999
    assert not made(needed - 1).raised.any()
    assert made(needed).raised.all()
    assert made(needed).units_needed is None
    assert made(99).least_share == pytest.approx(100 / (100 * 2))


@given(alerts.filter(bool), few_scores)
def test_the_smallest_share_that_raises_anything_is_told(rows: list[tuple[float, int]], clean: list[float]) -> None:
    scores, times = [row[0] for row in rows], [row[1] * DAY for row in rows]

    def made(q: float) -> Decision:
        return decide(scores, times, Calibration(np.array(clean), 90), Budget(3, "week", q), units=25)

    share = made(0.5).reachable_share
    assert share is not None
    if share < 0.999:
        assert made(share + 1e-6).raised.any()
        assert not made(share - 1e-6).raised.any()
    if not made(0.01).raised.any():
        assert made(0.01).reachable_share == share


def test_expected_false_alerts_are_scaled_to_the_run() -> None:
    made = decide([0.9] * 4, [0] * 4, Calibration(np.array([0.9, 0.95, 0.3]), 1000), Budget(), units=500)
    low, high = clopper_pearson(2, 1000)
    assert made.calibration_hits == 2
    assert made.expected_false == (1.0, 500 * low, 500 * high)


def test_without_alerts_nothing_is_raised() -> None:
    made = decide([], [], Calibration(np.empty(0), 10), Budget(3, "day", 0.1), units=10)
    assert (made.candidates, made.binding, made.threshold, made.least_share) == (0, "neither", None, None)
    assert made.document()["alerts"] == 0


def test_half_a_calibration_is_a_fair_draw() -> None:
    whole = Calibration(np.linspace(0.1, 0.9, 40), 1001)
    halves = [whole.half(seed) for seed in range(400)]
    assert {half.units for half in halves} == {500}
    assert all(set(half.scores) <= set(whole.scores) for half in halves)
    assert np.mean([half.scores.size for half in halves]) == pytest.approx(20, abs=0.6)


# What is promised, by simulation


def drawn(chance: np.random.Generator, number: int, kind: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Scores of innocent units."""
    if kind == "zeros":
        return np.where(chance.random(number) < 0.9, 0.0, chance.random(number))
    if kind == "ties":
        return chance.integers(0, 6, number) / 5
    return chance.random(number)


def false_shares(q: float, kind: str, clean: int, budget: Budget | None, moved: float = 0.0) -> np.ndarray[Any, Any]:
    """The false share of each draw: 95 innocent units and 5 that are looked for, tested against clean ones."""
    chance = np.random.default_rng([clean, round(q * 1000), len(kind)])
    found = []
    for _ in range(DRAWS):
        innocent = drawn(chance, 95, kind)
        scores = np.r_[np.where(innocent > 0.0, innocent + moved, 0.0), 0.9 + 0.3 * chance.random(5)]
        guilty = np.arange(100) >= 95
        calibration = drawn(chance, clean, kind)
        if budget is None:
            raised = benjamini_hochberg(conformal_p_values(scores, calibration), q)
        else:
            order = np.argsort(-scores, kind="stable")
            times = chance.integers(0, 20, 100) * DAY
            raised = np.zeros(100, np.bool_)
            clean_ = Calibration(calibration[calibration > 0.0], clean)
            raised[order] = decide(scores[order], times[order], clean_, budget, units=100).raised
        found.append((raised & ~guilty).sum() / max(1, raised.sum()))
    return np.array(found)


def upper_chance(shares: np.ndarray[Any, Any]) -> float:
    """Three standard errors of the mean."""
    return float(3 * shares.std() / np.sqrt(shares.size))


@pytest.mark.parametrize("q", SHARES)
@pytest.mark.parametrize(("kind", "clean"), [("plain", 1000), ("zeros", 1000), ("ties", 1000), ("plain", 60)])
def test_the_mean_false_share_is_at_most_what_was_asked(q: float, kind: str, clean: int) -> None:
    shares = false_shares(q, kind, clean, None)
    assert shares.mean() <= q + upper_chance(shares)


@pytest.mark.parametrize("q", [0.2, 0.5])
def test_the_promise_holds_of_those_that_a_limit_a_day_lets_through(q: float) -> None:
    shares = false_shares(q, "plain", 1000, Budget(1, "day", q))
    assert shares.mean() <= q + upper_chance(shares)
    assert shares.max() > 0


def test_the_promise_is_not_kept_by_raising_nothing() -> None:
    """With 1,000 clean units and scores that never tie, the mean false share comes near to what was asked."""
    shares = false_shares(0.5, "plain", 1000, None)
    assert shares.mean() > 0.35


def test_a_drift_breaks_the_promise() -> None:
    shares = false_shares(0.1, "plain", 1000, None, moved=0.3)
    assert shares.mean() > 0.1 + upper_chance(shares)


# Drift


def side(chance: np.random.Generator, periods: int, rate: float, moved: float = 0.0) -> Side:
    number = chance.poisson(rate, periods)
    scores = np.clip(chance.random(number.sum()) * 0.3 + moved, 0.0, 1.0)
    return Side(scores, np.repeat(np.arange(periods), number), [1000] * periods)


def test_without_a_change_the_promise_seldom_falls() -> None:
    chance = np.random.default_rng(5)
    verdicts = [drift(side(chance, 4, 30), side(chance, 2, 30), {}).verdict for _ in range(400)]
    assert verdicts.count("broken") <= 4
    assert verdicts.count("held") >= 360


@pytest.mark.parametrize(("rate", "moved"), [(100.0, 0.0), (30.0, 0.12)])
def test_a_change_of_the_bulk_is_seen(rate: float, moved: float) -> None:
    chance = np.random.default_rng(6)
    verdicts = [drift(side(chance, 4, 30), side(chance, 2, rate, moved), {}).verdict for _ in range(50)]
    assert verdicts.count("held") <= 2
    if not moved:
        assert verdicts.count("broken") >= 45


def test_more_below_the_threshold_alone_puts_it_in_doubt_only() -> None:
    clean = Side(np.array([0.05] * 40 + [0.2] * 40), np.repeat([0, 1, 2, 3], 20), [1000] * 4)
    more = Side(np.array([0.05] * 20 + [0.25] * 60), np.repeat([0, 1], 40), [1000] * 2)
    seen = drift(clean, more, {})
    assert (seen.verdict, seen.bulk, seen.above) == ("doubtful", (40, 20), (40, 60))
    assert "review some" in seen.said


def test_what_accounts_do_puts_it_in_doubt() -> None:
    chance = np.random.default_rng(7)
    clean, run = side(chance, 4, 40), side(chance, 2, 40)
    assert drift(clean, run, {"amounts": 0.1}).verdict == "held"
    seen = drift(clean, run, {"amounts": 0.3, "channels": 0.26})
    assert (seen.verdict, "amounts and channels shifted" in seen.said) == ("doubtful", True)


def test_too_few_alerts_are_told() -> None:
    none = Side(np.empty(0), np.empty(0, np.int64), [1000, 1000])
    seen = drift(none, none, {})
    assert (seen.verdict, seen.document()["ratio"]) == ("doubtful", [0.0, None])
    assert "0 low alerts are too few to see a drift" in seen.said


@given(few_scores.filter(bool), few_scores.filter(bool))
def test_the_distance_of_two_samples_is_the_oracles(clean: list[float], run: list[float]) -> None:
    apart = max(Fraction(0), oracle.smirnov(clean, run))
    wanted = np.exp(-2 * float(apart) ** 2 * len(clean) * len(run) / (len(clean) + len(run)))
    assert higher(np.array(clean), np.array(run)) == pytest.approx(min(1.0, wanted))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3)), min_size=2, max_size=6), st.data())
def test_the_permutation_is_the_oracles(periods: list[tuple[int, int]], data: st.DataObject) -> None:
    run = data.draw(st.integers(1, len(periods) - 1))
    sides = []
    for part in (periods[:-run], periods[-run:]):
        counts = [count for count, _ in part]
        sides.append(Side(np.zeros(sum(counts)), np.repeat(np.arange(len(part)), counts), [u for _, u in part]))
    wanted = oracle.as_much_in([count for count, _ in periods], [units for _, units in periods], run)
    assert more_in_run(*sides) == pytest.approx(float(wanted))


def test_many_periods_are_drawn() -> None:
    sides = [Side(np.zeros(n), np.arange(n) % periods, [10] * periods) for n, periods in ((40, 20), (60, 10))]
    assert more_in_run(*sides) <= 0.001


def test_the_stability_index_is_its_definition() -> None:
    clean, run = np.arange(100), np.arange(50, 150)
    bins = [[10] * 10, [0, 0, 0, 0, 0, 10, 10, 10, 10, 60]]
    shares = [[(count + 0.5) / (sum(counts) + 5) for count in counts] for counts in bins]
    wanted = sum((r - c) * np.log(r / c) for c, r in zip(*shares, strict=True))
    # A cut belongs to the bin below it.
    assert population_stability_index(clean, run) == pytest.approx(wanted)
    assert population_stability_index(clean, clean) == pytest.approx(0.0, abs=1e-12)
    assert population_stability_index(clean, clean[:0]) == 0.0
    assert index_of_counts(np.array([5, 5, 0]), np.array([50, 50, 0])) == pytest.approx(0.0, abs=1e-12)


class SmallLedger:
    """Transfers of four accounts."""

    def __init__(self, rows: list[tuple[int, int, int]]) -> None:
        rows = sorted(rows, key=lambda row: row[2])
        self.accounts = 4
        self.debtor = np.array([row[0] for row in rows], np.int32)
        self.creditor = np.array([row[1] for row in rows], np.int32)
        self.time = np.array([row[2] for row in rows], np.int64)
        self.amount = self.time * 3 + 1
        self.channel = np.zeros(len(rows), np.uint8)


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3), st.integers(0, 60)), min_size=1, max_size=20))
def test_account_periods_are_the_oracles(rows: list[tuple[int, int, int]]) -> None:
    last = max(row[2] for row in rows)
    periods = Periods(30, 10, 2, max(1, -(-(last + 1 - 30) // 10)))
    found = exposure(SmallLedger(rows), periods)
    counts = [len(oracle.active(rows, first, first + 10)) for first in range(10, 30 + 10 * periods.run, 10)]
    assert [*found.clean, *found.run] == counts


# Without labels


@given(st.integers(0, 60), st.integers(1, 30), st.integers(0, 2**63))
def test_the_review_sample_is_the_best_and_others_by_chance(number: int, sample: int, seed: int) -> None:
    best, others = below_the_line(number, sample, seed)
    assert best.tolist() == list(range(min(number, sample // 2)))
    assert len(set(others.tolist())) == others.size == min(sample, number) - best.size
    assert all(best.size <= place < number for place in others)
    again = below_the_line(number, sample, seed)
    assert again[1].tolist() == others.tolist()


def test_the_bound_on_what_is_missed_holds() -> None:
    chance = np.random.default_rng(3)
    population, right, reviewed = 200, 14, 40
    seen = chance.hypergeometric(right, population - right, reviewed, 2_000)
    covered = np.mean([missed_at_most(reviewed, int(hits), population) >= right for hits in seen])
    assert covered >= 0.95
    assert missed_at_most(0, 0, 10) == 10
    assert missed_at_most(10, 3, 10) == 3


def test_overlap() -> None:
    assert overlap(["a", "b"], ["b", "c", "b"]) == pytest.approx(1 / 3)
    assert overlap([], []) == 1.0
    assert overlap(["a"], []) == 0.0


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12))
def test_agreement_is_spearmans(rows: list[tuple[int, int]]) -> None:
    columns = [[float(row[place]) for row in rows] for place in (0, 1)]
    (found,) = agreement({"one": np.array(columns[0]), "other": np.array(columns[1])}, top=3)
    ranks = [oracle.mean_ranks(column) for column in columns]
    means = [sum(one, Fraction(0)) / len(one) for one in ranks]
    moved = [[value - mean for value in one] for one, mean in zip(ranks, means, strict=True)]
    spread = [sum(value**2 for value in one) for one in moved]
    if 0 in spread:
        assert found.rank_correlation is None
    else:
        wanted = float(sum(a * b for a, b in zip(*moved, strict=True))) / float(spread[0] * spread[1]) ** 0.5
        assert found.rank_correlation == pytest.approx(wanted, abs=1e-6)
    tops = [{place for _, place in sorted((-value, i) for i, value in enumerate(column))[:3]} for column in columns]
    assert found.shared_at_top == pytest.approx(len(tops[0] & tops[1]) / min(3, len(rows)), abs=1e-6)
