"""What the tree kernels want to know of a tree beforehand: its mean values, its leaves' digits, and their changes.

Used when an ensemble is loaded. Slots are those of ``kernels.trees.TreeEnsemble``.
Oracle: ``tests/oracles/tree_layout.py``.
"""

from __future__ import annotations

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
        Of ``TreeEnsemble``; a feature stands once a leaf. Cost: linear in the summed depth of the leaves.
    """
    features = feature.max() + 1 if feature.size else 1
    start = np.zeros(left.size + tree_start.size, np.int64)
    parent = np.full(mean.size, -1, np.int64)
    deepest = 0
    for tree in range(tree_start.size - 1):
        first = tree_start[tree]
        root = 2 * first + tree
        depth = np.zeros(2 * (tree_start[tree + 1] - first) + 1, np.int64)
        for slot in range(tree_start[tree + 1] - first):
            for child in (left[first + slot], right[first + slot]):
                parent[root + child] = slot
                depth[child] = depth[slot] + 1
        deepest += depth.sum()
    kinds = np.empty(deepest, np.int32)
    change = np.empty(deepest, np.float64)
    place_of = np.full(features, -1, np.int64)
    found = 0
    for tree in range(tree_start.size - 1):
        first = tree_start[tree]
        inner = tree_start[tree + 1] - first
        root = 2 * first + tree
        for leaf in range(inner + 1):
            begin = found
            slot = inner + leaf
            while parent[root + slot] >= 0:
                above = parent[root + slot]
                kind = feature[first + above]
                if place_of[kind] < begin:
                    place_of[kind] = found
                    kinds[found] = kind
                    change[found] = 0.0
                    found += 1
                change[place_of[kind]] += mean[root + slot] - mean[root + above]
                slot = above
            start[first + tree + leaf + 1] = found
    return start, kinds[:found].copy(), change[:found].copy()
