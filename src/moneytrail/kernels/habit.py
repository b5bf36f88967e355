"""Whether a transfer fits an account's own calendar: its weekdays, its fortnights, its pauses in whole days. Causal.

Used by the features. Oracle: ``tests/oracles/habit.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moneytrail.kernels.blocks import Block
    from moneytrail.kernels.ordering import Adjacency

STATISTICS: Final = (
    "weekday_share",
    "weekday_days_share",
    "fortnight_share",
    "week_before",
    "same_gap_share",
    "active_days_share",
)
"""Shares of the account's earlier transfers, days and gaps of the window that fit this transfer, and a number."""

DAY = 86_400_000_000
"""Microseconds in a day. A day is a UTC day since 1970."""

ROW, EDGE, TIME, ROLE = range(4)
"""Columns of a plan: what an account is asked."""

# Places of a book: what one list holds in the window. The numbers of gaps, by their length in days, come last.
COUNT = 0  # transfers by day modulo 14
ACTIVE = 14  # active days by day modulo 14
RECENT = 28  # transfers of the last 15 days by day modulo 16
OLDEST, NEWEST = 44, 45  # the window's part of the list, the second exclusive
FIRST_DAY, LAST_DAY = 46, 47  # of the oldest and of the newest transfer held
TODAY = 48  # the day up to which RECENT is kept
DAYS = 49  # active days
GAPS = 50


@njit(cache=True, nogil=True, error_model="numpy")
def _longest(block: Block, first: int, last: int) -> int:
    """Most rows of the block that any account from `first` to `last` (exclusive) has."""
    most = 0
    for a in range(first, last):
        most = max(most, block.out_end[a] - block.out_begin[a] + block.in_end[a] - block.in_begin[a])
    return most


@njit(cache=True, nogil=True, error_model="numpy")
def _names(targets: NDArray[np.int32], place: int, value: int) -> bool:
    """Whether any target has `value` at `place`."""
    for i in range(targets.shape[0]):
        if targets[i, place] == value:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def _ask(
    account: int, sides: tuple[Adjacency, Adjacency], block: Block, roles: tuple[bool, bool], plan: NDArray[np.int64]
) -> int:
    """Plan the account's transfers in the block, in ledger order; a role is 1 debtor, 2 creditor, 3 both.

    Returns how many there are.
    """
    outgoing, incoming = sides
    d, d_end = block.out_begin[account], block.out_end[account]
    c, c_end = block.in_begin[account], block.in_end[account]
    d = d if roles[0] else d_end
    c = c if roles[1] else c_end
    k = 0
    while d < d_end or c < c_end:
        paid = c == c_end or (d < d_end and outgoing.edge[d] <= incoming.edge[c])
        was_paid = d == d_end or (c < c_end and incoming.edge[c] <= outgoing.edge[d])
        plan[k, EDGE] = outgoing.edge[d] if paid else incoming.edge[c]
        plan[k, TIME] = outgoing.time[d] if paid else incoming.time[c]
        plan[k, ROW] = plan[k, EDGE] - block.first
        plan[k, ROLE] = paid + 2 * was_paid
        d += paid
        c += was_paid
        k += 1
    return k


@njit(cache=True, nogil=True, error_model="numpy")
def _open(
    account: int, side: Adjacency, begin: int, window: int, plan: NDArray[np.int64], book: NDArray[np.int64]
) -> None:
    """Begin an empty book one window before the plan; `begin` is any position of the list near the block."""
    start = side.indptr[account]
    p = begin
    while p > start and side.edge[p - 1] >= plan[0, EDGE]:
        p -= 1
    while p > start and side.time[p - 1] > plan[0, TIME] - window:
        p -= 1
    book[:OLDEST] = 0
    book[OLDEST] = p
    book[NEWEST] = p
    book[DAYS] = 0
    book[TODAY] = plan[0, TIME] // DAY


