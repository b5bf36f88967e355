"""Is the promised share of false alerts kept? Simulated banks, one run each.

``python -m benchmarks.guarantee [--runs 20] [--share 0.2] [--customers N] [--days D] [--gangs G] [--first-seed S]
[--json]``. Each bank has a calibration period without gangs: the attempts that begin before it ends are taken out. The
line of risk is 0, so that the promise alone decides what is raised. An alert is false when of none of its matches half
of the evidence is a gang's. Told are each run's alerts, false alerts and verdict, the mean false share with an interval
by resampling the runs, and how many runs kept within the share.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from moneytrail import Pipeline
from moneytrail.conformal import AlertPlan, Budget
from moneytrail.simulate import SimulatedBank, simulate

DRAWS: Final = 10_000
HALF: Final = 0.5


def cleaned(bank: SimulatedBank, until: date) -> tuple[pl.DataFrame, pl.Series]:
    """The transfers without the attempts that begin before `until`, and the ids of those that are a gang's."""
    planted = bank.truth_transfers.join(bank.transfers.select("transaction_id", "booked_at"), on="transaction_id")
    begins = planted.group_by("attempt").agg(first=pl.col("booked_at").min())
    border = datetime.combine(until, time(), UTC)
    late = begins.filter(pl.col("first") >= border)["attempt"].implode()
    kept = planted.filter(pl.col("attempt").is_in(late))["transaction_id"].unique()
    gone = planted.filter(~pl.col("transaction_id").is_in(kept.implode()))["transaction_id"].unique()
    return bank.transfers.filter(~pl.col("transaction_id").is_in(gone.implode())), kept


def measure(seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """One bank: how many alerts the promise raises, and how many of them are false."""
    bank = simulate(options.customers, options.days, seed, gangs=options.gangs)
    start = bank.transfers["booked_at"].dt.date().min()
    assert isinstance(start, date)
    until = start + timedelta(days=round(options.days * 2 / 3))
    transfers, guilty = cleaned(bank, until)
    plan = AlertPlan(Budget(false_share=options.share), until)
    report = Pipeline(parameters={"risk": {"raise_from": 0.0}}, plan=plan).run(transfers, bank.accounts)
    proved = report.evidence.with_columns(guilty=pl.col("transaction_id").is_in(guilty.implode()))
    shares = proved.group_by("match_id").agg(share=pl.col("guilty").mean())
    right = set(shares.filter(pl.col("share") >= HALF)["match_id"])
    raised = report.alert_frame.filter("within_budget")
    false = sum(right.isdisjoint(names) for names in raised["match_ids"])
    told = report.record["plan"]
    return {
        "seed": seed,
        "alerts": raised.height,
        "false": false,
        "expected_false": told["expected_false"],
        "verdict": told["drift"]["verdict"],
    }


def summed(runs: list[dict[str, Any]], share: float) -> dict[str, Any]:
    """The mean over the runs, a run without alerts counting 0, and where 95 % of resampled means lie."""
    shares = np.array([run["false"] / max(1, run["alerts"]) for run in runs])
    drawn = np.random.default_rng(1).choice(shares, (DRAWS, shares.size)).mean(axis=1)
    low, high = np.percentile(drawn, (2.5, 97.5)).tolist()
    return {
        "share": share,
        "runs": runs,
        "mean_false_share": float(shares.mean()),
        "interval": [low, high],
        "runs_within": int((shares <= share).sum()),
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guarantee", description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--share", type=float, default=0.2)
    parser.add_argument("--customers", type=int, default=1_500)
    parser.add_argument("--days", type=int, default=360)
    parser.add_argument("--gangs", type=int, default=4)
    parser.add_argument("--first-seed", type=int, default=500)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    if options.runs < 1:
        parser.error(f"--runs {options.runs}: allowed is 1 or more")
    runs = []
    for seed in range(options.first_seed, options.first_seed + options.runs):
        runs.append(measure(seed, options))
        if not options.json:
            run = runs[-1]
            sys.stdout.write(f"seed {seed}: {run['alerts']} alerts, {run['false']} false, {run['verdict']}\n")
            sys.stdout.flush()
    result = summed(runs, options.share)
    if options.json:
        sys.stdout.write(json.dumps(result) + "\n")
        return 0
    low, high = result["interval"]
    sys.stdout.write(
        f"asked {options.share:.0%}: mean false share {result['mean_false_share']:.1%} (95 % interval {low:.1%} to "
        f"{high:.1%}); {result['runs_within']} of {len(runs)} runs within it\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
