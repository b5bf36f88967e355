"""Whether credits follow a daily series: their lift, and how often the shifted series gives one as large.

Used by S03. Oracle: ``tests/oracles/arrival_lift.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

HIGH, LOW = 1, -1
"""Marks of a day: among those of its month with the largest sums, or with the smallest; 0 for neither."""

MANY, HIGH_DAYS, FEW, LOW_DAYS, AS_HIGH, SHIFTS = range(6)
"""Columns of what is found."""


class LiftRule(NamedTuple):
    """What is compared.

    Attributes
    ----------
    days : int
        Days of a window.
    reach : int
        Days that a day's sum goes over, itself included.
    lift : int
        Thousandths: only windows with at least this lift are compared with shifted series.
    nearest, farthest : int
        Days by which the series is shifted, both inclusive; and never to within `nearest` days of a whole turn.
    chance : int
        Thousandths: with k of n shifts as large, a window is common once ``(k + 1) / (n + 1)`` is no less than this.
    """

    days: int
    reach: int
    lift: int
    nearest: int
    farthest: int
    chance: int


@njit(cache=True, nogil=True)
def _borders(
    sums: NDArray[np.int64], begin: int, stop: int, third: int, ordered: NDArray[np.int64]
) -> tuple[np.int64, np.int64]:
    """The largest of the smallest third, and the smallest of the largest; by insertion, since a month is short."""
    for i in range(begin, stop):
        place = i - begin
        while place > 0 and ordered[place - 1] > sums[i]:
            ordered[place] = ordered[place - 1]
            place -= 1
        ordered[place] = sums[i]
    return ordered[third - 1], ordered[stop - begin - third]


@njit(cache=True, nogil=True)
def mark_days(
    series: NDArray[np.int64],
    month: NDArray[np.int32],
    end: int,
    rule: LiftRule,
    shift: int,
    marks: NDArray[np.int8],
    room: NDArray[np.int64],
) -> None:
    """Mark the days of the window ``[end - rule.days, end)`` by the sums of the shifted series.

    The series up to `end` is turned by `shift` days as a ring; a day's sum goes over itself and the days before it.
    Within each calendar month a third of its days in the window, rounded down, sets two borders: the smallest sum of
    the largest third, and the largest of the smallest third. Days that reach one are marked, ties with it included.
    A month whose borders are equal, or that has fewer than three days, is left unmarked.

    Parameters
    ----------
    series : int64[n]
        A value a day.
    month : int32[n]
        The calendar month of each day, not falling.
    end : int
        From ``rule.days`` to ``n``.
    rule : LiftRule
    shift : int
        From 0 to ``end - 1``.
    marks : int8[rule.days]
        Written: ``HIGH``, ``LOW`` or 0.
    room : int64[2, rule.days]
        To work in.
    """
    first = end - rule.days
    sums, ordered = room[0], room[1]
    for i in range(rule.days):
        total = np.int64(0)
        for back in range(rule.reach):
            place = first + i - back - shift
            total += series[place if place >= 0 else place % end]
        sums[i] = total
    begin = 0
    while begin < rule.days:
        stop = begin
        while stop < rule.days and month[first + stop] == month[first + begin]:
            stop += 1
        third = (stop - begin) // 3
        marks[begin:stop] = 0
        if third > 0:
            low, high = _borders(sums, begin, stop, third, ordered)
            if low < high:
                for i in range(begin, stop):
                    marks[i] = HIGH if sums[i] >= high else (LOW if sums[i] <= low else 0)
        begin = stop


@njit(cache=True, nogil=True)
def count_marked(
    day: NDArray[np.int64], begin: int, stop: int, first: int, marks: NDArray[np.int8], found: NDArray[np.int64]
) -> None:
    """Count the credits on high and on low days, and these days, into the first four of `found`."""
    found[:SHIFTS] = 0
    for mark in marks:
        found[HIGH_DAYS] += mark == HIGH
        found[LOW_DAYS] += mark == LOW
    for p in range(begin, stop):
        mark = marks[day[p] - first]
        found[MANY] += mark == HIGH
        found[FEW] += mark == LOW


@njit(cache=True, nogil=True)
def is_lifted(found: NDArray[np.int64], lift: int) -> bool:
    """Whether there are `lift` thousandths as many credits a high day as a low day; none on low days counts as one."""
    few = max(found[FEW], 1)
    return bool(found[HIGH_DAYS] > 0 and found[MANY] * found[LOW_DAYS] * 1000 >= lift * few * found[HIGH_DAYS])


@njit(cache=True, nogil=True)
def _is_as_high(one: NDArray[np.int64], own: NDArray[np.int64]) -> bool:
    """Whether a shifted series shows at least as large a lift."""
    if one[HIGH_DAYS] == 0:
        return False
    mine = own[MANY] * own[LOW_DAYS] * max(one[FEW], 1) * one[HIGH_DAYS]
    return bool(one[MANY] * one[LOW_DAYS] * max(own[FEW], 1) * own[HIGH_DAYS] >= mine)


@njit(cache=True, nogil=True)
def is_rare(found: NDArray[np.int64], chance: int) -> bool:
    """Whether shifts were tried, and so few gave a lift as large that chance is below `chance` thousandths."""
    return bool(found[SHIFTS] > 0 and (found[AS_HIGH] + 1) * 1000 < chance * (found[SHIFTS] + 1))


@njit(cache=True, nogil=True)
def _any_rare(found: NDArray[np.int64], chance: int) -> bool:
    """Whether any window is."""
    for w in range(found.shape[0]):
        if is_rare(found[w], chance):
            return True
    return False


@njit(cache=True, nogil=True, parallel=True)
def arrival_lifts(
    series: tuple[NDArray[np.int64], NDArray[np.int32]],
    ends: tuple[NDArray[np.int64], NDArray[np.int64]],
    spans: tuple[NDArray[np.int64], NDArray[np.int64]],
    day: NDArray[np.int64],
    rule: LiftRule,
) -> NDArray[np.int64]:
    """The lift of every window, and how many shifts of the series give one as large.

    Parameters
    ----------
    series : (value int64[n], month int32[n])
        See :func:`mark_days`.
    ends : (end int64[e], border int64[e + 1])
        The different days before which windows end, and which windows these are: those of ``end[i]`` stand from
        ``border[i]`` to ``border[i + 1]``. Each end is one thread's alone.
    spans : (begin int64[k], stop int64[k])
        Each window's part of `day`.
    day : int64[m]
        Places in the series; those of a window lie in it.
    rule : LiftRule

    Returns
    -------
    int64[k, 6]
        Credits on high days, these days, credits on low days, these days, shifts with a lift at least as large (counted
        until the window is common), and how many shifts there are: 0 where the lift is too small to try any. The part
        of the series before each end alone is used. Exact: all comparisons are of whole numbers below 2**63 for fewer
        than ten million credits a window. Cost: for each end and shift the days of a window, sorted by month, and the
        credits of those windows that are not common yet.
    """
    value, month = series
    end, border = ends
    begin, stop = spans
    found = np.zeros((begin.size, 6), np.int64)
    for e in prange(end.size):
        first = end[e] - rule.days
        marks = np.empty(rule.days, np.int8)
        room = np.empty((2, rule.days), np.int64)
        other = np.zeros(6, np.int64)
        mark_days(value, month, end[e], rule, 0, marks, room)
        shifts = max(min(rule.farthest, end[e] - rule.nearest) - rule.nearest + 1, 0)
        for w in range(border[e], border[e + 1]):
            count_marked(day, begin[w], stop[w], first, marks, found[w])
            if is_lifted(found[w], rule.lift):
                found[w, SHIFTS] = shifts
        for shift in range(rule.nearest, rule.nearest + shifts):
            if not _any_rare(found[border[e] : border[e + 1]], rule.chance):
                break
            mark_days(value, month, end[e], rule, shift, marks, room)
            for w in range(border[e], border[e + 1]):
                if is_rare(found[w], rule.chance):
                    count_marked(day, begin[w], stop[w], first, marks, other)
                    found[w, AS_HIGH] += _is_as_high(other, found[w])
    return found
