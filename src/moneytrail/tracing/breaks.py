"""Where a trace ends, and what may lie beyond: typed breaks, value links across them, and payments made in advance.

A break is where the money cannot be followed as of right. What may join its two sides is offered apart, with a stated
confidence below one, and never enters the totals.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from moneytrail.errors import ParameterError
from moneytrail.graph import DAY
from moneytrail.schema import ACCOUNT_KINDS, CHANNELS
from moneytrail.tracing.rules import CONSERVING, Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.tracing.result import Trace

HOUR: Final = DAY // 24


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

LINK_AMOUNT: Final = 30
"""Thousandths by which two amounts may differ and still be one value (design)."""
LINK_TIME: Final = 72 * HOUR
"""Microseconds between the two sides of a value link, at most (design)."""

LEAST: Final = 10_000
"""Minor units of tainted money below which neither is offered: small sums that are alike are too common (design)."""

ADVANCE_TIME: Final = 5 * DAY
"""Microseconds from a payment in advance to the money that repays it, at most (design)."""
ADVANCE_AMOUNT: Final = (900, 1100)
"""Thousandths of the payment that the later money comes to (design)."""

MOST_LOOKED_AT: Final = 100
"""Large enough credits before a debit that are looked at for what funded it, the latest first."""

LINKS: Final = ("owner", "address", "telephone", "e-mail address", "device")
"""What the columns of a graph's links say, in their order."""

_BOUGHT: Final = np.array([channel == "card" for channel in CHANNELS])
_SELLING: Final = ("business", "institution")


def _columns(made: Trace) -> pl.DataFrame:
    if made.carried is None:
        raise ParameterError("what transfers carried was not recorded; trace with record=True")
    rules = [f"tainted_{rule}" for rule in made.rules if rule in CONSERVING]
    if not rules:
        raise ParameterError("poison alone says nothing of single transfers; trace by another rule")
    # What was taken back, and what took it back, ended nothing.
    carried = made.carried.filter(pl.Series(~_undone(made)[made.carried["place"].to_numpy()]))
    return carried.with_columns(low=pl.min_horizontal(rules), high=pl.max_horizontal(rules))


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
    graph, frame = made.graph, _columns(made)
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


def find_value_links(made: Trace) -> pl.DataFrame:
    """Money that may have come back over a break: like amount, soon, and a party that both sides share.

    Candidates join a transfer that took tainted money out (as cash, or to another bank) to a later one that brought
    money in the same ways, at most :data:`LINK_TIME` later, amounts at most :data:`LINK_AMOUNT` apart, where the
    accounts at this bank are one, or share an owner, an address, a telephone, an e-mail address or a device. They are
    no proof and in no total: name one as a seed to see where its money went.

    Parameters
    ----------
    made : Trace
        With what transfers carried.

    Returns
    -------
    polars DataFrame
        A row a candidate, in ledger order of the first side: ``out``, ``back`` (transaction ids), ``out_account``,
        ``back_account``, ``out_amount``, ``back_amount``, ``high`` (tainted money in `out`, at most), ``hours`` between
        them, ``shared`` (what the accounts share) and ``confidence``, from 0 to below 1 (design): half, less as the
        amounts and the times differ, divided by the number of candidates for the same transfer on either side.
    """
    graph, frame = made.graph, _columns(made)
    schema: dict[str, Any] = {
        "out": pl.String(), "back": pl.String(), "out_account": pl.String(), "back_account": pl.String(),
        "out_amount": pl.Int64(), "back_amount": pl.Int64(), "high": pl.Int64(), "hours": pl.Float64(),
        "shared": pl.String(), "confidence": pl.Float64(),
    }  # fmt: skip
    frame = frame.filter(pl.col("high") >= LEAST)
    place, high = frame["place"].to_numpy(), frame["high"].to_numpy()
    outside = np.append(made.outside, True)  # place -1: cash
    leaves = ~outside[graph.debtor[place]] & outside[graph.creditor[place]]
    affiliates, into, undone = _Affiliates(graph), graph.incoming, _undone(made)
    rows = []
    for out, most in zip(place[leaves].tolist(), high[leaves].tolist(), strict=True):
        account, amount, when = int(graph.debtor[out]), int(graph.amount[out]), int(graph.time[out])
        for other, shared in affiliates.of(account):
            begin, end = int(into.indptr[other]), int(into.indptr[other + 1])
            edges = into.edge[begin:end]
            near = edges[np.searchsorted(edges, out, side="right") :]
            near = near[(near < made.end) & (graph.time[near] <= when + LINK_TIME) & outside[graph.debtor[near]]]
            near = near[~undone[near]]
            near = near[np.abs(graph.amount[near] - amount) * 1000 <= amount * LINK_AMOUNT]
            rows += [(out, back, account, other, most, shared) for back in near.tolist() if not made.outside[other]]
    taken: dict[int, int] = {}
    for out, back, *_ in rows:
        for one in (out, ~back):
            taken[one] = taken.get(one, 0) + 1
    found = []
    for out, back, account, other, most, shared in rows:
        amount, later = int(graph.amount[out]), int(graph.amount[back])
        wait = int(graph.time[back] - graph.time[out])
        close = (1 - abs(later - amount) * 1000 / (amount * LINK_AMOUNT) / 2) * (1 - wait / LINK_TIME / 2)
        confidence = round(0.5 * close / max(taken[out], taken[~back]), 3)
        ids = graph.transaction_ids(np.array([out, back]))
        names = graph.names.gather(pl.Series([account, other]))
        found.append((*ids, *names, amount, later, most, round(wait / HOUR, 2), shared, confidence))
    return pl.DataFrame(found, schema=schema, orient="row")


