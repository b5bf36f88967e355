"""Tree ensembles: the raw score of many rows, and what each feature did to it.

Used by the detectors. Oracle: ``tests/oracles/trees.py``.

A row is not walked down a tree. 512 rows go through an ensemble side by side, one bit a row. First every distinct
question ``x[feature] <= cut`` is answered for all of them by one search a row and feature, however many trees ask it.
Then a split costs two logical operations on eight words, and the number of each row's leaf is put together from its
binary digits. No branch depends on the data.

Measured on 200 trees of 31 leaves, one thread: a row took 0.6 microseconds, half of it for the answers; walking the
trees took 12. For the answers, plain binary search took five times as long (the compiler makes it branch on the data),
counting the cuts below twice as long, sixteen-way search 1.6 times; keys in heap order need no branch at all. Rounding
the thresholds to float32 did not help.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

WORDS: Final = 8
"""Words of 64 rows in a block: as many as one of the widest vector registers holds."""

BLOCK: Final = 64 * WORDS

CHUNK: Final = 16 * BLOCK
"""Rows that one thread takes at a time."""

DIGITS: Final = 8
"""Binary digits of a leaf's number in a block: trees of more than 256 leaves are walked."""

_ALL: Final = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
_ONE: Final = np.uint64(1)


class TreeEnsemble(NamedTuple):
    """Binary trees in flat arrays, ready for the kernels. A tree of I inner nodes has I + 1 leaves.

    A tree's inner nodes stand parents first, its leaves from left to right. A *slot* counts the inner nodes of one
    tree from 0, the root, and after them its leaves. All arrays are read-only.

    Attributes
    ----------
    base : float
        Where the sum begins.
    tree_start : int64[trees + 1]
        First inner node of each tree; its first leaf is ``tree_start[tree] + tree``.
    feature, threshold : int32[inner], float64[inner]
        A row goes left when ``x[feature] <= threshold``.
    missing_left : bool[inner]
        Where NaN goes.
    left, right : int32[inner]
        Slots.
    value : float64[leaves]
    answer : int32[inner]
        Row of the node's question in the table of answers.
    keys, key_start : float64[...], int64[features + 1]
        Each feature's distinct thresholds in heap order (the children of 1 are 2 and 3), filled up with infinity to a
        power of two; place 0 is not used.
    answer_start : int64[features + 1]
        First row of each feature in the table of answers: one a distinct threshold, and one for rows beyond them all.
    digit_start, digit_slot, digit_place : int64[trees + 1], int32[...], int32[...]
        The rows in slot ``digit_slot`` have a leaf whose number has the binary digit ``digit_place``.
    change_start, change_feature, change : int64[trees + 1], int32[...], float64[...]
        What the way to each leaf adds for each feature on it; all leaves of a tree have as many entries.
    """

    base: float
    tree_start: NDArray[np.int64]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    missing_left: NDArray[np.bool_]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float64]
    answer: NDArray[np.int32]
    keys: NDArray[np.float64]
    key_start: NDArray[np.int64]
    answer_start: NDArray[np.int64]
    digit_start: NDArray[np.int64]
    digit_slot: NDArray[np.int32]
    digit_place: NDArray[np.int32]
    change_start: NDArray[np.int64]
    change_feature: NDArray[np.int32]
    change: NDArray[np.float64]


class _Scratch(NamedTuple):
    """One thread's own arrays; bit r of word w stands for row ``64 * w + r`` of the block.

    `leaf` holds one byte a row: the number of its leaf in the tree at hand.
    """

    answers: NDArray[np.uint64]
    missing: NDArray[np.uint64]
    here: NDArray[np.uint64]
    digits: NDArray[np.uint64]
    leaf: NDArray[np.uint64]


@njit(cache=True, nogil=True)
def _largest_tree(ensemble: TreeEnsemble) -> int:
    """Inner nodes of the largest tree."""
    most = 0
    for tree in range(ensemble.tree_start.size - 1):
        most = max(most, ensemble.tree_start[tree + 1] - ensemble.tree_start[tree])
    return most


