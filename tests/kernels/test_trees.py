"""The tree kernels against walking nested tuples by hand, and against scikit-learn to the last bit."""

from __future__ import annotations

import warnings
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail.detectors.trees import COLUMNS, FEW, Forest, from_boosting, from_isolation, gains, probability
from moneytrail.errors import ParameterError
from moneytrail.kernels.trees import BLOCK, CHUNK, score_rows, walk_rows
from tests.oracles import trees as oracle

FEATURES = 3
CUTS = [-1.0, 0.0, 0.5, 2.0, float("inf"), float("-inf")]
VALUES = [*CUTS, float("nan"), 0.25, 3.0]

leaf = st.tuples(st.sampled_from([-1.5, 0.0, 0.1, 7.0]), st.integers(1, 9).map(float))
tree = st.recursive(
    leaf,
    lambda below: st.tuples(st.integers(0, FEATURES - 1), st.sampled_from(CUTS), st.booleans(), below, below),
    max_leaves=9,
)
rows = st.lists(st.lists(st.sampled_from(VALUES), min_size=FEATURES, max_size=FEATURES), max_size=5)


def columns(trees: list[oracle.Tree]) -> dict[str, NDArray[Any]]:
    """The flat arrays of nested trees: inner nodes in preorder, leaves from left to right."""
    flat: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    flat["tree_start"].append(0)
    for one in trees:
        inner = [node for node in preorder(one) if not oracle.is_leaf(node)]
        ends = [node for node in preorder(one) if oracle.is_leaf(node)]
        slots = {id(node): slot for slot, node in enumerate(inner + ends)}
        for node in inner:
            for name, value in zip(("feature", "threshold", "missing_left"), node, strict=False):
                flat[name].append(value)
            flat["left"].append(slots[id(node[3])])
            flat["right"].append(slots[id(node[4])])
        for value, cover in ends:
            flat["value"].append(value)
            flat["cover"].append(cover)
        flat["tree_start"].append(flat["tree_start"][-1] + len(inner))
    return {name: np.array(flat[name], kind) for name, kind in COLUMNS.items()}


def preorder(node: oracle.Tree) -> list[oracle.Tree]:
    return [node] if oracle.is_leaf(node) else [node, *preorder(node[3]), *preorder(node[4])]


def copied(node: oracle.Tree) -> oracle.Tree:
    """The same tree of tuples of its own: strategies may use one leaf twice."""
    return (*node[:3], copied(node[3]), copied(node[4])) if len(node) == 5 else (node[0], node[1] + 0.0)


@settings(deadline=None)
@given(st.lists(tree.map(copied), max_size=4), rows, st.sampled_from([0.0, -2.5]))
def test_kernel_equals_oracle(trees: list[oracle.Tree], some: list[list[float]], base: float) -> None:
    forest = Forest(FEATURES, base, columns(trees))
    matrix = np.array(some, np.float64).reshape(-1, FEATURES)
    matrix.flags.writeable = False
    want = [oracle.score(row, trees, base) for row in some]
    added = [oracle.contributions(row, trees) for row in some]
    for kernel in (score_rows, walk_rows):
        changes = np.zeros(matrix.shape)
        assert kernel(matrix, forest.ensemble, np.empty((0, FEATURES))).tolist() == want
        assert kernel(matrix, forest.ensemble, changes).tolist() == want
        np.testing.assert_allclose(changes, np.reshape(added, matrix.shape), atol=1e-12)
    np.testing.assert_allclose(forest.expected, oracle.expected(trees, base), atol=1e-12)
    np.testing.assert_allclose(forest.expected + np.sum(np.reshape(added, matrix.shape), axis=1), want, atol=1e-9)


def chain(depth: int) -> oracle.Tree:
    """A tree as deep as it has splits; leaf k is for values in (k - 1, k]."""
    node: oracle.Tree = (float(depth), 1.0)
    for cut in range(depth - 1, -1, -1):
        node = (0, float(cut), False, (float(cut), 1.0), node)
    return node


