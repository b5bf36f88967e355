"""What linked accounts paid together: lists by set in place of lists by account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from moneytrail.typologies.windows import Chosen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph


def paid_by_sets(graph: TransactionGraph, keep: NDArray[np.bool_], sets: NDArray[np.integer[Any]]) -> Chosen:
    """What each set paid, of the transfers that `keep` (bool[n]) says; without those within a set.

    Parameters
    ----------
    graph : TransactionGraph
    keep : bool[n]
        In ledger order.
    sets : int[accounts]
        The set of each account, called by one of its accounts (:func:`moneytrail.kernels.linked_groups`).

    Returns
    -------
    Chosen
        The list of the account that a set is called by holds all of the set's, in ledger order.
    """
    whole = np.append(sets, -1)
    paid = np.flatnonzero(keep & (graph.debtor >= 0) & (whole[graph.debtor] != whole[graph.creditor]))
    paid_by = sets[graph.debtor[paid]]
    order = np.argsort(paid_by, kind="stable")
    ledger = paid[order].astype(np.int32)
    indptr = np.searchsorted(paid_by[order], np.arange(graph.accounts + 1)).astype(np.int64)
    return Chosen(indptr, ledger, graph.creditor[ledger], graph.time[ledger], graph.amount[ledger])
