"""Tracing, profit and freeze plans against the truth about simulated gangs.

``python -m benchmarks.disruption [--banks 201,202,203,204,205,206] [--customers 3000] [--days 180] [--json]``.

The banks are made with the simulator's own mix of gangs. What is given is what an investigation knows: the transfers by
which a gang's money came in (of those booked by the day in question, for the plans). Four questions:

- *Accounts.* In how many accounts is the gangs' money, as their books have it, between the low and the high figure of
  the trace? What a mule kept as its cut may be spent or not: then any figure between both counts as right.
- *Profit.* How far is the estimate from the gangs' books, as far as the bank saw them: takings less refunds less costs,
  once with the gang's accounts named, once inferred? And how far is one that knows all but which of the people who are
  paid together are relatives, which no bank can see: no estimate can be held to more.
- *Freeze.* Five accounts, orders that hold two days later: how much of the gangs' money in their books is in them then
  or reaches them within a fortnight? Against the five largest balances and the five accounts with most counterparties,
  among all accounts of the bank that the trace reaches and among the gangs' own (which nobody knows), and against the
  five largest traced balances.
- *Greedy.* On networks cut to the fourteen accounts through which most money goes: greedy against the exact optimum.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from benchmarks.money_truth import GangMoney
from moneytrail.disruption import BY_TIME, Budget, Range, estimate_profit, forecast, freeze_plan, plan_freeze
from moneytrail.disruption.profit import PAY
from moneytrail.simulate import Wish
from moneytrail.tracing import Trace, band, trace

DAYS: Final = (110, 125, 140, 155)
DELAY, HORIZON = timedelta(days=2), timedelta(days=14)
FEW: Final = 14
CONTROLLED: Final = (
    "organiser", "collector", "holder", "depositor", "paymaster", "mule", "broker_here", "buyer", "front", "shell",
    "vendor",
)  # fmt: skip


def accounts_within(bank: GangMoney) -> dict[str, int]:
    """In how many accounts the truth lies between low and high."""
    made = trace(bank.graph, bank.entries()["transaction_id"].to_list(), through_other_banks=True)
    found = {row["account"]: band(row, made.rules) for row in made.accounts.iter_rows(named=True)}
    nothing = {"low": 0, "high": 0}
    counts = {"accounts": 0, "within": 0, "holding": 0, "holding_within": 0}
    for account, (low, high) in bank.held().items():
        told = found.get(account, nothing)
        right = (told["low"] or 0) <= high and low <= (told["high"] or 0)
        counts["accounts"] += 1
        counts["within"] += right
        counts["holding"] += low > 0
        counts["holding_within"] += right and low > 0
    return counts


def profits(bank: GangMoney) -> list[dict[str, Any]]:
    """Each gang's profit in its books and as estimated."""
    rows = []
    for gang in bank.gangs["gang"]:
        seeds = bank.entries(gang)["transaction_id"].to_list()
        if not seeds:
            continue
        made = trace(bank.graph, seeds, BY_TIME, through_other_banks=True, record=True)
        true = bank.profit(gang)
        members = bank.parties.filter((pl.col("gang") == gang) & pl.col("role").is_in(CONTROLLED))["account"]
        own = sorted(set(members) & set(made.accounts["account"]))
        best = bank.profit_but_for_relatives(gang, PAY)
        rows.append(_row(gang, "all known but who is a relative", true, Range(best, best, best)))
        for controlled, how in ((own, "accounts named"), (None, "accounts inferred")):
            rows.append(_row(gang, how, true, estimate_profit(made, controlled=controlled).profit))
    return rows


def _row(gang: str, how: str, true: int, told: Range) -> dict[str, Any]:
    return {
        "gang": gang,
        "accounts": how,
        "true": true,
        "estimate": told.estimate,
        "error": (told.estimate - true) / true if true else None,
        "in_range": told.low <= true <= told.high,
    }


def plans(bank: GangMoney) -> list[dict[str, Any]]:
    """What five accounts catch of the gangs' money, by plan and by simpler choices."""
    graph, rows = bank.graph, []
    start = datetime.fromtimestamp(int(graph.time[0]) / 1e6, UTC)
    kinds = dict(graph.register.select("account", "kind").iter_rows())
    suspects = set(bank.parties.filter(pl.col("held_to_be") == "suspect")["account"])
    for day in DAYS:
        now = start + timedelta(days=day)
        seeds = bank.entries().filter(pl.col("time") < now)["transaction_id"].to_list()
        if not seeds:
            continue
        booked = dict(graph.frame.select("transaction_id", "booked_at").iter_rows())
        seeds = [seed for seed in seeds if booked[seed] <= now]
        made = trace(graph, seeds, until=now, through_other_banks=True, record=True)
        flows = forecast(made, delay=DELAY, horizon=HORIZON)
        plan = plan_freeze(made, flows)
        here = made.accounts.filter(
            pl.col("account").is_in([name for name in made.accounts["account"] if kinds.get(name)])
        )
        partners = _partners(made)
        row: dict[str, Any] = {"day": day, "plan": bank.caught(plan.accounts, now + DELAY, now + DELAY + HORIZON)}
        for among, frame in (("reached", here), ("gangs", here.filter(pl.col("account").is_in(list(suspects))))):
            names = frame["account"].to_list()
            largest = frame.sort("balance", descending=True)["account"].head(5).to_list()
            busiest = sorted(names, key=lambda name: -partners.get(name, 0))[:5]
            row[f"balances_{among}"] = bank.caught(largest, now + DELAY, now + DELAY + HORIZON)
            row[f"degrees_{among}"] = bank.caught(busiest, now + DELAY, now + DELAY + HORIZON)
        traced = here.sort("tainted_haircut", descending=True)["account"].head(5).to_list()
        row["traced_balances"] = bank.caught(traced, now + DELAY, now + DELAY + HORIZON)
        row["expected"], row["greedy_over_exact"] = plan.caught, _greedy_over_exact(made, flows)
        rows.append(row)
    return rows


