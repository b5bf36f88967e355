"""From a balance back to where it came from: cash, other banks, opening balances, and money that nobody saw come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from moneytrail.errors import InputError, ParameterError
from moneytrail.kernels.backwards import FoundShares, Ledger, end_point, haircut, in_order, read, unread
from moneytrail.tracing.reversals import Reversals, find_reversals
from moneytrail.tracing.rules import Rule
from moneytrail.tracing.trace import MOST_MONEY, end_of, openings_of, outside_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.kernels.backwards import FoundPence, Statements

BACKWARDS: Final = (Rule.FIFO, Rule.LIFO, Rule.HAIRCUT, Rule.PARI_PASSU)
"""The rules that can be run backwards: by them a debit takes the same money, whichever of it is tainted."""

KINDS: Final = ("cash", "other_bank", "opening_balance", "unseen")
"""What an origin may be; see :class:`Sources`."""


@dataclass(frozen=True, eq=False)
class Sources:
    """Where the money in one account came from. Minor units of the graph's reference currency.

    Attributes
    ----------
    account : str
    balance : int
        The money in the account: zero where it is overdrawn. Of an account at another bank, whose balance is not
        known, all that it was paid.
    rules : tuple of Rule
    end : int
        Ledger place behind the last transfer that counts.
    origins : polars DataFrame
        A row for every origin of any of that money by any rule, in ledger order, opening balances first:

        - ``kind``: ``cash`` paid in; ``other_bank``, paid by an account at another bank; ``opening_balance``;
          ``unseen``, what an account paid beyond all that was seen to come in, or, where its opening balance is known,
          out of an overdraft.
        - ``account``: who was paid the cash or by the other bank, who held the opening balance, who paid beyond.
        - ``transaction_id``, ``place``: the transfer that brought it, or that paid beyond, and its place in the ledger;
          null for an opening balance.
        - a column for each rule, by its name: how much of `balance`. Each adds up to `balance`.
    carried : polars DataFrame
        A row for every transfer through which any of that money came by any rule, in ledger order: ``place``,
        ``transaction_id``, ``debtor_account``, ``creditor_account`` (null: cash), ``amount``, and a column for each
        rule: how much of `balance` came through it.
    settled : bool
        Whether the end-point rule was solved. Not where money went round in rings thousands of times before it left:
        its column is then near, though it adds up; the other rules are not touched by that.
    """

    account: str
    balance: int
    rules: tuple[Rule, ...]
    end: int
    origins: pl.DataFrame
    carried: pl.DataFrame
    settled: bool


def trace_back(
    graph: TransactionGraph,
    account: str,
    rules: Sequence[Rule] = BACKWARDS,
    *,
    at: datetime | None = None,
    through_other_banks: bool = False,
    reversals: Reversals | None = None,
) -> Sources:
    """Follow the money in an account back to where it came from.

    Parameters
    ----------
    graph : TransactionGraph
    account : str
    rules : sequence of Rule
        Any of :data:`BACKWARDS`; all of them unless told otherwise.
    at : datetime, optional
        With a zone: the balance after the last transfer booked then or before. The ledger's end unless told.
    through_other_banks : bool
        As in :func:`trace`: whether what is seen of accounts at other banks is followed, or money from them ends there.
    reversals : Reversals, optional
        Which transfers take an earlier one back; found by :func:`find_reversals` unless told. Both count as never
        having happened, once the later one is booked.

    Returns
    -------
    Sources

    Raises
    ------
    ParameterError
        When the account is not in the ledger, a rule cannot be run backwards, or `at` has no zone.
    InputError
        When the amounts and opening balances together pass :data:`MOST_MONEY`.

    Notes
    -----
    The rules are those of :func:`trace`, read from the other end: by FIFO and LIFO what came through a transfer is to
    the penny what a trace from it says of this account. By the rules of shares it is the exact share, rounded once,
    while a trace rounds each transfer; they differ by half a penny, and half a penny more for each later transfer
    among accounts from which the balance came, at most (in a ring of the end-point rule also by what
    :data:`moneytrail.kernels.backwards.RING_PENCE` and ``RING_SHARE`` allow). Origins are rounded down and the pence
    that are missing from `balance` given to those that lost most, the earlier ones first.

    Clean first and tainted first cannot be run backwards, since what a debit takes by them depends on what is tainted;
    poison is no claim.

    Time: rolling pro rata goes through the ledger once; FIFO and LIFO read the accounts that are reached, and the
    end-point rule sweeps over their credits.
    """
    wanted = _checked(rules)
    numbers = np.flatnonzero((graph.names == account).to_numpy())
    if not numbers.size:
        raise ParameterError(f"no account {account!r} in the ledger")
    number = int(numbers[0])
    end = graph.transfers if at is None else end_of(graph, at)
    ledger = _ledger(graph, end, reversals, through_other_banks=through_other_banks)
    statements = unread(end, graph.accounts)
    read(ledger, statements, number)
    balance = int(statements.left[number])
    found = {rule: _found(rule, ledger, statements, number) for rule in wanted}
    return Sources(
        account=account,
        balance=balance,
        rules=wanted,
        end=end,
        origins=_origins(graph, ledger, {rule: _began(one, balance) for rule, one in found.items()}),
        carried=_carried(graph, {rule: (one.place, _nearest(one.carried)) for rule, one in found.items()}),
        settled=all(one.settled for one in found.values() if isinstance(one, FoundShares)),
    )


def _checked(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    unfit = [str(rule) for rule in Rule if rule in rules and rule not in BACKWARDS]
    if unfit:
        raise ParameterError(
            f"{', '.join(unfit)} cannot be run backwards; {', '.join(BACKWARDS)} can. What a debit takes by "
            "clean_first or tainted_first depends on which money is tainted, and poison is no claim; "
            "trace forwards from seeds"
        )
    return tuple(rule for rule in BACKWARDS if rule in rules)


def _ledger(graph: TransactionGraph, end: int, reversals: Reversals | None, *, through_other_banks: bool) -> Ledger:
    """The transfers that count, those that never happened with nothing in them."""
    found = reversals if reversals is not None else find_reversals(graph)
    counted = found.later < end
    struck = graph.debtor[:end] == graph.creditor[:end]
    struck[found.later[counted]] = struck[found.earlier[counted]] = True
    outside = np.zeros(graph.accounts, np.bool_) if through_other_banks else outside_of(graph)
    known, opening = openings_of(graph)
    known = known & ~outside
    opening = np.where(known, opening, 0)
    amount = np.where(struck, 0, graph.amount[:end])
    if float(amount.sum(dtype=np.float64)) + float(np.abs(opening, dtype=np.float64).sum()) > MOST_MONEY:
        raise InputError(f"the amounts together pass {MOST_MONEY:,} minor units; check their unit")
    both = graph.both
    return Ledger(graph.debtor[:end], graph.creditor[:end], amount, both.indptr, both.edge, outside, known, opening)


def _found(rule: Rule, ledger: Ledger, statements: Statements, account: int) -> FoundPence | FoundShares:
    made: FoundPence | FoundShares
    if rule == Rule.HAIRCUT:
        made = haircut(ledger, statements, account)
    elif rule == Rule.PARI_PASSU:
        made = end_point(ledger, statements, account)
    else:
        made = in_order(ledger, statements, account, rule == Rule.LIFO)
    return made


Told = tuple["NDArray[np.int64]", "NDArray[np.int64]"]
"""Keys, rising, and an amount of each."""


def _began(found: FoundPence | FoundShares, balance: int) -> Told:
    """What began where: the key of an opening balance is its account less the number of accounts, else a place."""
    held, places = np.flatnonzero(found.opening), np.flatnonzero(found.began)
    values = np.concatenate([found.opening[held], found.began[places]])
    return np.concatenate([held - found.opening.size, found.place[places]]), _apportioned(values, balance)


def _nearest(values: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.int64]:
    return np.floor(values + 0.5).astype(np.int64) if values.dtype == np.float64 else values.astype(np.int64)


def _apportioned(values: NDArray[np.int64] | NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Whole numbers that come to `total` (largest remainders, the first of equal ones first)."""
    if values.dtype != np.float64 or not values.size:
        return values.astype(np.int64)
    exact = values * (total / values.sum())
    found: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    short = total - int(found.sum())
    if 0 <= short <= values.size:
        found[np.argsort(found - exact, kind="stable")[:short]] += 1
    else:
        # Beyond 2**53 minor units floats miss whole ones.
        found[np.argmax(values)] += short
    return found


