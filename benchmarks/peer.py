"""The peer: Snap ML's Graph Feature Preprocessor (GFP), run family by family on the same transfers.

It is proprietary and used here only, to be measured. What its columns mean was found by holding it to plain Python;
where its definitions part from ours is written in ``docs/benchmarks.md``.
"""

from __future__ import annotations

import time
from importlib import metadata
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.worlds import SECOND, START, World

BINS: Final = tuple(range(2, 31))
CYCLE_BINS: Final = tuple(range(2, 11))
DAY: Final = 86_400
SIX_HOURS: Final = 21_600
BATCHES: Final = (128, 1_000, 10_000)
"""Sizes of a batch that are tried; the fastest is measured."""

_STATISTICS: Final = (0, 1, 2, 3, 4, 8, 9, 10)
_MOMENTS: Final = ("mean", "sum", "variance", "skewness", "kurtosis")
_SIDES: Final = tuple(f"{role}_{way}" for role in ("debtor", "creditor") for way in ("out", "in"))


class MissingPeerError(Exception):
    """The peer is not installed."""


class Family(NamedTuple):
    """One group of columns, as each side calls it.

    Attributes
    ----------
    name : str
    ours : tuple of str
        Our columns, in the peer's order. Ours are ``(t - window, t]``; the peer's window holds its left end in all
        families but fans and degrees, so ours is a microsecond longer there. Times are whole seconds.
    settings : dict
        The peer's parameters.
    """

    name: str
    ours: tuple[str, ...]
    settings: dict[str, Any]


def _statistics() -> Family:
    parts = ("fan", "degree", "degree_per_fan", *(f"{kind}_{m}" for kind in ("age", "amount") for m in _MOMENTS))
    names = tuple(f"{side}_{part}_{DAY * SECOND + 1}us" for side in _SIDES for part in parts)
    settings = {"vertex_stats": True, "vertex_stats_cols": [3, 4], "vertex_stats_feats": list(_STATISTICS)}
    return Family("statistics", names, {**settings, "vertex_stats_tw": DAY})


def _motifs(name: str, theirs: str, bins: tuple[int, ...], window: int) -> Family:
    names = tuple(f"{name}_{size}_{window * SECOND + 1}us" for size in bins)
    settings = {theirs: True, f"{theirs}_tw": window, f"{theirs}_bins": list(bins)}
    return Family(name, names, settings)


def _sides(name: str) -> Family:
    names = tuple(f"{name}_{way}_{size}_1d" for way in ("in", "out") for size in BINS)
    return Family(name, names, {name: True, f"{name}_tw": DAY, f"{name}_bins": list(BINS)})


def _cycles(longest: int) -> Family:
    stem = "bounded_cycle" if longest == CYCLE_BINS[-1] else "short_cycle"
    found = _motifs(stem, "lc-cycle", tuple(range(2, longest + 1)), DAY)
    return found._replace(name=f"bounded_cycle_to_{longest}", settings={**found.settings, "lc-cycle_len": longest})


STATISTICS: Final = _statistics()
SCATTER_GATHER: Final = _motifs("scatter_gather", "scatter-gather", BINS, SIX_HOURS)
TEMPORAL_CYCLE: Final = _motifs("temporal_cycle", "temp-cycle", BINS, DAY)
BOUNDED_CYCLE: Final = _cycles(CYCLE_BINS[-1])
SHORT_CYCLE: Final = _cycles(6)
FAN: Final = _sides("fan")
DEGREE: Final = _sides("degree")

FAMILIES: Final = (STATISTICS, SCATTER_GATHER, TEMPORAL_CYCLE, BOUNDED_CYCLE, FAN, DEGREE)
"""The families one by one, in the settings that IBM uses for money laundering."""

TOGETHER: Final = Family(
    "all",
    tuple(name for family in FAMILIES[:4] for name in family.ours),
    {key: value for family in FAMILIES[:4] for key, value in family.settings.items()},
)
"""The 119 columns that IBM computes together: statistics, scatter-gather, temporal and bounded cycles."""

_OFF: Final = dict.fromkeys(("vertex_stats", "fan", "degree", "scatter-gather", "temp-cycle", "lc-cycle"), False)


class Timing(NamedTuple):
    """What a run of the peer took: wall and processor seconds for the transfers that were timed."""

    seconds: float
    cpu_seconds: float
    transfers: int

    @property
    def rate(self) -> float:
        """Transfers a second."""
        return self.transfers / self.seconds


def preprocessor(family: Family, threads: int) -> Any:
    """A fresh GFP that computes `family`.

    Raises
    ------
    MissingPeerError
        When ``snapml`` is not installed.
    """
    try:
        from snapml import GraphFeaturePreprocessor
    except ImportError as error:
        raise MissingPeerError("snapml is not installed: run `make setup-bench`, or use --without-peer") from error
    windows = [value for key, value in family.settings.items() if key.endswith("_tw")]
    made = GraphFeaturePreprocessor()
    made.set_params({**_OFF, "num_threads": threads, "time_window": max(windows), **family.settings})
    return made


