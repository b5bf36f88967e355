"""Where a trace ends: typed breaks, at which the money cannot be followed as of right.

What may join the two sides of one is offered apart (:mod:`moneytrail.tracing.beyond`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from moneytrail.errors import ParameterError
from moneytrail.schema import ACCOUNT_KINDS, CHANNELS
from moneytrail.tracing.rules import CONSERVING, Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.tracing.result import Trace


class Break(StrEnum):
    """Why a chain of transfers breaks."""

    CASH = "cash"
    OTHER_BANK = "other_bank"
    PURCHASER = "purchaser_for_value_possible"
    OVERDRAFT = "overdraft"


BREAKS: Final = {
    Break.CASH: "taken out as cash: nobody saw where it went",
    Break.OTHER_BANK: "paid to an account at another bank, whose ledger is not seen",
    Break.PURCHASER: "may have bought something: whoever gave value for it in good faith and without notice keeps it "
    "(Proceeds of Crime Act 2002, section 308); the trace goes on, since only a court can say so",
    Break.OVERDRAFT: "repaid an overdraft, and so went to the lender",
}

_BOUGHT: Final = np.array([channel == "card" for channel in CHANNELS])
_SELLING: Final = ("business", "institution")


def columns_of(made: Trace) -> pl.DataFrame:
    """What transfers carried that ended something, with the least and the most over the rules but poison."""
    if made.carried is None:
        raise ParameterError("what transfers carried was not recorded; trace with record=True")
    rules = [f"tainted_{rule}" for rule in made.rules if rule in CONSERVING]
    if not rules:
        raise ParameterError("poison alone says nothing of single transfers; trace by another rule")
    # What was taken back, and what took it back, ended nothing.
    carried = made.carried.filter(pl.Series(~undone_of(made)[made.carried["place"].to_numpy()]))
    return carried.with_columns(low=pl.min_horizontal(rules), high=pl.max_horizontal(rules))


def undone_of(made: Trace) -> NDArray[np.bool_]:
    """Whether each transfer was taken back, or took one back; bool[transfers]."""
    found = np.zeros(made.graph.transfers, np.bool_)
    found[made.reversals.later] = found[made.reversals.earlier] = True
    return found


def find_breaks(made: Trace) -> pl.DataFrame:
    """Where tainted money left what can be followed.

    Parameters
    ----------
    made : Trace
        With what transfers carried.

    Returns
    -------
    polars DataFrame
        A row a break, in ledger order: ``transaction_id, booked_at, kind`` (of :class:`Break`), ``debtor_account,
        creditor_account, amount`` (of the transfer), ``low`` and ``high`` (tainted money in it over the rules but
        poison; for an overdraft what of it repaid that), minor units of the graph's reference currency, and ``place``
        in the ledger. The end-point rule does not say which transfer repaid an overdraft and is left out there.

    Raises
    ------
    ParameterError
        When the trace did not record what transfers carried, or was by poison alone.
    """
    graph, frame = made.graph, columns_of(made)
    place = frame["place"].to_numpy()
    debtor, creditor = graph.debtor[place], graph.creditor[place]
    to = np.where(creditor < 0, 0, creditor)
    abroad = (creditor >= 0) & made.outside[to]
    repaid = [f"repaid_{rule}" for rule in made.rules if frame[f"repaid_{rule}"].null_count() < frame.height]
    frame = frame.with_columns(
        lent_low=pl.min_horizontal(repaid) if repaid else pl.lit(0, dtype=pl.Int64()),
        lent_high=pl.max_horizontal(repaid) if repaid else pl.lit(0, dtype=pl.Int64()),
    )
    tainted = frame["high"].to_numpy() > 0
    bought = tainted & (creditor >= 0) & (debtor >= 0) & _sold(graph, place)
    lent = frame["lent_high"].fill_null(0).to_numpy() > 0
    parts = []
    for kind, holds, low, high in (
        (Break.CASH, tainted & (creditor < 0), "low", "high"),
        (Break.OTHER_BANK, tainted & abroad, "low", "high"),
        (Break.PURCHASER, bought, "low", "high"),
        (Break.OVERDRAFT, lent, "lent_low", "lent_high"),
    ):
        part = frame.filter(pl.Series(holds))
        parts.append(part.select("place", pl.lit(str(kind)).alias("kind"), low=low, high=high))
    return _told(graph, pl.concat(parts).sort("place", "kind"), ("kind", "low", "high"))


def _sold(graph: TransactionGraph, place: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a transfer may have bought something: by card, from a merchant, or from a firm."""
    kinds = np.array([kind in _SELLING for kind in ACCOUNT_KINDS] + [False])
    kind = graph.register["kind"].to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    merchant = graph.codes("merchant_category")[0][place] >= 0
    creditor = graph.creditor[place]
    sold: NDArray[np.bool_] = (
        _BOUGHT[graph.channel[place]] | merchant | kinds[np.where(creditor < 0, -1, kind[creditor])]
    )
    return sold


def _told(graph: TransactionGraph, found: pl.DataFrame, more: tuple[str, ...]) -> pl.DataFrame:
    """The transfers at ``place`` with what a reader needs of them."""
    place = found["place"].to_numpy()
    told: pl.DataFrame = graph.frame.select("transaction_id", "booked_at", "debtor_account", "creditor_account")[
        graph.order[place]
    ]
    return told.with_columns(pl.Series("amount", graph.amount[place]), *(found[name] for name in (*more, "place")))


# What may lie beyond


def break_totals(made: Trace, found: pl.DataFrame) -> dict[Break, dict[Rule, int]]:
    """Tainted money that went over each kind of the breaks `found`, by every rule but poison; minor units."""
    carried = made.carried
    assert carried is not None, "find_breaks has looked"
    rules = [rule for rule in made.rules if rule in CONSERVING]
    joined = found.select("place", "kind").join(carried, on="place")
    totals: dict[Break, dict[Rule, int]] = {}
    for kind in Break:
        part = joined.filter(pl.col("kind") == kind)
        column = "repaid" if kind is Break.OVERDRAFT else "tainted"
        if part.height:
            totals[kind] = {rule: int(part[f"{column}_{rule}"].fill_null(0).sum()) for rule in rules}
    return totals
