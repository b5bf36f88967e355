"""One trace: from seeds to where their money is, by every rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from moneytrail.errors import InputError, ParameterError
from moneytrail.kernels.tracing import Ledger
from moneytrail.tracing.following import Terms, follow
from moneytrail.tracing.reading import Reading
from moneytrail.tracing.reversals import Reversals, find_reversals
from moneytrail.tracing.rules import IN_ORDER, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.tracing.following import Tell
    from moneytrail.tracing.result import Trace

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

MOST_MONEY: Final = 2**61 - 1
"""Minor units that a ledger may move in all, opening balances included: the kernel's slices hold no more."""

MOST_NAMED: Final = 3
"""Unknown seeds that an error names."""


def trace(
    graph: TransactionGraph,
    seeds: Sequence[str],
    rules: Sequence[Rule] = tuple(Rule),
    *,
    until: datetime | None = None,
    floor: int = 0,
    through_other_banks: bool = False,
    reversals: Reversals | None = None,
    record: bool = False,
    tell: Tell = lambda _: None,
) -> Trace:
    """Follow tainted money forwards through the whole ledger.

    Parameters
    ----------
    graph : TransactionGraph
    seeds : sequence of str
        Transaction ids: all that these transfers bring is tainted.
    rules : sequence of Rule
        All of them unless told otherwise; they are computed together.
    until : datetime, optional
        With a zone: transfers booked later do not count. Seeds among them are left out, and told.
    floor : int
        Minor units; 0 drops nothing.
    through_other_banks : bool
        Accounts that the account table does not hold are at other banks. What reaches them stays there, and what they
        pay is clean unless it is a seed, since their own ledger is not seen. ``True`` follows money through what is
        seen of it. Without an account table every account counts as seen.
    reversals : Reversals, optional
        Which transfers take an earlier one back; found by :func:`find_reversals` unless told.
    record : bool
        Whether to keep what each transfer carried.
    tell : callable
        Is told what share of the ledger is done.

    Returns
    -------
    Trace

    Raises
    ------
    ParameterError
        When there is no seed, or none until the end; when a seed is not in the ledger, brings nothing, is a transfer
        to the payer itself or takes another one back; or when the floor is below zero.
    InputError
        When the amounts and opening balances together pass :data:`MOST_MONEY`.

    Notes
    -----
    An opening balance is unknown money. Where none is known an account is taken to start at nothing, and what it pays
    beyond all that was seen to come in is unknown too. Tainted money does not depend on that label: unknown and clean
    money stand in one queue, in the order in which they came. What an account pays that no tainted money had reached
    by then is clean. Where an opening balance is known, an overdraft is real, and what comes in repays it first.

    Time: one pass, and for the end-point rule as many over the debits of touched accounts as its rings ask for.
    """
    if floor < 0:
        raise ParameterError(f"the floor is {floor}; it must be zero or more, in minor units")
    wanted = tuple(rule for rule in Rule if rule in rules)
    end = graph.transfers if until is None else end_of(graph, until)
    found = reversals if reversals is not None else find_reversals(graph)
    counted = found.later < end
    found = Reversals(found.later[counted], found.earlier[counted])
    places, late = _places(graph, seeds, end, found)
    ledger = Ledger(graph.debtor[:end], graph.creditor[:end], graph.amount[:end])
    elsewhere = outside_of(graph)
    outside = np.zeros_like(elsewhere) if through_other_banks else elsewhere
    opening = openings_of(graph)
    if float(ledger.amount.sum(dtype=np.float64)) + float(np.abs(opening[1], dtype=np.float64).sum()) > MOST_MONEY:
        raise InputError(f"the amounts together pass {MOST_MONEY:,} minor units; check their unit")
    needed = np.array([rule in wanted for rule in IN_ORDER])
    terms = Terms(
        seeds=places,
        wanted=needed,
        reversal=found.later,
        reversed=found.earlier,
        floor=floor,
        outside=outside,
        opening=opening,
        record=record,
    )
    book = follow(ledger, graph.accounts, terms, tell)
    return Reading(graph, book, end, outside, elsewhere, terms, found, late).trace(wanted)


def end_of(graph: TransactionGraph, until: datetime) -> int:
    """The ledger place behind the last transfer that was booked at `until` or before."""
    if until.tzinfo is None:
        raise ParameterError(f"{until} has no time zone")
    return int(np.searchsorted(graph.time, (until - EPOCH) // timedelta(microseconds=1), side="right"))


def _places(
    graph: TransactionGraph, seeds: Sequence[str], end: int, reversals: Reversals
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """The seeds' ledger places, rising; and the ids of those that were booked after the end."""
    if not seeds:
        raise ParameterError("there is no seed; name the transfers whose money is to be followed")
    named = pl.Series(list(dict.fromkeys(seeds)))
    said = graph.frame["transaction_id"].is_in(named.implode()).to_numpy()
    every = np.flatnonzero(said[graph.order]).astype(np.int64)
    ids = graph.transaction_ids(every)
    if every.size < len(named):
        absent = named.filter(~named.is_in(ids.implode())).to_list()
        more = f" and {len(absent) - MOST_NAMED} more" if len(absent) > MOST_NAMED else ""
        shown = ", ".join(repr(one) for one in absent[:MOST_NAMED])
        raise ParameterError(f"no transfer {shown}{more} in the ledger")
    within = int(np.searchsorted(every, end))
    places, late = every[:within], tuple(ids[within:].to_list())
    if not within:
        raise ParameterError(f"every seed was booked after the end of the trace; the first is {late[0]!r}")
    reasons = (
        (graph.amount[places] == 0, "brings nothing"),
        (graph.debtor[places] == graph.creditor[places], "is a transfer to the payer itself"),
        (np.isin(places, reversals.later), "takes an earlier transfer back, and brings no new money"),
    )
    for wrong, reason in reasons:
        if wrong.any():
            raise ParameterError(f"seed {ids[int(np.argmax(wrong))]!r} {reason}")
    return places, late


def outside_of(graph: TransactionGraph) -> NDArray[np.bool_]:
    """Accounts that the account table does not hold; none where there is no table."""
    absent: NDArray[np.bool_] = graph.register["kind"].is_null().to_numpy()
    return np.zeros(graph.accounts, np.bool_) if absent.all() else absent


def openings_of(graph: TransactionGraph) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Opening balances in the graph's reference currency; those in another currency are not known."""
    own = graph.register["currency"].cast(pl.String()) == graph.reference_currency
    known = (own.fill_null(value=False) & graph.register["opening_balance"].is_not_null()).to_numpy()
    return known, graph.register["opening_balance"].fill_null(0).to_numpy()
