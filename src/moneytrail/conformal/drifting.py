"""Whether the run is still like the clean period that the promise rests on: tests, indices, one verdict."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import combinations
from math import comb, exp
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from moneytrail.conformal.p_values import at_most, clopper_pearson
from moneytrail.wording import listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

Verdict = Literal["held", "doubtful", "broken"]

BROKEN_BELOW: Final = 0.01
"""A chance so small that nothing has changed breaks the promise (design)."""
DOUBTFUL_BELOW: Final = 0.05
"""And one so small puts it in doubt (design)."""
INDEX_FROM: Final = 0.25
"""A population stability index from here on is a large shift: a rule of thumb of credit scoring, *unverified*
(Siddiqi, Credit Risk Scorecards, Wiley, 2006). It puts the promise in doubt and does not break it: what accounts do may
change without how high innocent ones score."""
MUCH: Final = 1.5
"""So many times as many low alerts are more than a season's ups and downs (design)."""
LEAST_SEEN: Final = 10
"""With fewer low alerts in both times together no test could see a drift (design)."""
TESTS: Final = 3
"""Of the bulk: so many times the least of their chances is the chance that any of them would be so small."""
BINS: Final = 10
MOST_ORDERS: Final = 20_000
"""Up to so many ways to choose which periods are the run's are all counted; of more, so many are drawn."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two times: the clean one, or the run.

    Attributes
    ----------
    scores : float64[n]
        Risks of its alerts below the threshold.
    period : int64[n]
        The period that each completes in, from 0.
    units : sequence of int
        How many account-periods each of its periods has.
    """

    scores: NDArray[np.float64]
    period: NDArray[np.int64]
    units: Sequence[int]

    def up_to(self, score: float) -> Side:
        """The part of no higher a score."""
        low = self.scores <= score
        return Side(self.scores[low], self.period[low], self.units)

    @property
    def alerts(self) -> list[int]:
        """How many alerts each period has."""
        return [int(number) for number in np.bincount(self.period, minlength=len(self.units))]


@dataclass(frozen=True, slots=True)
class Drift:
    """The figures and what follows from them.

    Attributes
    ----------
    verdict : {'held', 'doubtful', 'broken'}
    said : str
        One sentence.
    middle : float
        The median risk of the clean alerts below the threshold; up to it stands the bulk, above it the rest.
    rate, heights, periods : float
        The chance that so much more would be seen in the bulk of the run if nothing had changed: more alerts an
        account-period (binomial), higher ones (Kolmogorov and Smirnov), and more of them in the run's periods than in
        as many others (permutation; with few periods it cannot be small).
    ratio : (float, float)
        How many times as many alerts an account-period the run's bulk has: a 95 % interval (Clopper and Pearson).
    rest : float
        As `rate`, of the rest.
    indices : mapping of str to float
        Population stability indices of what accounts do, by name.
    bulk, above : (int, int)
        Alerts of the bulk, and of the rest, in the clean time and in the run.
    """

    verdict: Verdict
    said: str
    middle: float
    rate: float
    heights: float
    periods: float
    ratio: tuple[float, float]
    rest: float
    indices: Mapping[str, float]
    bulk: tuple[int, int]
    above: tuple[int, int]

    def document(self) -> dict[str, Any]:
        """As plain data, for the run record."""
        values = asdict(self)
        values |= {name: round(values[name], 6) for name in ("rate", "heights", "periods", "rest")}
        # JSON knows no infinity.
        values["ratio"] = [round(bound, 4) if np.isfinite(bound) else None for bound in self.ratio]
        return values | {"indices": {name: round(value, 4) for name, value in self.indices.items()}}


def drift(clean: Side, run: Side, indices: Mapping[str, float]) -> Drift:
    """Compare the run with the clean time, below the threshold: above it stands what is looked for.

    What is looked for stands below the threshold too, though seldom at the bottom. So the bulk, up to the median clean
    risk, says whether innocent accounts have changed; more of the rest alone may be either, and only puts the promise
    in doubt. All tests ask for *more* in the run: less of it makes p-values larger, which costs finds and no honesty.

    The least of the bulk's three chances counts threefold (Bonferroni). Below :data:`BROKEN_BELOW` the verdict is
    ``broken`` where the bulk is higher, or certainly at least :data:`MUCH` times as large. It is ``doubtful`` where
    that chance is below :data:`DOUBTFUL_BELOW`, or the chance of the rest below :data:`BROKEN_BELOW`; where an index
    reaches :data:`INDEX_FROM`; and where the bulk has fewer than :data:`LEAST_SEEN` alerts. Else it is ``held``.

    Parameters
    ----------
    clean, run : Side
    indices : mapping of str to float
        See :func:`population_stability_index`.
    """
    middle = float(np.median(clean.scores)) if clean.scores.size else 0.0
    low = clean.up_to(middle), run.up_to(middle)
    bulk = low[0].scores.size, low[1].scores.size
    above = clean.scores.size - bulk[0], run.scores.size - bulk[1]
    units = sum(clean.units), sum(run.units)
    seen = Drift(
        verdict="held",
        said="",
        middle=middle,
        rate=more_often(bulk, units),
        heights=higher(low[0].scores, low[1].scores),
        periods=more_in_run(*low),
        ratio=_ratio(bulk, units),
        rest=more_often(above, units),
        indices=dict(indices),
        bulk=bulk,
        above=above,
    )
    why = _why(seen)
    verdict: Verdict = "doubtful" if why else "held"
    much = seen.ratio[0] >= MUCH or TESTS * seen.heights < BROKEN_BELOW
    if _chance(seen) < BROKEN_BELOW and much:
        verdict = "broken"
    return replace(seen, verdict=verdict, said=_said(verdict, why, bulk))


