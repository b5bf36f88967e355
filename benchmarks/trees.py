"""Tree scoring measured: our kernel against scikit-learn and XGBoost, on as many trees and leaves.

``python -m benchmarks.trees [--rows N] [--repeats R] [--json]``. All sides run in turn in one process, so that the
ratios hold on a noisy machine; medians are shown. XGBoost is no dependency of moneytrail: run ``make setup-bench``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest
from threadpoolctl import threadpool_limits

from moneytrail.detectors.trees import Forest, from_boosting, from_isolation

try:
    import xgboost
except ImportError:
    xgboost = None

TREES, LEAVES, FEATURES, TRAINING = 200, 31, 28, 40_000
Matrix = NDArray[np.float32]
Sides = dict[str, Callable[[], object]]


def world(rows: int, seed: int) -> tuple[Matrix, NDArray[np.int64]]:
    """Features of mixed kinds (smooth, skewed, whole numbers, 0 or 1) and a class that hangs on some of them."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, FEATURES))
    matrix[:, ::3] = np.exp(matrix[:, ::3])
    matrix[:, 1::7] = np.round(3 * matrix[:, 1::7])
    matrix[:, 5::9] = matrix[:, 5::9] > 0
    signal = matrix[:, 0] * matrix[:, 1] + np.sin(3 * matrix[:, 2]) + matrix[:, 4] * matrix[:, 5]
    return matrix.astype(np.float32), (signal + rng.normal(size=rows) / 2 > 1).astype(np.int64)


def in_turn(sides: Sides, repeats: int, threads: int) -> dict[str, float]:
    """Median seconds of each side, run in turn `repeats` times after one warm-up."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    numba.set_num_threads(threads)
    with threadpool_limits(threads):
        for turn in range(repeats + 1):
            for name, work in sides.items():
                start = time.perf_counter()
                work()
                if turn:
                    seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}


def boosting(matrix: Matrix) -> tuple[dict[int, Sides], dict[str, int]]:
    """What to run for boosting, by number of threads, and the nodes of each model."""
    training, target = world(TRAINING, 1)
    model = HistGradientBoostingClassifier(max_iter=TREES, max_leaf_nodes=LEAVES, early_stopping=False, random_state=0)
    model.fit(training, target)
    forest = from_boosting(model)
    assert np.array_equal(forest.raw(matrix[:5000]), model.decision_function(matrix[:5000]))
    nodes = {"ours": _nodes(forest), "scikit-learn": sum(len(p.nodes) for (p,) in model._predictors)}
    rival = None
    if xgboost is not None:
        rival = xgboost.XGBClassifier(
            n_estimators=TREES, max_leaves=LEAVES, max_depth=0, grow_policy="lossguide", tree_method="hist",
            learning_rate=0.1, min_child_weight=0, random_state=0,
        ).fit(training, target).get_booster()  # fmt: skip
        nodes["XGBoost"] = sum(len(tree.splitlines()) for tree in rival.get_dump())
    return {threads: _boosting_sides(matrix, model, forest, rival, threads) for threads in (1, 2)}, nodes


def _boosting_sides(matrix: Matrix, model: Any, forest: Forest, rival: Any, threads: int) -> Sides:
    # As float64, which scikit-learn would otherwise copy the matrix into first.
    wide = matrix.astype(np.float64)
    sides: Sides = {
        "ours": lambda: forest.raw(matrix),
        "ours with contributions": lambda: forest.contributions(matrix),
        "scikit-learn": lambda: model._raw_predict(wide, n_threads=threads),
    }
    if rival is not None:

        def xgb() -> object:
            rival.set_param({"nthread": threads})
            return rival.inplace_predict(matrix, predict_type="margin")

        sides["XGBoost"] = xgb
    return sides


def isolation(matrix: Matrix) -> tuple[dict[int, Sides], dict[str, int]]:
    """What to run for an isolation forest of 100 trees over 256 rows each."""
    model = IsolationForest(n_estimators=100, max_samples=256, random_state=0).fit(world(TRAINING, 1)[0])
    forest = from_isolation(model)
    sides: Sides = {
        "ours": lambda: forest.raw(matrix),
        "ours with contributions": lambda: forest.contributions(matrix),
        "scikit-learn": lambda: model.score_samples(matrix),
    }
    return {1: sides, 2: sides}, {"ours": _nodes(forest)}


def _nodes(forest: Forest) -> int:
    return int(forest.ensemble.left.size + forest.ensemble.value.size)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trees", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    chosen = parser.parse_args(arguments)
    matrix = world(chosen.rows, 2)[0]
    result: dict[str, Any] = {"rows": chosen.rows}
    for name, made in (("boosting", boosting(matrix)), ("isolation forest", isolation(matrix))):
        by_threads, nodes = made
        result[name] = {"nodes": nodes} | {
            f"threads {threads}": in_turn(sides, chosen.repeats, min(threads, numba.config.NUMBA_NUM_THREADS))
            for threads, sides in by_threads.items()
        }
    if chosen.json:
        print(json.dumps(result))
        return 0
    if xgboost is None:
        print("XGBoost is not installed: run make setup-bench")
    for name in ("boosting", "isolation forest"):
        print(f"{name}: nodes {result[name]['nodes']}")
        for threads in (1, 2):
            seconds = result[name][f"threads {threads}"]
            for side, spent in seconds.items():
                ratio = f", ours is {spent / seconds['ours']:.1f} times as fast" if not side.startswith("ours") else ""
                print(f"  {threads} thread(s) {side}: {chosen.rows / spent:,.0f} rows/s{ratio}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
