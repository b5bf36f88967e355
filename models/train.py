"""Train the shipped detectors on simulated banks and write their folders. Run with ``make models``.

Unsupervised: labels and the simulator's truth are not read. Several banks of different seeds and sizes, so that no
one of them is learned by heart.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np

from moneytrail.artifacts import save_detector
from moneytrail.detectors import DETECTORS
from moneytrail.features import compute
from moneytrail.graph import TransactionGraph
from moneytrail.rates import ExchangeRates
from moneytrail.simulate import simulate

BANKS = ((1001, 2000, 120), (1002, 4000, 90), (1003, 1000, 365), (1004, 3000, 180))
ROWS_PER_BANK = 50_000
SEED = 20261121
VERSION = "1"


def training_rows() -> np.ndarray:
    """A random sample of each bank's feature matrix, without the first 30 days, whose windows are not yet full."""
    parts = []
    for seed, customers, days in BANKS:
        bank = simulate(customers=customers, days=days, seed=seed)
        graph = TransactionGraph.from_frame(bank.transfers, ExchangeRates.load(), bank.accounts)
        matrix = compute(graph)
        settled = np.flatnonzero(graph.time >= graph.time[0] + 30 * 86_400_000_000)
        chosen = np.random.default_rng([SEED, seed]).choice(settled, min(ROWS_PER_BANK, settled.size), replace=False)
        parts.append(matrix[np.sort(chosen)])
    return np.concatenate(parts)


def main() -> int:
    """Write ``models/NAME/VERSION`` for every detector."""
    matrix = training_rows()
    trained_on = {
        "simulated_banks": [{"seed": s, "customers": c, "days": d} for s, c, d in BANKS],
        "rows": len(matrix),
        "seed": SEED,
        "fingerprint": hashlib.sha256(matrix.tobytes()).hexdigest(),
    }
    sample = matrix[np.random.default_rng(SEED).choice(len(matrix), 16, replace=False)]
    for detector in DETECTORS:
        folder = Path(__file__).parent / detector.name / VERSION
        manifest = save_detector(detector.fit(matrix, seed=SEED), folder, trained_on=trained_on, sample=sample)
        sys.stdout.write(f"{folder.parent.name}/{folder.name}: sha256 {manifest['sha256'][:16]}…\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
