"""Who could have led an alert and when: the account-periods of the clean time and of the run, and what accounts did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from moneytrail.conformal.drifting import index_of_counts, population_stability_index

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Ledger(Protocol):
    """Transfers in the order of time; a :class:`moneytrail.graph.TransactionGraph` is one."""

    @property
    def accounts(self) -> int:
        """How many accounts there are."""

    @property
    def debtor(self) -> NDArray[np.int32]:
        """Numbers of accounts, -1 where that side is absent."""

    @property
    def creditor(self) -> NDArray[np.int32]:
        """As `debtor`."""

    @property
    def time(self) -> NDArray[np.int64]:
        """Microseconds UTC, rising."""

    @property
    def amount(self) -> NDArray[np.int64]:
        """Minor units."""

    @property
    def channel(self) -> NDArray[np.uint8]:
        """Places in ``schema.CHANNELS``."""


@dataclass(frozen=True, slots=True)
class Periods:
    """Time cut into equal periods, forwards and backwards from the end of the calibration.

    Attributes
    ----------
    until, length : int
        Microseconds UTC, and microseconds. Period 0 begins at `until`, inclusive.
    clean, run : int
        How many lie before `until` and are used, and how many from it on; the last of the run may be cut short by the
        end of the data.
    """

    until: int
    length: int
    clean: int
    run: int

    @property
    def borders(self) -> NDArray[np.int64]:
        """Where each begins, and where the last ends: int64[clean + run + 1]."""
        return self.until + np.arange(-self.clean, self.run + 1) * self.length


@dataclass(frozen=True, slots=True)
class Exposure:
    """The periods, and how much there was in them.

    Attributes
    ----------
    periods : Periods
    clean, run : sequence of int
        Accounts that took part in a transfer, by period.
    indices : mapping of str to float
        Population stability indices between the two times: amounts, channels, transfers an account.
    """

    periods: Periods
    clean: Sequence[int]
    run: Sequence[int]
    indices: Mapping[str, float]


def exposure(ledger: Ledger, periods: Periods) -> Exposure:
    """Count the account-periods, and compare what accounts did in the two times.

    An account counts in a period when it pays or is paid in it. Transfers an account are compared over whole periods
    only, and not at all where the run has none. One pass over the ledger; memory for one count an account.
    """
    places = np.searchsorted(ledger.time, periods.borders)
    whole = periods.run if ledger.time[-1] >= periods.borders[-1] - periods.length // 100 else periods.run - 1
    units, activity = [], []
    for first, last in zip(places[:-1].tolist(), places[1:].tolist(), strict=True):
        sides = np.concatenate([ledger.debtor[first:last], ledger.creditor[first:last]])
        counts = np.bincount(sides[sides >= 0], minlength=ledger.accounts)
        active = counts[counts > 0]
        units.append(int(active.size))
        activity.append(active)
    start, middle = places[0], places[periods.clean]
    clean, run = slice(start, middle), slice(middle, None)
    channels = [np.bincount(ledger.channel[part], minlength=256) for part in (clean, run)]
    indices = {
        "amounts": population_stability_index(ledger.amount[clean], ledger.amount[run]),
        "channels": index_of_counts(*channels),
    }
    if whole:
        indices["transfers an account"] = population_stability_index(
            _together(activity[: periods.clean]), _together(activity[periods.clean : periods.clean + whole])
        )
    return Exposure(periods, units[: periods.clean], units[periods.clean :], indices)


def _together(parts: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    return np.concatenate(parts).astype(np.int64)