@pytest.mark.parametrize("depth", [0, 1, 2, 7, 30, 62, 63, 255, 256, 300])
def test_trees_of_any_depth(depth: int) -> None:
    """Up to 256 leaves in blocks, beyond that walked."""
    forest = Forest(1, 0.0, columns([chain(depth), (0.5, 3.0)]))
    values = np.concatenate([np.arange(-1.0, depth + 2.0), [np.nan, np.inf, -np.inf], np.full(FEW, 0.5)])
    want = [oracle.score([value], [chain(depth), (0.5, 3.0)], 0.0) for value in values]
    assert forest.raw(values[:, None]).tolist() == want


def test_no_trees_give_the_base() -> None:
    forest = Forest(2, 1.25, columns([]))
    assert forest.raw(np.zeros((FEW + 1, 2))).tolist() == [1.25] * (FEW + 1)
    assert forest.expected == 1.25
    assert not forest.contributions(np.zeros((2, 2)))[1].any()


# scikit-learn


def world(size: int, seed: int, missing: float = 0.0, features: int = 6) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(size, features))
    matrix[:, 1] = np.round(2 * matrix[:, 1])
    matrix[rng.random(matrix.shape) < missing] = np.nan
    return matrix


def classes(matrix: NDArray[np.float64], count: int = 2) -> NDArray[np.int64]:
    return np.digitize(np.nan_to_num(matrix[:, 0] * matrix[:, 1] + matrix[:, 2]), [0.0, 1.0][: count - 1])


ODD = np.array([[np.inf] * 6, [-np.inf] * 6, [np.nan] * 6, [0.0] * 6, [1e300] * 6, [-0.0, *[np.nan] * 5]])


@pytest.mark.parametrize("missing", [0.0, 0.2])
@pytest.mark.parametrize("shape", [(1, 31), (30, 31), (5, 2), (3, 200)])
def test_boosting_to_the_last_bit(missing: float, shape: tuple[int, int]) -> None:
    ensemble = pytest.importorskip("sklearn.ensemble")
    training = world(2000, 1, missing)
    model = ensemble.HistGradientBoostingClassifier(
        max_iter=shape[0], max_leaf_nodes=shape[1], min_samples_leaf=2, early_stopping=False, random_state=0
    ).fit(training, classes(training))
    forest = from_boosting(model)
    matrix = np.concatenate([world(BLOCK + 90, 2), world(90, 3, 0.3), ODD[2:4], ODD[5:]])
    raw = forest.raw(matrix)
    np.testing.assert_array_equal(raw, model.decision_function(matrix))
    np.testing.assert_allclose(probability(raw), model.predict_proba(matrix)[:, 1], rtol=0, atol=1e-15)
    # scikit-learn refuses infinity at the door; its trees do not.
    np.testing.assert_array_equal(forest.raw(ODD), model._raw_predict(ODD, n_threads=1)[:, 0])
    single = matrix.astype(np.float32)
    np.testing.assert_array_equal(forest.raw(single), model.decision_function(single.astype(np.float64)))


def test_boosting_stumps_without_a_split() -> None:
    """Nothing to learn: trees of one leaf each."""
    ensemble = pytest.importorskip("sklearn.ensemble")
    training = np.zeros((100, 2))
    model = ensemble.HistGradientBoostingClassifier(max_iter=3, early_stopping=False)
    model.fit(training, np.arange(100) % 4 == 0)
    forest = from_boosting(model)
    assert forest.ensemble.left.size == 0
    matrix = np.ones((FEW + 5, 2))
    np.testing.assert_array_equal(forest.raw(matrix), model.decision_function(matrix))


