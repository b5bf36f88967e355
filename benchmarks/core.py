"""The scoring core measured against its peer: the same transfers through both, in turn, in one run.

``python -m benchmarks.core [--transfers N] [--repeats R] [--world sparse|dense|hubs|all] [--sizes A,B,C] [--json]``
(``make bench``; the peer installs with ``make setup-bench``). For every family of columns and all together: transfers
a second, processor seconds and ratios on one thread and on the best number of threads of each side. Medians are shown;
``docs/benchmarks.md`` says what is compared, how, and where the two definitions differ.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from benchmarks import agreement, footprint, peer, report, sides
from benchmarks.peer import (
    DEGREE,
    FAMILIES,
    FAN,
    SCATTER_GATHER,
    SHORT_CYCLE,
    STATISTICS,
    TEMPORAL_CYCLE,
    TOGETHER,
    Family,
    Timing,
)
from benchmarks.worlds import WORLDS, World, sparse

THREADS: Final = (1, 2)
HARD: Final = (SCATTER_GATHER, SHORT_CYCLE, TEMPORAL_CYCLE)
"""The families that hubs and dense corners make slow; the peer is measured on these in the dense and hub worlds."""

EASY: Final = (STATISTICS, FAN, DEGREE)
"""Measured there on our side alone. Cycles to 10 are left out: either side would take hours."""

HARD_TRANSFERS: Final = {"dense": 180_000, "hubs": 500_000}
"""Transfers of the hard worlds at most."""


class Budget(NamedTuple):
    """How often everything is measured, and how long the peer may take for one measurement of one family."""

    repeats: int
    seconds: float
    with_peer: bool


def measure(world: World, family: Family, budget: Budget, *, against_peer: bool) -> dict[str, Any]:
    """Both sides on one family, in turn: ours and the peer on one thread, then both on two."""
    names = sides.names_of(world)
    rows = peer.table(world) if against_peer else None
    taken: dict[tuple[str, int], list[Timing]] = {}
    plan = {} if rows is None else {n: peer.best_batch(rows, family, n, budget.seconds) for n in THREADS}
    for _ in range(budget.repeats):
        for threads in THREADS:
            with sides.threads_used(threads):
                taken.setdefault(("ours", threads), []).append(sides.run(world, names, family))
                if rows is not None:
                    found = peer.run(rows, family, threads, *plan[threads])
                    taken.setdefault(("peer", threads), []).append(found)
    result: dict[str, Any] = {"columns": len(family.ours), "transfers": world.time.size}
    for (side, threads), timings in taken.items():
        batch = {"batch": plan[threads][0]} if side == "peer" else {}
        result.setdefault(side, {})[f"threads_{threads}"] = {**_medians(timings), **batch}
    outcome = sides.outcome(world, names, family)
    told = {"truncated_share": float(outcome.stopped.mean()), "motifs_per_transfer": outcome.motifs}
    return {**result, **_ratios(result), **told}


def _medians(timings: list[Timing]) -> dict[str, Any]:
    seconds = statistics.median(t.seconds for t in timings)
    transfers = timings[0].transfers
    return {
        "transfers_timed": transfers,
        "seconds": seconds,
        "cpu_seconds": statistics.median(t.cpu_seconds for t in timings),
        "transfers_per_second": transfers / seconds,
    }


def _ratios(result: dict[str, Any]) -> dict[str, float]:
    """Ours over the peer's: on one thread, in processor time on one thread, and best against best."""
    ours = result["ours"]
    ratios = {"second_core": ours["threads_1"]["seconds"] / ours["threads_2"]["seconds"]}
    if "peer" not in result:
        return ratios
    theirs = result["peer"]
    per_cpu = [one["threads_1"]["transfers_timed"] / one["threads_1"]["cpu_seconds"] for one in (ours, theirs)]
    rate = "transfers_per_second"
    best = [max(one[f"threads_{n}"][rate] for n in THREADS) for one in (ours, theirs)]
    ratios["ratio_one_thread"] = ours["threads_1"][rate] / theirs["threads_1"][rate]
    ratios["ratio_one_thread_cpu"] = per_cpu[0] / per_cpu[1]
    ratios["ratio_wall"] = best[0] / best[1]
    return ratios


def measure_sparse(transfers: int, budget: Budget) -> dict[str, Any]:
    """Every family and all together on the sparse world; cycles to 6 on our side alone, to hold other worlds to."""
    world = sparse(transfers)
    together = measure(world, TOGETHER, budget, against_peer=budget.with_peer)
    _progress(f"sparse, {TOGETHER.name}", together)
    families = {}
    for family in (*FAMILIES, SHORT_CYCLE):
        against = budget.with_peer and family is not SHORT_CYCLE
        families[family.name] = measure(world, family, budget, against_peer=against)
        _progress(f"sparse, {family.name}", families[family.name])
    return {"all": together, "families": families}


