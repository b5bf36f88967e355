"""Fit what each typology weighs in an alert's risk, on simulated banks. Run with ``python -m models.weights``.

The truth is read: an alert is a gang's when at least half of the evidence of one of its matches is. The banks have
many more gangs than by default, so that there is something to learn from; a gang's alerts then count for less, as if
illicit transfers had their default share. The weights are those under which the alerts' risks, taken as probabilities,
explain best which of them are a gang's; the prior draws a typology that was hardly seen to a weight of about 0.12.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from scipy.optimize import minimize
from scipy.special import expit

from moneytrail.scoring import Pipeline
from moneytrail.simulate import simulate
from moneytrail.simulate.bank import TARGET_SHARE
from moneytrail.typologies import CATALOGUE

BANKS: Final = ((2002, 0.5), (2003, 1.0), (2004, 1.0), (2005, 1.0))
"""Seed and share of careful attempts. Mostly careful ones: naive gangs stand out with any weights."""
CUSTOMERS, DAYS, GANGS = 5_000, 365, 24

PRIOR: Final = -2.0
"""The log odds that an unseen typology's weight is drawn to. Design."""

SPREAD: Final = 1.8
"""The standard deviation of the normal prior around it: how freely the examples may move a weight. Design."""

TARGET: Final = Path(__file__).parent.parent / "src" / "moneytrail" / "weights.toml"


def examples(seed: int, strength: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every alert of one bank.

    Returns
    -------
    scores : float64[alerts, typologies]
    illicit : bool[alerts]
    counts : float64[alerts]
        For how much each counts.
    """
    bank = simulate(CUSTOMERS, DAYS, seed, gangs=GANGS, strength=strength)
    arrivals = bank.arrivals.select("day", "arrivals", red=pl.col("band") == "red")
    report = Pipeline(alert_budget=1).run(bank.transfers, bank.accounts, arrivals)
    illicit = bank.truth["transfers"]["transaction_id"].unique()
    proof = report.evidence.group_by("match_id").agg(share=pl.col("transaction_id").is_in(illicit.implode()).mean())
    theirs = set(proof.filter(pl.col("share") >= 0.5)["match_id"])
    columns = {entry.id: column for column, entry in enumerate(CATALOGUE)}
    scores = np.zeros((report.alert_frame.height, len(columns)))
    for row, (names, found) in enumerate(report.alert_frame.select("typologies", "typology_scores").rows()):
        scores[row, [columns[name] for name in names]] = found
    gang = np.array([not theirs.isdisjoint(names) for names in report.alert_frame["match_ids"]])
    rarer = TARGET_SHARE * bank.transfers.height / illicit.len()
    return scores, gang, np.where(gang, rarer, 1.0)


def fit(scores: np.ndarray, gang: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """float64[typologies]: the weights of largest posterior probability."""

    def surprise(odds: np.ndarray) -> float:
        calm = np.prod(1.0 - expit(odds) * scores, axis=1).clip(1e-9, 1.0 - 1e-9)
        return float(
            -(counts * np.log(np.where(gang, 1.0 - calm, calm))).sum() + (((odds - PRIOR) / SPREAD) ** 2).sum() / 2
        )

    weights: np.ndarray = expit(minimize(surprise, np.full(scores.shape[1], PRIOR), method="L-BFGS-B").x)
    return weights


def document(weights: Sequence[float], seen: Sequence[int], theirs: Sequence[int]) -> str:
    """The table as it is shipped."""
    banks = "; ".join(f"seed {seed}, strength {strength:g}" for seed, strength in BANKS)
    lines = [
        "# What a match of full score weighs in a risk score. Written by `python -m models.weights`; see risk.py.",
        f"# Fitted to simulated banks of {CUSTOMERS:,} customers, {DAYS} days and {GANGS} gangs each",
        f"# ({banks}), as if {TARGET_SHARE:.2%} of transfers were illicit.",
        "# After each weight: alerts with such a match, and how many of these were a gang's. Typologies that raise no",
        "# alert of their own weigh nothing.",
        "[weights]",
    ]
    for entry, weight, alerts, gang in zip(CATALOGUE, weights, seen, theirs, strict=True):
        shown = weight if entry.alerts_alone else 0.0
        lines.append(f"{entry.id} = {shown:.3f}  # {alerts} alerts, {gang} a gang's")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write ``weights.toml``."""
    parts = []
    for seed, strength in BANKS:
        parts.append(examples(seed, strength))
        sys.stderr.write(f"seed {seed}: {parts[-1][1].size} alerts, {int(parts[-1][1].sum())} a gang's\n")
    scores, gang, counts = (np.concatenate(column) for column in zip(*parts, strict=True))
    hit = scores > 0
    TARGET.write_text(document(fit(scores, gang, counts), hit.sum(0), hit[gang].sum(0)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
