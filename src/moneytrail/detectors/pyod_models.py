"""Detectors of the PyOD library behind our interface: which there are, how each is fitted, and how it scores.

Zhao, Nasrullah and Li, "PyOD", JMLR 2019. Isolation forest, histograms, ECOD and COPOD have scorers of our own (see
:mod:`moneytrail.detectors.scorers`); the others are scored by PyOD itself, in blocks of :data:`BLOCK` rows. PyOD is
imported when a detector is fitted, and to score the others: it takes over a second.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from moneytrail.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

PREFIX: Final = "pyod:"

BLOCK: Final = 512
"""Rows that PyOD scores at a time; fewer are filled up with typical rows, so that the arithmetic is always the same."""

FURTHEST: Final = 1e6
"""Standard deviations from the training mean beyond which a value counts as so far out: squares stay finite."""


class Kind(NamedTuple):
    """A PyOD detector: its class, the most rows that it is fitted on, and what it needs beside PyOD."""

    class_name: str
    most_rows: int = 100_000
    needs: tuple[str, ...] = ()


KINDS: Final[Mapping[str, Kind]] = {
    "abod": Kind("ABOD", 10_000),
    "cblof": Kind("CBLOF"),
    "feature_bagging": Kind("FeatureBagging", 10_000, ("combo",)),
    "gmm": Kind("GMM"),
    "hdbscan": Kind("HDBSCAN", 5_000),
    "inne": Kind("INNE", 20_000),
    "kde": Kind("KDE", 2_000),
    "knn": Kind("KNN", 20_000),
    "loda": Kind("LODA"),
    "lof": Kind("LOF", 20_000),
    "mcd": Kind("MCD", 20_000),
    "ocsvm": Kind("OCSVM", 5_000),
    "pca": Kind("PCA"),
    "qmcd": Kind("QMCD", 5_000),
    "sampling": Kind("Sampling"),
    "suod": Kind("SUOD", 10_000, ("combo", "suod")),
    "alad": Kind("ALAD", needs=("torch", "pandas")),
    "anogan": Kind("AnoGAN", needs=("torch", "pandas")),
    "ae1svm": Kind("AE1SVM", needs=("torch",)),
    "auto_encoder": Kind("AutoEncoder", needs=("torch",)),
    "deep_svdd": Kind("DeepSVDD", needs=("torch",)),
    "dif": Kind("DIF", needs=("torch",)),
    "lunar": Kind("LUNAR", needs=("torch",)),
    "mo_gaal": Kind("MO_GAAL", needs=("torch",)),
    "so_gaal": Kind("SO_GAAL", needs=("torch",)),
    "so_gaal_new": Kind("SO_GAAL", needs=("torch",)),
    "vae": Kind("VAE", needs=("torch",)),
}
"""By PyOD's module name. The cost of those with few rows grows with the square of the rows, or worse."""

OWN: Final = {"iforest": "IForest", "hbos": "HBOS", "ecod": "ECOD", "copod": "COPOD"}
"""Those that our own scorers score, by the same name without the prefix."""

_TOGETHER: Final = "scores a row together with the other rows of the call, so that no row has a score of its own"
_PLACE: Final = "gives a row scores that differ in their last digits with its place among the others"
_LABELS: Final = "learns from labels: use boosting"
_PARTS: Final = "wants detectors or encoders to be put together from"

REFUSED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("cd", "cof", "lmdd", "loci", "rgraph", "rod", "sod", "sos"), _TOGETHER),
    **dict.fromkeys(("devnet", "xgbod"), _LABELS),
    **dict.fromkeys(("combination", "embedding", "lscp"), _PARTS),
    "kpca": _PLACE,
    "mad": "takes one column only",
    "audio_ae": "is for sound",
}
"""PyOD's other detectors of rows, and why they are not offered. Those for series and graphs are not named."""


def module_of(name: str) -> str:
    """PyOD's module for a module or class name, in any case.

    Raises
    ------
    ParameterError
        For a name that there is not, with close ones; for a detector that is not offered, with the reason; and for one
        that needs what is not installed.
    """
    wanted = name.lower()
    modules = {kind.class_name.lower(): module for module, kind in KINDS.items()}
    modules |= {module: module for module in (*KINDS, *OWN, *REFUSED)}
    if wanted not in modules:
        close = difflib.get_close_matches(wanted, modules, n=3, cutoff=0.5) or sorted({*KINDS, *OWN})
        raise ParameterError(f"no detector {PREFIX}{name}; close are {', '.join(PREFIX + one for one in close)}")
    module = modules[wanted]
    if module in REFUSED:
        raise ParameterError(f"detector {PREFIX}{module} {REFUSED[module]}")
    missing = [need for need in (KINDS[module].needs if module in KINDS else ()) if find_spec(need) is None]
    if missing:
        raise ParameterError(f"detector {PREFIX}{module} needs {' and '.join(missing)}, not installed")
    return module


