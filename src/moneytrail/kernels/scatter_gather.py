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

if TYPE_CHECKING:
    from moneytrail.kernels.blocks import Ledger
    from moneytrail.kernels.ordering import Adjacency

FIRST_BIN, LAST_BIN = 2, 30
FAR = 2**62
CHECK = 4

# What a thread keeps of an account while it moves on in time: places in its row. Each side of its lists has a window.
LOW, HIGH = 0, 1
OUT, IN = 0, 2
MARK, MET, SEEN, COUNT = 4, 5, 6, 7
ROW = 8


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
    kept : int64[runs, accounts + 1, 8]
        Windows and marks of each account.
    last : int32[runs, accounts, 2]
        One more than the ledger place of each account's last transfer out and in.
    """

    kept: NDArray[np.int64]
    last: NDArray[np.int32]


class _Turn(NamedTuple):
    """One role of one transfer: its ends, the window as ledger places (both inclusive), the way of either side."""

    x: int
    y: int
    newest: int
    oldest: int
    near: int
    across: int
    steps: int


# Adjacencies and rows are handed on as they are, never in tuples or as views: taking an array out of either counts
# its references, which costs as much as reading a dozen transfers.


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _window(side: Adjacency, account: int, turn: _Turn, rows: NDArray[np.int64], way: int) -> int:
    """Move an account's window on one side to the one of `turn`; returns how many transfers it holds."""
    stop = side.indptr[account + 1]
    high = rows[account, way + HIGH]
    if high == 0:
        start = side.indptr[account]
        high = start + np.searchsorted(side.edge[start:stop], turn.newest, side="right")
        rows[account, way + LOW] = start + np.searchsorted(side.edge[start:high], turn.oldest)
    while high < stop and side.edge[high] <= turn.newest:
        high += 1
    low = rows[account, way + LOW]
    while low < high and side.edge[low] < turn.oldest:
        low += 1
    rows[account, way + LOW], rows[account, way + HIGH] = low, high
    return int(high - low)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _reach(near: Adjacency, other: Adjacency, account: int, turn: _Turn, rows: NDArray[np.int64], most: int) -> int:
    """How many transfers the peers of x have across, or those of y near, whichever `account` is; stops above `most`."""
    way = turn.across if account == turn.x else turn.near
    total = 0
    for p in range(rows[account, turn.near + LOW], rows[account, turn.near + HIGH]):
        peer = near.peer[p]
        if peer >= 0 and peer != account:
            total += _window(other, peer, turn, rows, way)
            if total > most:
                break
    return total


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _holds(across: Adjacency, m: int, near: Adjacency, y: int, turn: _Turn, rows: NDArray[np.int64]) -> bool:
    """Whether m has y in its window across; the shorter of the two lists is read."""
    low, high = rows[m, turn.across + LOW], rows[m, turn.across + HIGH]
    other_low, other_high = rows[y, turn.near + LOW], rows[y, turn.near + HIGH]
    if high - low <= other_high - other_low:
        for p in range(low, high):
            if across.peer[p] == y:
                return True
        return False
    for p in range(other_low, other_high):
        if near.peer[p] == m:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _has_another(near: Adjacency, account: int, known: int, rows: NDArray[np.int64], way: int) -> bool:
    """Whether an account deals with anybody but itself and `known` in its window."""
    for p in range(rows[account, way + LOW], rows[account, way + HIGH]):
        x = near.peer[p]
        if x >= 0 and x != account and x != known:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _mark(near: Adjacency, account: int, way: int, stamp: int, rows: NDArray[np.int64]) -> None:
    for p in range(rows[account, way + LOW], rows[account, way + HIGH]):
        if near.peer[p] >= 0 and near.peer[p] != account:
            rows[near.peer[p], MARK] = stamp


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _from_source(
    near: Adjacency, across: Adjacency, turn: _Turn, rows: NDArray[np.int64], sizes: NDArray[np.int64], marked: bool
) -> int:
    """For each distinct peer s of x but y: how many accounts s has across that y has near. Writes those above 1.

    Without marks each account is asked for y; once that has cost as much as marking would, -2 is returned.
    """
    last = rows.shape[0] - 1
    x, y = turn.x, turn.y
    stamp = rows[last, MARK] + 1
    first = stamp
    if marked:
        _mark(near, y, turn.near, first, rows)
    left = rows[y, turn.near + HIGH] - rows[y, turn.near + LOW]
    size = 0
    for p in range(rows[x, turn.near + LOW], rows[x, turn.near + HIGH]):
        s = near.peer[p]
        if s < 0 or s == x or s == y or rows[s, MET] >= first:
            continue
        stamp += 1
        rows[s, MET] = stamp
        common = 0
        for q in range(rows[s, turn.across + LOW], rows[s, turn.across + HIGH]):
            m = across.peer[q]
            if m < 0 or m == s or m == y:
                continue
            if marked:
                if rows[m, MARK] >= first and rows[m, MARK] != stamp:
                    rows[m, MARK] = stamp
                    common += 1
            elif rows[m, MARK] != stamp:
                rows[m, MARK] = stamp
                left -= _window(across, m, turn, rows, turn.across)
                if left < 0:
                    rows[last, MARK] = stamp
                    return -2
                if _holds(across, m, near, y, turn, rows):
                    common += 1
        if common > 1:
            sizes[size] = common
            size += 1
    rows[last, MARK] = stamp
    return size


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _from_sink(
    near: Adjacency, across: Adjacency, turn: _Turn, rows: NDArray[np.int64], sizes: NDArray[np.int64], marked: bool
) -> int:
    """The same from the other end: for each distinct peer m of y, the peers s of x that m has near."""
    last = rows.shape[0] - 1
    x, y = turn.x, turn.y
    first = rows[last, MARK] + 1
    if marked:
        _mark(near, x, turn.near, first, rows)
    left = rows[x, turn.near + HIGH] - rows[x, turn.near + LOW]
    stamp = first
    size = 0
    for q in range(rows[y, turn.near + LOW], rows[y, turn.near + HIGH]):
        m = near.peer[q]
        if m < 0 or m == y or rows[m, MET] >= first:
            continue
        stamp += 1
        rows[m, MET] = stamp
        for p in range(rows[m, turn.near + LOW], rows[m, turn.near + HIGH]):
            s = near.peer[p]
            if s < 0 or s == m or s == y or s == x or rows[s, SEEN] == stamp:
                continue
            if marked:
                if rows[s, MARK] != first:
                    continue
            else:
                left -= _window(across, s, turn, rows, turn.across)
                if left < 0:
                    rows[last, MARK] = stamp
                    return -2
                if not _holds(across, s, near, x, turn, rows):
                    continue
            if rows[s, SEEN] < first:
                rows[s, COUNT] = 0
                sizes[size] = s
                size += 1
            rows[s, SEEN] = stamp
            rows[s, COUNT] += 1
    rows[last, MARK] = stamp
    kept = 0
    for k in range(size):
        if rows[sizes[k], COUNT] > 1:
            sizes[kept] = rows[sizes[k], COUNT]
            kept += 1
    return kept


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _of_role(near: Adjacency, across: Adjacency, turn: _Turn, rows: NDArray[np.int64], sizes: NDArray[np.int64]) -> int:
    """Unit kernel: the sizes of one role's scatter-gathers, written into `sizes`; how many, or -1 for truncated.

    `near` is incoming, `across` outgoing, x the debtor and y the creditor for the transfer as a gather; all the other
    way round for the transfer as a scatter.
    """
    x, y, steps = turn.x, turn.y, turn.steps
    few = _window(near, x, turn, rows, turn.near)
    if few == 0:
        return 0
    many = _window(near, y, turn, rows, turn.near)
    if many < 2 or not _has_another(near, y, x, rows, turn.near) or not _has_another(near, x, y, rows, turn.near):
        return 0
    # The cost of either end is what its peers hold, and marking the other end or, where that is long, asking of each.
    from_x = from_y = FAR
    mark_x = mark_y = True
    if few <= many:
        reach = _reach(near, across, x, turn, rows, steps)
        from_x = few + reach + min(many, CHECK * reach)
        mark_x = many <= CHECK * reach
        if many < from_x:
            reach = _reach(near, near, y, turn, rows, from_x)
            from_y = many + reach + min(few, CHECK * reach)
            mark_y = few <= CHECK * reach
    else:
        reach = _reach(near, near, y, turn, rows, steps)
        from_y = many + reach + min(few, CHECK * reach)
        mark_y = few <= CHECK * reach
        if few < from_y:
            reach = _reach(near, across, x, turn, rows, from_y)
            from_x = few + reach + min(many, CHECK * reach)
            mark_x = many <= CHECK * reach
    if min(from_x, from_y) > steps:
        return -1
    if from_x <= from_y:
        found = _from_source(near, across, turn, rows, sizes, mark_x)
        return int(found if found > -2 else _from_source(near, across, turn, rows, sizes, True))
    found = _from_sink(near, across, turn, rows, sizes, mark_y)
    return int(found if found > -2 else _from_sink(near, across, turn, rows, sizes, True))


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
def _scatter_gathers_of_rows(
    out: Adjacency,
    in_: Adjacency,
    ledger: Ledger,
    part: tuple[int, int, int, NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]],
    rule: ScatterGatherRule,
    matrix: NDArray[np.float32],
) -> None:
    """One run of rows, in ledger order: windows only move on.

    Most transfers are done with by looking at the last transfer of either account on either side.
    """
    first, end, origin, kept, last, sizes = part
    columns, window = rule.columns, rule.window
    debtor, creditor, time = ledger.debtor, ledger.creditor, ledger.time
    oldest = _catch_up(ledger, first, rule.window, last)
    for e in range(first, end):
        a, b = debtor[e], creditor[e]
        if a < 0 or b < 0 or a == b:
            continue
        while time[oldest] <= time[e] - window:
            oldest += 1
        for role in range(2):
            found = 0
            if role == 0:
                if last[a, 1] > oldest and last[b, 1] > oldest:
                    found = _of_role(in_, out, _Turn(a, b, e, oldest, IN, OUT, rule.steps), kept, sizes)
            elif last[b, 0] > oldest and last[a, 0] > oldest:
                found = _of_role(out, in_, _Turn(b, a, e, oldest, OUT, IN, rule.steps), kept, sizes)
            for k in range(found):
                column = columns[min(sizes[k], LAST_BIN)]
                if column >= 0:
                    matrix[e - origin, column] += 1.0
            if found < 0 and columns[0] >= 0:
                matrix[e - origin, columns[0]] = 1.0
        last[a, 0] = e + 1
        last[b, 1] = e + 1


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def scatter_gathers(
    out: Adjacency,
    in_: Adjacency,
    ledger: Ledger,
    rule: ScatterGatherRule,
    room: SearchRoom,
    matrix: NDArray[np.float32],
) -> None:
    """Count, for every transfer of a block, the scatter-gathers that it takes part in, by their intermediaries.

    Parameters
    ----------
    out, in_ : Adjacency
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
            part = (first, last, rule.borders[0], room.kept[run], room.last[run], np.empty(out.indptr.size, np.int64))
            _scatter_gathers_of_rows(out, in_, ledger, part, rule, matrix)