def test_the_column_that_decides_gains_most() -> None:
    """And one that is never split on gains nothing; a forest of one tree by hand."""
    ensemble = pytest.importorskip("sklearn.ensemble")
    training = np.column_stack([np.zeros(400), np.arange(400.0), np.arange(400) % 3])
    model = ensemble.HistGradientBoostingClassifier(max_iter=5, early_stopping=False, random_state=0)
    model.fit(training, training[:, 1] >= 150)
    found = gains(model)
    assert found[0] == 0
    assert found[1] > 100 * found[2] >= 0
    single = ensemble.HistGradientBoostingClassifier(max_iter=1, max_leaf_nodes=2, early_stopping=False)
    single.fit(training, training[:, 1] >= 150)
    root = single._predictors[0][0].nodes[0]
    assert gains(single).tolist() == [0.0, root["gain"], 0.0]


def test_a_boosted_regressor() -> None:
    ensemble = pytest.importorskip("sklearn.ensemble")
    training = world(800, 1)
    model = ensemble.HistGradientBoostingRegressor(max_iter=12, early_stopping=False).fit(training, training[:, 0])
    np.testing.assert_array_equal(from_boosting(model).raw(training), model.predict(training))


def test_what_cannot_be_converted_is_refused() -> None:
    ensemble = pytest.importorskip("sklearn.ensemble")
    training = world(300, 1)
    model = ensemble.HistGradientBoostingClassifier(max_iter=2, early_stopping=False).fit(
        training, classes(training, 3)
    )
    with pytest.raises(ParameterError, match="3 trees an iteration: only two classes"):
        from_boosting(model)
    training[:, 1] = np.abs(training[:, 1])
    model = ensemble.HistGradientBoostingClassifier(max_iter=2, early_stopping=False, categorical_features=[1])
    with pytest.raises(ParameterError, match="categorical features"):
        from_boosting(model.fit(training, classes(training)))


@pytest.mark.parametrize("given", [{"n_estimators": 1}, {"max_samples": 64}, {"max_features": 0.5}, {"max_samples": 1}])
def test_isolation_to_the_last_bit(given: dict[str, Any]) -> None:
    ensemble = pytest.importorskip("sklearn.ensemble")
    model = ensemble.IsolationForest(**({"n_estimators": 20, "random_state": 5} | given)).fit(world(700, 1))
    from sklearn.ensemble._iforest import _average_path_length

    forest = from_isolation(model)
    matrix = np.concatenate([world(BLOCK + 90, 2), world(90, 3, 0.3), ODD[:4], ODD[5:]])
    scale = len(model.estimators_) * _average_path_length([model._max_samples])
    if scale:
        for some in (matrix, matrix[:1], matrix[-FEW:], matrix[:0]):
            got = -(2 ** -np.divide(forest.raw(some), scale))
            want = model.score_samples(some) if len(some) else np.empty(0)
            np.testing.assert_array_equal(got, want)
    raw, added = forest.contributions(matrix)
    np.testing.assert_array_equal(raw, forest.raw(matrix))
    np.testing.assert_allclose(forest.expected + added.sum(axis=1), raw, rtol=0, atol=1e-9)


def test_contributions_of_boosting_sum_to_the_score() -> None:
    ensemble = pytest.importorskip("sklearn.ensemble")
    training = world(2000, 1, 0.1)
    model = ensemble.HistGradientBoostingClassifier(max_iter=40, early_stopping=False).fit(training, classes(training))
    forest = from_boosting(model)
    matrix = world(BLOCK + 7, 2, 0.1)
    raw, added = forest.contributions(matrix)
    np.testing.assert_array_equal(raw, model.decision_function(matrix))
    np.testing.assert_allclose(forest.expected + added.sum(axis=1), raw, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(forest.contributions(matrix[5:9])[1], added[5:9])


# Laws


def test_alone_in_batch_shuffled_and_any_threads_the_same_bits() -> None:
    ensemble = pytest.importorskip("sklearn.ensemble")
    model = ensemble.IsolationForest(n_estimators=10, random_state=5).fit(world(700, 1))
    forest = from_isolation(model)
    matrix = world(CHUNK + BLOCK + 1 if not numba.config.DISABLE_JIT else 40, 2)
    together, added = forest.contributions(matrix)
    np.testing.assert_array_equal(forest.raw(matrix), together)
    np.testing.assert_array_equal(np.concatenate([forest.raw(matrix[i : i + 1]) for i in range(40)]), together[:40])
    order = np.random.default_rng(1).permutation(len(matrix))
    np.testing.assert_array_equal(forest.raw(matrix[order]), together[order])
    np.testing.assert_array_equal(forest.raw(np.asfortranarray(matrix)), together)
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        np.testing.assert_array_equal(forest.contributions(matrix)[1], added)
    finally:
        numba.set_num_threads(threads)


@pytest.mark.parametrize("shape", [(3,), (3, 2), (3, 4), (40, 4), (0, 2)])
def test_another_width_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ParameterError, match="take 3 features"):
        Forest(3, 0.0, columns([chain(2)])).raw(np.zeros(shape))


