"""Which transfers take an earlier one back: told by the bank's words, the accounts, the amount and the time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import polars as pl

from moneytrail.graph import DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph

WORDS: Final = ("reversal", "reversed", "returned payment", "unpaid item", "recall", "bounced")
"""What a bank writes when it takes a transfer back (design). A reference that holds one of them as whole words, without
regard to case, may be a reversal; ``refund`` is none of them, since a refund is a new payment."""

LATEST: Final = 14 * DAY
"""Microseconds from a transfer to its reversal, at most (design)."""


class Reversals(NamedTuple):
    """Pairs of transfers.

    Attributes
    ----------
    later, earlier : int64[r]
        Ledger places: `later`, rising, takes `earlier` back. No transfer stands in two pairs.
    """

    later: NDArray[np.int64]
    earlier: NDArray[np.int64]


def find_reversals(graph: TransactionGraph) -> Reversals:
    """The transfers that take an earlier one back.

    A transfer does when its reference says so (:data:`WORDS`) and an earlier one, at most :data:`LATEST` before it, ran
    between the same accounts the other way round, with the same amount and currency. Of several the last that no other
    transfer took back is meant. A reversal itself is not reversed, nor is a transfer of nothing.
    """
    codes, texts = graph.codes("reference")
    pattern = r"(?i)\b(?:" + "|".join(WORDS) + r")\b"
    said = texts.str.contains(pattern).to_numpy() if len(texts) else np.zeros(0, np.bool_)
    marked = np.zeros(graph.transfers, np.bool_)
    known = codes >= 0
    marked[known] = said[codes[known]]
    marked &= (graph.debtor >= 0) & (graph.creditor >= 0) & (graph.debtor != graph.creditor) & (graph.own_amount > 0)
    wanted = np.flatnonzero(marked)
    if not wanted.size:
        return Reversals(np.empty(0, np.int64), np.empty(0, np.int64))
    keys: dict[str, NDArray[Any]] = {"amount": graph.own_amount, "currency": graph.currency, "time": graph.time}
    later = pl.DataFrame(
        {"later": wanted, "a": graph.creditor[wanted], "b": graph.debtor[wanted]}
        | {name: values[wanted] for name, values in keys.items()}
    )
    possible = np.flatnonzero(~marked & np.isin(graph.own_amount, graph.own_amount[wanted]))
    earlier = pl.DataFrame(
        {"earlier": possible, "a": graph.debtor[possible], "b": graph.creditor[possible]}
        | {name: values[possible] for name, values in keys.items()}
    )
    pairs = later.join(earlier, on=["a", "b", "amount", "currency"], suffix="_before").filter(
        (pl.col("earlier") < pl.col("later")) & (pl.col("time") - pl.col("time_before") <= LATEST)
    )
    taken: dict[int, int] = {}
    used: set[int] = set()
    for place, before in (
        pairs.select("later", "earlier").sort("later", "earlier", descending=[False, True]).iter_rows()
    ):
        if place not in taken and before not in used:
            used.add(before)
            taken[place] = before
    found = np.array(sorted(taken.items()), np.int64).reshape(-1, 2)
    return Reversals(found[:, 0].copy(), found[:, 1].copy())
