"""From the kernels' books to frames that say where the money is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from moneytrail.kernels import tracing as kernel
from moneytrail.kernels.end_point import SEED, STRUCK, USUAL, Debits, Funds, Shared, pari_passu
from moneytrail.tracing.result import TOTALS, Trace
from moneytrail.tracing.rules import IN_ORDER, Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.kernels.tracing import Book
    from moneytrail.tracing.following import Terms
    from moneytrail.tracing.reversals import Reversals


@dataclass(frozen=True, eq=False)
class Reading:
    """What stands in the book, as frames.

    Attributes
    ----------
    graph : TransactionGraph
    book : Book
        After the last transfer that counts.
    end : int
        Ledger place behind it.
    outside : bool[accounts]
        At which the trace stops.
    elsewhere : bool[accounts]
        At other banks.
    terms : Terms
    reversals : Reversals
    late : tuple of str
        Seeds that were booked after the end.
    """

    graph: TransactionGraph
    book: Book
    end: int
    outside: NDArray[np.bool_]
    elsewhere: NDArray[np.bool_]
    terms: Terms
    reversals: Reversals
    late: tuple[str, ...]

    def trace(self, wanted: tuple[Rule, ...]) -> Trace:
        """The trace by the rules `wanted`."""
        since = self.book.label[:, kernel.SINCE]
        touched = since > 0
        tainted: dict[Rule, NDArray[np.int64]] = {}
        unknown: dict[Rule, NDArray[np.int64]] = {}
        totals: dict[Rule, dict[str, object]] = {}
        paid: dict[Rule, NDArray[np.int64]] = {}
        for number, rule in enumerate(IN_ORDER):
            if rule in wanted:
                tainted[rule], unknown[rule] = kernel.all_held(self.book, number)
                totals[rule] = self._total(number, tainted[rule], touched)
        shared = None
        if Rule.PARI_PASSU in wanted:
            shared, paid[Rule.PARI_PASSU], tainted[Rule.PARI_PASSU], totals[Rule.PARI_PASSU] = self._end_point()
        balance = np.maximum(self.book.account[:, kernel.BALANCE], 0)
        if Rule.POISON in wanted:
            tainted[Rule.POISON], paid[Rule.POISON] = self._poison(touched, balance)
        holds = [values > 0 for values in (*tainted.values(), *unknown.values())]
        reached = np.flatnonzero(touched | np.any(holds, axis=0))
        frame = pl.DataFrame(
            {
                "account": self.graph.names.gather(pl.Series(reached)),
                "balance": self.book.account[reached, kernel.BALANCE],
                "outside": self.outside[reached],
                "elsewhere": self.elsewhere[reached],
                "since": since[reached] - 1,
            }
        ).with_columns(
            balance=pl.when(~pl.col("outside")).then("balance"), since=pl.when(pl.col("since") >= 0).then("since")
        )
        columns = [
            column
            for rule in wanted
            for column in (
                _column(f"tainted_{rule}", tainted[rule][reached]),
                _column(f"unknown_{rule}", unknown[rule][reached] if rule in unknown else None),
            )
        ]
        schema = {"rule": pl.String(), **dict.fromkeys(TOTALS, pl.Int64())}
        rows = [{"rule": str(rule)} | totals[rule] for rule in wanted if rule in totals]
        return Trace(
            graph=self.graph,
            rules=wanted,
            seeds=self.terms.seeds,
            late=self.late,
            end=self.end,
            floor=self.terms.floor,
            accounts=frame.with_columns(columns),
            totals=pl.DataFrame(rows, schema=schema),
            carried=self._carried(wanted, paid) if self.terms.record else None,
            reversals=self.reversals,
            outside=self.outside,
            elsewhere=self.elsewhere,
            opening=self.terms.opening
            or (np.zeros(self.graph.accounts, np.bool_), np.zeros(self.graph.accounts, np.int64)),
            shared=shared,
        )

    def _total(self, number: int, tainted: NDArray[np.int64], touched: NDArray[np.bool_]) -> dict[str, object]:
        sums = self.book.sums[number]
        return {
            "seeded": int(sums[kernel.SEEDED]),
            "withdrawn": int(sums[kernel.WITHDRAWN]),
            "in_accounts": int(tainted[touched].sum()),
            "other_banks": int(tainted[self.outside].sum()),
            "cash": int(sums[kernel.CASH_TAINTED]),
            "overdrafts": int(sums[kernel.REPAID_TAINTED]),
            "dropped": int(sums[kernel.DROPPED]),
            "rounding": 0,
        }

    def _carried(self, wanted: tuple[Rule, ...], paid: dict[Rule, NDArray[np.int64]]) -> pl.DataFrame:
        """What transfers carried by each rule; `paid` are those that are not in the record, by ledger place."""
        recorded = int(self.book.pool.counts[kernel.RECORDED])
        at, record = self.book.record_at[:recorded], self.book.record[:recorded]
        places = (
            np.union1d(at, np.flatnonzero(np.any([values > 0 for values in paid.values()], axis=0))) if paid else at
        )
        row = np.searchsorted(places, at)
        columns = [pl.Series("place", places, dtype=pl.Int64())]
        for rule in wanted:
            told: list[NDArray[np.int64] | None] = [paid[rule][places], None, None] if rule in paid else []
            if rule in IN_ORDER:
                number = IN_ORDER.index(rule)
                spread = np.zeros((3, places.size), np.int64)
                spread[:, row] = record[:, [2 * number, 2 * number + 1, 2 * kernel.RULES + number]].T
                told = list(spread)
            names = (f"tainted_{rule}", f"unknown_{rule}", f"repaid_{rule}")
            columns += [_series(name, values, places.size) for name, values in zip(names, told, strict=True)]
        return pl.DataFrame(columns)

    def _kinds(self) -> NDArray[np.uint8]:
        """Of every transfer, whether it counts for the end-point rule."""
        graph, terms = self.graph, self.terms
        kind = np.full(graph.transfers, STRUCK, np.uint8)
        kind[: self.end] = USUAL
        kind[terms.seeds] = SEED
        kind[graph.debtor == graph.creditor] = STRUCK
        kind[terms.reversal] = kind[terms.reversed] = STRUCK
        return kind

    def _end_point(self) -> tuple[Shared, NDArray[np.int64], NDArray[np.int64], dict[str, object]]:
        """The end-point rule: its funds, what arrived by transfer, tainted money by account, its row of totals."""
        graph, account, label = self.graph, self.book.account, self.book.label
        kind = self._kinds()
        odd = np.zeros(graph.accounts, np.bool_)
        payer = graph.debtor[np.flatnonzero(kind != USUAL)]
        odd[payer[payer >= 0]] = True
        seeds = self.terms.seeds[kind[self.terms.seeds] == SEED]
        payee, amount = graph.creditor[seeds], graph.amount[seeds]
        seeded = np.zeros(graph.accounts, np.int64)
        np.add.at(seeded, payee[payee >= 0], amount[payee >= 0])
        out = graph.outgoing
        shared = pari_passu(
            Debits(out.indptr.astype(np.int64), out.edge, out.peer, out.amount, kind, odd),
            Funds(
                self.outside,
                np.maximum(account[:, kernel.BALANCE], 0),
                label[:, kernel.REPAID].copy(),
                seeded,
            ),
            payee[payee >= 0].astype(np.int64),
        )
        elsewhere = (payee >= 0) & self.outside[payee]
        held = shared.left.copy()
        np.add.at(held, payee[elsewhere], amount[elsewhere])
        arrived = np.zeros(0, np.int64)
        if self.terms.record:
            arrived = np.zeros(self.end, np.int64)
            carrying = shared.carried > 0
            arrived[out.edge[carrying]] = shared.carried[carrying]
            arrived[seeds] = amount
        row: dict[str, object] = {
            "seeded": int(amount.sum()) - shared.taken,
            "withdrawn": 0,
            "in_accounts": int(held[~self.outside].sum()),
            "other_banks": int(held[self.outside].sum()),
            "cash": shared.cash + int(amount[payee < 0].sum()),
            "overdrafts": int(shared.lent.sum()),
            "dropped": 0,
            "rounding": shared.came - int(shared.part[shared.order].sum()),
        }
        return shared, arrived, held, row

    def _poison(
        self, touched: NDArray[np.bool_], balance: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The whole balance of each touched account and the whole amount of each transfer from one."""
        graph, end = self.graph, self.end
        found = np.where(touched, balance, 0)
        if not self.terms.record and not self.outside.any():
            return found, np.zeros(0, np.int64)
        since = self.book.label[:, kernel.SINCE]
        debtor, creditor, amount = graph.debtor[:end], graph.creditor[:end], graph.amount[:end]
        payer = np.where(debtor < 0, 0, debtor)
        soiled = (debtor >= 0) & ~self.outside[payer] & (since[payer] > 0) & (np.arange(end) >= since[payer])
        soiled &= debtor != creditor
        soiled[self.terms.seeds] = True
        carried = np.where(soiled, amount, 0)
        abroad = (creditor >= 0) & self.outside[np.where(creditor < 0, 0, creditor)]
        np.add.at(found, creditor[abroad], carried[abroad])
        return found, carried


def _column(name: str, values: NDArray[np.int64] | None) -> pl.Expr:
    return (pl.lit(None, dtype=pl.Int64()) if values is None else pl.lit(pl.Series(values, dtype=pl.Int64()))).alias(
        name
    )


def _series(name: str, values: NDArray[np.int64] | None, size: int) -> pl.Series:
    return pl.Series(name, [None] * size if values is None else values, dtype=pl.Int64())
