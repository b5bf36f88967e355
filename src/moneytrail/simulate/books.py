"""The books: chapters in, transfers in order of time out, and what every account holds.

Chapters overlap a little at their ends (wages move to the Friday before, a refund comes a week later), so the last
days of each are held back until the next one is there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

from moneytrail.simulate.calendar import DAY, EARLY, Bools, Calendar, Ints
from moneytrail.simulate.dirt import DUPLICATE
from moneytrail.simulate.journal import FIELDS, Columns, join, kept, ordered, part
from moneytrail.simulate.register import Register
from moneytrail.simulate.words import OURS

T = TypeVar("T")


class Books:
    """Takes the chapters in turn and gives back ordered transfers; keeps the running and the lowest balance.

    Attributes
    ----------
    low, credits, debits : numpy.ndarray of int64, by account code
        Lowest running balance when every account starts at zero (0 or less); sums of credits and debits. In pence; an
        account of ours is debited and credited in pounds, others stay at 0. Duplicates are no money and do not count.
    rows : int
        Transfers given back so far.
    """

    def __init__(self, register: Register) -> None:
        self._ours: Bools = register.column("institution") == OURS
        self._pending: Columns = {name: np.zeros(0, dtype=dtype) for name, (dtype, _) in FIELDS.items()}
        self._balance, self.low, self.credits, self.debits = np.zeros((4, register.size), dtype=np.int64)
        self.rows = 0

    def take(self, chapter: Calendar, columns: Columns) -> list[Columns]:
        """Add one chapter's ordered transfers; return, in order, all that no later chapter can precede, in pieces."""
        until = chapter.days * DAY if chapter.last == chapter.days else (chapter.last - EARLY) * DAY
        pending, time = self._pending, columns["time"]
        # What was held back meets only the first days of this chapter: the rest is in order as it is.
        met = int(np.searchsorted(time, pending["time"].max(initial=-1), side="right"))
        head = ordered(join([pending, part(columns, 0, met)]))
        pieces, kept = [], []
        for piece in (head, part(columns, met, time.size)):
            cut = int(np.searchsorted(piece["time"], until))
            pieces.append(part(piece, 0, cut))
            kept.append(part(piece, cut, piece["time"].size))
        self._pending = join(kept)
        for piece in pieces:
            _run(
                *(piece[name] for name in ("debtor", "creditor", "amount", "credited")),
                (piece["dirt"] & DUPLICATE) > 0,
                self._ours,
                *(self._balance, self.low, self.credits, self.debits),
            )
            self.rows += piece["time"].size
        return pieces


def after_opening(columns: Columns, register: Register) -> Columns:
    """Return `columns` without transfers on accounts that are not open yet."""
    keep = np.empty(columns["time"].size, dtype=np.bool_)
    if _stands(columns["time"], columns["debtor"], columns["creditor"], register.column("joined"), DAY, keep):
        return columns
    return kept(columns, keep)


@njit(cache=True, nogil=True)
def _stands(
    time: Ints,
    debtor: npt.NDArray[np.int32],
    creditor: npt.NDArray[np.int32],
    joined: npt.NDArray[np.int32],
    day: int,
    keep: Bools,
) -> bool:
    """Write into `keep` whether both accounts of each transfer are open the day before; return whether all are."""
    every = True
    for i in range(time.size):
        opened = np.int64(0)
        for code in (debtor[i], creditor[i]):
            if 0 <= code < joined.size and joined[code] >= 0:
                opened = max(opened, (np.int64(joined[code]) + 1) * day)
        keep[i] = time[i] >= opened
        every &= keep[i]
    return every


@njit(cache=True, nogil=True)
def _run(
    debtor: npt.NDArray[np.int32],
    creditor: npt.NDArray[np.int32],
    amount: npt.NDArray[np.int64],
    credited: npt.NDArray[np.int64],
    unreal: Bools,
    ours: Bools,
    balance: Ints,
    low: Ints,
    came: Ints,
    went: Ints,
) -> None:
    """Apply the transfers in order to `balance`, `low` and the sums that `came` and `went`, all by account code."""
    known = ours.size
    for i in range(debtor.size):
        if unreal[i]:
            continue
        payer, payee = debtor[i], creditor[i]
        if 0 <= payer < known and ours[payer]:
            balance[payer] -= amount[i]
            went[payer] += amount[i]
            low[payer] = min(low[payer], balance[payer])
        if 0 <= payee < known and ours[payee]:
            gained = credited[i] if credited[i] >= 0 else amount[i]
            balance[payee] += gained
            came[payee] += gained


def in_turn(work: Sequence[Callable[[], T]], threads: int) -> Iterator[T]:
    """Yield the results of `work` in order, made by `threads` threads that run no more than that many ahead."""
    if threads <= 1:
        for task in work:
            yield task()
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[T]] = deque()
        try:
            for task in work:
                waiting.append(pool.submit(task))
                if len(waiting) >= threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