def measure_hard(name: str, transfers: int, budget: Budget, sparse_families: dict[str, Any]) -> dict[str, Any]:
    """Our families on a hard world, the peer on :data:`HARD`, and how much more a transfer costs than on the sparse."""
    world = WORLDS[name](transfers)
    found: dict[str, Any] = {}
    for family in (*HARD, *EASY):
        one = measure(world, family, budget, against_peer=budget.with_peer and family in HARD)
        if family.name in sparse_families:
            plain = sparse_families[family.name]["ours"]["threads_1"]
            one["slower_than_sparse"] = plain["transfers_per_second"] / one["ours"]["threads_1"]["transfers_per_second"]
        found[family.name] = one
        _progress(f"{name}, {family.name}", one)
    return found


def measure_growth(sizes: Iterable[int], budget: Budget) -> dict[str, Any]:
    """All columns together on sparse worlds of these sizes, and the exponent of seconds over transfers."""
    measured = []
    for size in sizes:
        world = sparse(size)
        one = measure(world, TOGETHER, budget._replace(repeats=min(3, budget.repeats)), against_peer=False)
        measured.append({"transfers": size, **one["ours"]})
        _progress(f"growth, {size:,}", one)
    result: dict[str, Any] = {"sizes": measured}
    if len(measured) > 1:
        for threads in THREADS:
            seconds = [one[f"threads_{threads}"]["seconds"] for one in measured]
            lengths = [one["transfers"] for one in measured]
            exponent = np.polyfit(np.log(lengths), np.log(seconds), 1)[0]
            cost = (seconds[-1] / lengths[-1]) / (seconds[0] / lengths[0])
            result[f"threads_{threads}"] = {"exponent": float(exponent), "cost_last_over_first": cost}
    return result


def measure_all(chosen: argparse.Namespace) -> dict[str, Any]:
    """Everything that was asked for, as one document."""
    budget = Budget(chosen.repeats, chosen.peer_seconds, not chosen.without_peer)
    if budget.with_peer:
        peer.preprocessor(TOGETHER, 1)
    sides.warm_up()
    wanted = list(WORLDS) if chosen.world == "all" else [chosen.world]
    result: dict[str, Any] = {"settings": _settings(chosen)}
    if "sparse" in wanted:
        result.update(measure_sparse(chosen.transfers, budget))
        result["memory"] = footprint.measure(chosen.transfers, with_peer=budget.with_peer)
    for name in ("dense", "hubs"):
        if name in wanted:
            size = min(chosen.transfers, HARD_TRANSFERS[name])
            result[name] = measure_hard(name, size, budget, result.get("families", {}))
    if budget.with_peer:
        result["agreement"] = {name: agreement.compare(name) for name in wanted}
    sizes = _usual_sizes(chosen.transfers) if chosen.sizes is None else chosen.sizes
    if sizes:
        result["growth"] = measure_growth(sizes, budget)
    return result


def _settings(chosen: argparse.Namespace) -> dict[str, Any]:
    return {
        "transfers": chosen.transfers,
        "repeats": chosen.repeats,
        "processor": _processor(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "peer": None if chosen.without_peer else peer.version(),
    }


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        for line in listed.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _progress(what: str, one: dict[str, Any]) -> None:
    print(f"  {what}: {report.in_short(one)}", file=sys.stderr, flush=True)


def _usual_sizes(transfers: int) -> list[int]:
    return [transfers, 5 * transfers] if transfers <= 1_000_000 else [1_000_000, transfers]


def _sizes(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.core", description=__doc__)
    parser.add_argument("--transfers", type=int, default=1_000_000, help="size of the sparse world (1,000,000)")
    parser.add_argument("--repeats", type=int, default=5, help="measurements of each side; medians are shown (5)")
    parser.add_argument("--world", choices=[*WORLDS, "all"], default="all")
    parser.add_argument("--sizes", type=_sizes, help="growth over these sizes, as 1000000,5000000 (N and 5 N)")
    parser.add_argument("--peer-seconds", type=float, default=2.0, help="about how long the peer may take at once (2)")
    parser.add_argument("--without-peer", action="store_true", help="our side alone")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--plot", type=Path, help="write a chart, .svg or .png")
    chosen = parser.parse_args(arguments)
    try:
        result = measure_all(chosen)
    except peer.MissingPeerError as error:
        print(error, file=sys.stderr)
        return 2
    if chosen.plot:
        report.plot(result, chosen.plot)
    print(json.dumps(result) if chosen.json else report.table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