def _columns(told: dict[Rule, Told]) -> tuple[NDArray[np.int64], list[pl.Series]]:
    """The keys that have an amount by any rule, rising, and a column for each rule."""
    keys = np.unique(np.concatenate([np.empty(0, np.int64), *(own[amounts > 0] for own, amounts in told.values())]))
    columns = []
    for rule, (own, amounts) in told.items():
        spread = np.zeros(keys.size, np.int64)
        spread[np.searchsorted(keys, own[amounts > 0])] = amounts[amounts > 0]
        columns.append(pl.Series(str(rule), spread, dtype=pl.Int64()))
    return keys, columns


def _origins(graph: TransactionGraph, ledger: Ledger, told: dict[Rule, Told]) -> pl.DataFrame:
    keys, columns = _columns(told)
    first = int(np.searchsorted(keys, 0))
    places = keys[first:]
    debtor, creditor = ledger.debtor[places], ledger.creditor[places]
    hidden = (debtor < 0) | ledger.outside[debtor]
    kind = np.full(keys.size, KINDS.index("opening_balance"))
    kind[first:] = np.where(debtor < 0, 0, np.where(hidden, 1, 3))
    owner = np.concatenate([keys[:first] + graph.accounts, np.where(hidden, creditor, debtor)])
    none = pl.Series([None] * first, dtype=pl.String())
    return pl.DataFrame(
        [
            pl.Series("kind", np.array(KINDS)[kind], dtype=pl.String()),
            _names(graph, owner).alias("account"),
            pl.concat([none, graph.transaction_ids(places)]).alias("transaction_id"),
            _or_null(keys).alias("place"),
            *columns,
        ]
    )


def _carried(graph: TransactionGraph, told: dict[Rule, Told]) -> pl.DataFrame:
    places, columns = _columns(told)
    return pl.DataFrame(
        [
            pl.Series("place", places, dtype=pl.Int64()),
            graph.transaction_ids(places).alias("transaction_id"),
            _names(graph, graph.debtor[places]).alias("debtor_account"),
            _names(graph, graph.creditor[places]).alias("creditor_account"),
            pl.Series("amount", graph.amount[places], dtype=pl.Int64()),
            *columns,
        ]
    )


def _names(graph: TransactionGraph, accounts: NDArray[np.integer]) -> pl.Series:
    return graph.names.gather(_or_null(accounts))


def _or_null(numbers: NDArray[np.integer]) -> pl.Series:
    """Whole numbers, null for those below zero."""
    told = pl.DataFrame({"number": pl.Series(numbers, dtype=pl.Int64())})
    return told.select(pl.when(pl.col("number") >= 0).then("number")).to_series()
