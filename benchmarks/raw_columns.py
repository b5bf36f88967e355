"""How easy is the simulated bank? LightGBM on a transfer's own columns, without history or graph.

``python -m benchmarks.raw_columns [--customers N] [--days D] [--strength S] [--train SEEDS] [--test SEEDS] [--json]``.
If a single transfer gives a gang away, the simulator is wrong: nobody in the field has it so easy. Trained on some
seeds, with one more to stop by, and tested on others. Shown beside it, with ``--alone``: what each column finds alone.
LightGBM is no dependency of moneytrail: run ``make setup-bench``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from moneytrail.simulate import Wish, simulate_to

try:
    import lightgbm
except ImportError:
    lightgbm = None

NUMBERS = ("amount", "credited_amount", "hour", "minute", "weekday", "day")
WORDS = (
    "channel", "currency", "credited_currency", "debtor_institution", "creditor_institution", "debtor_country",
    "creditor_country", "reference", "merchant_category", "location",
)  # fmt: skip
COLUMNS = (*NUMBERS, *WORDS)
ROUNDS = 1_000
SETTINGS = ((31, 0.05), (127, 0.03))
"""Leaves and learning rate."""
Side = tuple[NDArray[np.float64], NDArray[np.bool_]]


def bank(wish: Wish) -> tuple[pl.DataFrame, NDArray[np.bool_]]:
    """Raw columns of one simulated bank and which of its transfers are illicit."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "bank"
        simulate_to(place, wish)
        frame = pl.read_parquet(place / "transfers.parquet")
        illicit = pl.read_parquet(place / "truth" / "transfers.parquet")["transaction_id"]
    time = pl.col("booked_at").dt
    raw = frame.select(
        pl.col("amount", "credited_amount"),
        hour=time.hour(), minute=time.minute(), weekday=time.weekday(), day=time.day(),
    )  # fmt: skip
    words = frame.select(pl.col(WORDS).cast(pl.String))
    return raw.hstack(words), frame["transaction_id"].is_in(illicit.implode()).to_numpy()


def together(wishes: list[Wish]) -> tuple[pl.DataFrame, NDArray[np.bool_]]:
    """Several banks as one."""
    made = [bank(wish) for wish in wishes]
    return pl.concat([frame for frame, _ in made]), np.concatenate([truth for _, truth in made])


def matrices(train: pl.DataFrame, test: pl.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Numbers as they are, words as codes that the training rows settle; a word never seen there is absent."""
    sides: list[list[Any]] = [[frame[name].cast(pl.Float64).to_numpy() for name in NUMBERS] for frame in (train, test)]
    for name in WORDS:
        known = pl.Enum(train[name].drop_nulls().unique().sort())
        for side, frame in zip(sides, (train, test), strict=True):
            side.append(frame[name].cast(known, strict=False).to_physical().cast(pl.Float64).to_numpy())
    return np.column_stack(sides[0]), np.column_stack(sides[1])


def fitted(train: Side, held: Side, columns: list[int]) -> Any:
    """LightGBM on some columns; rounds and the better of two settings by average precision on a bank held out."""
    rng = np.random.default_rng(1)
    names = [COLUMNS[column] for column in columns]
    words = [name for name in names if name in WORDS]

    def dataset(side: Side, rows: int, reference: Any = None) -> Any:
        matrix, truth = side
        # All illicit rows and a sample of the others, weighted back.
        kept = truth | (rng.random(truth.size) < min(1.0, rows / truth.size))
        weight = np.where(truth[kept], 1.0, max(1.0, truth.size / rows))
        return lightgbm.Dataset(
            matrix[kept][:, columns], truth[kept], weight=weight, feature_name=names, categorical_feature=words,
            reference=reference,
        )  # fmt: skip

    known = dataset(train, 600_000)
    watched = dataset(held, 300_000, known)
    models = []
    for leaves, rate in SETTINGS:
        settings = {
            "objective": "binary", "metric": "average_precision", "num_leaves": leaves, "learning_rate": rate,
            "min_data_in_leaf": 50, "min_sum_hessian_in_leaf": 0.05, "lambda_l2": 1.0, "verbose": -1, "seed": 1,
            "deterministic": True, "num_threads": 2, "min_data_per_group": 50, "cat_smooth": 20.0,
        }  # fmt: skip
        stop = lightgbm.early_stopping(60, verbose=False)
        models.append(lightgbm.train(settings, known, ROUNDS, valid_sets=[watched], callbacks=[stop]))
    return max(models, key=lambda model: model.best_score["valid_0"]["average_precision"])


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Average precision of all columns together and of each alone, on banks that were not trained on."""

    def wishes(seeds: list[str]) -> list[Wish]:
        common = {"customers": options.customers, "days": options.days, "strength": options.strength}
        return [Wish(seed=int(seed), **common) for seed in seeds]

    seeds = options.train.split(",")
    (train, known), (held, watched) = together(wishes(seeds[:-1])), together(wishes(seeds[-1:]))
    test, truth = together(wishes(options.test.split(",")))
    seen, unseen = matrices(train, test)
    sides = (seen, known), (matrices(train, held)[1], watched)
    every = list(range(len(COLUMNS)))
    model = fitted(*sides, every)
    gain = dict(zip(COLUMNS, model.feature_importance("gain").tolist(), strict=True))
    alone = {}
    for column in every if options.alone else []:
        found = fitted(*sides, [column]).predict(unseen[:, [column]])
        alone[COLUMNS[column]] = float(average_precision_score(truth, found))
    return {
        "transfers": int(truth.size),
        "base_rate": float(truth.mean()),
        "average_precision": float(average_precision_score(truth, model.predict(unseen))),
        "rounds": int(model.best_iteration),
        "alone": alone,
        "gain": gain,
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.raw_columns", description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--strength", type=float, default=1.0)
    parser.add_argument("--train", default="101,102,103", help="The last one is held out.")
    parser.add_argument("--test", default="104,105")
    parser.add_argument("--alone", action="store_true", help="Each column alone too; takes long.")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if lightgbm is None:
        sys.stderr.write("LightGBM is not installed: run make setup-bench\n")
        return 2
    result = measure(options)
    if options.json:
        sys.stdout.write(json.dumps(result) + "\n")
        return 0
    sys.stdout.write(
        f"{result['transfers']:,} transfers not trained on, {result['base_rate']:.3%} illicit\n"
        f"average precision of all raw columns: {result['average_precision']:.4f}\n"
    )
    total = sum(result["gain"].values()) or 1.0
    for name, gain in sorted(result["gain"].items(), key=lambda item: -item[1]):
        alone = f"  alone {result['alone'][name]:.4f}" if result["alone"] else ""
        sys.stdout.write(f"  {name:22s} {gain / total:6.1%} of the gain{alone}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
