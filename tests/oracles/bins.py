"""Sizes as columns of 0 and 1. Imports nothing of ours."""

from __future__ import annotations


def bin_of(size: int) -> int:
    """The bin of a size: itself, and 30 for every larger one."""
    return min(size, 30)


def in_bin(sizes: list[int], wanted: int) -> list[int]:
    """1 for each size that the bin holds, 0 for the others; nothing is in bin 0."""
    return [int(size > 0 and bin_of(size) == wanted) for size in sizes]
