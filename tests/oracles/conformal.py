"""Conformal p-values, the step-up rule, budgets and exact bounds, slowly and in fractions. Imports nothing of ours."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import comb

DAY = 86_400_000_000


def p_values(scores: list[float], calibration: list[float]) -> list[Fraction]:
    """One more than the clean scores that are at least as high, of one more than all clean scores."""
    return [Fraction(1 + sum(clean >= score for clean in calibration), len(calibration) + 1) for score in scores]


def step_up(p: list[Fraction], q: Fraction, tests: int) -> list[bool]:
    """The largest number k of values that are all at most q k / tests; equal ones come together."""
    for number in range(len(p), 0, -1):
        taken = [value <= q * number / tests for value in p]
        if sum(taken) >= number:
            return taken
    return [False] * len(p)


def threshold(scores: list[float], calibration: list[float], q: Fraction, tests: int) -> float | None:
    """The lowest score at which the false ones reckoned with are at most the share q of those that reach it."""
    for line in sorted(set(scores)):
        false = Fraction(tests * (1 + sum(clean >= line for clean in calibration)), len(calibration) + 1)
        if false <= q * sum(score >= line for score in scores):
            return line
    return None


def best_of_each(scores: list[float], times: list[int], number: int, per: str) -> list[bool]:
    """Whether fewer than `number` of the same day, week or run go before: those higher, or equal and earlier."""
    first_monday = 4
    spans = {
        "day": [time // DAY for time in times],
        "week": [(time // DAY - first_monday) // 7 for time in times],
        "run": [0] * len(times),
    }[per]
    kept = []
    for place, score in enumerate(scores):
        others = [other for other, span in enumerate(spans) if span == spans[place] and other != place]
        before = [other for other in others if scores[other] > score or (scores[other] == score and other < place)]
        kept.append(len(before) < number)
    return kept


def at_most(hits: int, trials: int, share: Fraction) -> Fraction:
    """The probability of at most so many hits."""
    ways = [comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(hits + 1)]
    return sum(ways, Fraction(0))


def smirnov(clean: list[float], run: list[float]) -> Fraction:
    """How far the run's distribution function falls short of the clean one, at most."""
    return max(
        Fraction(sum(value <= at for value in clean), len(clean))
        - Fraction(sum(value <= at for value in run), len(run))
        for at in clean + run
    )


def as_much_in(alerts: list[int], units: list[int], run: int) -> Fraction:
    """The share of all choices of `run` periods with at least the rate of the last `run`."""
    last = Fraction(sum(alerts[-run:]), sum(units[-run:]))
    rates = [
        Fraction(sum(alerts[i] for i in chosen), sum(units[i] for i in chosen))
        for chosen in combinations(range(len(alerts)), run)
    ]
    return Fraction(sum(rate >= last for rate in rates), len(rates))


def mean_ranks(values: list[float]) -> list[Fraction]:
    """Ranks from 1; equal values share the mean of theirs."""
    ordered = sorted(values)
    places = {value: [i + 1 for i, other in enumerate(ordered) if other == value] for value in values}
    return [Fraction(sum(places[value]), len(places[value])) for value in values]


def active(rows: list[tuple[int, int, int]], first: int, last: int) -> dict[int, int]:
    """Transfers of each account that pays or is paid from `first` to before `last`; a row is debtor, creditor, time."""
    counts: dict[int, int] = {}
    for debtor, creditor, time in rows:
        if first <= time < last:
            for account in (debtor, creditor):
                if account >= 0:
                    counts[account] = counts.get(account, 0) + 1
    return counts