def version() -> str:
    """The peer's name and version."""
    return f"snapml {metadata.version('snapml')}"


def table(world: World) -> NDArray[np.float64]:
    """The transfers as the peer takes them: number, source, target, seconds since the world's start, amount.

    Seconds count from the world's start, since GFP takes time 0 for none and loses its moments of time to cancellation
    when they count from 1970.
    """
    columns = (np.arange(world.time.size), world.debtor, world.creditor, (world.time - START) / SECOND, world.amount)
    return np.ascontiguousarray(np.column_stack(columns), np.float64)


def run(rows: NDArray[np.float64], family: Family, threads: int, batch: int, timed: int, parts: int = 4) -> Timing:
    """Feed `rows` in batches and time about `timed` transfers of them.

    Where the peer would take too long for all, `parts` runs of batches spread evenly over the whole are timed, and
    before each the transfers of one window are put into its graph, untimed: what is timed meets the same
    neighbourhoods as in a full run.
    """
    peer = preprocessor(family, threads)
    window = max(value for key, value in family.settings.items() if key.endswith("_tw"))
    seconds = cpu = 0.0
    fed = transfers = 0
    for start, stop in parts_of(len(rows), batch, timed, parts):
        since = max(fed, int(np.searchsorted(rows[:, 3], rows[start, 3] - window)))
        if since < start:
            peer.partial_fit(rows[since:start])
        for first in range(start, stop, batch):
            part = rows[first : min(stop, first + batch)]
            wall, processor = time.perf_counter(), time.process_time()
            peer.transform(part)
            seconds += time.perf_counter() - wall
            cpu += time.process_time() - processor
        transfers += stop - start
        fed = stop
    return Timing(seconds, cpu, transfers)


def parts_of(total: int, batch: int, timed: int, parts: int) -> list[tuple[int, int]]:
    """Evenly spread runs of whole batches, together about `timed` rows; one of everything where that is as much."""
    size = max(1, round(timed / (batch * parts))) * batch
    if size * parts >= total:
        return [(0, total)]
    gap = (total - size * parts) // parts
    return [(gap // 2 + part * (size + gap), gap // 2 + part * (size + gap) + size) for part in range(parts)]


def best_batch(rows: NDArray[np.float64], family: Family, threads: int, budget: float) -> tuple[int, int]:
    """The batch size at which the peer is fastest, and how many transfers it then does in `budget` seconds.

    Each size is tried on one growing run in the middle, until that takes a tenth of the budget or holds everything.
    """
    best: tuple[float, int] = (0.0, BATCHES[0])
    for batch in BATCHES:
        if batch > len(rows) and batch > BATCHES[0]:
            break
        timed = batch
        found = run(rows, family, threads, batch, timed, parts=1)
        while found.seconds < budget / 10 and timed < len(rows):
            timed *= 4
            found = run(rows, family, threads, batch, timed, parts=1)
        best = max(best, (found.rate, batch))
        if found.seconds > 2 * budget:
            break
    rate, batch = best
    return batch, max(batch, min(len(rows), int(rate * budget)))


def one_by_one(rows: NDArray[np.float64], family: Family) -> NDArray[np.float64]:
    """The family's columns fed one transfer at a time, so that none sees a later one; in our definitions.

    For the statistics a transfer at the same time between two accounts of its own goes before each, so that the peer's
    expiry, which is one insertion late, has caught up.
    """
    peer = preprocessor(family, 1)
    settling = np.array([[0, -1, -2, 0, 1]], np.float64)
    found = np.empty((len(rows), len(family.ours)))
    for place in range(len(rows)):
        row = rows[place : place + 1]
        if family is STATISTICS:
            settling[0, [0, 3]] = len(rows) + place, row[0, 3]
            peer.partial_fit(settling)
        found[place] = peer.transform(row)[0, rows.shape[1] :]
    if family is STATISTICS:
        times_to_ages(found, rows[:, 3])
    return found


def times_to_ages(found: NDArray[np.float64], now: NDArray[np.float64]) -> None:
    """Turn moments of times into moments of ages: mean and sum are mirrored about now, skewness changes its sign."""
    width = 3 + 2 * len(_MOMENTS)
    for side in range(len(_SIDES)):
        degree = found[:, side * width + 1]
        mean, total, skewness = (side * width + 3 + place for place in (0, 1, 3))
        found[:, mean] = np.where(degree > 0, now - found[:, mean], 0)
        found[:, total] = degree * now - found[:, total]
        found[:, skewness] = -found[:, skewness]
