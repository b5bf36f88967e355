"""From a ledger and what is asked to the book that the kernel keeps, which is given more room as it needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from moneytrail.kernels import tracing as kernel
from moneytrail.kernels.tracing import Book, Given, Ledger, Pool

if TYPE_CHECKING:
    from numpy.typing import NDArray

PART: Final = 1 << 20
"""Transfers between two reports of progress."""

FIRST_ARENA, FIRST_SCRATCH, FIRST_RECORDS = 1 << 16, 1 << 10, 1 << 10

Tell = Callable[[float], object]


@dataclass(frozen=True, eq=False)
class Terms:
    """What is asked, and what is known beside the transfers.

    Attributes
    ----------
    seeds : int64[s]
        Ledger places, rising, without repetition.
    wanted : bool[5]
        Rules of the kernel, by their numbers.
    reversal, reversed : int64[r]
        Ledger places of transfers that take an earlier one back, rising, and which one.
    floor : int
        Minor units; see :class:`moneytrail.kernels.tracing.Given`.
    outside : bool[accounts] or None
        Accounts whose own ledger is not seen; ``None``: none.
    opening : (known bool[accounts], balance int64[accounts]) or None
        Opening balances, where they are known.
    record : bool
        Whether to keep what each transfer carried.
    """

    seeds: NDArray[np.int64]
    wanted: NDArray[np.bool_] = field(default_factory=lambda: np.ones(kernel.RULES, np.bool_))
    reversal: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    reversed: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    floor: int = 0
    outside: NDArray[np.bool_] | None = None
    opening: tuple[NDArray[np.bool_], NDArray[np.int64]] | None = None
    record: bool = False


def follow(ledger: Ledger, accounts: int, terms: Terms, tell: Tell = lambda _: None) -> Book:
    """Follow the seeds' money to the ledger's end; returns the book as it stands then.

    Parameters
    ----------
    ledger : Ledger
    accounts : int
    terms : Terms
    tell : callable
        Is told what share of the ledger is done.
    """
    order = np.argsort(terms.reversed, kind="stable")
    place_of = np.empty(order.size, np.int64)
    place_of[order] = np.arange(order.size)
    given = Given(
        terms.seeds.astype(np.int64),
        terms.reversed[order].astype(np.int64),
        terms.reversal.astype(np.int64),
        place_of,
        terms.wanted,
        terms.floor,
    )
    book = _opened(accounts, terms)
    size, start = ledger.debtor.size, 0
    while start < size:
        stop = min(size, start + PART)
        reached = kernel.follow(ledger, given, book, start, stop)
        if reached < stop:
            book = _with_more_room(book)
        start = reached
        tell(start / size)
    return book


def _opened(accounts: int, terms: Terms) -> Book:
    """The book before the first transfer."""
    account = _lines(accounts)
    label = _lines(accounts)
    if terms.outside is not None:
        account[terms.outside, kernel.MARKS] |= kernel.OUTSIDE
    if terms.opening is not None:
        known, balance = terms.opening
        account[known, kernel.MARKS] |= kernel.OPENED
        account[known, kernel.BALANCE] = balance[known]
        unknown = np.where(known, np.maximum(balance, 0), 0)
        account[:, kernel.FIRST_UNKNOWN] = account[:, kernel.LAST_UNKNOWN] = unknown
        label[:, 1] = unknown
        if terms.outside is not None:
            label[terms.outside, : kernel.SINCE] = 0
    counts = np.zeros(kernel.COUNTS, np.int64)
    # No block begins at place 0: that means none.
    counts[kernel.FRESH] = 1 << kernel.SMALLEST
    records = FIRST_RECORDS if terms.record else 0
    reversals = terms.reversal.size
    return Book(
        account=account,
        label=label,
        pool=Pool(_lines(FIRST_ARENA // 8).reshape(-1), np.empty(FIRST_SCRATCH, np.int64), counts),
        sums=np.zeros((kernel.RULES, kernel.SUMS), np.int64),
        record_at=np.empty(records, np.int64),
        record=np.empty((records, 3 * kernel.RULES), np.int64),
        kept=np.zeros((reversals, kernel.RULES, 6), np.int64),
    )


def _lines(rows: int) -> NDArray[np.int64]:
    """Rows of eight zeros, each one cache line of 64 bytes."""
    room = np.zeros(8 * rows + 8, np.int64)
    first = -room.ctypes.data // 8 % 8
    return room[first : first + 8 * rows].reshape(rows, 8)


def _with_more_room(book: Book) -> Book:
    """The same book with twice the room for whatever is short."""
    pool = book.pool
    if book.record_at.size == pool.counts[kernel.RECORDED] > 0:
        return book._replace(record_at=_doubled(book.record_at), record=_doubled(book.record))
    arena = _lines(len(pool.arena) // 4).reshape(-1)
    arena[: len(pool.arena)] = pool.arena
    return book._replace(pool=Pool(arena, np.empty(2 * len(pool.scratch), np.int64), pool.counts))


def _doubled(array: NDArray[Any]) -> NDArray[Any]:
    larger = np.empty((2 * len(array), *array.shape[1:]), array.dtype)
    larger[: len(array)] = array
    return larger
