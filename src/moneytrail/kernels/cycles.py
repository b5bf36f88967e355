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

from moneytrail.prefetch import prefetch

if TYPE_CHECKING:
    from moneytrail.kernels.blocks import Ledger
    from moneytrail.kernels.ordering import Adjacency

LONGEST = 30

OUT, IN = 0, 1

# What a thread keeps of an account while it moves on in time: places in its row, which is half a line of memory. First
# the windows of its outgoing and its incoming list, from LOW to HIGH (exclusive).
LOW, HIGH = 0, 1
SIDE = 2
ROUND = 4  # the search that last labelled it
AHEAD, BACK = 5, 6  # labels of that search, from b onwards and from a backwards; 0: none
SEEN = 7  # the step of a walk that last met it, or ON_PATH
ROW = 8
ON_PATH = 2**32 - 1
FULL = 2**31

ONWARDS, BACKWARDS = 8, 9  # walks without labels, where the end that is done first is a hub's small neighbour
MUCH = 4
"""A walk begins at the other end, without labels, where the list it would begin with is so many times the search."""
SOON = 12
"""So many transfers ahead the memory of a search is asked for, and twice as many that of what says if there is one."""


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
    kept : uint32[runs, accounts + 1, 8]
        Windows, labels and marks of each account; in the row after the last, how many rounds and marks there were.
    last : int32[runs, accounts, 2]
        One more than the ledger place of each account's last transfer out and in.
    """

    kept: NDArray[np.uint32]
    last: NDArray[np.int32]


class _Search(NamedTuple):
    """The lists of all accounts, what the thread keeps of them, and room for queues, a path and counts."""

    indptr: NDArray[np.int64]
    edge: NDArray[np.int32]
    peer: NDArray[np.int32]
    rows: NDArray[np.uint32]
    last: NDArray[np.int32]
    ahead: NDArray[np.int64]
    back: NDArray[np.int64]
    path: NDArray[np.int64]
    counts: NDArray[np.int64]


class _Turn(NamedTuple):
    """One closing transfer, from a to b: the window as ledger places (both inclusive), the number of the search."""

    a: int
    b: int
    newest: int
    oldest: int
    round_: int


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _window(s: _Search, account: int, way: int, turn: _Turn) -> int:
    """Move an account's window on one side to the one of `turn`; returns how many transfers it holds."""
    indptr, edge, rows = s.indptr, s.edge, s.rows
    low, high = np.int64(rows[account, SIDE * way + LOW]), np.int64(rows[account, SIDE * way + HIGH])
    row = account + way * s.last.shape[0]
    stop = indptr[row + 1]
    if high == 0:
        low = high = indptr[row]
        # The list is long where the run begins late.
        end = stop
        while high < end:
            middle = (high + end) >> 1
            if edge[middle] <= turn.newest:
                high = middle + 1
            else:
                end = middle
        end = high
        while low < end:
            middle = (low + end) >> 1
            if edge[middle] < turn.oldest:
                low = middle + 1
            else:
                end = middle
    while high < stop and edge[high] <= turn.newest:
        high += 1
    while low < high and edge[low] < turn.oldest:
        low += 1
    rows[account, SIDE * way + LOW], rows[account, SIDE * way + HIGH] = low, high
    return int(high - low)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _after(edge: NDArray[np.int32], low: int, high: int, place: int) -> int:
    """First position in ``[low, high)`` whose ledger place is above `place`; `high` where none is."""
    while low < high:
        middle = (low + high) >> 1
        if edge[middle] > place:
            high = middle
        else:
            low = middle + 1
    return low


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _held(rows: NDArray[np.uint32], account: int, way: int) -> int:
    """How many transfers an account's window holds on one side."""
    return int(np.int64(rows[account, SIDE * way + HIGH]) - np.int64(rows[account, SIDE * way + LOW]))


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _label(rows: NDArray[np.uint32], account: int, label: int, round_: int) -> int:
    """The label that this search gave an account; 0 where it gave none."""
    return int(rows[account, label]) if rows[account, ROUND] == round_ else 0


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _put_label(rows: NDArray[np.uint32], account: int, label: int, round_: int, value: int) -> None:
    if rows[account, ROUND] != round_:
        rows[account, ROUND] = round_
        rows[account, AHEAD] = rows[account, BACK] = 0
    rows[account, label] = value


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _arrive(s: _Search, way: int, x: int, ends: tuple[int, int], turn: _Turn, tail: int) -> int:
    """Look at what x passed on after the money came (way OUT), or at what came before it went (way IN).

    Labels are the ledger place + 2 of the earliest arrival, or of the latest departure. Returns the queue's new end.
    """
    edge, peer, rows, last = s.edge, s.peer, s.rows, s.last
    queue = s.ahead if way == OUT else s.back
    start, target = ends
    label = AHEAD if way == OUT else BACK
    at = np.int64(rows[x, label]) - 2
    low, high = np.int64(rows[x, SIDE * way + LOW]), np.int64(rows[x, SIDE * way + HIGH])
    if way == OUT:
        low = _after(edge, low, high, at)
    else:
        high = _after(edge, low, high, at - 1)
    for p in range(low, high):
        y = peer[p]
        if y < 0 or y == x or y == start:
            continue
        new = np.int64(edge[p]) + 2
        old = _label(rows, y, label, turn.round_)
        if old and ((way == OUT and new >= old) or (way == IN and new <= old)):
            continue
        _put_label(rows, y, label, turn.round_, new)
        # An account that passed nothing on since, or was paid by nobody in the window, leads nowhere.
        if y != target and (last[y, OUT] > edge[p] + 1 if way == OUT else last[y, IN] > turn.oldest):
            queue[tail] = y
            tail += 1
    return tail


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _meet(s: _Search, turn: _Turn, steps: int) -> tuple[int, int]:
    """Search from b onwards and from a backwards until one of the two is done.

    Returns how to walk (by the labels AHEAD or BACK that are whole, or without; 0: no cycle; -1: out of steps), and
    the steps left.
    """
    rows, ahead, back = s.rows, s.ahead, s.back
    a, b = turn.a, turn.b
    _put_label(rows, b, AHEAD, turn.round_, 1)
    _put_label(rows, a, BACK, turn.round_, turn.newest + 2)
    ahead[0], back[0] = b, a
    head = behind = 0
    tail = rear = 1
    spent_ahead = spent_back = 0
    ahead_next = _window(s, b, OUT, turn)
    back_next = _window(s, a, IN, turn)
    while True:
        if spent_ahead + ahead_next <= spent_back + back_next:
            spent_ahead += ahead_next + 1
            if spent_ahead + spent_back > steps:
                return -1, 0
            tail = _arrive(s, OUT, ahead[head], (b, a), turn, tail)
            head += 1
            if head == tail:
                break
            ahead_next = _window(s, ahead[head], OUT, turn)
        else:
            spent_back += back_next + 1
            if spent_ahead + spent_back > steps:
                return -1, 0
            rear = _arrive(s, IN, back[behind], (a, b), turn, rear)
            behind += 1
            if behind == rear:
                break
            back_next = _window(s, back[behind], IN, turn)
    left = steps - spent_ahead - spent_back
    if head == tail:
        if not _label(rows, a, AHEAD, turn.round_):
            return 0, left
        return (ONWARDS if _held(rows, a, IN) > MUCH * spent_ahead else AHEAD), left
    if not _label(rows, b, BACK, turn.round_):
        return 0, left
    return (BACKWARDS if _held(rows, b, OUT) > MUCH * spent_back else BACK), left


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _leave(rows: NDArray[np.uint32], path: NDArray[np.int64], depth: int, level: int) -> int:
    """Take the accounts from `depth` down to `level` off the path; returns the new depth."""
    while depth >= level:
        rows[path[depth], SEEN] = 0
        depth -= 1
    return depth


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _walk(s: _Search, labels: int, turn: _Turn, limits: tuple[int, int]) -> bool:
    """Walk along every sequence of accounts, from b or from a, that can still reach the other end in order.

    With labels BACK, or ONWARDS without any, the walk goes from b along outgoing transfers; with AHEAD or BACKWARDS
    from a along incoming ones. Of several transfers to one account the one that leaves most time is taken, so that a
    sequence is found if it exists. Adds to ``counts``; returns whether the steps ran out.
    """
    edge, peer, rows, path, counts = s.edge, s.peer, s.rows, s.path, s.counts
    longest, left = limits
    way = OUT if labels == BACK or labels == ONWARDS else IN
    start, target = (turn.b, turn.a) if way == OUT else (turn.a, turn.b)
    stack = s.back
    free = labels >= ONWARDS
    after = rows.shape[0] - 1
    depth = -1
    # The stack holds, three by three: account, ledger place it was reached by, transfers walked.
    stack[0], stack[1], stack[2] = start, (-1 if way == OUT else turn.newest), 0
    top = 3
    while top:
        top -= 3
        x, at, level = stack[top], stack[top + 1], stack[top + 2]
        _leave(rows, path, depth, level)
        depth = level
        path[depth] = x
        rows[x, SEEN] = ON_PATH
        left -= _window(s, x, way, turn) + 1
        if left < 0:
            break
        low, high = np.int64(rows[x, SIDE * way + LOW]), np.int64(rows[x, SIDE * way + HIGH])
        if way == OUT:
            low = _after(edge, low, high, at)
        else:
            high = _after(edge, low, high, at - 1)
        rows[after, SEEN] += 1
        stamp = rows[after, SEEN]
        for k in range(high - low):
            p = low + k if way == OUT else high - 1 - k
            y = peer[p]
            if y < 0 or rows[y, SEEN] == ON_PATH or rows[y, SEEN] == stamp:
                continue
            rows[y, SEEN] = stamp
            if y == target:
                counts[level + 2] += 1
                continue
            if level + 3 > longest:
                continue
            place = np.int64(edge[p])
            if not free:
                known = _label(rows, y, labels, turn.round_)
                if known == 0 or (way == OUT and known - 2 <= place) or (way == IN and known - 2 >= place):
                    continue
            stack[top], stack[top + 1], stack[top + 2] = y, place, level + 1
            top += 3
    _leave(rows, path, depth, 0)
    return bool(left < 0)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _temporal_of(s: _Search, turn: _Turn, longest: int, steps: int) -> bool:
    """Unit kernel: count the temporal cycles of one closing transfer into `counts`; returns whether truncated."""
    labels, left = _meet(s, turn, steps)
    if labels > 0:
        return bool(_walk(s, labels, turn, (longest, left)))
    return bool(labels < 0)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _spread(
    s: _Search, way: int, ends: tuple[int, int], turn: _Turn, level: tuple[int, int, int]
) -> tuple[int, int, bool]:
    """Label what lies one transfer further than the accounts at ``[head, tail)`` of the queue.

    Labels are the distance + 1. Returns the queue's new end, what the next level costs, and whether a label of the
    other search was met.
    """
    peer, rows, last = s.peer, s.rows, s.last
    queue = s.ahead if way == OUT else s.back
    head, tail, distance = level
    start, target = ends
    label = AHEAD if way == OUT else BACK
    other = BACK if way == OUT else AHEAD
    met = False
    cost = 0
    end = tail
    for k in range(head, tail):
        x = queue[k]
        for p in range(np.int64(rows[x, SIDE * way + LOW]), np.int64(rows[x, SIDE * way + HIGH])):
            y = peer[p]
            if y < 0 or y == x or y == start or _label(rows, y, label, turn.round_):
                continue
            _put_label(rows, y, label, turn.round_, distance + 1)
            met = met or rows[y, other] > 0
            if y != target and last[y, way] > turn.oldest:
                queue[end] = y
                end += 1
                cost += 1 + _window(s, y, way, turn)
    return end, cost, met


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _measure(s: _Search, turn: _Turn, longest: int, steps: int) -> tuple[int, int, int]:
    """Label distances from b onwards and from a backwards until together they span the longest cycle.

    Returns the labels to walk by (AHEAD, BACK; 0: no cycle; -1: out of steps), how far those labels reach (LONGEST:
    they are whole), and the steps left.
    """
    rows, ahead, back = s.rows, s.ahead, s.back
    a, b = turn.a, turn.b
    left = steps
    _put_label(rows, b, AHEAD, turn.round_, 1)
    _put_label(rows, a, BACK, turn.round_, 1)
    ahead[0], back[0] = b, a
    head = behind = 0
    tail = rear = 1
    far_ahead = far_back = 0
    next_ahead = _window(s, b, OUT, turn)
    next_back = _window(s, a, IN, turn)
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
            tail, next_ahead, found = _spread(s, OUT, (b, a), turn, (start, tail, far_ahead))
        else:
            spent_back += next_back
            left -= next_back
            if left < 0:
                return -1, 0, 0
            far_back += 1
            start, behind = behind, rear
            rear, next_back, found = _spread(s, IN, (a, b), turn, (start, rear, far_back))
        met = met or found
    if not met:
        return 0, 0, left
    # The end that is done says where no cycle can pass; but a hub's list is not begun with if the other end's is short.
    if behind == rear and _held(rows, b, OUT) <= MUCH * (spent_back + 1):
        return BACK, LONGEST, left
    if head == tail and _held(rows, a, IN) <= MUCH * (spent_ahead + 1):
        return AHEAD, LONGEST, left
    if behind == rear:
        return AHEAD, far_ahead, left
    if head == tail or spent_ahead <= spent_back:
        return BACK, far_back, left
    return AHEAD, far_ahead, left


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _walk_within(s: _Search, labels: tuple[int, int], turn: _Turn, limits: tuple[int, int]) -> bool:
    """Walk every path of distinct accounts between b and a that is short enough, from the end without these labels.

    ``labels`` are the other end's distances and how far they reach: a nearer account than that has one, so an account
    without one is passed only while more transfers are left than they reach. Adds to ``counts``; returns whether the
    steps ran out.
    """
    peer, rows, path, counts = s.peer, s.rows, s.path, s.counts
    longest, left = limits
    label, far = labels
    way = OUT if label == BACK else IN
    start, target = (turn.b, turn.a) if way == OUT else (turn.a, turn.b)
    stack = s.back
    after = rows.shape[0] - 1
    depth = -1
    stack[0], stack[1] = start, 0
    top = 2
    while top:
        top -= 2
        x, level = stack[top], stack[top + 1]
        _leave(rows, path, depth, level)
        depth = level
        path[depth] = x
        rows[x, SEEN] = ON_PATH
        left -= _window(s, x, way, turn) + 1
        if left < 0:
            break
        rows[after, SEEN] += 1
        stamp = rows[after, SEEN]
        rest = longest - 2 - level
        for p in range(np.int64(rows[x, SIDE * way + LOW]), np.int64(rows[x, SIDE * way + HIGH])):
            y = peer[p]
            if y < 0 or rows[y, SEEN] == ON_PATH or rows[y, SEEN] == stamp:
                continue
            rows[y, SEEN] = stamp
            if y == target:
                counts[level + 2] += 1
                continue
            known = _label(rows, y, label, turn.round_)
            near = known - 1 <= rest if known else rest > far
            if near and rest > 0:
                stack[top], stack[top + 1] = y, level + 1
                top += 2
    _leave(rows, path, depth, 0)
    return bool(left < 0)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _bounded_of(s: _Search, turn: _Turn, longest: int, steps: int) -> bool:
    """Unit kernel: count the bounded cycles of one closing transfer into `counts`; returns whether truncated."""
    label, far, left = _measure(s, turn, longest, steps)
    if label > 0:
        return bool(_walk_within(s, (label, far), turn, (longest, left)))
    return bool(label < 0)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _catch_up(ledger: Ledger, first: int, window: int, last: NDArray[np.int32]) -> int:
    """Note each account's last transfers of the window that ends at row `first`; returns the window's oldest place."""
    oldest = first
    while oldest > 0 and ledger.time[oldest - 1] > ledger.time[first] - window:
        oldest -= 1
    for e in range(oldest, first):
        a, b = ledger.debtor[e], ledger.creditor[e]
        if a >= 0 and b >= 0 and a != b:
            last[a, OUT] = e + 1
            last[b, IN] = e + 1
    return oldest


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _ask_for_list(s: _Search, account: int, way: int) -> None:
    """Ask for the newest part of an account's window, as far as it is known."""
    place = np.int64(s.rows[account, SIDE * way + HIGH])
    if place == 0:
        place = s.indptr[account + way * s.last.shape[0]]
    prefetch(s.edge, place)
    prefetch(s.peer, place - 1)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _ask_ahead(ledger: Ledger, e: int, end: int, oldest: int, s: _Search) -> None:
    """Ask for the memory that the searches of the next transfers begin with."""
    debtor, creditor = ledger.debtor, ledger.creditor
    last = s.last
    if e + 2 * SOON < end:
        a, b = debtor[e + 2 * SOON], creditor[e + 2 * SOON]
        if a >= 0 and b >= 0:
            prefetch(last, 2 * a)
            prefetch(last, 2 * b)
    if e + SOON < end:
        a, b = debtor[e + SOON], creditor[e + SOON]
        if a >= 0 and b >= 0 and a != b and last[b, OUT] > oldest and last[a, IN] > oldest:
            prefetch(s.rows, ROW * a)
            prefetch(s.rows, ROW * b)
            prefetch(s.indptr, b)
            prefetch(s.indptr, last.shape[0] + a)
    if e + SOON // 2 < end:
        a, b = debtor[e + SOON // 2], creditor[e + SOON // 2]
        if a >= 0 and b >= 0 and a != b and last[b, OUT] > oldest and last[a, IN] > oldest:
            _ask_for_list(s, b, OUT)
            _ask_for_list(s, a, IN)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _cycles_of_rows(
    s: _Search, ledger: Ledger, part: tuple[int, int, int, bool], rule: CycleRule, matrix: NDArray[np.float32]
) -> None:
    """One run of rows, in ledger order: windows only move on.

    Most transfers are done with by looking at what the creditor last paid and what the debtor was last paid.
    """
    first, end, origin, in_order = part
    columns, window, longest, steps = rule.columns, rule.window, rule.longest, rule.steps
    debtor, creditor, time = ledger.debtor, ledger.creditor, ledger.time
    rows, last, counts = s.rows, s.last, s.counts
    after = rows.shape[0] - 1
    oldest = _catch_up(ledger, first, window, last)
    for e in range(first, end):
        _ask_ahead(ledger, e, end, oldest, s)
        a, b = debtor[e], creditor[e]
        if a < 0 or b < 0 or a == b:
            continue
        while time[oldest] <= time[e] - window:
            oldest += 1
        if last[b, OUT] > oldest and last[a, IN] > oldest:
            rows[after, ROUND] += 1
            if rows[after, SEEN] > FULL:
                for account in range(after + 1):
                    rows[account, SEEN] = 0
            turn = _Turn(a, b, e, oldest, rows[after, ROUND])
            truncated = _temporal_of(s, turn, longest, steps) if in_order else _bounded_of(s, turn, longest, steps)
            if truncated and columns[0] >= 0:
                matrix[e - origin, columns[0]] = 1.0
            for length in range(2, longest + 1):
                if counts[length]:
                    if columns[length] >= 0:
                        matrix[e - origin, columns[length]] = counts[length]
                    counts[length] = 0
        last[a, OUT] = e + 1
        last[b, IN] = e + 1


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def _cycles(
    both: Adjacency, ledger: Ledger, rule: CycleRule, in_order: bool, room: SearchRoom, matrix: NDArray[np.float32]
) -> None:
    """Each run of rows on one thread."""
    for run in prange(rule.borders.size - 1):
        first, last = rule.borders[run], rule.borders[run + 1]
        if first < last:
            size = 3 * rule.steps + 8
            ahead, back = np.empty(size, np.int64), np.empty(size, np.int64)
            path, counts = np.empty(LONGEST + 1, np.int64), np.zeros(LONGEST + 2, np.int64)
            kept = (room.kept[run], room.last[run])
            search = _Search(both.indptr, both.edge, both.peer, kept[0], kept[1], ahead, back, path, counts)
            _cycles_of_rows(search, ledger, (first, last, rule.borders[0], in_order), rule, matrix)


def temporal_cycles(
    both: Adjacency, ledger: Ledger, rule: CycleRule, room: SearchRoom, matrix: NDArray[np.float32]
) -> None:
    """Count, for every transfer of a block, the temporal cycles that it closes, by their length.

    Parameters
    ----------
    both : Adjacency
        Both sides of every account in one.
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
    _cycles(both, ledger, rule, True, room, matrix)


def bounded_cycles(
    both: Adjacency, ledger: Ledger, rule: CycleRule, room: SearchRoom, matrix: NDArray[np.float32]
) -> None:
    """Count, for every transfer of a block, the cycles that it closes whatever the order inside the window.

    Parameters and cost as :func:`temporal_cycles`.
    """
    _cycles(both, ledger, rule, False, room, matrix)
