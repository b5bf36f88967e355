"""Twenty seeds of the simulator against what is sourced: boats, people aboard, season, and what a head pays.

``python -m benchmarks.seasons [--seeds 20] [--gangs 7] [--json]``. Small banks of a calendar year each: the country's
boats and the gangs' business do not depend on how many customers a bank has. Exit status 1 where a seed is outside.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl

from moneytrail.simulate import SimulatedBank, simulate

RANGES: Final = {
    "boats a week": (14.0, 21.5, "738 boats in the year to April 2025, 1,116 to April 2022 (BBC, 2025, second-hand)"),
    "people a boat": (41.0, 59.0, "41 in 2022 to 59 in the peak month of 2024 (PA Media, 2024, second-hand)"),
    "share of arrivals from July": (0.58, 0.72, "about 65 % (Home Office, 2025); seven points either way are design"),
    "red days": (106.0, 190.0, "190 in the year to April 2025, up 80 % (BBC, 2025, second-hand)"),
    "people a gang's boat": (41.0, 59.0, "as above"),
    "fees a head that arrived, pounds": (1500.0, 4000.0, "Eurojust, 2022, to The Times, 2023, both second-hand"),
}
"""Least, most, and where they come from."""


def measures(bank: SimulatedBank) -> dict[str, float]:
    """What one bank's year was like."""
    days, boats = bank.arrivals, bank.truth["boats"]
    arrived, later = boats.filter("arrived"), days.filter(pl.col("day").dt.month() >= 7)
    sent, people = _sum(days, "boats"), _sum(days, "arrivals")
    return {
        "boats a week": sent * 7 / days.height,
        "people a boat": people / sent,
        "share of arrivals from July": _sum(later, "arrivals") / people,
        "red days": float((days["band"] == "red").sum()),
        "people a gang's boat": _sum(boats, "people") / boats.height,
        "fees a head that arrived, pounds": _sum(arrived, "fees") / 100 / _sum(arrived, "people"),
    }


def _sum(frame: pl.DataFrame, column: str) -> float:
    return float(frame[column].to_numpy().sum())


def main(arguments: list[str] | None = None) -> int:
    """Measure all seeds and show least, median and most beside the range."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.seasons", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="Seeds 0 to N - 1.")
    parser.add_argument("--gangs", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    found: dict[str, list[float]] = {name: [] for name in RANGES}
    for seed in range(options.seeds):
        bank = simulate(50, 365, seed, gangs=options.gangs, start=date(2025, 1, 1))
        for name, value in measures(bank).items():
            found[name].append(value)
    table: dict[str, dict[str, Any]] = {}
    for name, (least, most, source) in RANGES.items():
        values = np.array(found[name])
        table[name] = {
            "least": float(values.min()), "median": float(np.median(values)), "most": float(values.max()),
            "inside": int(((values >= least) & (values <= most)).sum()), "range": [least, most], "source": source,
        }  # fmt: skip
    if options.json:
        sys.stdout.write(json.dumps({"seeds": options.seeds, "measures": table}) + "\n")
    else:
        for name, row in table.items():
            least, most = row["range"]
            sys.stdout.write(
                f"{name:34s} {row['least']:8.2f} {row['median']:8.2f} {row['most']:8.2f}"
                f"   {row['inside']} of {options.seeds} in {least:g} to {most:g}: {row['source']}\n"
            )
    return 0 if all(row["inside"] == options.seeds for row in table.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
