"""Cycles that a transfer closes: the money, or some money, comes back to where it began. Counted by their length.

A temporal cycle passes on in ledger order: the transfer from a to b closes one for every sequence of distinct accounts
from b to a along which each transfer comes after the one before. A bounded cycle asks no order inside the window.
Sequences of accounts are counted, so parallel transfers do not multiply them.

Both searches go out from both ends at once, always where the next step is cheaper. The end that is done first says
where no cycle can pass, and the other end then walks only where one can. A hub's list is read only when both ends must
pass it. In a dense corner the walk from one end meets the labels of the other half way.

Oracle: ``tests/oracles/cycles.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.blocks import Ledger
    from moneytrail.kernels.ordering import Adjacency

LONGEST = 30

# What a thread keeps of an account while it moves on in time: places in its row. Each side of its lists has a window.
LOW, HIGH = 0, 1
OUT, IN = 0, 2
AHEAD, BACK = 4, 5  # labels of the search from b and of the one from a
SEEN, ON_PATH = 6, 7
ROW = 8
SHIFT = 32  # a label holds the round it was written in above, a number from 0 below
LABEL = (1 << SHIFT) - 1

ONWARDS, BACKWARDS = 8, 9  # walks without labels, where the end that is done first is a hub's small neighbour
MUCH = 4
"""A walk begins at the other end, without labels, where the list it would begin with is so many times the search."""


class CycleRule(NamedTuple):
    """What is looked for.

    Attributes
    ----------
    window : int
        Microseconds. All transfers of a cycle lie in ``(t - window, t]``, t being the closing transfer's time.
    longest : int
        Transfers of the longest cycle that is counted, 2 to 30.
    steps : int
        Transfers that may be looked at for one closing transfer. A search that needs more stops: what it has counted
        stands, and the transfer is marked as truncated.
    columns : int32[31]
        Column of the matrix for each length from 2 to 30; place 0 is the column that says truncated; -1 where not
        asked for.
    borders : int64[runs + 1]
        Ledger places; ``borders[0]`` is row 0 of the matrix. Each run of rows is one thread's, and no later than its
        run of the next block.
    """

    window: int
    longest: int
    steps: int
    columns: NDArray[np.int32]
    borders: NDArray[np.int64]


class SearchRoom(NamedTuple):
    """What the threads keep while they move on in time; zero before the first block, and left to the next one.

    Attributes
    ----------
    kept : int64[runs, accounts + 1, 8]
        Windows, labels and marks of each account; in the row after the last, how many rounds and marks there were.
    last : int32[runs, accounts, 2]
        One more than the ledger place of each account's last transfer out and in.
    """

    kept: NDArray[np.int64]
    last: NDArray[np.int32]


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _window(side: Adjacency, account: int, now: tuple[int, int], row: NDArray[np.int64], way: int) -> int:
    """Move an account's window on one side to `now`: ledger places from the oldest inside to the newest, inclusive.

    Returns how many transfers it holds.
    """
    newest, oldest = now
    start, stop = side.indptr[account], side.indptr[account + 1]
    high = row[way + HIGH]
    if high == 0:
        high = start + np.searchsorted(side.edge[start:stop], newest, side="right")
        row[way + LOW] = start + np.searchsorted(side.edge[start:high], oldest)
    while high < stop and side.edge[high] <= newest:
        high += 1
    low = row[way + LOW]
    while low < high and side.edge[low] < oldest:
        low += 1
    row[way + LOW], row[way + HIGH] = low, high
    return int(high - low)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _after(side: Adjacency, low: int, high: int, edge: int) -> int:
    """First position in ``[low, high)`` whose ledger place is above `edge`; `high` where none is."""
    while low < high:
        middle = (low + high) >> 1
        if side.edge[middle] > edge:
            high = middle
        else:
            low = middle + 1
    return low


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _arrive(
    side: Adjacency,
    way: int,
    x: int,
    ends: tuple[int, int],
    search: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64], int],
    spot: tuple[int, int],
) -> int:
    """Look at what x passed on after the money came (way OUT), or at what came before it went (way IN).

    Labels are the ledger place + 1 of the earliest arrival, or of the latest departure. `spot` is the
    queue's end and the oldest place of the window. Returns the queue's new end.
    """
    rows, last, queue, round_ = search
    start, target = ends
    tail, oldest = spot
    label = AHEAD if way == OUT else BACK
    at = (rows[x, label] & LABEL) - 1
    low, high = rows[x, way + LOW], rows[x, way + HIGH]
    if way == OUT:
        low = _after(side, low, high, at)
    else:
        high = _after(side, low, high, at - 1)
    for p in range(low, high):
        y = side.peer[p]
        if y < 0 or y == x or y == start:
            continue
        new = np.int64(side.edge[p]) + 1
        known = rows[y, label]
        if known >> SHIFT == round_:
            old = known & LABEL
            if (way == OUT and new >= old) or (way == IN and new <= old):
                continue
        rows[y, label] = (round_ << SHIFT) | new
        # An account that passed nothing on since, or was paid by nobody in the window, leads nowhere.
        if y != target and (last[y, 0] > side.edge[p] + 1 if way == OUT else last[y, 1] > oldest):
            queue[tail] = y
            tail += 1
    return tail


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _meet(
    sides: tuple[Adjacency, Adjacency],
    ends: tuple[int, int],
    now: tuple[int, int],
    work: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64], NDArray[np.int64], int],
    steps: int,
) -> tuple[int, int]:
    """Search from b onwards and from a backwards until one of the two is done.

    Returns how to walk (by the labels AHEAD or BACK that are whole, or without; 0: no cycle; -1: out of steps), and
    the steps left.
    """
    out, in_ = sides
    b, a = ends
    rows, last, ahead, back, round_ = work
    rows[b, AHEAD] = round_ << SHIFT
    rows[a, BACK] = (round_ << SHIFT) | (now[0] + 1)
    ahead[0], back[0] = b, a
    head = behind = 0
    tail = rear = 1
    spent_ahead = spent_back = 0
    while head < tail and behind < rear:
        ahead_next = _window(out, ahead[head], now, rows[ahead[head]], OUT)
        back_next = _window(in_, back[behind], now, rows[back[behind]], IN)
        if spent_ahead + ahead_next <= spent_back + back_next:
            spent_ahead += ahead_next + 1
            if spent_ahead + spent_back > steps:
                return -1, 0
            tail = _arrive(out, OUT, ahead[head], (b, a), (rows, last, ahead, round_), (tail, now[1]))
            head += 1
        else:
            spent_back += back_next + 1
            if spent_ahead + spent_back > steps:
                return -1, 0
            rear = _arrive(in_, IN, back[behind], (a, b), (rows, last, back, round_), (rear, now[1]))
            behind += 1
    left = steps - spent_ahead - spent_back
    if head == tail:
        if rows[a, AHEAD] >> SHIFT != round_:
            return 0, left
        return (ONWARDS if rows[a, IN + HIGH] - rows[a, IN + LOW] > MUCH * spent_ahead else AHEAD), left
    if rows[b, BACK] >> SHIFT != round_:
        return 0, left
    return (BACKWARDS if rows[b, OUT + HIGH] - rows[b, OUT + LOW] > MUCH * spent_back else BACK), left


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _walk(
    side: Adjacency,
    labels: int,
    ends: tuple[int, int],
    now: tuple[int, int],
    work: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], int],
    limits: tuple[int, int],
) -> bool:
    """Walk from the first of `ends` along every sequence of accounts that can still reach the second in order.

    With labels BACK, or ONWARDS without any, the walk goes along `side` outgoing; with AHEAD or BACKWARDS along
    incoming. Of several transfers to one account the one that leaves most time is taken, so that a sequence is found if
    it exists. Adds to ``counts``; returns whether the steps ran out.
    """
    rows, stack, counts, path, round_ = work
    start, target = ends
    longest, left = limits
    way = OUT if labels == BACK or labels == ONWARDS else IN
    free = labels >= ONWARDS
    depth = -1
    # The stack holds, three by three: account, ledger place it was reached by, transfers walked.
    stack[0], stack[1], stack[2] = start, (-1 if way == OUT else now[0]), 0
    top = 3
    while top:
        top -= 3
        x, at, level = stack[top], stack[top + 1], stack[top + 2]
        while depth >= level:
            rows[path[depth], ON_PATH] = 0
            depth -= 1
        depth = level
        path[depth] = x
        rows[x, ON_PATH] = 1
        size = _window(side, x, now, rows[x], way)
        left -= size + 1
        if left < 0:
            for k in range(depth + 1):
                rows[path[k], ON_PATH] = 0
            return True
        low, high = rows[x, way + LOW], rows[x, way + HIGH]
        if way == OUT:
            low = _after(side, low, high, at)
        else:
            high = _after(side, low, high, at - 1)
        rows[-1, SEEN] += 1
        stamp = rows[-1, SEEN]
        for k in range(high - low):
            p = low + k if way == OUT else high - 1 - k
            y = side.peer[p]
            if y < 0 or rows[y, ON_PATH] == 1 or rows[y, SEEN] == stamp:
                continue
            rows[y, SEEN] = stamp
            if y == target:
                counts[level + 2] += 1
                continue
            if level + 3 > longest or (not free and rows[y, labels] >> SHIFT != round_):
                continue
            edge = np.int64(side.edge[p])
            reached = 0 if free else (rows[y, labels] & LABEL) - 1
            if free or (way == OUT and reached > edge) or (way == IN and reached < edge):
                stack[top], stack[top + 1], stack[top + 2] = y, edge, level + 1
                top += 3
    while depth >= 0:
        rows[path[depth], ON_PATH] = 0
        depth -= 1
    return False


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _temporal_of(
    sides: tuple[Adjacency, Adjacency],
    ends: tuple[int, int],
    now: tuple[int, int],
    work: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], int],
    rule: CycleRule,
) -> bool:
    """Unit kernel: count the temporal cycles of one closing transfer into `work`; returns whether truncated."""
    out, in_ = sides
    b, a = ends
    rows, last, ahead, back, counts, path, round_ = work
    whole, left = _meet(sides, ends, now, (rows, last, ahead, back, round_), rule.steps)
    if whole == AHEAD or whole == BACKWARDS:
        return bool(_walk(in_, whole, (a, b), now, (rows, back, counts, path, round_), (rule.longest, left)))
    if whole == BACK or whole == ONWARDS:
        return bool(_walk(out, whole, (b, a), now, (rows, back, counts, path, round_), (rule.longest, left)))
    return bool(whole < 0)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _spread(
    side: Adjacency,
    way: int,
    ends: tuple[int, int],
    now: tuple[int, int],
    search: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64], int],
    level: tuple[int, int, int],
) -> tuple[int, int, bool]:
    """Label what lies one transfer further than the accounts at ``[head, tail)`` of the queue.

    Returns the queue's new end, what the next level costs, and whether a label of the other search was met.
    """
    rows, last, queue, round_ = search
    head, tail, distance = level
    start, target = ends
    label = AHEAD if way == OUT else BACK
    other = BACK if way == OUT else AHEAD
    met = False
    cost = 0
    end = tail
    for k in range(head, tail):
        x = queue[k]
        for p in range(rows[x, way + LOW], rows[x, way + HIGH]):
            y = side.peer[p]
            if y < 0 or y == x or y == start or rows[y, label] >> SHIFT == round_:
                continue
            rows[y, label] = (round_ << SHIFT) | distance
            met = met or rows[y, other] >> SHIFT == round_
            if y != target and last[y, way // IN] > now[1]:
                queue[end] = y
                end += 1
                cost += 1 + _window(side, y, now, rows[y], way)
    return end, cost, met


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _measure(
    sides: tuple[Adjacency, Adjacency],
    ends: tuple[int, int],
    now: tuple[int, int],
    work: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64], NDArray[np.int64], int],
    limits: tuple[int, int],
) -> tuple[int, int, int]:
    """Label distances from b onwards and from a backwards until together they span the longest cycle.

    Returns the labels to walk by (AHEAD, BACK; 0: no cycle; -1: out of steps), how far those labels reach (LONGEST:
    they are whole), and the steps left.
    """
    out, in_ = sides
    b, a = ends
    rows, last, ahead, back, round_ = work
    longest, left = limits
    rows[b, AHEAD] = rows[a, BACK] = round_ << SHIFT
    ahead[0], back[0] = b, a
    head = behind = 0
    tail = rear = 1
    far_ahead = far_back = 0
    next_ahead = _window(out, b, now, rows[b], OUT)
    next_back = _window(in_, a, now, rows[a], IN)
    spent_ahead = spent_back = 0
    met = False
    while head < tail and behind < rear and far_ahead + far_back < longest - 1:
        if spent_ahead + next_ahead <= spent_back + next_back:
            spent_ahead += next_ahead
            left -= next_ahead
            if left < 0:
                return -1, 0, 0
            far_ahead += 1
            start, head = head, tail
            tail, next_ahead, found = _spread(
                out, OUT, (b, a), now, (rows, last, ahead, round_), (start, tail, far_ahead)
            )
        else:
            spent_back += next_back
            left -= next_back
            if left < 0:
                return -1, 0, 0
            far_back += 1
            start, behind = behind, rear
            rear, next_back, found = _spread(in_, IN, (a, b), now, (rows, last, back, round_), (start, rear, far_back))
        met = met or found
    if not met:
        return 0, 0, left
    # The end that is done says where no cycle can pass; but a hub's list is not begun with if the other end's is short.
    if behind == rear and rows[b, OUT + HIGH] - rows[b, OUT + LOW] <= MUCH * (spent_back + 1):
        return BACK, LONGEST, left
    if head == tail and rows[a, IN + HIGH] - rows[a, IN + LOW] <= MUCH * (spent_ahead + 1):
        return AHEAD, LONGEST, left
    if behind == rear:
        return AHEAD, far_ahead, left
    if head == tail:
        return BACK, far_back, left
    if spent_ahead <= spent_back:
        return BACK, far_back, left
    return AHEAD, far_ahead, left


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _walk_within(
    side: Adjacency,
    labels: tuple[int, int],
    ends: tuple[int, int],
    now: tuple[int, int],
    work: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], int],
    limits: tuple[int, int],
) -> bool:
    """Walk every path of distinct accounts from the first of `ends` to the second that is short enough.

    ``labels`` are the other end's distances and how far they reach: a nearer account than that has one, so an account
    without one is passed only while more transfers are left than they reach. Adds to ``counts``; returns whether the
    steps ran out.
    """
    rows, stack, counts, path, round_ = work
    start, target = ends
    longest, left = limits
    label, far = labels
    way = OUT if label == BACK else IN
    depth = -1
    stack[0], stack[1] = start, 0
    top = 2
    while top:
        top -= 2
        x, level = stack[top], stack[top + 1]
        while depth >= level:
            rows[path[depth], ON_PATH] = 0
            depth -= 1
        depth = level
        path[depth] = x
        rows[x, ON_PATH] = 1
        left -= _window(side, x, now, rows[x], way) + 1
        if left < 0:
            for k in range(depth + 1):
                rows[path[k], ON_PATH] = 0
            return True
        rows[-1, SEEN] += 1
        stamp = rows[-1, SEEN]
        rest = longest - 2 - level
        for p in range(rows[x, way + LOW], rows[x, way + HIGH]):
            y = side.peer[p]
            if y < 0 or rows[y, ON_PATH] == 1 or rows[y, SEEN] == stamp:
                continue
            rows[y, SEEN] = stamp
            if y == target:
                counts[level + 2] += 1
                continue
            known = rows[y, label]
            near = known & LABEL <= rest if known >> SHIFT == round_ else rest > far
            if near and rest > 0:
                stack[top], stack[top + 1] = y, level + 1
                top += 2
    while depth >= 0:
        rows[path[depth], ON_PATH] = 0
        depth -= 1
    return False


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _bounded_of(
    sides: tuple[Adjacency, Adjacency],
    ends: tuple[int, int],
    now: tuple[int, int],
    work: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], int],
    rule: CycleRule,
) -> bool:
    """Unit kernel: count the bounded cycles of one closing transfer into `work`; returns whether truncated."""
    out, in_ = sides
    b, a = ends
    rows, last, ahead, back, counts, path, round_ = work
    labels, far, left = _measure(sides, ends, now, (rows, last, ahead, back, round_), (rule.longest, rule.steps))
    if labels == AHEAD:
        return bool(_walk_within(in_, (AHEAD, far), (a, b), now, (rows, back, counts, path, round_), (rule.longest, left)))
    if labels == BACK:
        return bool(_walk_within(out, (BACK, far), (b, a), now, (rows, back, counts, path, round_), (rule.longest, left)))
    return bool(labels < 0)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _catch_up(ledger: Ledger, first: int, window: int, last: NDArray[np.int32]) -> int:
    """Note each account's last transfers of the window that ends at row `first`; returns the window's oldest place."""
    oldest = first
    while oldest > 0 and ledger.time[oldest - 1] > ledger.time[first] - window:
        oldest -= 1
    for e in range(oldest, first):
        _note(ledger, e, last)
    return oldest


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _note(ledger: Ledger, e: int, last: NDArray[np.int32]) -> None:
    a, b = ledger.debtor[e], ledger.creditor[e]
    if a >= 0 and b >= 0 and a != b:
        last[a, 0] = e + 1
        last[b, 1] = e + 1


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _cycles_of_rows(
    out: Adjacency,
    in_: Adjacency,
    ledger: Ledger,
    part: tuple[int, int, int, bool, NDArray[np.int64], NDArray[np.int32]],
    work: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    rule: CycleRule,
    matrix: NDArray[np.float32],
) -> None:
    """One run of rows, in ledger order: windows only move on.

    Most transfers are done with by looking at what the creditor last paid and what the debtor was last paid.
    """
    first, end, origin, in_order, rows, last = part
    ahead, back, counts, path = work
    columns, window = rule.columns, rule.window
    debtor, creditor, time = ledger.debtor, ledger.creditor, ledger.time
    after = rows.shape[0] - 1
    oldest = _catch_up(ledger, first, rule.window, last)
    for e in range(first, end):
        a, b = debtor[e], creditor[e]
        if a < 0 or b < 0 or a == b:
            continue
        while time[oldest] <= time[e] - window:
            oldest += 1
        if last[b, 0] > oldest and last[a, 1] > oldest:
            rows[after, AHEAD] += 1
            hold = (rows, last, ahead, back, counts, path, rows[after, AHEAD])
            if in_order:
                truncated = _temporal_of((out, in_), (b, a), (e, oldest), hold, rule)
            else:
                truncated = _bounded_of((out, in_), (b, a), (e, oldest), hold, rule)
            if truncated and columns[0] >= 0:
                matrix[e - origin, columns[0]] = 1.0
            for length in range(2, rule.longest + 1):
                if counts[length]:
                    if columns[length] >= 0:
                        matrix[e - origin, columns[length]] = counts[length]
                    counts[length] = 0
        last[a, 0] = e + 1
        last[b, 1] = e + 1


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def temporal_cycles(
    out: Adjacency,
    in_: Adjacency,
    ledger: Ledger,
    rule: CycleRule,
    room: SearchRoom,
    matrix: NDArray[np.float32],
) -> None:
    """Count, for every transfer of a block, the temporal cycles that it closes, by their length.

    Parameters
    ----------
    out, in_ : Adjacency
    ledger : Ledger
    rule : CycleRule
    room : SearchRoom
    matrix : float32[block rows, columns]
        Zero where written.

    Notes
    -----
    Accounts of a cycle differ. Transfers to oneself and with one side absent take no part. Transfers at equal times
    follow one another in ledger order. Cost of a transfer: what either end can reach, at most ``rule.steps``.
    """
    for run in prange(rule.borders.size - 1):
        first, last = rule.borders[run], rule.borders[run + 1]
        if first < last:
            part = (first, last, rule.borders[0], True, room.kept[run], room.last[run])
            size = 3 * rule.steps + 8
            work = (np.empty(size, np.int64), np.empty(size, np.int64), np.zeros(LONGEST + 2, np.int64), np.empty(LONGEST + 1, np.int64))
            _cycles_of_rows(out, in_, ledger, part, work, rule, matrix)


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def bounded_cycles(
    out: Adjacency,
    in_: Adjacency,
    ledger: Ledger,
    rule: CycleRule,
    room: SearchRoom,
    matrix: NDArray[np.float32],
) -> None:
    """Count, for every transfer of a block, the cycles that it closes whatever the order inside the window.

    Parameters and cost as :func:`temporal_cycles`.
    """
    for run in prange(rule.borders.size - 1):
        first, last = rule.borders[run], rule.borders[run + 1]
        if first < last:
            part = (first, last, rule.borders[0], False, room.kept[run], room.last[run])
            size = 3 * rule.steps + 8
            work = (np.empty(size, np.int64), np.empty(size, np.int64), np.zeros(LONGEST + 2, np.int64), np.empty(LONGEST + 1, np.int64))
            _cycles_of_rows(out, in_, ledger, part, work, rule, matrix)
