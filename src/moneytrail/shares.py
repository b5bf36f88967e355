"""Shares as whole thousandths, in which everything is compared exactly: in plain Python, in arrays and in kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def thousandths(share: float) -> int:
    """A share as whole thousandths."""
    return round(share * 1000)


def reaches(part: NDArray[np.int64], whole: NDArray[np.int64], share: int) -> NDArray[np.bool_]:
    """Whether ``part / whole >= share / 1000``, exactly and without overflow; as the kernels compare."""
    return part >= (whole // 1000) * share + (whole % 1000 * share + 999) // 1000


def share_of(whole: int, share: int) -> int:
    """The least amount that is at least `share` thousandths of `whole`; as the kernels compare."""
    return (whole * share + 999) // 1000
