"""Conformal p-values, the step-up rule over them, and exact bounds of a share that was counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from moneytrail.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

ON_THE_LINE: Final = 1e-12
"""A p-value that passes its line by no more than this part of the line stands on it: what binary fractions add."""

HALVINGS: Final = 60
"""Steps of bisection: after them a share is known to more digits than a float64 holds."""


def conformal_p_values(scores: ArrayLike, calibration: ArrayLike, units: int | None = None) -> NDArray[np.float64]:
    """How unusual each score is among clean ones: ``(1 + clean ones at least as high) / (clean ones + 1)``.

    Where a clean unit and the clean ones of the calibration are exchangeable, its p-value is at most `t` with a
    probability of at most `t`, for every `t`. A score that is tied counts as passed by all it is tied with, so that
    ties only make p-values larger, and no chance is thrown in.

    Parameters
    ----------
    scores : float64[n]
        Of the units that are tested; higher is worse.
    calibration : float64[c]
        Scores of clean units.
    units : int, optional
        How many clean units there are; those that `calibration` does not list scored 0. Without it there are `c`.

    Returns
    -------
    float64[n]
        In (0, 1]; all 1 without a clean unit.

    Raises
    ------
    ParameterError
        A score that is no number or below 0, or fewer units than scores.

    References
    ----------
    Bates, Candès, Lei, Romano, Sesia: Testing for outliers with conformal p-values. Annals of Statistics, 2023.

    Examples
    --------
    >>> conformal_p_values([0.9, 0.2, 0.0], [0.5, 0.1], units=4).tolist()
    [0.2, 0.4, 1.0]
    """
    tested, clean = checked(scores, "scores"), np.sort(checked(calibration, "calibration"))
    known = clean.size if units is None else units
    if known < clean.size:
        raise ParameterError(f"units = {units}: allowed is {clean.size} or more, one for each score")
    reached = clean.size - np.searchsorted(clean, tested, side="left")
    reached = reached + np.where(tested <= 0.0, known - clean.size, 0)
    return np.asarray((1.0 + reached) / (known + 1.0), np.float64)


def benjamini_hochberg(p_values: ArrayLike, q: float, tests: int | None = None) -> NDArray[np.bool_]:
    """Which p-values are small enough that at most the share `q` of those taken is false, on average.

    The step-up rule: the largest ``k`` for which the k-th smallest p-value is at most ``q k / tests``; that value and
    every smaller or equal one is taken. It holds for p-values that are independent or positively dependent, as
    conformal ones with a common calibration are; for any other dependence `q` has to be divided by
    ``1 + 1/2 + … + 1/tests`` first (Benjamini and Yekutieli, 2001), which is not done here.

    Parameters
    ----------
    p_values : float64[n]
    q : float
        0 < q < 1.
    tests : int, optional
        How many were tested; those that `p_values` does not list had a p-value of 1. Without it there were `n`.

    Returns
    -------
    bool[n]

    Raises
    ------
    ParameterError

    References
    ----------
    Benjamini, Hochberg: Controlling the false discovery rate. Journal of the Royal Statistical Society B, 1995.
    Benjamini, Yekutieli: The control of the false discovery rate in multiple testing under dependency. Annals of
    Statistics, 2001.

    Examples
    --------
    >>> benjamini_hochberg([0.04, 0.01, 0.04, 0.9], 0.1).tolist()
    [True, True, True, False]
    """
    p = checked(p_values, "p_values")
    known = p.size if tests is None else tests
    if not 0.0 < q < 1.0:
        raise ParameterError(f"q = {q!r}: allowed is more than 0 and less than 1")
    if p.size and p.max() > 1.0:
        raise ParameterError(f"p_values hold {p.max():g}: allowed is 0 to 1")
    if known < p.size:
        raise ParameterError(f"tests = {tests}: allowed is {p.size} or more, one for each p-value")
    if not p.size:
        return np.zeros(0, np.bool_)
    ordered = np.sort(p)
    fits = np.flatnonzero(ordered * known <= q * np.arange(1, p.size + 1) * (1.0 + ON_THE_LINE))
    return p <= ordered[fits[-1]] if fits.size else np.zeros(p.size, np.bool_)


def clopper_pearson(hits: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact bounds of a share of which `hits` in `trials` were seen; each is passed with half of what is left over.

    Parameters
    ----------
    hits, trials : int
        0 <= hits <= trials. Without a trial the bounds are 0 and 1.
    confidence : float
        0 < confidence < 1.

    Raises
    ------
    ParameterError

    References
    ----------
    Clopper, Pearson: The use of confidence or fiducial limits illustrated in the case of the binomial. Biometrika,
    1934.

    Examples
    --------
    >>> low, high = clopper_pearson(0, 10)
    >>> low, round(high, 4)
    (0.0, 0.3085)
    """
    if not 0 <= hits <= trials:
        raise ParameterError(f"{hits} of {trials}: allowed is 0 to {trials}")
    if not 0.0 < confidence < 1.0:
        raise ParameterError(f"confidence = {confidence!r}: allowed is more than 0 and less than 1")
    tail = (1.0 - confidence) / 2
    low = _share_where(hits - 1, trials, 1.0 - tail) if hits else 0.0
    high = _share_where(hits, trials, tail) if hits < trials else 1.0
    return low, high


def at_most(hits: int, trials: int, share: float) -> float:
    """The probability of at most `hits` in `trials` that each come with probability `share`."""
    if hits < 0:
        return 0.0
    if share <= 0.0 or hits >= trials:
        return 1.0
    if share >= 1.0:
        return 0.0
    return _tail(_log_ways(hits, trials), trials, share)


def checked(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """The values as one row of finite numbers from 0.

    Raises
    ------
    ParameterError
    """
    array: NDArray[Any] = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ParameterError(f"{name}: wanted is one row of numbers, not an array of {array.ndim} dimensions")
    if not np.isfinite(array).all() or (array < 0.0).any():
        raise ParameterError(f"{name}: allowed are finite numbers from 0")
    return array


def _share_where(hits: int, trials: int, wanted: float) -> float:
    """The share with which at most `hits` in `trials` come with probability `wanted`; it falls as the share grows."""
    ways = _log_ways(hits, trials)
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _tail(ways, trials, middle) > wanted else (low, middle)
    return (low + high) / 2


def _log_ways(hits: int, trials: int) -> NDArray[np.float64]:
    """Logarithms of how many ways there are to choose 0, 1, … `hits` of `trials`."""
    chosen = np.arange(1.0, hits + 1)
    return np.concatenate([[0.0], np.cumsum(np.log((trials - chosen + 1.0) / chosen))])


def _tail(ways: NDArray[np.float64], trials: int, share: float) -> float:
    chosen = np.arange(ways.size)
    return min(1.0, float(np.exp(ways + chosen * np.log(share) + (trials - chosen) * np.log1p(-share)).sum()))