def _chance(seen: Drift) -> float:
    return min(1.0, TESTS * min(seen.rate, seen.heights, seen.periods))


def _why(seen: Drift) -> list[str]:
    """What speaks against the promise."""
    why = []
    if _chance(seen) < DOUBTFUL_BELOW:
        why.append(f"innocent accounts lead more or higher alerts (by chance alone: {_chance(seen):.2g})")
    if seen.rest < BROKEN_BELOW:
        why.append(
            f"{seen.above[1]:,} alerts lie between risk {seen.middle:.2g} and the threshold, in the calibration "
            f"{seen.above[0]:,}: more of what is looked for, or innocent accounts that score higher; review some"
        )
    shifted = [name for name, value in seen.indices.items() if value >= INDEX_FROM]
    if shifted:
        why.append(f"{listed(shifted)} shifted")
    if sum(seen.bulk) < LEAST_SEEN:
        why.append(f"{sum(seen.bulk)} low alerts are too few to see a drift")
    return why


def more_often(alerts: tuple[int, int], units: tuple[int, int]) -> float:
    """The chance of at least the run's number of alerts, given how many there are in both times and their units."""
    return max(0.0, 1.0 - at_most(alerts[1] - 1, sum(alerts), units[1] / max(1, sum(units))))


def _ratio(alerts: tuple[int, int], units: tuple[int, int]) -> tuple[float, float]:
    """Bounds of how many times as many alerts a unit the run has."""
    if not all(units):
        return 0.0, np.inf
    bounds = clopper_pearson(alerts[1], sum(alerts))
    odds = [share / (1.0 - share) if share < 1.0 else np.inf for share in bounds]
    return odds[0] * units[0] / units[1], odds[1] * units[0] / units[1]


def higher(clean: NDArray[np.float64], run: NDArray[np.float64]) -> float:
    """The chance that the run's scores lie so far above the clean ones, if both come from one source.

    One-sided two-sample test of Kolmogorov and Smirnov, with the bound ``exp(-2 d² nm / (n + m))`` of large samples
    (Hodges: The significance probability of the Smirnov two-sample test. Arkiv för Matematik, 1958); ties make it
    larger. 1 where either is empty.
    """
    if not clean.size or not run.size:
        return 1.0
    at = np.unique(np.concatenate([clean, run]))
    below = [np.searchsorted(np.sort(one), at, side="right") / one.size for one in (clean, run)]
    distance = float(np.max(below[0] - below[1]))
    return min(1.0, exp(-2.0 * max(0.0, distance) ** 2 * clean.size * run.size / (clean.size + run.size)))


def more_in_run(clean: Side, run: Side) -> float:
    """The share of all choices of as many periods that hold at least as many alerts a unit as the run's do.

    Every choice is counted, or of more than :data:`MOST_ORDERS` so many, drawn with a fixed seed, and the real one.
    """
    alerts, units = np.array([*clean.alerts, *run.alerts]), np.array([*clean.units, *run.units])
    number = len(run.alerts)
    if comb(alerts.size, number) <= MOST_ORDERS:
        chosen = np.array(list(combinations(range(alerts.size), number)), np.int64).reshape(-1, number)
    else:
        chance = np.random.default_rng(0)
        drawn = [chance.permutation(alerts.size)[:number] for _ in range(MOST_ORDERS)]
        chosen = np.array([np.arange(alerts.size - number, alerts.size), *drawn])
    own, exposed = alerts[chosen].sum(axis=1), units[chosen].sum(axis=1)
    # As whole numbers, since equal rates must count as equal.
    return float((own * sum(run.units) >= sum(run.alerts) * exposed).mean())


def population_stability_index(clean: NDArray[np.int64], run: NDArray[np.int64]) -> float:
    """How far the values of two times lie apart: the sum of ``(r - c) ln(r / c)`` over bins with shares `c` and `r`.

    Up to :data:`BINS` bins, cut at the clean values' quantiles (equal cuts are one); half a value is added to each bin
    so that none is empty. 0 where either time has no value.
    """
    if not clean.size or not run.size:
        return 0.0
    cuts = np.unique(np.quantile(clean, np.arange(1, BINS) / BINS, method="inverted_cdf"))
    return index_of_counts(*(np.bincount(np.searchsorted(cuts, v), minlength=cuts.size + 1) for v in (clean, run)))


def index_of_counts(clean: NDArray[np.integer[Any]], run: NDArray[np.integer[Any]]) -> float:
    """The same for values that are counted already, one bin a kind; kinds that neither has are left out."""
    held = (clean + run) > 0
    if not clean.sum() or not run.sum():
        return 0.0
    shares = [(one[held] + 0.5) / (one[held] + 0.5).sum() for one in (clean, run)]
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def _said(verdict: Verdict, why: Sequence[str], bulk: tuple[int, int]) -> str:
    if verdict == "held":
        return (
            f"Innocent accounts look as they did in the calibration period ({bulk[1]:,} low alerts, then {bulk[0]:,})."
        )
    reasons = "; ".join(why)
    if verdict == "broken":
        return f"The run is not like the calibration period: {reasons}. The promise is withdrawn; the order stays."
    return f"This is in doubt: {reasons}."