@njit(cache=True, nogil=True, error_model="numpy")
def _close(book: NDArray[np.int64], time: NDArray[np.int64]) -> None:
    """Forget the gaps that are still held: only what was counted, or all where that is less."""
    oldest, newest = book[OLDEST], book[NEWEST]
    if newest - oldest > book.size - GAPS:
        book[GAPS:] = 0
        return
    for p in range(oldest + 1, newest):
        book[GAPS + time[p] // DAY - time[p - 1] // DAY] = 0


@njit(cache=True, nogil=True, error_model="numpy")
def _turn_to(book: NDArray[np.int64], day: int) -> None:
    """Forget the recent days that make room for the days up to this one."""
    for d in range(max(book[TODAY], day - 16) + 1, day + 1):
        book[RECENT + (d & 15)] = 0
    book[TODAY] = day


@njit(cache=True, nogil=True, error_model="numpy")
def _leave(book: NDArray[np.int64], time: NDArray[np.int64]) -> None:
    """Take the oldest transfer out of the book."""
    oldest = book[OLDEST]
    day = book[FIRST_DAY]
    slot = day % 14
    book[COUNT + slot] -= 1
    if book[TODAY] - day < 15:
        book[RECENT + (day & 15)] -= 1
    book[OLDEST] = oldest + 1
    following = day - 1
    if oldest + 1 < book[NEWEST]:
        following = time[oldest + 1] // DAY
        book[GAPS + following - day] -= 1
        book[FIRST_DAY] = following
    if following != day:
        book[ACTIVE + slot] -= 1
        book[DAYS] -= 1


@njit(cache=True, nogil=True, error_model="numpy")
def _enter(book: NDArray[np.int64], time: NDArray[np.int64], window: int) -> None:
    """Put the next transfer of the list into the book, out of which goes first what is a window older.

    So no gap of the book is longer than the window.
    """
    newest = book[NEWEST]
    moment = time[newest]
    while book[OLDEST] < newest and time[book[OLDEST]] <= moment - window:
        _leave(book, time)
    day = moment // DAY
    slot = day % 14
    book[COUNT + slot] += 1
    if book[TODAY] - day < 15:
        book[RECENT + (day & 15)] += 1
    alone = book[OLDEST] == newest
    if alone:
        book[FIRST_DAY] = day
    else:
        book[GAPS + day - book[LAST_DAY]] += 1
    if alone or day != book[LAST_DAY]:
        book[ACTIVE + slot] += 1
        book[DAYS] += 1
    book[LAST_DAY] = day
    book[NEWEST] = newest + 1


@njit(cache=True, nogil=True, error_model="numpy")
def _read(book: NDArray[np.int64], window: int, found: NDArray[np.float32]) -> None:
    """Unit kernel: every statistic of the day that the book has been turned to."""
    day = book[TODAY]
    slot = day % 14
    across = slot + 7 if slot < 7 else slot - 7
    today = book[RECENT + (day & 15)]
    active = np.int64(today > 0)
    held = book[NEWEST] - book[OLDEST]
    earlier, earlier_days = held - today, book[DAYS] - active
    fortnights = book[COUNT + slot] - today
    weeks = fortnights + book[COUNT + across]
    found[0] = weeks / earlier if earlier else -1.0
    weekdays = book[ACTIVE + slot] + book[ACTIVE + across] - active
    found[1] = weekdays / earlier_days if earlier_days else -1.0
    found[2] = fortnights / earlier if earlier else -1.0
    found[3] = book[RECENT + ((day - 7) & 15)] + book[RECENT + ((day - 14) & 15)]
    found[4] = book[GAPS + day - book[LAST_DAY]] / (held - 1) if held > 1 else -1.0
    found[5] = earlier_days / ((window + DAY - 1) // DAY)


@njit(cache=True, nogil=True, error_model="numpy")
def _habit_of_list(
    edge: NDArray[np.int32],
    time: NDArray[np.int64],
    stop: int,
    ask: tuple[int, NDArray[np.int32], NDArray[np.int64]],
    room: tuple[NDArray[np.int64], NDArray[np.float32]],
    matrix: NDArray[np.float32],
) -> None:
    """Unit kernel: what is asked about one list of one account, which ends at `stop`; the targets are of its way."""
    window, targets, plan = ask
    book, found = room
    for k in range(plan.shape[0]):
        e, t = plan[k, EDGE], plan[k, TIME]
        day = t // DAY
        if day != book[TODAY]:
            _turn_to(book, day)
        while book[NEWEST] < stop and edge[book[NEWEST]] < e:
            _enter(book, time, window)
        while book[OLDEST] < book[NEWEST] and time[book[OLDEST]] <= t - window:
            _leave(book, time)
        _read(book, window, found)
        for i in range(targets.shape[0]):
            if plan[k, ROLE] >> targets[i, 0] & 1:
                matrix[plan[k, ROW], targets[i, 3]] = found[targets[i, 2]]


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def habit(
    outgoing: Adjacency,
    incoming: Adjacency,
    block: Block,
    window: int,
    targets: NDArray[np.int32],
    matrix: NDArray[np.float32],
) -> None:
    """Fill columns with how well each transfer fits the calendar of its accounts.

    All look at the account's transfers one way before this one, in ledger order and in ``(t - window, t]``; this one
    is left out. A day is a whole UTC day since 1970, *earlier* days are those before this transfer's own.

    - ``weekday_share``: of the transfers on earlier days, the share that fell on this weekday: a multiple of 7 days
      before. -1 with none.
    - ``weekday_days_share``: the same, counted in distinct days with a transfer.
    - ``fortnight_share``: the share that fell on a day a multiple of 14 days before. -1 with none.
    - ``week_before``: how many fell exactly 7 or exactly 14 days before.
    - ``same_gap_share``: of the gaps between one of the transfers and the next, in whole days (0 on the same day), the
      share equal to the gap from the last of them to this transfer. -1 with fewer than two transfers.
    - ``active_days_share``: distinct earlier days with a transfer, over the window's length in days, rounded up.

    Parameters
    ----------
    outgoing, incoming : Adjacency
    block : Block
    window : int
        Microseconds, above 0.
    targets : int32[k, 4]
        What to compute: role of the account in the transfer (0 debtor, 1 creditor), way of the transfers looked at
        (0 out, 1 in), place in :data:`STATISTICS`, column of `matrix`.
    matrix : float32[block.last - block.first, columns]
        Written at the rows of the block that have an account in the role; each by the one thread that owns the
        account. Cost: linear.
    """
    for chunk in prange(block.borders.size - 1):
        sides = (outgoing, incoming)
        by_way = (targets[targets[:, 1] == 0], targets[targets[:, 1] == 1])
        roles = (_names(targets, 0, 0), _names(targets, 0, 1))
        first, last = block.borders[chunk], block.borders[chunk + 1]
        plans = np.empty((_longest(block, first, last), 4), np.int64)
        book = np.zeros(GAPS + window // DAY + 2, np.int64)
        found = np.empty(6, np.float32)
        for account in range(first, last):
            plan = plans[: _ask(account, sides, block, roles, plans)]
            if not plan.shape[0]:
                continue
            for way in range(2):
                if by_way[way].shape[0]:
                    side = sides[way]
                    begin = block.out_begin[account] if way == 0 else block.in_begin[account]
                    _open(account, side, begin, window, plan, book)
                    ask = (window, by_way[way], plan)
                    _habit_of_list(side.edge, side.time, side.indptr[account + 1], ask, (book, found), matrix)
                    _close(book, side.time)