@njit(cache=True, nogil=True)
def _scratch(ensemble: TreeEnsemble) -> _Scratch:
    features = ensemble.key_start.size - 1
    return _Scratch(
        np.empty((ensemble.answer_start[features], WORDS), np.uint64),
        np.zeros((features, WORDS), np.uint64),
        np.empty((2 * _largest_tree(ensemble) + 1, WORDS), np.uint64),
        np.empty((DIGITS, WORDS), np.uint64),
        np.empty(BLOCK // 8, np.uint64),
    )


@njit(cache=True, nogil=True)
def _answer(rows: NDArray[np.floating], ensemble: TreeEnsemble, scratch: _Scratch) -> bool:
    """Answer every question for up to 512 rows; returns whether a value is missing."""
    answers, missing = scratch.answers, scratch.missing
    answers[:] = 0
    missing[:] = 0
    gaps = False
    for r in range(rows.shape[0]):
        bit = _ONE << np.uint64(r & 63)
        for f in range(rows.shape[1]):
            x = rows[r, f]
            keys = ensemble.keys[ensemble.key_start[f] : ensemble.key_start[f + 1]]
            size = np.uint64(keys.size)
            place = _ONE
            while place < size:
                place = (place << _ONE) | np.uint64(not x <= keys[place])
            first = ensemble.answer_start[f]
            below = min(np.int64(place - size), ensemble.answer_start[f + 1] - first - 1)
            answers[first + below, r >> 6] |= bit
            if np.isnan(x):
                gaps = True
                missing[f, r >> 6] |= bit
    for f in range(rows.shape[1]):
        for row in range(ensemble.answer_start[f] + 1, ensemble.answer_start[f + 1]):
            for w in range(WORDS):
                answers[row, w] |= answers[row - 1, w]
    return gaps


@njit(cache=True, nogil=True)
def _descend(tree: int, ensemble: TreeEnsemble, scratch: _Scratch, gaps: bool) -> None:
    """Send the block down a tree: afterwards ``here[slot]`` says which rows pass there."""
    here, answers = scratch.here, scratch.answers
    for w in range(WORDS):
        here[0, w] = _ALL
    first = ensemble.tree_start[tree]
    for node in range(first, ensemble.tree_start[tree + 1]):
        slot, row = node - first, ensemble.answer[node]
        left, right = ensemble.left[node], ensemble.right[node]
        if gaps:
            # A missing value has answered no to everything.
            kind = ensemble.feature[node]
            turned = _ALL if ensemble.missing_left[node] else np.uint64(0)
            for w in range(WORDS):
                yes = answers[row, w] | (scratch.missing[kind, w] & turned)
                before = here[slot, w]
                here[left, w] = before & yes
                here[right, w] = before & ~yes
        else:
            for w in range(WORDS):
                yes = answers[row, w]
                before = here[slot, w]
                here[left, w] = before & yes
                here[right, w] = before & ~yes


@njit(cache=True, nogil=True)
def _number_leaves(tree: int, ensemble: TreeEnsemble, scratch: _Scratch) -> None:
    """Put the numbers of the rows' leaves together, one byte a row."""
    digits, leaf = scratch.digits, scratch.leaf
    inner = ensemble.tree_start[tree + 1] - ensemble.tree_start[tree]
    used = 0
    while inner >> used:
        digits[used] = 0
        used += 1
    for d in range(ensemble.digit_start[tree], ensemble.digit_start[tree + 1]):
        slot, place = ensemble.digit_slot[d], ensemble.digit_place[d]
        for w in range(WORDS):
            digits[place, w] |= scratch.here[slot, w]
    leaf[:] = 0
    octets = digits.view(np.uint8)
    for place in range(used):
        for group in range(BLOCK // 8):
            # Eight rows' bits, from one byte into one bit of eight bytes.
            spread = np.uint64(octets[place, group])
            spread = (spread | (spread << np.uint64(28))) & np.uint64(0x0000_000F_0000_000F)
            spread = (spread | (spread << np.uint64(14))) & np.uint64(0x0003_0003_0003_0003)
            spread = (spread | (spread << np.uint64(7))) & np.uint64(0x0101_0101_0101_0101)
            leaf[group] |= spread << np.uint64(place)


@njit(cache=True, nogil=True)
def _score_block(
    rows: NDArray[np.floating],
    ensemble: TreeEnsemble,
    scratch: _Scratch,
    scores: NDArray[np.float64],
    changes: NDArray[np.float64],
) -> None:
    """Unit kernel: up to 512 rows through all trees; each row's values are added in the order of the trees."""
    gaps = _answer(rows, ensemble, scratch)
    leaf = scratch.leaf.view(np.uint8)
    scores[:] = ensemble.base
    for tree in range(ensemble.tree_start.size - 1):
        _descend(tree, ensemble, scratch, gaps)
        _number_leaves(tree, ensemble, scratch)
        first = ensemble.tree_start[tree] + tree
        value = ensemble.value[first : ensemble.tree_start[tree + 1] + tree + 1]
        for r in range(scores.size):
            scores[r] += value[leaf[r]]
        if changes.shape[0]:
            _explain_rows(tree, ensemble, leaf, changes)


@njit(cache=True, nogil=True)
def _explain_rows(tree: int, ensemble: TreeEnsemble, leaf: NDArray[np.uint8], changes: NDArray[np.float64]) -> None:
    """Add the changes on the way to each row's leaf."""
    kinds, change = ensemble.change_feature, ensemble.change
    width = _entries(tree, ensemble)
    for r in range(changes.shape[0]):
        first = ensemble.change_start[tree] + np.int64(leaf[r]) * width
        for place in range(first, first + width):
            changes[r, kinds[place]] += change[place]


@njit(cache=True, nogil=True)
def _entries(tree: int, ensemble: TreeEnsemble) -> int:
    """Changes that each leaf of a tree has."""
    leaves = ensemble.tree_start[tree + 1] - ensemble.tree_start[tree] + 1
    return int((ensemble.change_start[tree + 1] - ensemble.change_start[tree]) // leaves)


@njit(cache=True, nogil=True)
def _walk(matrix: NDArray[np.floating], r: int, ensemble: TreeEnsemble, changes: NDArray[np.float64]) -> float:
    """Unit kernel: one row through all trees, node by node. The same additions in the same order as in a block."""
    score = ensemble.base
    for tree in range(ensemble.tree_start.size - 1):
        first = ensemble.tree_start[tree]
        inner = ensemble.tree_start[tree + 1] - first
        slot = 0
        while slot < inner:
            node = first + slot
            x = matrix[r, ensemble.feature[node]]
            if x <= ensemble.threshold[node] or (np.isnan(x) and ensemble.missing_left[node]):
                slot = ensemble.left[node]
            else:
                slot = ensemble.right[node]
        leaf = slot - inner
        score += ensemble.value[first + tree + leaf]
        if changes.shape[0]:
            width = _entries(tree, ensemble)
            begin = ensemble.change_start[tree] + leaf * width
            for place in range(begin, begin + width):
                changes[r, ensemble.change_feature[place]] += ensemble.change[place]
    return score


@njit(cache=True, nogil=True)
def walk_rows(
    matrix: NDArray[np.floating], ensemble: TreeEnsemble, changes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Raw scores, row by row on the calling thread: for few rows, and for trees of any size.

    Parameters, result and bits as for :func:`score_rows`. Cost: the depth of every tree for each row.
    """
    scores = np.empty(matrix.shape[0], np.float64)
    for r in range(matrix.shape[0]):
        scores[r] = _walk(matrix, r, ensemble, changes)
    return scores


@njit(cache=True, nogil=True, parallel=True)
def score_rows(
    matrix: NDArray[np.floating], ensemble: TreeEnsemble, changes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Raw scores: the base and then, tree by tree, the value of the leaf that the row falls into.

    Parameters
    ----------
    matrix : float32 or float64[rows, features]
        Compared as float64, so that either gives the same bits; NaN is a missing value.
    ensemble : TreeEnsemble
        At most 256 leaves a tree.
    changes : float64[rows, features] or float64[0, features]
        With rows: zeros, to which each feature's contribution is added. The contributions of a row and the expected
        score (the base and the mean of each tree's leaves, weighted by what they were fitted on) sum to its score.

    Returns
    -------
    float64[rows]
        A chunk of rows is one thread's alone, and each row is summed in the order of the trees: the same bits for any
        number of threads, and for a row alone. Cost: for each block of 512 rows, linear in the nodes.
    """
    rows = matrix.shape[0]
    scores = np.empty(rows, np.float64)
    for chunk in prange((rows + CHUNK - 1) // CHUNK):
        scratch = _scratch(ensemble)
        for start in range(chunk * CHUNK, min(rows, (chunk + 1) * CHUNK), BLOCK):
            stop = min(rows, start + BLOCK)
            _score_block(matrix[start:stop], ensemble, scratch, scores[start:stop], changes[start:stop])
    return scores