def _partners(made: Trace) -> dict[str, int]:
    """With how many others each account has moved tainted money."""
    graph, carried = made.graph, made.carried
    assert carried is not None, "it was asked for"
    place = carried["place"].to_numpy()
    debtor, creditor = graph.debtor[place], graph.creditor[place]
    both = (debtor >= 0) & (creditor >= 0)
    pairs = np.unique(np.stack([debtor[both], creditor[both]], axis=1), axis=0)
    counts = np.bincount(pairs.ravel(), minlength=graph.accounts)
    return dict(zip(graph.names.to_list(), counts.tolist(), strict=True))


def _greedy_over_exact(made: Trace, flows: Any) -> float | None:
    """What greedy catches of what the best five of fourteen accounts catch."""
    through = flows.through()
    few = flows.names.gather(pl.Series(np.argsort(-through, kind="stable")[:FEW])).to_list()
    exact = plan_freeze(made, flows, Budget(5), only=few, at_other_banks=True, least_share=0)
    before, freeze_plan.MOST_SETS = freeze_plan.MOST_SETS, 0  # type: ignore[misc]
    try:
        greedy = plan_freeze(made, flows, Budget(5), only=few, at_other_banks=True, least_share=0)
    finally:
        freeze_plan.MOST_SETS = before  # type: ignore[misc]
    return greedy.caught / exact.caught if exact.caught else None


def ratio(rows: list[dict[str, Any]], other: str) -> float:
    """How much more all plans together catch than another choice does."""
    mine, theirs = (sum(row[name] for row in rows) for name in ("plan", other))
    return float(mine / theirs) if theirs else float("inf")


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.disruption", description=__doc__)
    parser.add_argument("--banks", default="201,202,203,204,205,206", help="seeds, joined by commas")
    parser.add_argument("--customers", type=int, default=3_000)
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--strength", type=float, default=0.3)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    if options.days < max(DAYS) + 16:
        parser.error(f"--days {options.days}: allowed is {max(DAYS) + 16} or more")
    found: dict[str, Any] = {"accounts": [], "profits": [], "plans": []}
    for seed in map(int, options.banks.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            wish = Wish(customers=options.customers, days=options.days, seed=seed, strength=options.strength)
            bank = GangMoney.simulated(Path(folder) / "bank", wish)
        found["accounts"].append({"bank": seed, **accounts_within(bank)})
        found["profits"] += [{"bank": seed, **row} for row in profits(bank)]
        found["plans"] += [{"bank": seed, **row} for row in plans(bank)]
        if not options.json:
            sys.stdout.write(f"bank {seed} done\n")
            sys.stdout.flush()
    if options.json:
        sys.stdout.write(json.dumps(found) + "\n")
        return 0
    _say(found)
    return 0


def _say(found: dict[str, Any]) -> None:
    total = {name: sum(row[name] for row in found["accounts"]) for name in found["accounts"][0] if name != "bank"}
    sys.stdout.write(
        f"accounts between low and high: {total['within']} of {total['accounts']} "
        f"({total['within'] / total['accounts']:.1%}); of those that hold gangs' money {total['holding_within']} of "
        f"{total['holding']}\n"
    )
    for how in dict.fromkeys(row["accounts"] for row in found["profits"]):
        rows = [row for row in found["profits"] if row["accounts"] == how]
        near = sum(row["error"] is not None and abs(row["error"]) <= 0.15 for row in rows)
        ranged = sum(row["in_range"] for row in rows)
        sys.stdout.write(
            f"profit, {how}: {near} of {len(rows)} within 15 % ({near / len(rows):.0%}), {ranged} in their range\n"
        )
    rows = found["plans"]
    for other in ("balances_reached", "balances_gangs", "degrees_reached", "degrees_gangs", "traced_balances"):
        each = [row["plan"] / row[other] if row[other] else float("inf") for row in rows]
        sys.stdout.write(
            f"freeze plan over {other}: {ratio(rows, other):.2f} times in all, median of {len(rows)} cases "
            f"{np.median(each):.2f}\n"
        )
    greedy = [row["greedy_over_exact"] for row in rows if row["greedy_over_exact"] is not None]
    sys.stdout.write(f"greedy over exact: mean {np.mean(greedy):.4f}, least {min(greedy):.4f} of {len(greedy)}\n")


if __name__ == "__main__":
    sys.exit(main())
