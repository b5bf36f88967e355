"""How fast money is followed, and how far it spreads.

``python -m benchmarks.tracing [--transfers 10000000] [--accounts 1000000] [--seeds 10000] [--plain N] [--json]``.
Three questions, one thread:

- *Time.* A random ledger, the same for all: our FIFO alone, all seven rules at once (each the best of three), and a
  plain Python FIFO with one ``deque`` an account, once. ``--plain N`` stops that one after N transfers and scales its
  time up, which is kind to it: its queues grow.
- *Memory.* What the arena of slices holds at its largest, after a ledger and after twice that ledger.
- *Spread.* A bank with hubs through which nearly everybody pays: accounts that are tainted by each rule under floors of
  0, 0.01, 0.1 and 1 pound, and what the floor dropped.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import polars as pl

from moneytrail.graph import TransactionGraph
from moneytrail.kernels import tracing as kernel
from moneytrail.kernels.tracing import Ledger
from moneytrail.rates import ExchangeRates
from moneytrail.schema import CHANNEL, CURRENCY, check_transfers
from moneytrail.tracing import CONSERVING, Rule, trace
from moneytrail.tracing.following import Terms, follow
from moneytrail.tracing.reversals import Reversals

FLOORS: Final = (0, 1, 10, 100)
HUB_SHARE: Final = 0.6
NOTHING: Final = Reversals(np.empty(0, np.int64), np.empty(0, np.int64))


def ledger_of(transfers: int, accounts: int, hubs: int, seed: int) -> Ledger:
    """A random ledger; with hubs, so large a share of the transfers has one of them on one side."""
    chance = np.random.default_rng(seed)
    debtor, creditor = (chance.integers(0, accounts, transfers).astype(np.int32) for _ in range(2))
    if hubs:
        at = chance.random(transfers)
        debtor = np.where(at < HUB_SHARE / 2, chance.integers(0, hubs, transfers), debtor).astype(np.int32)
        to_hub = (at >= HUB_SHARE / 2) & (at < HUB_SHARE)
        creditor = np.where(to_hub, chance.integers(0, hubs, transfers), creditor).astype(np.int32)
    amount = np.round(np.exp(chance.normal(8.5, 1.2, transfers))).astype(np.int64) + 1
    return Ledger(debtor, creditor, amount)


def graph_of(ledger: Ledger) -> TransactionGraph:
    """The same as a graph, a transfer a second."""
    size = ledger.debtor.size
    names = pl.Series([f"A{number}" for number in range(int(max(ledger.debtor.max(), ledger.creditor.max())) + 1)])
    frame = pl.DataFrame(
        {
            "transaction_id": pl.int_range(size, eager=True).cast(pl.String()),
            "row": pl.int_range(size, eager=True),
            "booked_at": (pl.int_range(size, eager=True) * 1_000_000).cast(pl.Datetime("us", "UTC")),
            "debtor_account": names.gather(pl.Series(ledger.debtor)),
            "creditor_account": names.gather(pl.Series(ledger.creditor)),
            "amount": ledger.amount,
        }
    ).with_columns(
        currency=pl.lit("GBP").cast(CURRENCY),
        channel=pl.lit("credit_transfer").cast(CHANNEL),
    )
    return TransactionGraph.from_frame(check_transfers(frame), ExchangeRates.load(None))


def plain_fifo(ledger: Ledger, seeds: set[int]) -> dict[int, deque[tuple[bool, int]]]:
    """FIFO as anybody would write it: a queue of (tainted, amount) for each account."""
    queues: dict[int, deque[tuple[bool, int]]] = {}
    rows = zip(ledger.debtor.tolist(), ledger.creditor.tolist(), ledger.amount.tolist(), strict=True)
    for place, (debtor, creditor, amount) in enumerate(rows):
        if debtor == creditor:
            continue
        moved: list[tuple[bool, int]] = []
        queue = queues.setdefault(debtor, deque())
        left = amount
        while left and queue:
            tainted, value = queue.popleft()
            part = min(value, left)
            moved.append((tainted, part))
            if part < value:
                queue.appendleft((tainted, value - part))
            left -= part
        if left:
            moved.append((False, left))
        if place in seeds:
            moved = [(True, amount)]
        queues.setdefault(creditor, deque()).extend(moved)
    return queues


def best_of(times: int, work: Callable[[], object]) -> float:
    """The least time of several, seconds."""
    found = []
    for _ in range(times):
        gc.collect()
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def timed(options: argparse.Namespace) -> dict[str, Any]:
    """Ours against the plain one, and all rules against one."""
    ledger = ledger_of(options.transfers, options.accounts, 0, options.seed)
    graph = graph_of(ledger)
    seeds = np.sort(np.random.default_rng(options.seed + 1).choice(options.transfers, options.seeds, replace=False))
    ids = [str(place) for place in seeds.tolist()]
    graph.outgoing  # noqa: B018, the graph's own index is not tracing
    trace(graph, ids[:10], reversals=NOTHING)
    fifo = best_of(3, lambda: trace(graph, ids, [Rule.FIFO], reversals=NOTHING))
    every = best_of(3, lambda: trace(graph, ids, list(Rule), reversals=NOTHING))
    first = slice(options.plain)
    head = Ledger(ledger.debtor[first], ledger.creditor[first], ledger.amount[first])
    own = {place for place in seeds.tolist() if place < options.plain}
    plain = best_of(1, lambda: plain_fifo(head, own)) * options.transfers / max(1, head.debtor.size)
    return {
        "transfers": options.transfers,
        "accounts": options.accounts,
        "seeds": options.seeds,
        "fifo_seconds": fifo,
        "all_rules_seconds": every,
        "plain_seconds_scaled": plain,
        "plain_over_fifo": plain / fifo,
        "all_rules_over_fifo": every / fifo,
    }


def remembered(options: argparse.Namespace) -> dict[str, Any]:
    """What the slices take up after a ledger, and after it has gone on for as long again; and how many are held."""
    transfers, accounts = min(options.transfers, 2_000_000), min(options.accounts, 20_000)
    found: dict[str, Any] = {"transfers": transfers, "bytes": [], "slices": []}
    for times in (1, 2):
        ledger = ledger_of(transfers * times, accounts, 0, options.seed)
        seeds = np.arange(0, 2_000, dtype=np.int64)
        wanted = np.zeros(kernel.RULES, np.bool_)
        wanted[kernel.FIFO] = True
        book = follow(ledger, accounts, Terms(seeds, wanted))
        part = book.account[book.account[:, kernel.LISTS] > 0, kernel.LISTS + 1]
        held = part // kernel.PLACES % kernel.PLACES - part % kernel.PLACES
        found["bytes"].append(int(book.pool.counts[kernel.FRESH]) * 8)
        found["slices"].append(int(held.sum()))
    return found


def spread(options: argparse.Namespace) -> list[dict[str, Any]]:
    """How many accounts are tainted at a bank with hubs, by rule and floor."""
    transfers, accounts = min(options.transfers, 1_000_000), min(options.accounts, 100_000)
    graph = graph_of(ledger_of(transfers, accounts, 10, options.seed))
    ids = [str(place) for place in range(0, transfers // 2, max(1, transfers // 200))]
    rows = []
    for floor in FLOORS:
        rules = [rule for rule in CONSERVING if rule != Rule.PARI_PASSU]
        made = trace(graph, ids, rules, floor=floor, reversals=NOTHING)
        for total in made.totals.iter_rows(named=True):
            tainted = made.accounts[f"tainted_{total['rule']}"]
            rows.append(
                {
                    "rule": total["rule"],
                    "floor": floor,
                    "accounts": int((tainted > 0).sum()),
                    "seeded": total["seeded"],
                    "dropped": total["dropped"],
                    "bound": total["seeded"] // floor if floor else None,
                }
            )
    return rows


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tracing", description=__doc__)
    parser.add_argument("--transfers", type=int, default=10_000_000)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("--plain", type=int, help="transfers for the plain FIFO; default: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    options.plain = options.plain or options.transfers
    if min(options.transfers, options.accounts, options.seeds, options.plain) < 1:
        parser.error("every number must be 1 or more")
    told, kept, rows = timed(options), remembered(options), spread(options)
    if options.json:
        sys.stdout.write(json.dumps({"time": told, "memory": kept, "spread": rows}) + "\n")
        return 0
    sys.stdout.write(
        f"FIFO {told['fifo_seconds']:.2f} s; all seven rules {told['all_rules_seconds']:.2f} s "
        f"({told['all_rules_over_fifo']:.1f} times); a plain deque {told['plain_seconds_scaled']:.0f} s "
        f"({told['plain_over_fifo']:.0f} times FIFO)\n"
    )
    sys.stdout.write(
        f"after {kept['transfers']:,} transfers and after twice as many: slices held {kept['slices'][0]:,} and "
        f"{kept['slices'][1]:,}, memory {kept['bytes'][0] / 1e6:.1f} and {kept['bytes'][1] / 1e6:.1f} MB\n"
    )
    for row in rows:
        sys.stdout.write(
            f"{row['rule']:>14}, floor {row['floor'] / 100:.2f}: {row['accounts']:,} accounts tainted, "
            f"{row['dropped'] / row['seeded']:.2%} of the money dropped\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
