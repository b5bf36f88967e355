"""One trace: from seeds to where their money is, by every rule, with what left the accounts and what proves it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from moneytrail.errors import InputError, ParameterError
from moneytrail.kernels import tracing as kernel
from moneytrail.kernels.end_point import SEED, STRUCK, USUAL, Debits, Funds, pari_passu, share
from moneytrail.kernels.tracing import Book, Ledger
from moneytrail.tracing.following import Terms, follow
from moneytrail.tracing.reversals import Reversals, find_reversals
from moneytrail.tracing.rules import IN_ORDER, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.tracing.following import Tell

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

MOST_MONEY: Final = 2**61 - 1
"""Minor units that a ledger may move in all, opening balances included: the kernel's slices hold no more."""

MOST_NAMED: Final = 3
"""Unknown seeds that an error names."""

TOTALS: Final = ("seeded", "withdrawn", "in_accounts", "other_banks", "cash", "overdrafts", "dropped", "rounding")


@dataclass(frozen=True, eq=False)
class Trace:
    """Where the seeds' money is.

    Attributes
    ----------
    graph : TransactionGraph
    rules : tuple of Rule
    seeds : int64[s]
        Ledger places.
    end : int
        Ledger place behind the last transfer that counts.
    floor : int
        Minor units; a transfer's smaller tainted part counts as clean from there on.
    accounts : polars DataFrame
        A row for every account that tainted money reached by any rule (by the end-point rule even before it came):
        ``account``, ``balance`` (null for one at another bank), ``outside``, ``since`` (the ledger place at which
        tainted money came first), and for each rule ``tainted_RULE`` and ``unknown_RULE`` (the end-point rule and
        poison tell no unknown money: null). Minor units of the graph's reference currency. Of an account at another
        bank the money that it was paid.
    totals : polars DataFrame
        A row a rule, in minor units: ``seeded`` (what the seeds made tainted), and where it is: ``withdrawn`` with a
        seed that was taken back, ``in_accounts``, at ``other_banks``, taken out as ``cash``, gone into ``overdrafts``,
        ``dropped`` below the floor, and ``rounding``. The last seven add up to the first. Poison has no row.
    carried : dict
        By rule, tainted money in each transfer up to `end`: int64, in ledger order. Empty unless it was asked for.
    """

    graph: TransactionGraph
    rules: tuple[Rule, ...]
    seeds: NDArray[np.int64]
    end: int
    floor: int
    accounts: pl.DataFrame
    totals: pl.DataFrame
    carried: dict[Rule, NDArray[np.int64]] = field(default_factory=dict)


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
        With a zone: transfers booked later do not count.
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
        When there is no seed, a seed is not in the ledger, brings nothing, is a transfer to the payer itself or takes
        another one back; or when the floor is below zero.
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
    end = graph.transfers if until is None else _end(graph, until)
    found = reversals if reversals is not None else find_reversals(graph)
    counted = found.later < end
    found = Reversals(found.later[counted], found.earlier[counted])
    places = _places(graph, seeds, end, found)
    ledger = Ledger(graph.debtor[:end], graph.creditor[:end], graph.amount[:end])
    outside = _outside(graph) if not through_other_banks else np.zeros(graph.accounts, np.bool_)
    opening = _openings(graph)
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
    reading = _Reading(graph, book, end, outside, terms)
    return reading.trace(wanted)


