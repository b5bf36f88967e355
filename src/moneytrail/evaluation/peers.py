"""The peers: what others would build from these transfers, to be measured beside ours. None is needed by the package.

Snap ML's Graph Feature Preprocessor (GFP) with LightGBM or XGBoost is what IBM publishes on AMLworld (Blanuša and
others, "Graph Feature Preprocessor: Real-time Subgraph-based Feature Extraction for Financial Crime Detection", ICAIF
2024). It is fed in batches of 128 transfers as there, in time order; every row of a batch sees the whole batch.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from moneytrail.detectors import unfitted
from moneytrail.errors import ParameterError
from moneytrail.evaluation.columns import history_columns, raw_columns
from moneytrail.evaluation.measuring import Watch
from moneytrail.evaluation.trials import Scored, Task, Trial, blank, drawn_rows, raw_score, tuned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.scoring import Progress

EXTRA: Final = "pip install 'moneytrail[peers]'"
WINDOWS: Final = (1, 7, 30)
"""Days that GFP may look back; IBM's own setting is 1."""
BATCH: Final = 128
FIRST_SECOND: Final = 86_400
"""GFP takes time 0 for none, and loses its moments of time to cancellation when they count from 1970."""
BINS: Final = list(range(2, 31))
CYCLE_BINS: Final = list(range(2, 11))
MOMENTS: Final = [0, 1, 2, 3, 4, 8, 9, 10]
"""Fan, degree, their ratio, mean, sum, variance, skewness, kurtosis."""
LARGEST: Final = 3e38
"""GFP's moments may pass what a float32 holds."""

ROUNDS: Final = 600
PATIENCE: Final = 80
LEAST_ROUNDS: Final = 50
MORE_ROWS: Final = 1.2
"""Rounds for training and validation together, times those found best for training alone. Design."""

LIGHTGBM: Final = (
    {"num_leaves": 31, "learning_rate": 0.05, "lambda_l2": 1.0, "min_data_in_leaf": 20},
    {"num_leaves": 15, "learning_rate": 0.05, "lambda_l2": 10.0, "min_data_in_leaf": 50},
    {"num_leaves": 63, "learning_rate": 0.03, "lambda_l2": 5.0, "min_data_in_leaf": 20},
    {"num_leaves": 127, "learning_rate": 0.03, "lambda_l2": 10.0, "min_data_in_leaf": 100},
)
XGBOOST: Final = (
    {"max_depth": 6, "eta": 0.05, "lambda": 1.0, "min_child_weight": 1.0},
    {"max_depth": 4, "eta": 0.1, "lambda": 10.0, "min_child_weight": 5.0},
    {"max_depth": 8, "eta": 0.03, "lambda": 5.0, "min_child_weight": 1.0},
    {"max_depth": 10, "eta": 0.03, "lambda": 10.0, "min_child_weight": 5.0},
)
COLUMN_SHARE: Final = 0.5
"""Columns that each tree sees."""

Predict = Callable[["NDArray[np.float32]"], "NDArray[np.float64]"]


def lightgbm_fit(
    known: Any, held: Any, setting: Mapping[str, Any], rounds: int, seed: tuple[int, int]
) -> tuple[Predict, int]:
    """Trees by LightGBM, stopped by average precision on `held` where it is given; the model and its rounds."""
    import lightgbm

    own = {
        "objective": "binary", "metric": "average_precision", "feature_fraction": COLUMN_SHARE, "verbose": -1,
        "seed": seed[0], "num_threads": seed[1], "deterministic": True, "force_row_wise": True, **setting,
    }  # fmt: skip
    data = lightgbm.Dataset(known[0], known[1])
    watched = [lightgbm.Dataset(*held, reference=data)] if held else []
    stop = [lightgbm.early_stopping(PATIENCE, verbose=False)] if held else []
    model = lightgbm.train(own, data, rounds, valid_sets=watched, callbacks=stop)
    return lambda matrix: np.asarray(model.predict(matrix), np.float64), int(model.best_iteration or rounds)


