"""Which accounts belong together: those that share an attribute, and whoever is linked to them in turn.

Oracle: ``tests/oracles/linked_groups.py``.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def _root(parent: NDArray[np.int32], a: int) -> int:
    while parent[a] != a:
        parent[a] = parent[parent[a]]
        a = parent[a]
    return a


@njit(cache=True, nogil=True)
def linked_groups(links: NDArray[np.int32], most: int) -> NDArray[np.int32]:
    """The group of each account, called by its smallest member.

    Parameters
    ----------
    links : int32[accounts, kinds]
        Attributes as numbers from 0, a column a kind; -1 where unknown, which links nobody.
    most : int
        An attribute that more accounts share links nobody, and neither does a chain of attributes that would join
        more: each of its accounts then stands alone. At least 1.

    Returns
    -------
    int32[accounts]
        One thread; linear in the accounts and the attributes, but for the depth of a chain.
    """
    accounts, kinds = links.shape
    parent = np.arange(accounts).astype(np.int32)
    for kind in range(kinds):
        values = 0
        for a in range(accounts):
            values = max(values, links[a, kind] + 1)
        sharing = np.zeros(values, np.int32)
        for a in range(accounts):
            if links[a, kind] >= 0:
                sharing[links[a, kind]] += 1
        first = np.full(values, -1, np.int32)
        for a in range(accounts):
            value = links[a, kind]
            if value < 0 or sharing[value] > most:
                continue
            if first[value] < 0:
                first[value] = a
                continue
            one, other = _root(parent, a), _root(parent, first[value])
            # The smaller number stays the root, so that a group is called by its smallest member.
            parent[max(one, other)] = min(one, other)
    size = np.zeros(accounts, np.int32)
    group = np.empty(accounts, np.int32)
    for a in range(accounts):
        group[a] = _root(parent, a)
        size[group[a]] += 1
    for a in range(accounts):
        if size[group[a]] > most:
            group[a] = a
    return group
