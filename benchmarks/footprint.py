"""Peak memory of each side, measured in a process of its own that holds nothing but the input."""

from __future__ import annotations

import multiprocessing
import resource
import sys
from pathlib import Path
from typing import Any

from benchmarks import peer, sides
from benchmarks.peer import TOGETHER
from benchmarks.worlds import sparse
from moneytrail import features

STATUS = Path("/proc/self/status")


def measure(transfers: int, *, with_peer: bool) -> dict[str, Any]:
    """Bytes a transfer beyond input and output, all columns together: ours, and the peer's in batches of 1,000."""
    found = {"transfers": transfers, "ours": _apart(_ours, transfers)}
    if with_peer:
        found["peer"] = _apart(_theirs, transfers)
    return found


def _apart(work: Any, transfers: int) -> dict[str, float]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        peak, known = pool.apply(work, (transfers,))
    return {
        "peak_bytes": peak,
        "beyond_input_and_output_bytes": peak - known,
        "beyond_input_and_output_bytes_per_transfer": (peak - known) / transfers,
    }


def _ours(transfers: int) -> tuple[int, int]:
    """Peak bytes above what stood before, and the bytes of the output. The input stood before."""
    sides.warm_up()
    world = sparse(transfers)
    names = sides.names_of(world)
    before = _start_of_peak()
    matrix = features.compute(sides.graph_of(world, names), TOGETHER.ours)
    return _peak() - before, matrix.nbytes


def _theirs(transfers: int) -> tuple[int, int]:
    world = sparse(transfers)
    rows = peer.table(world)
    del world
    peer.run(rows[:3_000], TOGETHER, 1, 1_000, 3_000)
    before = _start_of_peak()
    # What it holds is its graph: a tenth of the batches computed shows it as well as all of them.
    peer.run(rows, TOGETHER, 1, 1_000, max(1_000, transfers // 10))
    return _peak() - before, 1_000 * (rows.shape[1] + len(TOGETHER.ours)) * 8


def _start_of_peak() -> int:
    """Forget the peak so far, where the system can, and return the bytes now held."""
    if STATUS.exists():
        Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    """Most bytes held since the start, or since the peak was forgotten."""
    if STATUS.exists():
        for line in STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
