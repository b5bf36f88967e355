"""Windows of whole days before a transfer's own day, where what is compared with it is told day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from moneytrail.graph import DAY
from moneytrail.typologies.windows import Windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.typologies.windows import Chosen


def days_before(own: Chosen, length: int) -> Windows:
    """For every transfer those of its account on the `length` whole days (UTC) before its own day."""
    day = own.time // DAY
    key = _key(own.account, day - day.min(initial=0), _span(day, length))
    begin, end = np.searchsorted(key, key - length), np.searchsorted(key, key)
    return Windows(own, length * DAY, own, begin.astype(np.int64), end.astype(np.int64))


def days_with(own: Chosen, other: Chosen, length: int) -> NDArray[np.int64]:
    """On how many of the `length` whole days before each transfer of `own` its account has one of `other`."""
    day, others = own.time // DAY, other.time // DAY
    both = np.concatenate([day, others])
    first, span = both.min(initial=0), _span(both, length)
    once = np.unique(_key(other.account, others - first, span))
    key = _key(own.account, day - first, span)
    found: NDArray[np.int64] = np.searchsorted(once, key) - np.searchsorted(once, key - length)
    return found


def _span(day: NDArray[np.int64], length: int) -> int:
    """So many numbers an account that `length` days back from any day stay within it."""
    return int(day.max(initial=0)) - int(day.min(initial=0)) + length + 1


def _key(account: NDArray[np.integer[Any]], day: NDArray[np.int64], span: int) -> NDArray[np.int64]:
    made: NDArray[np.int64] = account.astype(np.int64) * span + day
    return made
