"""Seconds by what they were spent on, and the most memory that was held."""

from __future__ import annotations

import importlib
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Literal

Work = Literal["tuning", "fit", "score"]
WORKS: Final[tuple[Work, ...]] = ("tuning", "fit", "score")
"""``tuning``: everything done only to choose settings. ``fit`` and ``score``: what the chosen model needs, features
with it. Together they are all of it."""

_PROC: Final = Path("/proc/self")
_RESET: Final = "5"
"""What makes Linux count the peak anew (proc(5), ``clear_refs``)."""


class Watch:
    """Adds up wall seconds by kind of work."""

    def __init__(self) -> None:
        self.seconds: dict[Work, float] = dict.fromkeys(WORKS, 0.0)

    @contextmanager
    def at(self, work: Work) -> Iterator[None]:
        """Count what is done inside as `work`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[work] += time.perf_counter() - start

    def add(self, work: Work, seconds: float) -> None:
        """Count seconds that were spent before, on what is used again."""
        self.seconds[work] += seconds


@contextmanager
def capped(threads: int) -> Iterator[None]:
    """At most so many threads inside, in numba's kernels and all libraries of OpenMP or BLAS; never more than before.

    scikit-learn is loaded first: a library that is loaded inside would have threads of its own.
    """
    import numba

    importlib.import_module("sklearn.ensemble")
    pools = importlib.import_module("threadpoolctl").ThreadpoolController()
    before = numba.get_num_threads()
    with ExitStack() as caps:
        # One by one: a process may hold two libraries of one name, each with a number of its own.
        for pool in pools.info():
            alone = pools.select(filepath=pool["filepath"])
            caps.enter_context(alone.limit(limits=min(pool["num_threads"], threads)))
        numba.set_num_threads(min(before, threads))
        caps.callback(numba.set_num_threads, before)
        yield


class PeakMemory:
    """The most resident memory held since :meth:`start`, above what was held then."""

    def __init__(self) -> None:
        self._held: float | None = None

    def start(self) -> None:
        """Begin to count; does nothing where the system cannot count anew."""
        try:
            (_PROC / "clear_refs").write_text(_RESET, "ascii")
            self._held = _mib("VmRSS")
        except OSError:
            self._held = None

    def mib(self) -> float | None:
        """MiB; ``None`` where the system does not say."""
        if self._held is None:
            return None
        peak = _mib("VmHWM")
        return None if peak is None else round(max(0.0, peak - self._held), 1)


def _mib(what: str) -> float | None:
    found = re.search(rf"^{what}:\s+(\d+) kB", (_PROC / "status").read_text("ascii"), re.MULTILINE)
    return int(found[1]) / 1024 if found else None
