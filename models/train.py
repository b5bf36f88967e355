"""Train the shipped models on simulated banks and write their folders. Run with ``make models``.

The detectors learn without labels: the simulator's truth is not read. The combination learns from it. Several banks of
different seeds and sizes, so that no one of them is learned by heart. ``python -m models.train combination`` trains
the named ones only.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from models.measure import WARM, combination_figures, release_groups
from moneytrail.artifacts import save_detector
from moneytrail.combination import COLUMNS, FIRST, SECOND, Combination, Known
from moneytrail.combination_folder import KIND, Told, save_combination
from moneytrail.detectors import unfitted
from moneytrail.evaluation.case import Case
from moneytrail.evaluation.groups import check_gate
from moneytrail.features import compute
from moneytrail.graph import TransactionGraph
from moneytrail.rates import ExchangeRates
from moneytrail.scoring import SHIPPED_DETECTORS
from moneytrail.simulate import Wish, simulate

BANKS = ((1001, 2000, 120), (1002, 4000, 90), (1003, 1000, 365), (1004, 3000, 180))
ROWS_PER_BANK = 50_000
SEED = 20261121
VERSION = "1"

TAUGHT = (
    (3001, 2000, 180, 8, 0.0),
    (3002, 3000, 120, 10, 0.5),
    (3003, 1500, 240, 8, 1.0),
    (3004, 1000, 365, 6, 0.0),
    (3005, 2500, 150, 10, 1.0),
    (3006, 1500, 200, 6, 0.5),
    (3007, 3000, 180, None, 0.5),
    (3008, 2500, 180, None, 1.0),
)
"""Seed, customers, days, gangs (``None``: the simulator's own number) and strength of the combination's banks.

Trees are counted and probabilities calibrated on the last ones, which have as few gangs as the simulator deems usual.
"""

NEGATIVES = 100_000
LARGER = {"trees": 400, "learning_rate": 0.06, "l2": 5.0}
"""What differs from the settings for one bank: there are ten times as many illicit transfers to learn from."""

REASONS = Path(__file__).parent / "fairness-reasons.toml"
"""Why a group of customers may have more than its part of the false alerts; without a reason nothing is released."""


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


def train_detectors(names: list[str]) -> None:
    """Write ``models/NAME/VERSION`` for shipped detectors."""
    matrix = training_rows()
    trained_on = {
        "simulated_banks": [{"seed": s, "customers": c, "days": d} for s, c, d in BANKS],
        "rows": len(matrix),
        "seed": SEED,
        "fingerprint": hashlib.sha256(matrix.tobytes()).hexdigest(),
    }
    sample = matrix[np.random.default_rng(SEED).choice(len(matrix), 16, replace=False)]
    for detector in map(unfitted, names):
        folder = Path(__file__).parent / detector.name / VERSION
        manifest = save_detector(detector.fit(matrix, seed=SEED), folder, trained_on=trained_on, sample=sample)
        _written(folder, manifest)


def taught_bank(seed: int, customers: int, days: int, gangs: int | None, strength: float) -> Known:
    """One bank to learn from: its graph, the transfers after the first 30 days, and the truth."""
    wish = Wish(customers, days, seed, gangs=gangs, strength=strength)
    case = Case.simulated(wish, ExchangeRates.load(), lambda stage, done: None)
    return case.graph, case.scored & (case.graph.time >= case.graph.time[0] + WARM), case.illicit


def train_combination() -> None:
    """Write ``models/combination/VERSION``, with its figures on banks that it did not learn from."""
    known = [taught_bank(*bank) for bank in TAUGHT]
    first, second = replace(FIRST, trees=200, learning_rate=0.06), replace(SECOND, negatives=NEGATIVES, **LARGER)
    fitted = Combination(settings=second, first_settings=first, keep=len(COLUMNS)).fit_many(known, seed=SEED)
    graph, rows, illicit = known[-1]
    sample = fitted.rows(graph, _spread(rows & illicit, rows))
    told = Told(_taught(known), combination_figures(fitted))
    folder = Path(__file__).parent / KIND / VERSION
    accepted = check_gate(release_groups(told.metrics), REASONS)
    sys.stdout.writelines(f"over the limit, with a written reason: {group.name}\n" for group in accepted)
    _written(folder, save_combination(fitted, folder, told, sample))


def _taught(known: list[Known]) -> dict[str, Any]:
    fingerprint = hashlib.sha256()
    for graph, rows, illicit in known:
        for array in (graph.time, graph.debtor, graph.creditor, graph.amount, rows, illicit):
            fingerprint.update(np.ascontiguousarray(array).tobytes())
    names = ("seed", "customers", "days", "gangs", "strength")
    return {
        "simulated_banks": [dict(zip(names, bank, strict=True)) for bank in TAUGHT],
        "transfers": sum(graph.transfers for graph, _, _ in known),
        "rows": sum(int(rows.sum()) for _, rows, _ in known),
        "illicit": sum(int((rows & illicit).sum()) for _, rows, illicit in known),
        "seed": SEED,
        "fingerprint": fingerprint.hexdigest(),
    }


def _spread(illicit: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Eight illicit places and eight others, evenly spread; both kinds are wanted among the manifest's sample."""
    parts = [np.flatnonzero(kind) for kind in (illicit, rows & ~illicit)]
    return np.unique(np.concatenate([part[np.linspace(0, part.size - 1, 8).astype(int)] for part in parts]))


def _written(folder: Path, manifest: dict[str, Any]) -> None:
    sys.stdout.write(f"{folder.parent.name}/{folder.name}: sha256 {manifest['sha256'][:16]}…\n")


def main() -> int:
    """Train what is named, everything by default."""
    wanted = sys.argv[1:] or [*SHIPPED_DETECTORS, KIND]
    if KIND in wanted:
        train_combination()
    detectors = [name for name in wanted if name != KIND]
    if detectors:
        train_detectors(detectors)
    return 0


if __name__ == "__main__":
    sys.exit(main())
