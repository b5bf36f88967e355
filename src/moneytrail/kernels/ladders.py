"""Payment in stages: who climbs a ladder of instalments into a set of payees, and which accounts form a set.

Oracle: ``tests/oracles/ladders.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray


class LadderRule(NamedTuple):
    """When one payer's steps into one set make a ladder.

    Attributes
    ----------
    window : int
        Microseconds. Steps in ``(t - window, t]`` are looked at.
    fewest, most : int
        Steps, both inclusive; `most` is small.
    span : int
        Microseconds from the first step to the last, at least.
    low, high : int
        Sum of the steps in minor units, both inclusive.
    payees : int
        Different payees of one payer, at least.
    """

    window: int
    fewest: int
    most: int
    span: int
    low: int
    high: int
    payees: int


@njit(cache=True, nogil=True)
def groups(links: NDArray[np.int32], most: int) -> NDArray[np.int32]:
    """Accounts joined by shared attributes, directly or over others.

    Parameters
    ----------
    links : int32[accounts, kinds]
        Each account's attributes as numbers, -1 where unknown.
    most : int
        A value that more accounts than this share (a hostel's address) joins nobody.

    Returns
    -------
    int32[accounts]
        The lowest account of each account's group. Cost: linear, but for the joining, which is nearly so.
    """
    accounts, kinds = links.shape
    root = np.arange(accounts).astype(np.int32)
    for kind in range(kinds):
        values = 0
        for a in range(accounts):
            values = max(values, links[a, kind] + 1)
        shared = np.zeros(values, np.int32)
        one = np.empty(values, np.int32)
        for a in range(accounts):
            if links[a, kind] >= 0:
                shared[links[a, kind]] += 1
                one[links[a, kind]] = a
        for a in range(accounts):
            value = links[a, kind]
            if value < 0 or shared[value] < 2 or shared[value] > most:
                continue
            x, y = np.int32(a), one[value]
            while root[x] != x:
                root[x] = root[root[x]]
                x = root[x]
            while root[y] != y:
                root[y] = root[root[y]]
                y = root[y]
            if x < y:
                root[y] = x
            else:
                root[x] = y
    for a in range(accounts):
        # Roots are lower than what hangs on them, so each is settled before.
        root[a] = root[root[a]]
    return root


@njit(cache=True, nogil=True)
def _total(
    head: int,
    number: int,
    last: int,
    steps: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.int32], NDArray[np.int32]],
    following: NDArray[np.int64],
    rule: LadderRule,
) -> np.int64:
    """Unit kernel: the sum of one payer's `number` steps if they make a ladder, else -1."""
    time, amount, new, _, payee = steps
    if number < rule.fewest or number > rule.most or not new[head] or time[last] - time[head] < rule.span:
        return np.int64(-1)
    total = np.int64(0)
    at = head
    for _ in range(number):
        total += amount[at]
        at = following[at]
    if total < rule.low or total > rule.high or _payees(head, number, payee, following) < rule.payees:
        return np.int64(-1)
    return total


@njit(cache=True, nogil=True)
def _payees(head: int, number: int, payee: NDArray[np.int32], following: NDArray[np.int64]) -> int:
    """How many are paid by the `number` steps from `head` on."""
    different = 0
    at = head
    for _ in range(number):
        new = True
        back = head
        while back != at:
            new = new and payee[back] != payee[at]
            back = following[back]
        different += new
        at = following[at]
    return different


@njit(cache=True, nogil=True, parallel=True)
def ladders(
    indptr: NDArray[np.int64],
    steps: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.int32], NDArray[np.int32]],
    number: int,
    rule: LadderRule,
    borders: NDArray[np.int64],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """How many ladders into a set hold at each step.

    Parameters
    ----------
    indptr : int64[sets + 1]
        Where the steps into each set begin.
    steps : (time int64[m], amount int64[m], new bool[m], climber int32[m], payee int32[m])
        In each set in order of time. `new`: a ladder may begin with it. `climber`: a number from 0 to ``number - 1``
        that payer and set have for themselves. `payee`: who is paid.
    number : int
        Climbers.
    rule : LadderRule
    borders : int64[chunks + 1]
        From :func:`ordering.cost_chunks`. A chunk of sets is one thread's alone.

    Returns
    -------
    (own int32[m], count int32[m], value int64[m])
        At each step: how many payees its own payer's ladder has, 0 where it is none; how many ladders hold; and their
        sum. Cost: linear in the steps times ``rule.most`` squared.
    """
    time, _, _, climber, payee = steps
    own = np.zeros(time.size, np.int32)
    count = np.zeros(time.size, np.int32)
    value = np.zeros(time.size, np.int64)
    head = np.full(number, -1, np.int64)
    last = np.full(number, -1, np.int64)
    held = np.zeros(number, np.int32)
    sums = np.full(number, -1, np.int64)
    following = np.full(time.size, -1, np.int64)
    for chunk in prange(borders.size - 1):
        for a in range(borders[chunk], borders[chunk + 1]):
            oldest = indptr[a]
            holding = 0
            total = np.int64(0)
            for p in range(indptr[a], indptr[a + 1]):
                while time[oldest] <= time[p] - rule.window:
                    c = climber[oldest]
                    held[c] -= 1
                    head[c] = following[oldest]
                    if sums[c] >= 0:
                        holding -= 1
                        total -= sums[c]
                    sums[c] = _total(head[c], held[c], last[c], steps, following, rule) if held[c] else -1
                    if sums[c] >= 0:
                        holding += 1
                        total += sums[c]
                    oldest += 1
                c = climber[p]
                if held[c]:
                    following[last[c]] = p
                else:
                    head[c] = p
                last[c] = p
                held[c] += 1
                if sums[c] >= 0:
                    holding -= 1
                    total -= sums[c]
                sums[c] = _total(head[c], held[c], last[c], steps, following, rule)
                if sums[c] >= 0:
                    holding += 1
                    total += sums[c]
                    own[p] = _payees(head[c], held[c], payee, following)
                count[p] = holding
                value[p] = total
    return own, count, value