@dataclass(frozen=True, eq=False)
class ModelScorer:
    """A fitted PyOD model that scores by itself, on columns in standard deviations from their training means.

    Attributes
    ----------
    name : str
        The detector's.
    model : object
        The fitted PyOD model.
    centre, spread : float64[features]
        Mean and standard deviation of each training column; 1 where a column has one value.

    Raises
    ------
    ParameterError
        When centre and spread are no such numbers.
    """

    name: str
    model: Any
    centre: NDArray[np.float64]
    spread: NDArray[np.float64]

    def __post_init__(self) -> None:
        for part in (self.centre, self.spread):
            if part.dtype != np.float64 or part.ndim != 1 or part.size == 0 or not np.isfinite(part).all():
                raise ParameterError("centre and spread are not finite numbers, one a feature")
        if self.centre.size != self.spread.size or (self.spread <= 0).any():
            raise ParameterError("there is not one spread above zero a feature")

    @property
    def features(self) -> int:
        """Width of the matrix."""
        return int(self.centre.size)

    def raw(self, matrix: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """The model's own score of each row; memory is bounded by the block.

        Raises
        ------
        ParameterError
            When the model fails on the rows, or has no score for one.
        """
        scores = np.empty(len(matrix))
        block = np.zeros((BLOCK, self.features))
        with quiet(), failing(self.name, "cannot score these rows"):
            for first in range(0, len(matrix), BLOCK):
                part = standardised(matrix[first : first + BLOCK], self.centre, self.spread)
                block[: len(part)] = part
                block[len(part) :] = 0.0
                scores[first : first + len(part)] = np.ravel(self.model.decision_function(block))[: len(part)]
        if np.isnan(scores).any():
            raise ParameterError(f"detector {self.name} has no score for a row")
        return scores

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Centre and spread; the model is in a file of its own."""
        return {"centre": self.centre, "spread": self.spread}


def fit_pyod(name: str, rows: NDArray[np.float64], seed: int) -> tuple[ModelScorer, NDArray[np.float64], int]:
    """Fit ``pyod:MODULE``; returns its scorer, the fitted rows' scores as PyOD gives them, and how many those are.

    More rows than the kind's ``most_rows`` are drawn from, without replacement, by `seed`.

    Raises
    ------
    ParameterError
        When PyOD cannot fit these rows, and when a row scores otherwise alone than among others.
    """
    kind = KINDS[name.removeprefix(PREFIX)]
    if len(rows) > kind.most_rows:
        rows = rows[np.sort(np.random.default_rng(seed).choice(len(rows), kind.most_rows, replace=False))]
    centre, spread = rows.mean(axis=0), rows.std(axis=0)
    # Of equal values the mean may be off in its last digit, and the spread is not 0 then.
    spread = np.where(spread > 1e-12 * np.abs(centre), spread, 1.0)
    # Made outside: what limits the libraries' threads must find them loaded.
    model = made(name, seed)
    with quiet(), failing(name, f"cannot be fitted on these {len(rows)} rows"):
        model.fit(standardised(rows, centre, spread))
        scores = np.asarray(model.decision_scores_, np.float64)
    if not np.isfinite(scores).all():
        why = "a column of one value or rows that repeat may be the cause"
        raise ParameterError(f"detector {name} gives training rows scores that are not finite: {why}")
    # One value a training row, never read again.
    model.labels_ = np.empty(0, np.int64)
    scorer = ModelScorer(name, model, centre, spread)
    check_alone(scorer, rows)
    return scorer, scores, len(rows)


def made(name: str, seed: int) -> Any:
    """The unfitted PyOD model of ``pyod:MODULE``, with PyOD's own defaults."""
    module = name.removeprefix(PREFIX)
    with failing(name, "cannot be made"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        maker = getattr(importlib.import_module(f"pyod.models.{module}"), KINDS[module].class_name)
        return maker(random_state=seed) if "random_state" in inspect.signature(maker).parameters else maker()


def check_alone(scorer: ModelScorer, rows: NDArray[np.float64]) -> None:
    """Refuse a model that scores a row otherwise alone, or in another order, than among others.

    Raises
    ------
    ParameterError
    """
    sample = rows[np.unique(np.linspace(0, len(rows) - 1, BLOCK).astype(np.int64))]
    together = scorer.raw(sample)
    some = np.unique(np.linspace(0, len(sample) - 1, 3).astype(np.int64))
    alone = np.concatenate([scorer.raw(sample[[row]]) for row in some])
    if not (np.array_equal(scorer.raw(sample[::-1])[::-1], together) and np.array_equal(alone, together[some])):
        raise ParameterError(f"detector {scorer.name} {_TOGETHER}")


def standardised(
    matrix: NDArray[np.floating[Any]], centre: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Columns in standard deviations from their means, :data:`FURTHEST` at most."""
    with np.errstate(over="ignore"):
        scaled = (np.asarray(matrix, np.float64) - centre) / spread
    return np.clip(scaled, -FURTHEST, FURTHEST)


@contextmanager
def failing(name: str, what: str) -> Iterator[None]:
    """One clear error for whatever the library raises inside."""
    try:
        yield
    except (ArithmeticError, AttributeError, ImportError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise ParameterError(f"detector {name} {what}: {error}") from error


@contextmanager
def quiet() -> Iterator[None]:
    """One thread in the libraries' arithmetic, whose sums depend on how many there are, and none of their warnings."""
    # Looked for anew each time: a library that is loaded later has threads of its own. It takes a millisecond.
    threads = importlib.import_module("threadpoolctl").ThreadpoolController()
    with warnings.catch_warnings(), threads.limit(limits=1):
        warnings.simplefilter("ignore")
        yield