@dataclass(frozen=True, eq=False)
class _Reading:
    """What stands in the book, as frames."""

    graph: TransactionGraph
    book: Book
    end: int
    outside: NDArray[np.bool_]
    terms: Terms

    def trace(self, wanted: tuple[Rule, ...]) -> Trace:
        since = self.book.label[:, kernel.SINCE]
        touched = since > 0
        tainted: dict[Rule, NDArray[np.int64]] = {}
        unknown: dict[Rule, NDArray[np.int64]] = {}
        totals, carried = [], {}
        for number, rule in enumerate(IN_ORDER):
            if rule not in wanted:
                continue
            tainted[rule], unknown[rule] = kernel.all_held(self.book, number)
            totals.append(self._total(rule, number, tainted[rule], touched))
            if self.terms.record:
                carried[rule] = self._carried(number)
        if Rule.PARI_PASSU in wanted:
            tainted[Rule.PARI_PASSU], row, paid = self._end_point()
            totals.append(row)
            if self.terms.record:
                carried[Rule.PARI_PASSU] = paid
        balance = np.maximum(self.book.account[:, kernel.BALANCE], 0)
        if Rule.POISON in wanted:
            tainted[Rule.POISON], paid = self._poison(touched, balance)
            if self.terms.record:
                carried[Rule.POISON] = paid
        reached = np.flatnonzero(touched | np.any([values > 0 for values in tainted.values()], axis=0))
        none = pl.lit(None, dtype=pl.Int64())
        frame = pl.DataFrame(
            {
                "account": self.graph.names.gather(pl.Series(reached)),
                "balance": self.book.account[reached, kernel.BALANCE],
                "outside": self.outside[reached],
                "since": since[reached] - 1,
            }
        ).with_columns(
            balance=pl.when(~pl.col("outside")).then("balance"), since=pl.when(pl.col("since") >= 0).then("since")
        )
        columns: list[pl.Expr] = []
        for rule in wanted:
            columns.append(pl.lit(pl.Series(f"tainted_{rule}", tainted[rule][reached], dtype=pl.Int64())))
            label = unknown.get(rule)
            told = none if label is None else pl.lit(pl.Series(label[reached], dtype=pl.Int64()))
            columns.append(told.alias(f"unknown_{rule}"))
        order = {rule: place for place, rule in enumerate(Rule)}
        rows = sorted(totals, key=lambda row: order[Rule(str(row["rule"]))])
        schema = {"rule": pl.String(), **dict.fromkeys(TOTALS, pl.Int64())}
        return Trace(
            graph=self.graph,
            rules=wanted,
            seeds=self.terms.seeds,
            end=self.end,
            floor=self.terms.floor,
            accounts=frame.with_columns(columns),
            totals=pl.DataFrame(rows, schema=schema),
            carried={rule: carried[rule] for rule in wanted if rule in carried},
        )

    def _total(
        self, rule: Rule, number: int, tainted: NDArray[np.int64], touched: NDArray[np.bool_]
    ) -> dict[str, object]:
        sums = self.book.sums[number]
        return {
            "rule": str(rule),
            "seeded": int(sums[kernel.SEEDED]),
            "withdrawn": int(sums[kernel.WITHDRAWN]),
            "in_accounts": int(tainted[touched].sum()),
            "other_banks": int(tainted[self.outside].sum()),
            "cash": int(sums[kernel.CASH_TAINTED]),
            "overdrafts": int(sums[kernel.REPAID_TAINTED]),
            "dropped": int(sums[kernel.DROPPED]),
            "rounding": 0,
        }

    def _carried(self, number: int) -> NDArray[np.int64]:
        found = np.zeros(self.end, np.int64)
        recorded = int(self.book.pool.counts[kernel.RECORDED])
        found[self.book.record_at[:recorded]] = self.book.record[:recorded, 2 * number]
        return found

    def _kinds(self) -> NDArray[np.uint8]:
        """Of every transfer, whether it counts for the end-point rule."""
        graph, terms = self.graph, self.terms
        kind = np.full(graph.transfers, STRUCK, np.uint8)
        kind[: self.end] = USUAL
        kind[terms.seeds] = SEED
        kind[graph.debtor == graph.creditor] = STRUCK
        kind[terms.reversal] = kind[terms.reversed] = STRUCK
        return kind

    def _end_point(self) -> tuple[NDArray[np.int64], dict[str, object], NDArray[np.int64]]:
        """The end-point rule: tainted money by account, its row of totals, and by transfer what arrived."""
        graph, account, label = self.graph, self.book.account, self.book.label
        kind = self._kinds()
        seeds = self.terms.seeds[kind[self.terms.seeds] == SEED]
        payee, amount = graph.creditor[seeds], graph.amount[seeds]
        seeded = np.zeros(graph.accounts, np.int64)
        np.add.at(seeded, payee[payee >= 0], amount[payee >= 0])
        content = np.maximum(account[:, kernel.BALANCE], 0)
        out = graph.outgoing
        debits = Debits(out.indptr.astype(np.int64), out.edge, out.peer, out.amount, kind)
        funds = Funds(self.outside, content, label[:, kernel.REPAID].copy(), seeded)
        first = payee[payee >= 0].astype(np.int64)
        order, carried, part, whole, came = pari_passu(debits, funds, first)
        arrived = carried[: self.end].copy()
        arrived[seeds] = amount
        made = int((amount - carried[seeds]).sum())
        left, lent = np.zeros(graph.accounts, np.int64), 0
        for one in order.tolist():
            if whole[one]:
                rest = int(part[one]) - share(int(part[one]), int(whole[one] - content[one]), int(whole[one]))
                left[one] = rest
                debts = int(whole[one] - content[one] - funds.repaid[one])
                before = share(int(part[one]), debts, int(whole[one]))
                lent += int(part[one]) - rest - before
        paid_to = graph.creditor[: self.end]
        cash = int(arrived[paid_to < 0].sum())
        abroad = np.zeros(graph.accounts, np.int64)
        elsewhere = (paid_to >= 0) & self.outside[paid_to]
        np.add.at(abroad, paid_to[elsewhere], arrived[elsewhere])
        row: dict[str, object] = {
            "rule": str(Rule.PARI_PASSU),
            "seeded": made,
            "withdrawn": 0,
            "in_accounts": int(left.sum()),
            "other_banks": int(abroad.sum()),
            "cash": cash,
            "overdrafts": lent,
            "dropped": 0,
            "rounding": int((came - part)[order].sum()),
        }
        return left + abroad, row, arrived

    def _poison(
        self, touched: NDArray[np.bool_], balance: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The whole balance of each touched account and the whole amount of each transfer from one."""
        graph, end = self.graph, self.end
        since = self.book.label[:, kernel.SINCE]
        debtor, creditor, amount = graph.debtor[:end], graph.creditor[:end], graph.amount[:end]
        place = np.arange(end)
        payer = np.where(debtor < 0, 0, debtor)
        soiled = (debtor >= 0) & ~self.outside[payer] & (since[payer] > 0) & (place >= since[payer])
        soiled &= debtor != creditor
        soiled[self.terms.seeds] = True
        carried = np.where(soiled, amount, 0)
        found = np.where(touched, balance, 0)
        abroad = (creditor >= 0) & self.outside[np.where(creditor < 0, 0, creditor)]
        np.add.at(found, creditor[abroad], carried[abroad])
        return found, carried


def _end(graph: TransactionGraph, until: datetime) -> int:
    """The ledger place behind the last transfer that was booked at `until` or before."""
    if until.tzinfo is None:
        raise ParameterError(f"{until} has no time zone")
    return int(np.searchsorted(graph.time, (until - EPOCH) // timedelta(microseconds=1), side="right"))


def _places(graph: TransactionGraph, seeds: Sequence[str], end: int, reversals: Reversals) -> NDArray[np.int64]:
    """The seeds' ledger places, rising."""
    if not seeds:
        raise ParameterError("there is no seed; name the transfers whose money is to be followed")
    ids = graph.transaction_ids(np.arange(end))
    named = pl.Series(list(dict.fromkeys(seeds)))
    places = np.flatnonzero(ids.is_in(named.implode()).to_numpy()).astype(np.int64)
    if places.size < len(named):
        absent = named.filter(~named.is_in(ids.implode())).to_list()
        more = f" and {len(absent) - MOST_NAMED} more" if len(absent) > MOST_NAMED else ""
        shown = ", ".join(repr(one) for one in absent[:MOST_NAMED])
        raise ParameterError(f"no transfer {shown}{more} in the ledger up to the end of the trace")
    reasons = (
        (graph.amount[places] == 0, "brings nothing"),
        (graph.debtor[places] == graph.creditor[places], "is a transfer to the payer itself"),
        (np.isin(places, reversals.later), "takes an earlier transfer back, and brings no new money"),
    )
    for wrong, reason in reasons:
        if wrong.any():
            raise ParameterError(f"seed {ids[int(places[wrong][0])]!r} {reason}")
    return places


def _outside(graph: TransactionGraph) -> NDArray[np.bool_]:
    """Accounts that the account table does not hold; none where there is no table."""
    absent: NDArray[np.bool_] = graph.register["kind"].is_null().to_numpy()
    return np.zeros(graph.accounts, np.bool_) if absent.all() else absent


def _openings(graph: TransactionGraph) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Opening balances in the graph's reference currency; those in another currency are not known."""
    own = graph.register["currency"].cast(pl.String()) == graph.reference_currency
    known = (own.fill_null(value=False) & graph.register["opening_balance"].is_not_null()).to_numpy()
    return known, graph.register["opening_balance"].fill_null(0).to_numpy()