def _undone(made: Trace) -> NDArray[np.bool_]:
    """Whether each transfer was taken back, or took one back; bool[transfers]."""
    found = np.zeros(made.graph.transfers, np.bool_)
    found[made.reversals.later] = found[made.reversals.earlier] = True
    return found


class _Affiliates:
    """Which accounts share an owner or a hashed attribute."""

    def __init__(self, graph: TransactionGraph) -> None:
        self.links = graph.links
        self.orders = [np.argsort(column, kind="stable") for column in graph.links.T]
        self.sorted = [column[order] for column, order in zip(graph.links.T, self.orders, strict=True)]

    def of(self, account: int, links: int = len(LINKS)) -> list[tuple[int, str]]:
        """The account itself, each that shares one of the first `links` attributes with it, and what they share."""
        found = {account: "account"}
        for number in range(links):
            code = self.links[account, number]
            if code >= 0:
                first, last = np.searchsorted(self.sorted[number], [code, code + 1])
                for other in self.orders[number][first:last].tolist():
                    found.setdefault(other, LINKS[number])
        return list(found.items())


def find_advances(made: Trace) -> pl.DataFrame:
    """Payments that tainted money may have repaid afterwards (backwards tracing; Brazil v Durant, Privy Council, 2015).

    A later credit does not explain an earlier debit. It may where the steps are a coordinated whole with a close causal
    and transactional link, which nothing here shows: every row needs evidence of that, and stands in no total. A
    candidate is a debit before tainted money came, at most :data:`ADVANCE_TIME` later, of nine to eleven tenths of its
    amount, to the same account or one of the same owner, where the debit was paid out of an overdraft, a loan or money
    from an account of the same owner.

    Returns
    -------
    polars DataFrame
        A row a candidate: ``debit``, ``credit`` (transaction ids), ``account``, ``paid_to``, ``amount`` of the debit,
        ``tainted`` (money in the credit, the most over the rules), ``claim`` (the lesser of both), ``funded_by``
        (``overdraft``, ``loan``, ``own account``), ``days`` between them, ``needs_coordination_evidence`` (true).
    """
    graph, frame = made.graph, _columns(made)
    schema: dict[str, Any] = {
        "debit": pl.String(), "credit": pl.String(), "account": pl.String(), "paid_to": pl.String(),
        "amount": pl.Int64(), "tainted": pl.Int64(), "claim": pl.Int64(), "funded_by": pl.String(),
        "days": pl.Float64(), "needs_coordination_evidence": pl.Boolean(),
    }  # fmt: skip
    frame = frame.filter(pl.col("high") >= LEAST)
    affiliates, out, undone, funding = _Affiliates(graph), graph.outgoing, _undone(made), _Funding(graph, made)
    rows = []
    for credit, tainted in zip(frame["place"].to_list(), frame["high"].to_list(), strict=True):
        account = int(graph.creditor[credit])
        if account < 0 or made.outside[account]:
            continue
        when = int(graph.time[credit])
        for own, _ in affiliates.of(account, links=1):
            begin, end = int(out.indptr[own]), int(out.indptr[own + 1])
            first = begin + int(np.searchsorted(graph.time[out.edge[begin:end]], when - ADVANCE_TIME, side="left"))
            for e in range(first, end):
                debit, amount = int(out.edge[e]), int(out.amount[e])
                if debit >= credit:
                    break
                low, high = (amount * share for share in ADVANCE_AMOUNT)
                if (
                    amount == 0
                    or undone[debit]
                    or not low <= tainted * 1000 <= high
                    or graph.creditor[debit] == account
                ):
                    continue
                funded = funding.of(own, debit)
                if funded:
                    rows.append((debit, credit, own, int(graph.creditor[debit]), amount, tainted, funded))
    found = []
    for debit, credit, own, payee, amount, tainted, funded in dict.fromkeys(rows):
        ids = graph.transaction_ids(np.array([debit, credit])).to_list()
        days = round(int(graph.time[credit] - graph.time[debit]) / DAY, 2)
        paid_to = graph.names[payee] if payee >= 0 else None
        found.append((*ids, graph.names[own], paid_to, amount, tainted, min(amount, tainted), funded, days, True))
    return pl.DataFrame(found, schema=schema, orient="row")


