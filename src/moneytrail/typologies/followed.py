"""The transfers along which money is followed from account to account, as lists of each account's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from moneytrail.kernels.ordering import Adjacency, both_sides

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.typologies.ground import Ground

_KNOWN: WeakKeyDictionary[Ground, dict[int, tuple[Adjacency, Adjacency]]] = WeakKeyDictionary()


def followed(ground: Ground) -> NDArray[np.bool_]:
    """bool[n]: pushed between accounts of different parties (R-OWN), and no salary (R-SAL)."""
    kept: NDArray[np.bool_] = ground.between_parties & ~ground.graph.pulled & ~ground.salary
    return kept


def lists_of(ground: Ground, keep: NDArray[np.bool_]) -> tuple[Adjacency, Adjacency]:
    """What each account paid and was paid among the transfers that `keep` (bool[n]) says, at their ledger positions."""
    graph = ground.graph
    debtor, creditor = (_frozen(np.where(keep, side, np.int32(-1))) for side in (graph.debtor, graph.creditor))
    _, outgoing, incoming = both_sides(debtor, creditor, graph.time, graph.amount, graph.accounts)
    return outgoing, incoming


def followed_lists(ground: Ground, least: int = 0) -> tuple[Adjacency, Adjacency]:
    """:func:`lists_of` those :func:`followed` of at least `least` minor units; made once for each `least`."""
    made = _KNOWN.setdefault(ground, {})
    if least not in made:
        made[least] = lists_of(ground, followed(ground) & (ground.graph.amount >= least))
    return made[least]


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
