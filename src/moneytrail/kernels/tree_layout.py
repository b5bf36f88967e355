"""What the tree kernels want to know of a tree beforehand: its mean values, its leaves' digits, and their changes.

Used when an ensemble is loaded. Slots are those of ``kernels.trees.TreeEnsemble``.
Oracle: ``tests/oracles/tree_layout.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def digits_of_leaves(
    tree_start: NDArray[np.int64], left: NDArray[np.int32], right: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Where the binary digits of a leaf's number can be read off: the highest slots below which all leaves share one.

    Returns ``digit_start``, ``digit_slot`` and ``digit_place`` of ``TreeEnsemble``. Cost: linear in the nodes.
    """
    start = np.zeros(tree_start.size, np.int64)
    length = 0
    while left.size >> length:
        length += 1
    # Each leaf's number has at most so many digits, and each of them stands once on the way to it.
    slots = np.empty(length * (left.size + tree_start.size), np.int32)
    places = np.empty(slots.size, np.int32)
    found = 0
    for tree in range(tree_start.size - 1):
        first = tree_start[tree]
        inner = tree_start[tree + 1] - first
        shared = np.empty(2 * inner + 1, np.int64)
        shared[inner:] = np.arange(inner + 1)
        for slot in range(inner - 1, -1, -1):
            shared[slot] = shared[left[first + slot]] & shared[right[first + slot]]
        for slot in range(inner):
            for child in (left[first + slot], right[first + slot]):
                fresh = shared[child] & ~shared[slot]
                place = 0
                while fresh >> place:
                    if (fresh >> place) & 1:
                        slots[found] = child
                        places[found] = place
                        found += 1
                    place += 1
        start[tree + 1] = found
    return start, slots[:found].copy(), places[:found].copy()


@njit(cache=True, nogil=True)
def mean_values(
    tree_start: NDArray[np.int64],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    value: NDArray[np.float64],
    cover: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The mean of the leaves below each slot, weighted by `cover`.

    Parameters
    ----------
    tree_start, left, right : int64[trees + 1], int32[inner], int32[inner]
    value, cover : float64[leaves]
        Cover is above 0: the rows that each leaf was fitted on.

    Returns
    -------
    float64[inner + leaves]
        Tree by tree, slot by slot; a tree begins at ``2 * tree_start[tree] + tree``. Cost: linear in the nodes.
    """
    mean = np.empty(left.size + value.size, np.float64)
    weight = np.empty(mean.size, np.float64)
    for tree in range(tree_start.size - 1):
        first = tree_start[tree]
        inner = tree_start[tree + 1] - first
        root = 2 * first + tree
        for leaf in range(inner + 1):
            mean[root + inner + leaf] = value[first + tree + leaf]
            weight[root + inner + leaf] = cover[first + tree + leaf]
        for slot in range(inner - 1, -1, -1):
            a, b = root + left[first + slot], root + right[first + slot]
            weight[root + slot] = weight[a] + weight[b]
            mean[root + slot] = (weight[a] * mean[a] + weight[b] * mean[b]) / weight[root + slot]
    return mean


class Trees(NamedTuple):
    """The arrays of ``TreeEnsemble`` that say how the nodes hang together, the means, and each slot's parent."""

    tree_start: NDArray[np.int64]
    feature: NDArray[np.int32]
    mean: NDArray[np.float64]
    parent: NDArray[np.int64]


@njit(cache=True, nogil=True)
def _changes_of_leaf(tree: int, leaf: int, trees: Trees, total: NDArray[np.float64], met: NDArray[np.int32]) -> int:
    """Unit kernel: sum the changes on the way up from one leaf in ``total[feature]``; `met` lists the features."""
    first = trees.tree_start[tree]
    root = 2 * first + tree
    slot = trees.tree_start[tree + 1] - first + leaf
    found = 0
    while slot > 0:
        above = trees.parent[root + slot]
        kind = trees.feature[first + above]
        step = trees.mean[root + slot] - trees.mean[root + above]
        known = False
        for k in range(found):
            known = known or met[k] == kind
        if known:
            total[kind] += step
        else:
            total[kind] = step
            met[found] = kind
            found += 1
        slot = above
    return found


@njit(cache=True, nogil=True)
def changes_of_leaves(
    tree_start: NDArray[np.int64],
    feature: NDArray[np.int32],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    mean: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """What the way to each leaf adds for each feature: the change of the mean at every split, by the split's feature.

    Parameters
    ----------
    tree_start, feature, left, right : int64[trees + 1], int32[inner], int32[inner], int32[inner]
    mean : float64[inner + leaves]
        From :func:`mean_values`.

    Returns
    -------
    change_start, change_feature, change
        Of ``TreeEnsemble``. A feature stands once a leaf; what a leaf has fewer than the richest leaf of its tree is
        filled up with changes of 0. Cost: linear in the summed depth of the leaves.
    """
    features = feature.max() + 1 if feature.size else 1
    start = np.zeros(tree_start.size, np.int64)
    parent = np.full(mean.size, -1, np.int64)
    for tree in range(tree_start.size - 1):
        first = tree_start[tree]
        for slot in range(tree_start[tree + 1] - first):
            parent[2 * first + tree + left[first + slot]] = slot
            parent[2 * first + tree + right[first + slot]] = slot
    trees = Trees(tree_start, feature, mean, parent)
    total = np.zeros(features, np.float64)
    met = np.empty(features, np.int32)
    for tree in range(tree_start.size - 1):
        most = 0
        for leaf in range(tree_start[tree + 1] - tree_start[tree] + 1):
            most = max(most, _changes_of_leaf(tree, leaf, trees, total, met))
        start[tree + 1] = start[tree] + most * (tree_start[tree + 1] - tree_start[tree] + 1)
    kinds = np.zeros(start[-1], np.int32)
    change = np.zeros(start[-1], np.float64)
    for tree in range(tree_start.size - 1):
        leaves = tree_start[tree + 1] - tree_start[tree] + 1
        width = (start[tree + 1] - start[tree]) // leaves
        for leaf in range(leaves):
            found = _changes_of_leaf(tree, leaf, trees, total, met)
            begin = start[tree] + leaf * width
            for k in range(found):
                kinds[begin + k] = met[k]
                change[begin + k] = total[met[k]]
            # Filled up with features of which nothing is added yet: adding to one place twice would have to wait.
            spare = 0
            for k in range(found, width):
                while (met[:found] == spare).any():
                    spare += 1
                kinds[begin + k] = spare
                spare += 1
    return start, kinds, change
