"""Tree ensembles as flat arrays: taken from fitted scikit-learn models, checked, and scored by our own kernel.

The sums are scikit-learn's own to the last bit, and it is not imported. See ``docs/decisions/0008-scorer-file.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from moneytrail.errors import ParameterError
from moneytrail.kernels.tree_layout import changes_of_leaves, digits_of_leaves, mean_values
from moneytrail.kernels.trees import DIGITS, TreeEnsemble, score_rows, walk_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

FEW: Final = 16
"""So few rows are walked down the trees one by one: a block of 512 costs as much whether it is full or not."""

COLUMNS: Final[dict[str, str]] = {
    "tree_start": "int64",
    "feature": "int32",
    "threshold": "float64",
    "missing_left": "bool",
    "left": "int32",
    "right": "int32",
    "value": "float64",
    "cover": "float64",
}
"""The arrays that describe a forest, all of one dimension; see :class:`Forest`."""


@dataclass(frozen=True, eq=False)
class Forest:
    """Fitted trees whose leaves' values are summed.

    Attributes
    ----------
    features : int
        Width of the matrix.
    base : float
        Where the sum begins.
    columns : mapping of arrays
        Those of :class:`moneytrail.kernels.trees.TreeEnsemble` that are named in :data:`COLUMNS`, and ``cover``,
        float64[leaves]: the rows that each leaf was fitted on.
    single : bool
        Values are rounded to float32 before they are compared, as an isolation forest's are.

    Raises
    ------
    ParameterError
        When the arrays are no trees: whatever they hold, no kernel reads out of bounds or runs for ever.
    """

    features: int
    base: float
    columns: Mapping[str, NDArray[Any]]
    single: bool = False
    ensemble: TreeEnsemble = field(init=False)
    expected: float = field(init=False)

    def __post_init__(self) -> None:
        _check(self.columns, self.features, self.base)
        ensemble, roots = _lay_out(self.columns, self.features, self.base)
        object.__setattr__(self, "ensemble", ensemble)
        object.__setattr__(self, "expected", self.base + float(roots.sum()))

    def raw(self, matrix: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """The sum for each row; NaN is a missing value.

        Parameters
        ----------
        matrix : float32 or float64[rows, features]

        Returns
        -------
        float64[rows]
            The same bits for any number of threads, alone and in a batch.

        Raises
        ------
        ParameterError
            For another width.
        """
        return self._score(matrix, np.empty((0, self.features)))

    def contributions(self, matrix: NDArray[np.floating[Any]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The sum for each row and, from the same pass, what each feature added to it.

        At each split on a row's way the mean value of the leaves below changes; the change is put down to the
        feature that the split asks about. Means are weighted by the rows that the leaves were fitted on.

        Returns
        -------
        raw : float64[rows]
        contributions : float64[rows, features]
            ``expected + contributions.sum(axis=1)`` is ``raw`` to 1e-9. Of an isolation forest they are in units of
            path length: below zero where the feature makes the row look stranger.
        """
        changes = np.zeros((len(matrix), self.features))
        return self._score(matrix, changes), changes

    def _score(self, matrix: NDArray[np.floating[Any]], changes: NDArray[np.float64]) -> NDArray[np.float64]:
        if matrix.ndim != 2 or matrix.shape[1] != self.features:
            raise ParameterError(f"the trees take {self.features} features, not a matrix of shape {matrix.shape}")
        # Rounded beyond the largest float32 a value is infinite, and above or below every threshold as before.
        with np.errstate(over="ignore"):
            kind = np.float32 if self.single or matrix.dtype == np.float32 else np.float64
            rows = np.ascontiguousarray(matrix, kind).view()
        # One compiled version only: for arrays that are not written to.
        rows.flags.writeable = False
        walked = len(rows) < FEW or int(np.diff(self.ensemble.tree_start).max(initial=0)) >= 1 << DIGITS
        scores: NDArray[np.float64] = (walk_rows if walked else score_rows)(rows, self.ensemble, changes)
        return scores


