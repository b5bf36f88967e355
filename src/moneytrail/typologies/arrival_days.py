"""The daily table of small-boat arrivals as arrays: red days in a row, spells without arrivals, and lags behind them.

When a day's figures may be used is the typologies' to say: arrivals are published on the next day, an assessment (red)
is made for a day before it begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from moneytrail.graph import DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.typologies.ground import Ground

LAGS: Final = 15
"""Lags tried, from 0 days on (design: late payments come within two weeks)."""


@dataclass(frozen=True, eq=False)
class ArrivalDays:
    """The table's days, counted from 0.

    Attributes
    ----------
    first : int
        The first day, as days since 1970.
    arrivals : int64[days]
    red : bool[days]
        Whether the day was assessed as likely for crossings; ``False`` where nothing is known.
    """

    first: int
    arrivals: NDArray[np.int64]
    red: NDArray[np.bool_]

    @classmethod
    def of(cls, ground: Ground) -> ArrivalDays:
        """Those of the ground; it must have a table of arrivals."""
        frame = ground.arrivals
        assert frame is not None
        return cls(
            int(frame["day"].cast(pl.Int32)[0]),
            frame["arrivals"].to_numpy().astype(np.int64),
            frame["red"].fill_null(False).to_numpy().astype(np.bool_),
        )

    @property
    def size(self) -> int:
        """How many days there are."""
        return int(self.arrivals.size)

    def day(self, time: NDArray[np.int64]) -> NDArray[np.int64]:
        """The day of each moment (microseconds UTC); negative or too large outside the table."""
        made: NDArray[np.int64] = time // DAY - self.first
        return made

    @cached_property
    def month(self) -> NDArray[np.int32]:
        """int32[days]: the calendar month of each day as a running number."""
        days = np.arange(self.first, self.first + self.size).astype("datetime64[D]")
        return days.astype("datetime64[M]").astype(np.int32)

    @cached_property
    def spell(self) -> NDArray[np.int32]:
        """int32[days]: which run of red days in a row a day belongs to, -1 where it is not red."""
        starts = self.red & ~np.concatenate([[False], self.red[:-1]])
        return np.where(self.red, np.cumsum(starts) - 1, -1).astype(np.int32)

    @cached_property
    def next_red(self) -> NDArray[np.int64]:
        """int64[days]: the first red day from each day on, itself included; ``size`` where there is none."""
        places = np.where(self.red, np.arange(self.size), self.size)
        made: NDArray[np.int64] = np.minimum.accumulate(places[::-1])[::-1]
        return made

    def best_lag(self, day: NDArray[np.int64]) -> int:
        """By how many days events on `day` fit the arrivals best: with most arrivals before, the shortest of equals."""
        totals = [int(self.arrivals[day[day >= lag] - lag].sum()) for lag in range(LAGS)]
        return totals.index(max(totals))

    def lull_share(self, day: NDArray[np.int64], begin: int, end: int, least: int) -> float | None:
        """Events a day in spells of `least` days and more without arrivals, over all days' from `begin` to `end`.

        Spells are cut at both ends; ``None`` where there was none.
        """
        quiet = np.concatenate([[False], self.arrivals[begin:end] == 0, [False]]).astype(np.int8)
        edges = np.flatnonzero(np.diff(quiet)).reshape(-1, 2)
        lull = np.zeros(end - begin, np.bool_)
        for start, stop in edges[edges[:, 1] - edges[:, 0] >= least].tolist():
            lull[start:stop] = True
        if not lull.any():
            return None
        return float(int(lull[day - begin].sum()) * lull.size / (int(lull.sum()) * day.size))
