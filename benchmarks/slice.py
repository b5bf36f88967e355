"""The slice measured: the graph index against numpy's lexsort, the whole command against reading a CSV.

``python -m benchmarks.slice [--transfers N] [--command N] [--only graph|command] [--repeats R] [--json]``
(``make bench``). Both sides of each comparison run in turn, so that the ratios hold on a noisy machine; medians are
shown.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from moneytrail.graph import TransactionGraph
from moneytrail.rates import ExchangeRates
from moneytrail.schema import CHANNEL, CURRENCY, INSTANT, check_transfers
from moneytrail.simulate import simulate


def world(transfers: int, *, ordered: bool, seed: int = 1) -> pl.DataFrame:
    """Transfers over a year between accounts a tenth as many, a few of them hubs (Zipf), one in ten cash."""
    rng = np.random.default_rng(seed)
    accounts = max(10, transfers // 10)
    creditor = pl.Series((rng.zipf(1.5, transfers) * 7919) % accounts).cast(pl.String)
    debtor = pl.Series(rng.integers(0, accounts, transfers)).cast(pl.String)
    times = rng.integers(0, 365 * 86_400_000_000, transfers)
    frame = pl.DataFrame(
        {
            "transaction_id": pl.Series(np.arange(transfers)).cast(pl.String),
            "row": np.arange(transfers),
            "booked_at": pl.Series(np.sort(times) if ordered else times).cast(INSTANT),
            "debtor_account": pl.select(pl.when(pl.Series(rng.random(transfers) > 0.1)).then(debtor)).to_series(),
            "creditor_account": creditor,
            "amount": rng.integers(1, 10**6, transfers),
            "currency": pl.repeat("GBP", transfers, dtype=pl.String, eager=True).cast(CURRENCY),
            "channel": pl.repeat("credit_transfer", transfers, dtype=pl.String, eager=True).cast(CHANNEL),
        }
    )
    return check_transfers(frame)


def in_turn(sides: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median seconds of each side, run in turn `repeats` times after one warm-up."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(repeats + 1):
        for name, work in sides.items():
            start = time.perf_counter()
            work()
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}


def graph_index(transfers: int, repeats: int, *, ordered: bool) -> dict[str, Any]:
    """Both sides of every account sorted by account, time and row: our counting sorts against two lexsorts."""
    frame = world(transfers, ordered=ordered)
    graph = TransactionGraph.from_frame(frame, ExchangeRates.load())
    back = np.empty(transfers, np.int64)
    back[graph.order] = np.arange(transfers)
    debtor, creditor = graph.debtor[back], graph.creditor[back]
    moment, row, amount = graph.time[back], frame["row"].to_numpy(), graph.amount[back]

    def by_lexsort() -> None:
        for owner, peer in ((debtor, creditor), (creditor, debtor)):
            order = np.lexsort((row, moment, owner))
            np.searchsorted(owner[order], np.arange(graph.accounts + 1))
            _ = peer[order], moment[order], amount[order]

    def by_counting() -> None:
        from moneytrail.graph import _ledger_order

        order = _ledger_order(moment, row)
        parts: dict[str, Any] = {"debtor": debtor, "creditor": creditor, "time": moment, "amount": amount}
        if order is not None:
            parts = {name: part[order] for name, part in parts.items()}
        fresh = replace(graph, **parts)
        _ = fresh.outgoing

    seconds = in_turn({"ours": by_counting, "lexsort": by_lexsort}, repeats)
    return {"transfers": transfers, "ordered": ordered, **seconds, "ratio": seconds["lexsort"] / seconds["ours"]}


def whole_command(transfers: int, repeats: int, folder: Path) -> dict[str, Any]:
    """CSV on disk to alerts in SQLite as one command, against polars reading, parsing and interning the same CSV.

    What polars does is the least that a graph of the file needs: every field as text or number, the times parsed, the
    accounts as categories. The command starts Python, imports, reads, checks, searches, scores, ranks and stores.
    """
    days = 120
    bank = simulate(customers=max(50, transfers // 194), days=days, seed=5)
    path = folder / "transfers.csv"
    columns = ["transaction_id", "booked_at", "debtor_account", "creditor_account", "amount", "currency", "channel"]
    bank.transfers.select(columns).write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ")
    summaries: list[dict[str, Any]] = []

    def ours() -> None:
        store = folder / f"{len(summaries)}.db"
        command = [sys.executable, "-m", "moneytrail", "score", str(path), "--store", str(store), "--json", "--quiet"]
        done = subprocess.run(command, capture_output=True, check=True)
        summaries.append(json.loads(done.stdout))

    def theirs() -> None:
        texts = ("booked_at", "debtor_account", "creditor_account")
        frame = pl.read_csv(path, schema_overrides=dict.fromkeys(texts, pl.String()))
        frame.with_columns(
            pl.col("booked_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us"),
            pl.col("debtor_account", "creditor_account").cast(pl.Categorical),
        )

    seconds = in_turn({"ours": ours, "polars": theirs}, repeats)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    stages = {
        stage: statistics.median(s["seconds"][stage] for s in summaries[1:]) for stage in summaries[-1]["seconds"]
    }
    height = bank.transfers.height
    return {
        "transfers": height,
        **seconds,
        "ratio": seconds["ours"] / seconds["polars"],
        "stages": stages,
        "peak_bytes": peak,
        "peak_bytes_per_transfer": peak / height,
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slice", description=__doc__)
    parser.add_argument("--transfers", type=int, default=5_000_000, help="size of the graph (default 5,000,000)")
    parser.add_argument("--command", type=int, default=5_000_000, help="size of the CSV (default 5,000,000)")
    parser.add_argument("--only", choices=("graph", "command"), help="measure one of the two")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    chosen = parser.parse_args(arguments)
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        if chosen.only != "command":
            result["graph_in_order"] = graph_index(chosen.transfers, chosen.repeats, ordered=True)
            result["graph_shuffled"] = graph_index(chosen.transfers, chosen.repeats, ordered=False)
        if chosen.only != "graph":
            result["command"] = whole_command(chosen.command, chosen.repeats, Path(folder))
    if chosen.json:
        print(json.dumps(result))
    else:
        show(result)
    return 0


def show(result: dict[str, Any]) -> None:
    """Print what was measured, a line each."""
    for name, one in result.items():
        if name != "command":
            print(
                f"{name}: {one['transfers']:,} transfers: ours {one['ours']:.3f} s, two lexsorts "
                f"{one['lexsort']:.3f} s, {one['ratio']:.1f} times"
            )
            continue
        print(
            f"command: {one['transfers']:,} transfers: {one['ours']:.2f} s, polars reads, parses and interns in "
            f"{one['polars']:.2f} s, {one['ratio']:.1f} times; peak {one['peak_bytes'] / 2**30:.2f} GiB, "
            f"{one['peak_bytes_per_transfer']:.0f} bytes a transfer"
        )
        for stage, seconds in one["stages"].items():
            print(f"  {stage}: {seconds:.2f} s")


if __name__ == "__main__":
    sys.exit(main())