class _Funding:
    """Out of what each debit was paid: an overdraft, or a credit of days before: a loan, or the owner's own."""

    def __init__(self, graph: TransactionGraph, made: Trace) -> None:
        self.graph = graph
        self.known, self.opening = made.opening
        self.statements: dict[int, tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]] = {}
        self.told: dict[int, str | None] = {}

    def of(self, account: int, debit: int) -> str | None:
        """``overdraft``, ``loan``, ``own account``, or ``None``."""
        if debit not in self.told:
            self.told[debit] = self._of(account, debit)
        return self.told[debit]

    def _of(self, account: int, debit: int) -> str | None:
        graph = self.graph
        place, balance, came = self._statement(account)
        if self.known[account] and balance[np.searchsorted(place, debit)] < 0:
            return "overdraft"
        last = int(np.searchsorted(came, debit))
        first = int(np.searchsorted(graph.time[came], graph.time[debit] - ADVANCE_TIME))
        party = int(graph.links[account, 0])
        codes, texts = graph.codes("reference")
        recent = came[first:last]
        recent = recent[10 * graph.amount[recent] >= 9 * graph.amount[debit]]
        for credit in recent[::-1][:MOST_LOOKED_AT].tolist():
            text = texts[int(codes[credit])].lower() if codes[credit] >= 0 else ""
            if "loan" in text.replace(".", " ").split():
                return "loan"
            payer = int(graph.debtor[credit])
            if payer >= 0 and party >= 0 and int(graph.links[payer, 0]) == party:
                return "own account"
        return None

    def _statement(self, account: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
        """An account's transfers, its balance after each, and its credits."""
        if account not in self.statements:
            graph, out, into = self.graph, self.graph.outgoing, self.graph.incoming
            paid = out.edge[out.indptr[account] : out.indptr[account + 1]]
            came = into.edge[into.indptr[account] : into.indptr[account + 1]]
            place = np.concatenate([paid, came]).astype(np.int64)
            change = np.concatenate([-graph.amount[paid], graph.amount[came]])
            order = np.argsort(place, kind="stable")
            self.statements[account] = place[order], int(self.opening[account]) + np.cumsum(change[order]), came
        return self.statements[account]
