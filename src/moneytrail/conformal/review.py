"""What can be known without labels: a sample to review, how firm the choice is, and whether scorers agree."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from moneytrail.conformal.p_values import clopper_pearson
from moneytrail.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

TOP: Final = 50
"""How many of the highest two scorers are compared by."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two scorers say the same of the same alerts.

    Attributes
    ----------
    one, other : str
    rank_correlation : float or None
        Spearman's, ties by their mean rank; ``None`` where a scorer says the same of all.
    shared_at_top : float
        The share of one scorer's highest that are among the other's highest.
    """

    one: str
    other: str
    rank_correlation: float | None
    shared_at_top: float

    def document(self) -> dict[str, Any]:
        """As plain data, for the run record."""
        return asdict(self)


def below_the_line(number: int, sample: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw what an investigator should look at of what is *not* raised.

    Parameters
    ----------
    number : int
        Alerts that are not raised, best first.
    sample : int
        How many to draw at most: half of them (rounded down) the best, the others by chance from the rest.
    seed : int

    Returns
    -------
    (int64[a], int64[b])
        Places of the best, and of those drawn by chance, both in order.

    Raises
    ------
    ParameterError
        `sample` below 1.
    """
    if sample < 1:
        raise ParameterError(f"a review sample of {sample}: allowed is 1 or more")
    near = min(number, sample // 2)
    drawn = np.random.default_rng(seed).choice(number - near, min(sample - near, number - near), replace=False)
    return np.arange(near), near + np.sort(drawn)


def missed_at_most(reviewed: int, right: int, population: int, confidence: float = 0.95) -> int:
    """How many of a `population` would have been right to raise at most, when `right` of `reviewed` by chance were.

    The one-sided upper bound of Clopper and Pearson, rounded up; as the sample is drawn without replacement, the true
    confidence is higher.

    Examples
    --------
    >>> missed_at_most(20, 0, 500)
    70
    """
    if reviewed > population:
        raise ParameterError(f"{reviewed} reviewed of {population}: allowed is {population} or fewer")
    high = clopper_pearson(right, reviewed, 2 * confidence - 1)[1]
    return min(population - reviewed + right, ceil(population * high))


def overlap(one: Collection[str], other: Collection[str]) -> float:
    """What two sets have in common, of all that either has (Jaccard); 1 of two empty ones."""
    first, second = set(one), set(other)
    return len(first & second) / len(first | second) if first | second else 1.0


def agreement(scores: Mapping[str, NDArray[np.float64]], top: int = TOP) -> tuple[Agreement, ...]:
    """Compare every two scorers of the same alerts.

    Parameters
    ----------
    scores : mapping of str to float64[n]
        Higher is worse. Of equal scores at the top the first count.
    top : int
        See :data:`TOP`; fewer where there are fewer alerts.
    """
    names = list(scores)
    ranks = {name: _mean_ranks(scores[name]) for name in names}
    first = {name: set(np.argsort(-scores[name], kind="stable")[:top].tolist()) for name in names}
    return tuple(
        Agreement(
            one,
            other,
            _correlation(ranks[one], ranks[other]),
            round(len(first[one] & first[other]) / len(first[one]), 6),
        )
        for place, one in enumerate(names)
        for other in names[place + 1 :]
        if first[one]
    )


def _mean_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, kind, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: NDArray[np.float64] = (ends - (counts - 1) / 2)[kind]
    return ranks


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    one, other = one - one.mean(), other - other.mean()
    spread = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return round(float((one * other).sum()) / spread, 6) if spread else None