def test_values_beyond_float32_are_infinite_to_an_isolation_forest() -> None:
    forest = Forest(1, 0.0, columns([chain(2)]), single=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert forest.raw(np.array([[1e300], [-1e300], [1.00000001]])).tolist() == [2.0, 0.0, 1.0]


# Arrays that are no trees


def spoiled(name: str, change: Any) -> dict[str, NDArray[Any]]:
    flat = columns([chain(3), (1.0, 2.0), chain(2)])
    flat[name] = change(flat[name].copy())
    return flat


def put(place: int, value: float) -> Any:
    def change(array: NDArray[Any]) -> NDArray[Any]:
        array[place] = value
        return array

    return change


SPOILT = [
    *((name, lambda array: array[:-1]) for name in COLUMNS),
    *((name, lambda array: np.append(array, array[-1:])) for name in COLUMNS if name != "tree_start"),
    *((name, lambda array: array[None, :]) for name in COLUMNS),
    *((name, lambda array: array.astype("float32")) for name in COLUMNS),
    ("tree_start", put(0, 1)),
    ("tree_start", put(1, 9)),
    ("tree_start", put(1, -1)),
    ("tree_start", lambda array: array[:0]),
    ("feature", put(0, -1)),
    ("feature", put(2, 1)),
    *((side, put(0, slot)) for side in ("left", "right") for slot in (-1, 0, 7, 2**31 - 1, -(2**31))),
    ("left", put(0, 6)),
    ("right", put(2, 4)),
    ("threshold", put(1, np.nan)),
    ("value", put(1, np.nan)),
    ("value", put(1, np.inf)),
    ("cover", put(1, 0.0)),
    ("cover", put(1, -2.0)),
    ("cover", put(1, np.nan)),
]


@pytest.mark.parametrize(("name", "change"), SPOILT)
def test_spoilt_arrays_are_refused(name: str, change: Any) -> None:
    with pytest.raises(ParameterError, match="the trees"):
        Forest(1, 0.0, spoiled(name, change))


@given(st.sampled_from(["tree_start", "feature", "left", "right"]), st.integers(0, 5), st.integers(-9, 9))
def test_whatever_stands_in_the_arrays_nothing_breaks(name: str, place: int, value: int) -> None:
    """Refused, or trees that give a finite score."""
    flat = spoiled(name, lambda array: array)
    if place < flat[name].size:
        flat[name][place] = value
    try:
        forest = Forest(1, 0.0, flat)
    except ParameterError:
        return
    assert np.isfinite(forest.raw(np.linspace(-2, 9, FEW + 9)[:, None])).all()


@pytest.mark.parametrize(("features", "base"), [(0, 0.0), (1, np.nan), (1, np.inf)])
def test_forests_over_nothing_are_refused(features: int, base: float) -> None:
    with pytest.raises(ParameterError, match="cannot be scored"):
        Forest(features, base, columns([]))


def test_a_missing_array_is_refused() -> None:
    flat = columns([chain(1)])
    del flat["cover"]
    with pytest.raises(ParameterError, match="'cover' is missing"):
        Forest(1, 0.0, flat)