def from_boosting(model: Any) -> Forest:
    """The trees of a fitted HistGradientBoostingClassifier of two classes, or HistGradientBoostingRegressor.

    The sum is the model's raw prediction: for the classifier the log-odds of its second class (:func:`probability`).

    Raises
    ------
    ParameterError
        For more than two classes, and for categorical features.
    """
    if model.n_trees_per_iteration_ != 1:
        raise ParameterError(f"{model.n_trees_per_iteration_} trees an iteration: only two classes can be converted")
    if model.is_categorical_ is not None and np.any(model.is_categorical_):
        raise ParameterError("categorical features cannot be converted: give them as numbers")
    trees = []
    for (predictor,) in model._predictors:
        nodes = predictor.nodes
        left = np.where(nodes["is_leaf"], -1, nodes["left"].astype(np.int64))
        trees.append(
            _Nodes(nodes["feature_idx"], nodes["num_threshold"], nodes["missing_go_to_left"], left,
                   nodes["right"].astype(np.int64), nodes["value"], nodes["count"])
        )  # fmt: skip
    return Forest(int(model.n_features_in_), float(model._baseline_prediction.item()), _flatten(trees))


def gains(model: Any) -> NDArray[np.float64]:
    """What each column gained a fitted scikit-learn HistGradientBoostingClassifier, summed over all splits."""
    total = np.zeros(int(model.n_features_in_))
    for (predictor,) in model._predictors:
        splits = predictor.nodes[predictor.nodes["is_leaf"] == 0]
        np.add.at(total, splits["feature_idx"], splits["gain"])
    return total


def from_isolation(model: Any) -> Forest:
    """The trees of a fitted scikit-learn IsolationForest; the sum is the row's path length over all trees."""
    trees = []
    subset = model._max_features != model.n_features_in_
    for place, (estimator, chosen) in enumerate(zip(model.estimators_, model.estimators_features_, strict=True)):
        tree = estimator.tree_
        asked = np.maximum(tree.feature, 0)
        missing = np.asarray(tree.__getstate__()["nodes"]["missing_go_to_left"], np.bool_)
        # In scikit-learn's own order of additions, so that the bits are the same.
        length = model._decision_path_lengths[place] + model._average_path_length_per_tree[place] - 1.0
        trees.append(
            _Nodes(np.asarray(chosen)[asked] if subset else asked, tree.threshold, missing, tree.children_left,
                   tree.children_right, length, tree.n_node_samples)
        )  # fmt: skip
    return Forest(int(model.n_features_in_), 0.0, _flatten(trees), single=True)


