"""What of the planted gangs the engine finds: simulated banks of several seeds, scored, held against their truth.

``python -m benchmarks.planted [--seeds 7,2001,2002] [--customers N] [--days D] [--gangs G] [--strengths 0.3]
[--typologies IDS] [--alerts N] [--json]``. One bank a seed and strength. Told are, for each typology of the catalogue
and each strength of an attempt: the attempts planted, and those found, of which at least half of the transfers are
proof of matches of that same typology; and how many of the first alerts hold a gang's transfer. Naive attempts satisfy
the published definition, careful ones are made not to, incomplete ones were cut short.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final

import polars as pl

from moneytrail.scoring import SHIPPED_DETECTORS, Pipeline, load_detectors
from moneytrail.simulate import simulate
from moneytrail.typologies import CATALOGUE

STRENGTHS: Final = ("naive", "careful", "incomplete")
SUMMED: Final = ("transfers", "illicit", "gangs", "alerts", "with_a_gang")
HALF: Final = 0.5
"""Share of an attempt's transfers that makes it found. Design."""

Found = dict[str, dict[str, dict[str, int]]]
"""``planted`` and ``found`` by typology, then strength."""


def attempts_found(
    attempts: pl.DataFrame, transfers: pl.DataFrame, matches: pl.DataFrame, evidence: pl.DataFrame
) -> Found:
    """Count planted and found attempts of the catalogue's typologies.

    Parameters
    ----------
    attempts, transfers : polars DataFrame
        ``truth/attempts`` and ``truth/transfers``.
    matches, evidence : polars DataFrame
        A run's.
    """
    proven = evidence.join(matches.select("match_id", "typology"), on="match_id")
    proven = proven.select("typology", "transaction_id").unique().with_columns(proven=pl.lit(1.0))
    shares = (
        transfers.select("attempt", "transaction_id")
        .join(attempts.select("attempt", "typology"), on="attempt")
        .join(proven, on=["typology", "transaction_id"], how="left")
        .group_by("attempt")
        .agg(share=pl.col("proven").fill_null(0.0).mean())
    )
    seen = attempts.join(shares, on="attempt", how="left").with_columns(
        found=(pl.col("share") >= HALF).fill_null(False)
    )
    counts = seen.group_by("typology", "strength").agg(planted=pl.len(), found=pl.col("found").sum())
    told = {(t, s): {"planted": planted, "found": found} for t, s, planted, found in counts.iter_rows()}
    none = {"planted": 0, "found": 0}
    return {entry.id: {name: dict(told.get((entry.id, name), none)) for name in STRENGTHS} for entry in CATALOGUE}


def first_alerts(alerts: pl.DataFrame, evidence: pl.DataFrame, illicit: pl.Series, number: int) -> dict[str, int]:
    """Count the first alerts, and those of them that hold a gang's transfer."""
    first = alerts.sort("rank").head(number)
    gangs = evidence.filter(pl.col("transaction_id").is_in(illicit.implode()))["match_id"]
    held = first.explode("match_ids").filter(pl.col("match_ids").is_in(gangs.implode()))["alert_id"].n_unique()
    return {"alerts": first.height, "with_a_gang": held}


def measure(seed: int, strength: float, options: argparse.Namespace) -> dict[str, Any]:
    """Simulate one bank, score it and hold the result against the truth."""
    typologies = tuple(options.typologies.split(",")) if options.typologies else None
    bank = simulate(
        options.customers, options.days, seed, gangs=options.gangs, strength=strength, typologies=typologies
    )
    report = Pipeline(detectors=load_detectors(SHIPPED_DETECTORS)).run(bank.transfers, bank.accounts)
    illicit = bank.truth_transfers["transaction_id"]
    return {
        "seed": seed,
        "strength": strength,
        **{name: bank.counts()[name] for name in ("transfers", "illicit", "gangs")},
        **first_alerts(report.alert_frame, report.evidence, illicit, options.alerts),
        "attempts": attempts_found(bank.truth_attempts, bank.truth_transfers, report.matches, report.evidence),
    }


def together(banks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Sum over banks."""
    sums = {name: sum(bank[name] for bank in banks) for name in SUMMED}
    attempts: Found = {}
    for entry in CATALOGUE:
        of_each = [bank["attempts"][entry.id] for bank in banks]
        attempts[entry.id] = {
            name: {count: sum(each[name][count] for each in of_each) for count in ("planted", "found")}
            for name in STRENGTHS
        }
    return {**sums, "attempts": attempts}


def table(document: dict[str, Any]) -> str:
    """Write the document as text: found attempts of those planted."""
    width = 24
    lines = [f"{'':<{width}}" + "".join(f"{name:>14}" for name in (*SUMMED, *STRENGTHS))]
    for bank in (*document["banks"], document["all"]):
        name = f"seed {bank['seed']}, strength {bank['strength']:g}" if "seed" in bank else "all banks"
        cells = [f"{bank[summed]:,}" for summed in SUMMED] + [_cell(bank["attempts"].values(), s) for s in STRENGTHS]
        lines.append(f"{name:<{width}}" + "".join(f"{cell:>14}" for cell in cells))
        for typology, counts in bank["attempts"].items():
            cells = [""] * len(SUMMED) + [_cell([counts], strength) for strength in STRENGTHS]
            lines.append(f"{'  ' + typology:<{width}}" + "".join(f"{cell:>14}" for cell in cells))
    return "\n".join(lines)


def _cell(counted: Iterable[dict[str, dict[str, int]]], strength: str) -> str:
    pairs = [(counts[strength]["found"], counts[strength]["planted"]) for counts in counted]
    return f"{sum(found for found, _ in pairs):,} of {sum(planted for _, planted in pairs):,}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, score and print."""
    options = _parser().parse_args(arguments)
    seeds = [int(seed) for seed in options.seeds.split(",")]
    strengths = [float(strength) for strength in options.strengths.split(",")]
    banks = [measure(seed, strength, options) for strength in strengths for seed in seeds]
    document = {"banks": banks, "all": together(banks)}
    print(json.dumps(document, indent=2) if options.json else table(document))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planted", description=__doc__)
    parser.add_argument("--seeds", default="7,2001,2002", help="joined by commas (default 7,2001,2002)")
    parser.add_argument("--customers", type=int, default=3000)
    parser.add_argument("--days", type=int, default=120)
    parser.add_argument("--gangs", type=int, help="default: the simulator's, by the share of illicit transfers")
    parser.add_argument("--strengths", default="0.3", help="shares of careful attempts, joined by commas (default 0.3)")
    parser.add_argument("--typologies", help="what every gang does (default: dealt)")
    parser.add_argument("--alerts", type=int, default=100, help="alerts looked at (default 100)")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
