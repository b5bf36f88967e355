"""Which of very many points lie in a box of ranks and numbers: counted, and the first of them told, in log n each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Box(NamedTuple):
    """Ranks from `low` up to `high` and numbers from `begin` up to `end`, the upper ones excluded; int64[boxes]."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]

    def of(self, which: NDArray[np.int64]) -> Box:
        """Some of them."""
        return Box(*(column[which] for column in self))


class Boxes:
    """Points with a key and a rank, numbered as they come: how many lie in a box, and which are the first of them.

    A wavelet matrix (Claude, Navarro and Ordóñez: The wavelet matrix, Information Systems, 2015) over the numbers in
    the order of key and rank. It takes n log n to make and log n for each box, however many points that holds.

    Parameters
    ----------
    key, rank : int64[points]
        Points of key -1 lie in no box. Ranks are below the number of points.
    """

    def __init__(self, key: NDArray[np.int64], rank: NDArray[np.int64]) -> None:
        number = np.flatnonzero(key >= 0)
        self.stride = key.size + 1
        at = key[number] * self.stride + rank[number]
        order = np.argsort(at, kind="stable")
        self.at, values = at[order], number[order]
        self.levels: list[tuple[int, NDArray[np.int32]]] = []
        for bit in range(key.size.bit_length() - 1, -1, -1):
            zero = values >> bit & 1 == 0
            self.levels.append((bit, np.concatenate([[0], np.cumsum(zero)]).astype(np.int32)))
            values = np.concatenate([values[zero], values[~zero]])

    def count(self, key: NDArray[np.int64], box: Box) -> NDArray[np.int64]:
        """How many points each box holds; int64[boxes]."""
        first, last = self._stretch(key, box)
        return self._below(first, last, box.end) - self._below(first, last, box.begin)

    def pick(
        self, key: NDArray[np.int64], box: Box, most: int, *, latest: bool = False
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The first `most` points of each box by number, or the last: which box, rising, and the point's number."""
        first, last = self._stretch(key, box)
        before, until = self._below(first, last, box.begin), self._below(first, last, box.end)
        which = np.repeat(np.arange(first.size), np.minimum(until - before, most))
        turn = turns_of(which)
        return which, self._nth(first[which], last[which], until[which] - 1 - turn if latest else before[which] + turn)

    def _stretch(self, key: NDArray[np.int64], box: Box) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where in the order of key and rank each box begins and ends; nowhere for key -1."""
        base = key * self.stride
        return np.searchsorted(self.at, base + box.low), np.searchsorted(self.at, base + box.high)

    def _below(self, first: NDArray[np.int64], last: NDArray[np.int64], number: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many of each stretch have a smaller number."""
        found = np.zeros(first.size, np.int64)
        for bit, zeros in self.levels:
            one = number >> bit & 1 == 1
            found += np.where(one, zeros[last] - zeros[first], 0)
            first, last = _down(zeros, one, first), _down(zeros, one, last)
        return found

    def _nth(self, first: NDArray[np.int64], last: NDArray[np.int64], turn: NDArray[np.int64]) -> NDArray[np.int64]:
        """The number whose turn it is, from 0, by size in each stretch."""
        found = np.zeros(first.size, np.int64)
        for bit, zeros in self.levels:
            small = zeros[last] - zeros[first]
            one = turn >= small
            found |= one.astype(np.int64) << bit
            turn = np.where(one, turn - small, turn)
            first, last = _down(zeros, one, first), _down(zeros, one, last)
        return found


def turns_of(owner: NDArray[np.int64]) -> NDArray[np.int64]:
    """The how manieth of its owner each is, from 0, where those of each stand together, rising."""
    turns: NDArray[np.int64] = np.arange(owner.size) - np.searchsorted(owner, owner)
    return turns


def _down(zeros: NDArray[np.int32], one: NDArray[np.bool_], place: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where a place of one level is on the next, behind those whose bit is zero or among them."""
    return np.where(one, place - zeros[place] + zeros[-1], zeros[place])