def probability(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability whose log-odds are `raw`, within 1e-15 of scikit-learn's; no overflow at either end."""
    odds = np.exp(-np.abs(raw))
    shares: NDArray[np.float64] = np.where(raw >= 0, 1.0, odds) / (1.0 + odds)
    return shares


class _Nodes(NamedTuple):
    """One tree as scikit-learn keeps it: inner nodes and leaves mixed; a leaf's left child is -1."""

    feature: NDArray[Any]
    threshold: NDArray[Any]
    missing_left: NDArray[Any]
    left: NDArray[Any]
    right: NDArray[Any]
    value: NDArray[Any]
    cover: NDArray[Any]


def _flatten(trees: Sequence[_Nodes]) -> dict[str, NDArray[Any]]:
    """All trees in the arrays of :data:`COLUMNS`."""
    parts: dict[str, list[NDArray[Any]]] = {name: [np.empty(0)] for name in COLUMNS if name != "tree_start"}
    start = [0]
    for tree in trees:
        inner, leaves = _ordered(tree)
        slot = np.empty(len(tree.left), np.int64)
        slot[inner] = np.arange(len(inner))
        slot[leaves] = np.arange(len(inner), len(inner) + len(leaves))
        for name in ("feature", "threshold", "missing_left"):
            parts[name].append(getattr(tree, name)[inner])
        parts["left"].append(slot[tree.left[inner]])
        parts["right"].append(slot[tree.right[inner]])
        parts["value"].append(tree.value[leaves])
        parts["cover"].append(tree.cover[leaves])
        start.append(start[-1] + len(inner))
    flat = {name: np.concatenate(parts[name]).astype(COLUMNS[name]) for name in parts}
    return {"tree_start": np.array(start, np.int64)} | flat


def _ordered(tree: _Nodes) -> tuple[list[int], list[int]]:
    """The inner nodes, parents first, and the leaves from left to right."""
    inner: list[int] = []
    leaves: list[int] = []
    waiting = [0]
    while waiting:
        node = waiting.pop()
        if tree.left[node] < 0:
            leaves.append(node)
        else:
            inner.append(node)
            waiting += [int(tree.right[node]), int(tree.left[node])]
    return inner, leaves


def _check(columns: Mapping[str, NDArray[Any]], features: int, base: float) -> None:
    """Refuse arrays that are no trees."""
    for name, kind in COLUMNS.items():
        if name not in columns or columns[name].dtype != np.dtype(kind) or columns[name].ndim != 1:
            raise ParameterError(f"the trees' array {name!r} is missing or not {kind}[...]")
    start, left, right = columns["tree_start"], columns["left"], columns["right"]
    inner = left.size
    if features < 1 or not np.isfinite(base):
        raise ParameterError(f"trees over {features} features from {base} cannot be scored")
    if start.size < 1 or start[0] != 0 or start[-1] != inner or (start[1:] < start[:-1]).any():
        raise ParameterError("the trees' starts do not divide the nodes")
    sizes = dict.fromkeys(("feature", "threshold", "missing_left", "right"), inner)
    sizes |= dict.fromkeys(("value", "cover"), inner + start.size - 1)
    for name, size in sizes.items():
        if columns[name].size != size:
            raise ParameterError(f"the trees' array {name!r} has {columns[name].size} values, not {size}")
    asked = columns["feature"]
    if inner and (asked.min() < 0 or asked.max() >= features):
        raise ParameterError(f"the trees ask for features beyond the {features} that there are")
    if np.isnan(columns["threshold"]).any() or not np.isfinite(columns["value"]).all():
        raise ParameterError("the trees hold a threshold or value that is not a number")
    if not (np.isfinite(columns["cover"]).all() and (columns["cover"] > 0).all()):
        raise ParameterError("the trees hold a leaf that was fitted on no rows")
    sizes_of_trees = np.diff(start)
    own = np.arange(inner) - np.repeat(start[:-1], sizes_of_trees)
    most = 2 * np.repeat(sizes_of_trees, sizes_of_trees)
    if ((left <= own) | (right <= own) | (left > most) | (right > most)).any():
        raise ParameterError("the trees hold a child that does not come after its parent")
    # Every slot but the root is the child of one node: then these are trees, with no node left over.
    first = np.repeat(2 * start[:-1] + np.arange(start.size - 1), sizes_of_trees)
    children = np.bincount(np.concatenate([first + left, first + right]), minlength=inner + columns["value"].size)
    if (np.delete(children, 2 * start[:-1] + np.arange(start.size - 1)) != 1).any():
        raise ParameterError("the trees hold a node that is not the child of one other")


def _lay_out(
    columns: Mapping[str, NDArray[Any]], features: int, base: float
) -> tuple[TreeEnsemble, NDArray[np.float64]]:
    """The arrays that the kernels want, and the mean of each tree."""
    start, feature, threshold, missing_left, left, right, value, cover = (_frozen(columns[name]) for name in COLUMNS)
    keys, key_start, answer_start, answer = _questions(feature, threshold, features)
    mean = mean_values(start, left, right, value, cover)
    digits = digits_of_leaves(start, left, right)
    changes = changes_of_leaves(start, feature, left, right, mean)
    derived = (answer, keys, key_start, answer_start, *digits, *changes)
    ensemble = TreeEnsemble(
        float(base), start, feature, threshold, missing_left, left, right, value, *map(_frozen, derived)
    )
    return ensemble, mean[2 * start[:-1] + np.arange(start.size - 1)]


def _questions(
    feature: NDArray[np.int32], threshold: NDArray[np.float64], features: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Each feature's distinct thresholds in heap order, where they begin, and each node's row among the answers."""
    answer = np.zeros(feature.size, np.int32)
    keys = []
    rows = 0
    answer_start, key_start = [0], [0]
    for kind in range(features):
        nodes = np.flatnonzero(feature == kind)
        cuts, place = np.unique(threshold[nodes], return_inverse=True)
        answer[nodes] = rows + place
        rows += cuts.size + 1
        keys.append(_heap_order(cuts))
        answer_start.append(rows)
        key_start.append(key_start[-1] + keys[-1].size)
    return np.concatenate(keys), np.array(key_start, np.int64), np.array(answer_start, np.int64), answer


def _heap_order(cuts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sorted values as a complete search tree: its root at 1, the children of k at 2k and 2k + 1; infinity fills it."""
    depth = int(cuts.size).bit_length()
    full = np.full(1 << depth, np.inf)
    full[1 : cuts.size + 1] = cuts
    heap = np.full(1 << depth, np.inf)
    for level in range(depth):
        step = 1 << (depth - level)
        heap[1 << level : 2 << level] = full[step // 2 :: step]
    return heap


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
