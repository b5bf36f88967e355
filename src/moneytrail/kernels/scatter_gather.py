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
    """

    window: int
    steps: int
    columns: NDArray[np.int32]


@njit(cache=True, nogil=True)
def _window(side: Adjacency, account: int, now: tuple[int, int], row: NDArray[np.int64], way: int) -> int:
    """Move an account's window on one side to `now`: ledger places from the oldest inside to the newest, inclusive.

    Returns how many transfers it holds.
    """
    newest, oldest = now
    start, stop = side.indptr[account], side.indptr[account + 1]
    high = row[way + HIGH]
    if high < 0:
        high = start + np.searchsorted(side.edge[start:stop], newest, side="right")
        row[way + LOW] = start + np.searchsorted(side.edge[start:high], oldest)
    while high < stop and side.edge[high] <= newest:
        high += 1
    low = row[way + LOW]
    while low < high and side.edge[low] < oldest:
        low += 1
    row[way + LOW], row[way + HIGH] = low, high
    return int(high - low)


@njit(cache=True, nogil=True)
def _reach(
    sides: tuple[Adjacency, Adjacency],
    account: int,
    now: tuple[int, int],
    rows: NDArray[np.int64],
    ways: tuple[int, int],
    most: int,
) -> int:
    """How many transfers the peers of `account` on the first side have on the second; stops once above `most`."""
    near, other = sides
    total = 0
    for p in range(rows[account, ways[0] + LOW], rows[account, ways[0] + HIGH]):
        x = near.peer[p]
        if x >= 0 and x != account:
            total += _window(other, x, now, rows[x], ways[1])
            if total > most:
                break
    return total


@njit(cache=True, nogil=True)
def _holds(side: Adjacency, x: int, other: Adjacency, y: int, rows: NDArray[np.int64], ways: tuple[int, int]) -> bool:
    """Whether x has y in its window on `side`; the shorter of the two lists is read."""
    low, high = rows[x, ways[0] + LOW], rows[x, ways[0] + HIGH]
    other_low, other_high = rows[y, ways[1] + LOW], rows[y, ways[1] + HIGH]
    if high - low <= other_high - other_low:
        for p in range(low, high):
            if side.peer[p] == y:
                return True
        return False
    for p in range(other_low, other_high):
        if other.peer[p] == x:
            return True
    return False


@njit(cache=True, nogil=True)
def _has_another(near: Adjacency, account: int, known: int, rows: NDArray[np.int64], way: int) -> bool:
    """Whether an account deals with anybody but itself and `known` in its window."""
    for p in range(rows[account, way + LOW], rows[account, way + HIGH]):
        x = near.peer[p]
        if x >= 0 and x != account and x != known:
            return True
    return False


@njit(cache=True, nogil=True)
def _mark(near: Adjacency, account: int, way: int, stamp: int, rows: NDArray[np.int64]) -> None:
    for p in range(rows[account, way + LOW], rows[account, way + HIGH]):
        if near.peer[p] >= 0 and near.peer[p] != account:
            rows[near.peer[p], MARK] = stamp


@njit(cache=True, nogil=True)
def _from_source(
    sides: tuple[Adjacency, Adjacency],
    ends: tuple[int, int],
    now: tuple[int, int],
    ways: tuple[int, int],
    work: tuple[NDArray[np.int64], NDArray[np.int64]],
    marked: bool,
) -> int:
    """For each distinct peer s of x but y: how many accounts s has across that y has near. Writes those above 1.

    Without marks each account is asked for y; once that has cost as much as marking would, -2 is returned.
    """
    near, across = sides
    x, y = ends
    rows, sizes = work
    stamp = rows[-1, MARK] + 1
    first = stamp
    if marked:
        _mark(near, y, ways[0], first, rows)
    left = rows[y, ways[0] + HIGH] - rows[y, ways[0] + LOW]
    size = 0
    for p in range(rows[x, ways[0] + LOW], rows[x, ways[0] + HIGH]):
        s = near.peer[p]
        if s < 0 or s == x or s == y or rows[s, MET] >= first:
            continue
        stamp += 1
        rows[s, MET] = stamp
        common = 0
        for q in range(rows[s, ways[1] + LOW], rows[s, ways[1] + HIGH]):
            m = across.peer[q]
            if m < 0 or m == s or m == y:
                continue
            if marked:
                if rows[m, MARK] >= first and rows[m, MARK] != stamp:
                    rows[m, MARK] = stamp
                    common += 1
            elif rows[m, MARK] != stamp:
                rows[m, MARK] = stamp
                left -= _window(across, m, now, rows[m], ways[1])
                if left < 0:
                    rows[-1, MARK] = stamp
                    return -2
                if _holds(across, m, near, y, rows, (ways[1], ways[0])):
                    common += 1
        if common > 1:
            sizes[size] = common
            size += 1
    rows[-1, MARK] = stamp
    return size


@njit(cache=True, nogil=True)
def _from_sink(
    sides: tuple[Adjacency, Adjacency],
    ends: tuple[int, int],
    now: tuple[int, int],
    ways: tuple[int, int],
    work: tuple[NDArray[np.int64], NDArray[np.int64]],
    marked: bool,
) -> int:
    """The same from the other end: for each distinct peer m of y, the peers s of x that m has near."""
    near, across = sides
    x, y = ends
    rows, sizes = work
    first = rows[-1, MARK] + 1
    if marked:
        _mark(near, x, ways[0], first, rows)
    left = rows[x, ways[0] + HIGH] - rows[x, ways[0] + LOW]
    stamp = first
    size = 0
    for q in range(rows[y, ways[0] + LOW], rows[y, ways[0] + HIGH]):
        m = near.peer[q]
        if m < 0 or m == y or rows[m, MET] >= first:
            continue
        stamp += 1
        rows[m, MET] = stamp
        for p in range(rows[m, ways[0] + LOW], rows[m, ways[0] + HIGH]):
            s = near.peer[p]
            if s < 0 or s == m or s == y or s == x or rows[s, SEEN] == stamp:
                continue
            if marked:
                if rows[s, MARK] != first:
                    continue
            else:
                left -= _window(across, s, now, rows[s], ways[1])
                if left < 0:
                    rows[-1, MARK] = stamp
                    return -2
                if not _holds(across, s, near, x, rows, (ways[1], ways[0])):
                    continue
            if rows[s, SEEN] < first:
                rows[s, COUNT] = 0
                sizes[size] = s
                size += 1
            rows[s, SEEN] = stamp
            rows[s, COUNT] += 1
    rows[-1, MARK] = stamp
    kept = 0
    for k in range(size):
        if rows[sizes[k], COUNT] > 1:
            sizes[kept] = rows[sizes[k], COUNT]
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def _of_role(
    sides: tuple[Adjacency, Adjacency],
    ends: tuple[int, int],
    now: tuple[int, int],
    ways: tuple[int, int],
    work: tuple[NDArray[np.int64], NDArray[np.int64]],
    steps: int,
) -> int:
    """Unit kernel: the sizes of one role's scatter-gathers, written into `work`; how many, or -1 for truncated.

    ``sides = (near, across)`` and ``ends = (x, y)``: incoming, outgoing and (debtor, creditor) for the transfer as a
    gather; outgoing, incoming and (creditor, debtor) for the transfer as a scatter.
    """
    near, across = sides
    x, y = ends
    rows = work[0]
    few = _window(near, x, now, rows[x], ways[0])
    if few == 0:
        return 0
    many = _window(near, y, now, rows[y], ways[0])
    if many < 2 or not _has_another(near, y, x, rows, ways[0]) or not _has_another(near, x, y, rows, ways[0]):
        return 0
    # The cost of either end is what its peers hold, and marking the other end or, where that is long, asking of each.
    from_x = from_y = FAR
    if few <= many:
        reach = _reach((near, across), x, now, rows, ways, steps)
        from_x = few + reach + min(many, CHECK * reach)
        mark_x = many <= CHECK * reach
        mark_y = True
        if many < from_x:
            reach = _reach((near, near), y, now, rows, (ways[0], ways[0]), from_x)
            from_y = many + reach + min(few, CHECK * reach)
            mark_y = few <= CHECK * reach
    else:
        reach = _reach((near, near), y, now, rows, (ways[0], ways[0]), steps)
        from_y = many + reach + min(few, CHECK * reach)
        mark_y = few <= CHECK * reach
        mark_x = True
        if few < from_y:
            reach = _reach((near, across), x, now, rows, ways, from_y)
            from_x = few + reach + min(many, CHECK * reach)
            mark_x = many <= CHECK * reach
    if min(from_x, from_y) > steps:
        return -1
    if from_x <= from_y:
        found = _from_source(sides, ends, now, ways, work, mark_x)
        return int(found if found > -2 else _from_source(sides, ends, now, ways, work, True))
    found = _from_sink(sides, ends, now, ways, work, mark_y)
    return int(found if found > -2 else _from_sink(sides, ends, now, ways, work, True))


@njit(cache=True, nogil=True)
def _catch_up(ledger: Ledger, first: int, window: int, last: NDArray[np.int32]) -> int:
    """Note each account's last transfers of the window that ends at row `first`; returns the window's oldest place."""
    oldest = first
    while oldest > 0 and ledger.time[oldest - 1] > ledger.time[first] - window:
        oldest -= 1
    for e in range(oldest, first):
        _note(ledger, e, last)
    return oldest


@njit(cache=True, nogil=True)
def _note(ledger: Ledger, e: int, last: NDArray[np.int32]) -> None:
    a, b = ledger.debtor[e], ledger.creditor[e]
    if a >= 0 and b >= 0 and a != b:
        last[a, 0] = e
        last[b, 1] = e


@njit(cache=True, nogil=True)
def _scatter_gathers_of_rows(
    out: Adjacency,
    in_: Adjacency,
    ledger: Ledger,
    part: tuple[int, int, int],
    rule: ScatterGatherRule,
    matrix: NDArray[np.float32],
) -> None:
    """One run of rows, in ledger order: windows only move on.

    Most transfers are done with by looking at the last transfer of either account on either side.
    """
    first, end, origin = part
    columns = rule.columns
    accounts = out.indptr.size - 1
    last = np.full((accounts, 2), -1, np.int32)
    kept = np.full((accounts + 1, ROW), -1, np.int64)
    sizes = np.empty(accounts + 1, np.int64)
    oldest = _catch_up(ledger, first, rule.window, last)
    for e in range(first, end):
        a, b = ledger.debtor[e], ledger.creditor[e]
        if a < 0 or b < 0 or a == b:
            continue
        while ledger.time[oldest] <= ledger.time[e] - rule.window:
            oldest += 1
        for role in range(2):
            found = 0
            if role == 0:
                if last[a, 1] >= oldest and last[b, 1] >= oldest:
                    found = _of_role((in_, out), (a, b), (e, oldest), (IN, OUT), (kept, sizes), rule.steps)
            elif last[b, 0] >= oldest and last[a, 0] >= oldest:
                found = _of_role((out, in_), (b, a), (e, oldest), (OUT, IN), (kept, sizes), rule.steps)
            for k in range(found):
                column = columns[min(sizes[k], LAST_BIN)]
                if column >= 0:
                    matrix[e - origin, column] += 1.0
            if found < 0 and columns[0] >= 0:
                matrix[e - origin, columns[0]] = 1.0
        last[a, 0] = e
        last[b, 1] = e


@njit(cache=True, nogil=True, parallel=True)
def scatter_gathers(
    out: Adjacency,
    in_: Adjacency,
    ledger: Ledger,
    borders: NDArray[np.int64],
    rule: ScatterGatherRule,
    matrix: NDArray[np.float32],
) -> None:
    """Count, for every transfer of a block, the scatter-gathers that it takes part in, by their intermediaries.

    Parameters
    ----------
    out, in_ : Adjacency
    ledger : Ledger
    borders : int64[chunks + 1]
        Ledger places; ``borders[0]`` is row 0 of `matrix`. Each run of rows is one thread's.
    rule : ScatterGatherRule
    matrix : float32[block rows, columns]
        Zero where written.

    Notes
    -----
    Source, sink and intermediaries differ; parallel transfers count once; transfers to oneself and with one side
    absent take no part. Cost of a transfer: the shorter way of two to make each intersection, at most ``rule.steps``.
    """
    for chunk in prange(borders.size - 1):
        if borders[chunk] < borders[chunk + 1]:
            part = (borders[chunk], borders[chunk + 1], borders[0])
            _scatter_gathers_of_rows(out, in_, ledger, part, rule, matrix)
