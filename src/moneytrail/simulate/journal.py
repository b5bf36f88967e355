"""The journal: populations book columns of transfers, which are put in order of time."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from moneytrail.schema import CHANNELS
from moneytrail.simulate.calendar import DAY, Bools, Calendar, Ints

TRANSFER: Final = CHANNELS.index("credit_transfer")
DIRECT_DEBIT: Final = CHANNELS.index("direct_debit")
CARD: Final = CHANNELS.index("card")
CASH: Final = CHANNELS.index("cash")
WIRE: Final = CHANNELS.index("wire")
NOBODY: Final = -1

FIELDS: Final[dict[str, tuple[type[np.signedinteger], int]]] = {
    "time": (np.int64, 0),
    "debtor": (np.int32, NOBODY),
    "creditor": (np.int32, NOBODY),
    "amount": (np.int64, 0),
    "channel": (np.int8, TRANSFER),
    "reference": (np.int32, -1),
    "category": (np.int8, -1),
    "location": (np.int8, -1),
    "currency": (np.int8, 0),
    "credited": (np.int64, -1),
    "credited_currency": (np.int8, -1),
    "truth": (np.int32, -1),
    "dirt": (np.int16, 0),
}

Columns = dict[str, npt.NDArray[np.signedinteger]]


class Journal:
    """Transfers as columns of integers: accounts are codes of the register, words are positions in their lists."""

    def __init__(self, calendar: Calendar) -> None:
        self._end = calendar.days * DAY
        self._blocks: list[tuple[int, dict[str, npt.NDArray[np.generic]]]] = []

    def book(
        self, time: Ints, debtor: npt.ArrayLike, creditor: npt.ArrayLike, amount: npt.ArrayLike, **more: npt.ArrayLike
    ) -> None:
        """Add transfers; scalars are spread over all of them, times are cut to the millisecond.

        Dropped without a word: what falls outside the calendar, amounts of zero, and accounts that pay themselves.
        """
        given: dict[str, npt.ArrayLike] = {
            "time": time, "debtor": debtor, "creditor": creditor, "amount": amount, **more,
        }  # fmt: skip
        if time.size:
            narrow = {name: np.asarray(values, dtype=FIELDS[name][0]) for name, values in given.items()}
            self._blocks.append((time.size, narrow))

    def column(self, name: str) -> npt.NDArray[np.signedinteger]:
        """Return one field of everything booked so far, in booking order, with what will be dropped."""
        dtype, default = FIELDS[name]
        whole = np.empty(sum(size for size, _ in self._blocks), dtype=dtype)
        start = 0
        for size, block in self._blocks:
            whole[start : start + size] = block.get(name, default)
            start += size
        return whole

    def add(self, columns: Columns) -> None:
        """Add transfers that are columns already."""
        self._blocks.append((columns["time"].size, dict(columns)))

    def columns(self) -> Columns:
        """Take every field of what is to be kept out of the journal, in booking order; it is empty then."""
        fields: Columns = {}
        for name in FIELDS:
            fields[name] = self.column(name)
            for _, block in self._blocks:
                block.pop(name, None)
        self._blocks = []
        fields["time"] //= 1000
        fields["time"] *= 1000
        keep = (fields["time"] >= 0) & (fields["time"] < self._end) & (fields["amount"] > 0)
        keep &= fields["debtor"] != fields["creditor"]
        return fields if keep.all() else kept(fields, keep)


def kept(columns: Columns, keep: Bools) -> Columns:
    """Take the rows that are to be kept out of `columns`, which is emptied: a chapter should not be there twice."""
    return {name: columns.pop(name)[keep] for name in FIELDS}


def join(parts: list[Columns]) -> Columns:
    """Put columns of several parts one after the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in FIELDS}


def order_by_time(time: npt.NDArray[np.signedinteger]) -> Ints:
    """Return the positions in order of `time` (microseconds, whole milliseconds); equal times keep their order.

    Sorts one integer made of both: four times as fast as a stable argsort.
    """
    if not time.size:
        return np.zeros(0, dtype=np.int64)
    bits = int(time.size).bit_length()
    key = (time - time.min()) // 1000
    key <<= bits
    key |= np.arange(time.size)
    key.sort()
    key &= (1 << bits) - 1
    order: Ints = key
    return order


def ordered(columns: Columns) -> Columns:
    """Take the rows out of `columns`, which is emptied, in order of time; equal times keep their order."""
    order = order_by_time(columns["time"])
    return {name: columns.pop(name)[order] for name in FIELDS}


def part(columns: Columns, start: int, stop: int) -> Columns:
    """Return the rows from `start` to before `stop`, as views."""
    return {name: values[start:stop] for name, values in columns.items()}
