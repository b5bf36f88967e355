"""Scatter-gathers that a transfer takes part in: one source, several intermediaries, one sink, within a window.

For a transfer from a to b: as a gather, for each payer s of a, the accounts that both were paid by s and paid b; as a
scatter, for each payee z of b, the accounts that both were paid by a and paid z. Each is a set intersection. It is
made from whichever end is cheaper, so that a hub's list is walked only where no other list would do.

Oracle: ``tests/oracles/scatter_gather.py``.
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

FIRST_BIN, LAST_BIN = 2, 30
FAR = 2**62
CHECK = 4
"""Asking whether an account stands in the other end's list costs about so many looks at one transfer."""
WORTH = 32
"""The cost of the other end is found out only where this one's is so many times its list: finding out costs as well."""

OUT, IN = 0, 1

# What a thread keeps of an account while it moves on in time: places in its row, which is half a line of memory. First
# the windows of its outgoing and its incoming list, from LOW to HIGH (exclusive).
LOW, HIGH = 0, 1
SIDE = 2
MARK, MET, SEEN, COUNT = 4, 5, 6, 7
ROW = 8
FULL = 2**31
SOON = 12
"""So many transfers ahead the memory of a search is asked for, and twice as many that of what says if there is one."""


class ScatterGatherRule(NamedTuple):
    """What is looked for.

    Attributes
    ----------
    window : int
        Microseconds. Transfers in ``(t - window, t]`` up to this one in ledger order; their own order is ignored.
    steps : int
        Transfers that may be looked at for one transfer and role. A search that would need more is left out and the
        transfer marked as truncated.
    columns : int32[31]
        Column of the matrix for each number of intermediaries from 2 to 30 (and more); place 0 is the column that says
        truncated; -1 where not asked for.
    borders : int64[runs + 1]
        Ledger places; ``borders[0]`` is row 0 of the matrix. Each run of rows is one thread's, and no later than its
        run of the next block.
    """

    window: int
    steps: int
    columns: NDArray[np.int32]
    borders: NDArray[np.int64]


class SearchRoom(NamedTuple):
    """What the threads keep while they move on in time; zero before the first block, and left to the next one.

    Attributes
    ----------
    kept : uint32[runs, accounts + 1, 8]
        Windows and marks of each account; in the row after the last, the newest mark.
    last : int32[runs, accounts, 2]
        One more than the ledger place of each account's last transfer out and in.
    """

    kept: NDArray[np.uint32]
    last: NDArray[np.int32]


class _Search(NamedTuple):
    """The lists of all accounts, what the thread keeps of them, and room for sizes."""

    indptr: NDArray[np.int64]
    edge: NDArray[np.int32]
    peer: NDArray[np.int32]
    rows: NDArray[np.uint32]
    last: NDArray[np.int32]
    sizes: NDArray[np.int64]