def xgboost_fit(
    known: Any, held: Any, setting: Mapping[str, Any], rounds: int, seed: tuple[int, int]
) -> tuple[Predict, int]:
    """The same by XGBoost."""
    import xgboost

    own = {
        "objective": "binary:logistic", "eval_metric": "aucpr", "colsample_bytree": COLUMN_SHARE, "tree_method": "hist",
        "seed": seed[0], "nthread": seed[1], **setting,
    }  # fmt: skip
    data = xgboost.DMatrix(known[0], known[1])
    watched = [(xgboost.DMatrix(*held), "held")] if held else []
    model = xgboost.train(
        own, data, rounds, evals=watched, early_stopping_rounds=PATIENCE if held else None, verbose_eval=False
    )
    last = int(model.best_iteration) + 1 if held else rounds

    def predict(matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.asarray(model.predict(xgboost.DMatrix(matrix), iteration_range=(0, last)), np.float64)

    return predict, last


Fit = Callable[[Any, Any, Mapping[str, Any], int, tuple[int, int]], tuple[Predict, int]]
LIBRARIES: Final[Mapping[str, tuple[Fit, Sequence[Mapping[str, Any]]]]] = {
    "lightgbm": (lightgbm_fit, LIGHTGBM),
    "xgboost": (xgboost_fit, XGBOOST),
}


@dataclass(frozen=True)
class TreePeer:
    """Boosted trees of another library on columns of another's making.

    Attributes
    ----------
    name : str
    library : str
        ``lightgbm`` or ``xgboost``.
    tables : tuple of tuple of str
        Column sets that are tried with every setting; each is a tuple of parts: ``raw``, ``history`` or ``gfp N``, N
        the window in days.
    """

    name: str
    library: str
    tables: tuple[tuple[str, ...], ...]
    learns: bool = True

    @property
    def libraries(self) -> tuple[str, ...]:
        """What it needs."""
        graph = any(part.startswith("gfp") for table in self.tables for part in table)
        return (self.library, "snapml") if graph else (self.library,)

    def check(self) -> None:
        """Refuse when a library is missing.

        Raises
        ------
        ParameterError
            Naming the extra that brings it.
        """
        need(self.name, *self.libraries)

    def scores(self, task: Task, watch: Watch, tell: Progress) -> Scored:
        """Make the columns, tune over settings and tables, fit and score."""
        fit, settings = LIBRARIES[self.library]
        made: dict[str, Part] = {}
        slow: list[str] = []
        for name in dict.fromkeys(part for table in self.tables for part in table):
            try:
                made[name] = part_of(task, name, tell)
                watch.add("tuning", made[name].early + made[name].late)
            except TooSlowError as error:
                slow.append(str(error))
                watch.add("tuning", task.patience)
        tables = [{name: made[name] for name in table if name in made} for table in self.tables]
        # Where GFP was to be had for no window, what is left is no model on GFP's columns.
        graph = [any(name.startswith("gfp") for name in table) for table in self.tables]
        usable = [
            table
            for table, wanted in zip(tables, graph, strict=True)
            if not wanted or any(name.startswith("gfp") for name in table)
        ]
        if not usable:
            raise ParameterError("; ".join(slow))
        trials = [_trial(task, table, (fit, setting), watch) for table in usable for setting in settings]
        scored = tuned(task, trials, watch, tell)
        return scored._replace(facts={**scored.facts, "left_out": slow}) if slow else scored


class TooSlowError(ParameterError):
    """A peer's columns took longer than the task has patience for."""


@dataclass(frozen=True, eq=False)
class Part:
    """Some columns of the scored transfers, and the seconds that they took: those up to the test and those of it."""

    matrix: NDArray[np.float32]
    early: float
    late: float


def part_of(task: Task, name: str, tell: Progress) -> Part:
    """Columns by the name of their part, made once for a case.

    Raises
    ------
    TooSlowError
        When GFP would take longer than the task has patience for.
    """
    if name not in task.kept:
        tell(f"columns {name}", 0.0)
        watch = Watch()
        if name.startswith("gfp"):
            task.kept[name] = _gfp(task, int(name.removeprefix("gfp ")), tell)
        else:
            with watch.at("fit"):
                matrix = raw_columns(task.case, task.split) if name == "raw" else history_columns(task.case)
            share = float(task.split.test[task.case.scored].mean())
            taken = watch.seconds["fit"]
            task.kept[name] = Part(matrix, taken * (1 - share), taken * share)
        tell(f"columns {name}", 1.0)
    part: Part | str = task.kept[name]
    if isinstance(part, str):
        raise TooSlowError(part)
    return part


def _trial(
    task: Task,
    parts: Mapping[str, Part],
    model: tuple[Fit, Mapping[str, Any]],
    watch: Watch,
) -> Callable[[], Trial]:
    """One setting on one table. What the table cost stands under tuning, and is moved where it is the one chosen."""
    fit, setting = model
    split, scored, truth = task.split, task.case.scored, task.case.illicit
    seed = (task.seed, task.threads)

    def of(rows: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        return np.concatenate([part.matrix[rows[scored]] for part in parts.values()], axis=1), truth[rows]

    def trial() -> Trial:
        held = of(split.validation)
        watched = held if held[1].any() else None
        predict, rounds = fit(of(split.train), watched, setting, ROUNDS, seed)
        said = {**setting, "columns": ", ".join(parts), "rounds": rounds}

        def again() -> NDArray[np.float64]:
            for part in parts.values():
                watch.add("tuning", -part.early - part.late)
                watch.add("fit", part.early)
                watch.add("score", part.late)
            with watch.at("fit"):
                last = fit(of(split.refit), None, setting, max(LEAST_ROUNDS, round(rounds * MORE_ROWS)), seed)[0]
            with watch.at("score"):
                return last(of(split.test)[0])

        return Trial(said, predict(held[0]), predict(of(split.test)[0]), again)

    return trial


@dataclass(frozen=True)
class RawForest:
    """An isolation forest on a transfer's own columns, fitted on the training period; untuned."""

    name: str = "raw-iforest"
    learns: bool = False

    def check(self) -> None:
        """It always can: scikit-learn is there."""

    def scores(self, task: Task, watch: Watch, tell: Progress) -> Scored:
        """Fit and score."""
        split, scored = task.split, task.case.scored
        part = part_of(task, "raw", tell)
        watch.add("fit", part.early)
        watch.add("score", part.late)
        drawn = drawn_rows(split.train, task.seed)
        # A forest takes no missing values: they are a value of their own, below all others.
        whole = np.nan_to_num(part.matrix, nan=-1.0)
        detector = unfitted("isolation-forest", tuple(f"raw {place}" for place in range(whole.shape[1])))
        assert not detector.supervised
        with watch.at("fit"):
            fitted = detector.fit(whole[drawn[scored]], seed=task.seed)
        wanted = split.validation | split.test
        scores = blank(task.case)
        with watch.at("score"):
            scores[wanted] = raw_score(fitted, whole[wanted[scored]])  # type: ignore[arg-type]
        return Scored(scores, False, {"fitted_rows": int(drawn.sum())})


def _gfp(task: Task, days: int, tell: Progress) -> Part | str:
    """GFP's columns over one window, batch by batch; why not, where they take too long."""
    rows = gfp_table(task)
    with warnings.catch_warnings():
        # It asks numpy for the processor by an old name.
        warnings.simplefilter("ignore")
        maker = importlib.import_module("snapml").GraphFeaturePreprocessor()
    maker.set_params(gfp_settings(days, task.threads))
    first = int(np.flatnonzero(task.split.test[task.case.scored])[0])
    watch = Watch()
    made = []
    for start in range(0, len(rows), BATCH):
        with watch.at("score" if start >= first else "fit"):
            batch = maker.transform(rows[start : start + BATCH])[:, rows.shape[1] :]
            made.append(np.clip(np.nan_to_num(batch), -LARGEST, LARGEST).astype(np.float32))
        if sum(watch.seconds.values()) > task.patience:
            return f"GFP over {days} d gave up after {task.patience:,.0f} s, {start / len(rows):.0%} done"
        if start % (BATCH * 64) == 0:
            tell(f"columns gfp {days}", min(0.999, start / len(rows)))
    return Part(np.concatenate(made), watch.seconds["fit"], watch.seconds["score"])


def gfp_settings(days: int, threads: int) -> dict[str, Any]:
    """Every family that GFP has, over one window, with IBM's bins."""
    window = days * 86_400
    families: dict[str, list[int]] = {
        "fan": BINS, "degree": BINS, "scatter-gather": BINS, "temp-cycle": BINS, "lc-cycle": CYCLE_BINS,
    }  # fmt: skip
    made: dict[str, Any] = {"num_threads": threads, "time_window": window, "lc-cycle_len": CYCLE_BINS[-1]}
    for family, bins in families.items():
        made |= {family: True, f"{family}_tw": window, f"{family}_bins": bins}
    return made | {
        "vertex_stats": True, "vertex_stats_cols": [3, 4], "vertex_stats_feats": MOMENTS, "vertex_stats_tw": window,
    }  # fmt: skip


def gfp_table(task: Task) -> NDArray[np.float64]:
    """The scored transfers as GFP takes them: number, source, target, seconds, amount; float64[n, 5].

    Where a side is absent it stands as an account of its own, since GFP knows no cash and one account for all of it
    would be a neighbour of everybody.
    """
    graph, scored = task.case.graph, task.case.scored
    number = np.arange(int(scored.sum()))
    debtor, creditor = graph.debtor[scored].astype(np.int64), graph.creditor[scored].astype(np.int64)
    debtor = np.where(debtor < 0, graph.accounts + number, debtor)
    creditor = np.where(creditor < 0, graph.accounts + number, creditor)
    seconds = (graph.time[scored] - graph.time[0]) // 1_000_000 + FIRST_SECOND
    columns = (number, debtor, creditor, seconds, graph.amount[scored] / 100)
    return np.ascontiguousarray(np.column_stack(columns), np.float64)


def need(name: str, *libraries: str) -> None:
    """Refuse when a library is missing.

    Raises
    ------
    ParameterError
    """
    missing = [library for library in libraries if find_spec(library) is None]
    if missing:
        raise ParameterError(f"the model {name} needs {' and '.join(missing)}, not installed: {EXTRA}")


_OF_WINDOW: Final = tuple(("raw", f"gfp {days}") for days in WINDOWS)
_ALL_WINDOWS: Final = (("raw", "history", *(f"gfp {days}" for days in WINDOWS)),)

PEERS: Final = (
    TreePeer("gfp-lightgbm", "lightgbm", _OF_WINDOW),
    TreePeer("gfp-xgboost", "xgboost", _OF_WINDOW),
    TreePeer("gfp3-lightgbm", "lightgbm", _ALL_WINDOWS),
    TreePeer("raw-lightgbm", "lightgbm", (("raw",),)),
    RawForest(),
)
"""Every peer. ``gfp-…`` take the best of four settings and three windows; ``gfp3-…`` all three windows at once with
twelve plain columns of recency and pair history."""