class _Turn(NamedTuple):
    """One role of one transfer: its ends, the window as ledger places (both inclusive), the way of either side."""

    x: int
    y: int
    newest: int
    oldest: int
    near: int
    across: int
    steps: int


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


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")
def _held(rows: NDArray[np.uint32], account: int, way: int) -> int:
    """How many transfers an account's window holds on one side."""
    return int(np.int64(rows[account, SIDE * way + HIGH]) - np.int64(rows[account, SIDE * way + LOW]))


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _reach(s: _Search, account: int, turn: _Turn, most: int) -> int:
    """How many transfers the peers of x have across, or those of y near, whichever `account` is; stops above `most`."""
    peer, rows = s.peer, s.rows
    way = turn.across if account == turn.x else turn.near
    total = np.int64(0)
    for p in range(np.int64(rows[account, SIDE * turn.near + LOW]), np.int64(rows[account, SIDE * turn.near + HIGH])):
        x = peer[p]
        if x >= 0 and x != account:
            total += _window(s, x, way, turn)
            if total > most:
                break
    return int(total)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _holds(s: _Search, m: int, y: int, turn: _Turn) -> bool:
    """Whether m has y in its window across; the shorter of the two lists is read."""
    peer, rows = s.peer, s.rows
    if _held(rows, m, turn.across) <= _held(rows, y, turn.near):
        account, way, other = m, turn.across, y
    else:
        account, way, other = y, turn.near, m
    for p in range(np.int64(rows[account, SIDE * way + LOW]), np.int64(rows[account, SIDE * way + HIGH])):
        if peer[p] == other:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _has_another(s: _Search, account: int, known: int, way: int) -> bool:
    """Whether an account deals with anybody but itself and `known` in its window."""
    peer, rows = s.peer, s.rows
    for p in range(np.int64(rows[account, SIDE * way + LOW]), np.int64(rows[account, SIDE * way + HIGH])):
        x = peer[p]
        if x >= 0 and x != account and x != known:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _mark(s: _Search, account: int, way: int, stamp: int) -> None:
    peer, rows = s.peer, s.rows
    for p in range(np.int64(rows[account, SIDE * way + LOW]), np.int64(rows[account, SIDE * way + HIGH])):
        if peer[p] >= 0 and peer[p] != account:
            rows[peer[p], MARK] = stamp


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _from_source(s: _Search, turn: _Turn, marked: bool) -> int:
    """For each distinct peer z of x but y: how many accounts z has across that y has near. Writes those above 1.

    Without marks each account is asked for y; once that has cost as much as marking would, -2 is returned.
    """
    peer, rows, sizes = s.peer, s.rows, s.sizes
    after = rows.shape[0] - 1
    x, y = turn.x, turn.y
    near, across = SIDE * turn.near, SIDE * turn.across
    stamp = np.int64(rows[after, MARK]) + 1
    first = stamp
    if marked:
        _mark(s, y, turn.near, first)
    left = _held(rows, y, turn.near)
    size = 0
    for p in range(np.int64(rows[x, near + LOW]), np.int64(rows[x, near + HIGH])):
        z = peer[p]
        if z < 0 or z == x or z == y or rows[z, MET] >= first:
            continue
        stamp += 1
        rows[z, MET] = stamp
        common = 0
        for q in range(np.int64(rows[z, across + LOW]), np.int64(rows[z, across + HIGH])):
            m = peer[q]
            if m < 0 or m == z or m == y:
                continue
            if marked:
                if rows[m, MARK] >= first and rows[m, MARK] != stamp:
                    rows[m, MARK] = stamp
                    common += 1
            elif rows[m, MARK] != stamp:
                rows[m, MARK] = stamp
                left -= _window(s, m, turn.across, turn)
                if left < 0:
                    rows[after, MARK] = stamp
                    return -2
                if _holds(s, m, y, turn):
                    common += 1
        if common > 1:
            sizes[size] = common
            size += 1
    rows[after, MARK] = stamp
    return size


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _from_sink(s: _Search, turn: _Turn, marked: bool) -> int:
    """The same from the other end: for each distinct peer m of y, the peers z of x that m has near."""
    peer, rows, sizes = s.peer, s.rows, s.sizes
    after = rows.shape[0] - 1
    x, y = turn.x, turn.y
    near = SIDE * turn.near
    first = np.int64(rows[after, MARK]) + 1
    if marked:
        _mark(s, x, turn.near, first)
    left = _held(rows, x, turn.near)
    stamp = first
    size = 0
    for q in range(np.int64(rows[y, near + LOW]), np.int64(rows[y, near + HIGH])):
        m = peer[q]
        if m < 0 or m == y or rows[m, MET] >= first:
            continue
        stamp += 1
        rows[m, MET] = stamp
        for p in range(np.int64(rows[m, near + LOW]), np.int64(rows[m, near + HIGH])):
            z = peer[p]
            if z < 0 or z == m or z == y or z == x or rows[z, SEEN] == stamp:
                continue
            if marked:
                if rows[z, MARK] != first:
                    continue
            else:
                left -= _window(s, z, turn.across, turn)
                if left < 0:
                    rows[after, MARK] = stamp
                    return -2
                if not _holds(s, z, x, turn):
                    continue
            if rows[z, SEEN] < first:
                rows[z, COUNT] = 0
                sizes[size] = z
                size += 1
            rows[z, SEEN] = stamp
            rows[z, COUNT] += 1
    rows[after, MARK] = stamp
    kept = 0
    for k in range(size):
        if rows[sizes[k], COUNT] > 1:
            sizes[kept] = rows[sizes[k], COUNT]
            kept += 1
    return kept


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _of_role(s: _Search, turn: _Turn) -> int:
    """Unit kernel: the sizes of one role's scatter-gathers, written into `sizes`; how many, or -1 for truncated.

    For the transfer as a gather, near is the way in and across the way out, x the debtor and y the creditor; all the
    other way round for the transfer as a scatter.
    """
    x, y, steps = turn.x, turn.y, turn.steps
    few = _window(s, x, turn.near, turn)
    if few == 0:
        return 0
    many = _window(s, y, turn.near, turn)
    if many < 2 or not _has_another(s, y, x, turn.near) or not _has_another(s, x, y, turn.near):
        return 0
    # The cost of either end is what its peers hold, and marking the other end or, where that is long, asking of each.
    from_x = from_y = np.int64(FAR)
    mark_x = mark_y = True
    if few <= many:
        reach = _reach(s, x, turn, steps)
        from_x = few + reach + min(many, CHECK * reach)
        mark_x = many <= CHECK * reach
        if WORTH * many < from_x or steps < from_x > many:
            reach = _reach(s, y, turn, from_x)
            from_y = many + reach + min(few, CHECK * reach)
            mark_y = few <= CHECK * reach
    else:
        reach = _reach(s, y, turn, steps)
        from_y = many + reach + min(few, CHECK * reach)
        mark_y = few <= CHECK * reach
        if WORTH * few < from_y or steps < from_y > few:
            reach = _reach(s, x, turn, from_y)
            from_x = few + reach + min(many, CHECK * reach)
            mark_x = many <= CHECK * reach
    if min(from_x, from_y) > steps:
        return -1
    if s.rows[s.rows.shape[0] - 1, MARK] > FULL:
        for account in range(s.rows.shape[0]):
            for place in (MARK, MET, SEEN):
                s.rows[account, place] = 0
    if from_x <= from_y:
        found = _from_source(s, turn, mark_x)
        return int(found if found > -2 else _from_source(s, turn, True))
    found = _from_sink(s, turn, mark_y)
    return int(found if found > -2 else _from_sink(s, turn, True))


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
def _ask_for_lists(s: _Search, x: int, y: int, way: int, known: bool) -> None:
    """Ask for what a thread keeps of two accounts or, once that is `known`, for the newest part of their lists."""
    for account in (x, y):
        if not known:
            prefetch(s.rows, ROW * account)
            prefetch(s.indptr, account + way * s.last.shape[0])
            continue
        place = np.int64(s.rows[account, SIDE * way + HIGH])
        if place == 0:
            place = s.indptr[account + way * s.last.shape[0]]
        prefetch(s.edge, place)
        prefetch(s.peer, place - 1)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _ask_ahead(ledger: Ledger, e: int, end: int, oldest: int, s: _Search) -> None:
    """Ask for the memory that the searches of the next transfers begin with."""
    debtor, creditor, last = ledger.debtor, ledger.creditor, s.last
    if e + 2 * SOON < end:
        a, b = debtor[e + 2 * SOON], creditor[e + 2 * SOON]
        if a >= 0 and b >= 0:
            prefetch(last, 2 * a)
            prefetch(last, 2 * b)
    for ahead in (SOON, SOON // 2):
        if e + ahead >= end:
            continue
        a, b = debtor[e + ahead], creditor[e + ahead]
        if a >= 0 and b >= 0 and a != b:
            if last[a, IN] > oldest and last[b, IN] > oldest:
                _ask_for_lists(s, a, b, IN, ahead < SOON)
            if last[a, OUT] > oldest and last[b, OUT] > oldest:
                _ask_for_lists(s, a, b, OUT, ahead < SOON)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _scatter_gathers_of_rows(
    s: _Search, ledger: Ledger, part: tuple[int, int, int], rule: ScatterGatherRule, matrix: NDArray[np.float32]
) -> None:
    """One run of rows, in ledger order: windows only move on.

    Most transfers are done with by looking at the last transfer of either account on either side.
    """
    first, end, origin = part
    columns, window, steps = rule.columns, rule.window, rule.steps
    debtor, creditor, time = ledger.debtor, ledger.creditor, ledger.time
    last, sizes = s.last, s.sizes
    oldest = _catch_up(ledger, first, window, last)
    for e in range(first, end):
        _ask_ahead(ledger, e, end, oldest, s)
        a, b = debtor[e], creditor[e]
        if a < 0 or b < 0 or a == b:
            continue
        while time[oldest] <= time[e] - window:
            oldest += 1
        for role in range(2):
            found = 0
            if role == 0:
                if last[a, IN] > oldest and last[b, IN] > oldest:
                    found = _of_role(s, _Turn(a, b, e, oldest, IN, OUT, steps))
            elif last[b, OUT] > oldest and last[a, OUT] > oldest:
                found = _of_role(s, _Turn(b, a, e, oldest, OUT, IN, steps))
            for k in range(found):
                column = columns[min(sizes[k], LAST_BIN)]
                if column >= 0:
                    matrix[e - origin, column] += 1.0
            if found < 0 and columns[0] >= 0:
                matrix[e - origin, columns[0]] = 1.0
        last[a, OUT] = e + 1
        last[b, IN] = e + 1


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def scatter_gathers(
    both: Adjacency, ledger: Ledger, rule: ScatterGatherRule, room: SearchRoom, matrix: NDArray[np.float32]
) -> None:
    """Count, for every transfer of a block, the scatter-gathers that it takes part in, by their intermediaries.

    Parameters
    ----------
    both : Adjacency
        Both sides of every account in one.
    ledger : Ledger
    rule : ScatterGatherRule
    room : SearchRoom
    matrix : float32[block rows, columns]
        Zero where written.

    Notes
    -----
    Source, sink and intermediaries differ; parallel transfers count once; transfers to oneself and with one side
    absent take no part. Cost of a transfer: the shorter way of two to make each intersection, at most ``rule.steps``.
    """
    for run in prange(rule.borders.size - 1):
        first, last = rule.borders[run], rule.borders[run + 1]
        if first < last:
            kept, latest = room.kept[run], room.last[run]
            search = _Search(both.indptr, both.edge, both.peer, kept, latest, np.empty(kept.shape[0], np.int64))
            _scatter_gathers_of_rows(search, ledger, (first, last, rule.borders[0]), rule, matrix)
