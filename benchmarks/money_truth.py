"""What a simulated bank knows of its gangs' money: which transfers brought it in, and how much of it lies where.

Read from the simulator's ground truth alone. An account is one of eight digits; ``aside@`` and ``escrow@`` are money on
an account that the gang keeps apart in its books.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from moneytrail.graph import TransactionGraph
from moneytrail.kernels import freezing
from moneytrail.kernels.freezing import Moves
from moneytrail.loading import load_graph
from moneytrail.rates import ExchangeRates
from moneytrail.runs import Inputs
from moneytrail.simulate import Wish, simulate_to


@dataclass(frozen=True, eq=False)
class GangMoney:
    """A bank, and the truth about its gangs' money.

    Attributes
    ----------
    graph : TransactionGraph
    ledger : polars DataFrame
        As ``truth/ledger``, with ``payer`` and ``payee``: the account, or the place off the bank's books, that money
        left and reached.
    parties : polars DataFrame
        As ``truth/parties``.
    gangs : polars DataFrame
        As ``truth/gangs``.
    """

    graph: TransactionGraph
    ledger: pl.DataFrame
    parties: pl.DataFrame
    gangs: pl.DataFrame

    @classmethod
    def simulated(cls, folder: Path, wish: Wish) -> GangMoney:
        """Make a bank in `folder` and read it back as a user would."""
        simulate_to(folder, wish, overwrite=True)
        inputs = Inputs([folder / "transfers.parquet"], accounts=folder / "accounts.parquet")
        graph = load_graph(inputs, ExchangeRates.load(None), lambda *_: None).graph
        truth = {name: pl.read_parquet(folder / "truth" / f"{name}.parquet") for name in ("ledger", "parties", "gangs")}
        return cls(graph, _with_owners(truth["ledger"]), truth["parties"], truth["gangs"])

    def entries(self, gang: str | None = None) -> pl.DataFrame:
        """Movements that the bank saw by which a gang's money came onto an account from off its books."""
        seen = self.ledger.filter(pl.col("transaction_id").is_not_null() & ~is_account("payer") & is_account("payee"))
        return seen if gang is None else seen.filter(pl.col("gang") == gang)

    def held(self) -> dict[str, tuple[int, int]]:
        """By account of this bank, the gangs' money in it at the end: least and most, minor units.

        The gang's books say what is in an account. Of what a mule kept as its cut nobody's books say how much is left:
        none of it, or all. What the owner spent of it all the same is gone: there is never more than the lowest
        balance since.
        """
        known = dict(self.graph.register.select("account", "kind").iter_rows())
        accounts = [
            account
            for account in pl.concat([self.ledger["payer"], self.ledger["payee"]]).unique().sort()
            if known.get(account)
        ]
        return {account: self._held(account) for account in accounts}

    def profit(self, gang: str) -> int:
        """A gang's takings less refunds less costs, as far as the bank saw them, minor units."""
        seen = self.ledger.filter((pl.col("gang") == gang) & pl.col("transaction_id").is_not_null())
        out = seen.filter(is_account("payer") & ~is_account("payee"))
        costs = out.filter((pl.col("payee") == "passengers") | pl.col("payee").str.starts_with("cost:"))
        came, went = (int(frame["amount"].to_numpy().sum()) for frame in (self.entries(gang), costs))
        return came - went

    def profit_but_for_relatives(self, gang: str, pay: float) -> int:
        """The same, when of the people who are paid together nobody can tell who worked and who is a relative.

        `pay` is the share of their money that is taken for pay: the best that any estimate can know.
        """
        seen = self.ledger.filter((pl.col("gang") == gang) & pl.col("transaction_id").is_not_null())
        paid = seen.filter((pl.col("kind") == "payout") & is_account("payer"))
        crew = paid.filter(pl.col("payee").str.starts_with("cost:"))
        whole, work = (int(frame["amount"].to_numpy().sum()) for frame in (paid, crew))
        return self.profit(gang) + work - round(pay * whole)

    def caught(self, accounts: list[str], since: datetime, until: datetime) -> int:
        """The gangs' money that is in these accounts at `since` or reaches them by `until`, each pound once.

        By their books, in which nothing is mixed with other people's money.
        """
        books = self.ledger.filter((pl.col("time") <= until) & (pl.col("payer") != pl.col("payee")))
        moves, number = moves_of(books)
        frozen = np.zeros(moves.pool.size, np.bool_)
        frozen[[number[name] for name in accounts if name in number]] = True
        first = int((books["time"] <= since).sum())
        caught: float = freezing.intercepted(moves, frozen, first, np.empty(moves.pool.size))
        return round(caught)

    def _held(self, account: str) -> tuple[int, int]:
        graph = self.graph
        number = graph._numbers[account]
        into, out = graph.in_(account), graph.out(account)
        place = np.concatenate([into, out])
        change = np.concatenate([graph.amount[into], -graph.amount[out]])
        order = np.argsort(place, kind="stable")
        place, change = place[order], change[order]
        opening = int(graph.register["opening_balance"][number] or 0)
        own = self.ledger.filter((pl.col("payer") == account) | (pl.col("payee") == account))
        ids = {name: at for at, name in zip(place.tolist(), graph.transaction_ids(place), strict=True)}
        moves: list[tuple[int, int, int]] = []
        for payer, payee, amount, when, name, kind in own.select(
            "payer", "payee", "amount", "time", "transaction_id", "kind"
        ).iter_rows():
            at = ids.get(name)
            if at is None:
                moment = int(pl.Series([when]).dt.timestamp("us")[0])
                at = int(np.searchsorted(graph.time, moment, side="right")) - 1
            change_of = (payee == account) * amount - (payer == account) * amount
            moves.append((at, change_of, amount if kind == "cut" else 0))
        balance, low, high = opening, 0, 0
        pending = sorted(
            [(int(at), 0, int(value), 0) for at, value in zip(place, change, strict=True)]
            + [(at, 1, value, cut) for at, value, cut in moves]
        )
        for turn, (at, kind, value, cut) in enumerate(pending):
            if kind == 0:
                balance += value
            else:
                low += value
                high += value + cut
            if turn + 1 == len(pending) or pending[turn + 1][0] != at:
                low, high = min(low, max(0, balance)), min(high, max(0, balance))
        return max(0, low), max(0, high)


def is_account(column: str) -> pl.Expr:
    """Whether a place is an account."""
    return pl.col(column).str.contains(r"^\d{8}$")


def _with_owners(ledger: pl.DataFrame) -> pl.DataFrame:
    """The ledger with what money left and reached: the account that set it aside, or holds it in escrow."""
    source: dict[str, str] = {}
    for kind, payer, payee in ledger.select("kind", "source", "target").iter_rows():
        if kind == "set_aside" and payee.startswith("aside@"):
            source.setdefault(payee, payer)
    places = pl.concat([ledger["source"], ledger["target"]]).unique().to_list()
    owner = {place: _owner(place, source) for place in places}
    return ledger.with_columns(
        payer=pl.col("source").replace_strict(owner), payee=pl.col("target").replace_strict(owner)
    )


def _owner(place: str, source: Mapping[str, str]) -> str:
    while place in source:
        place = source[place]
    return place.removeprefix("escrow@")


def moves_of(books: pl.DataFrame) -> tuple[Moves, dict[str, int]]:
    """A gang's books as moves over places, and the places' numbers; what passengers pay is fresh."""
    places = [name for name in pl.concat([books["payer"], books["payee"]]).unique().sort() if name != "passengers"]
    number = {name: at for at, name in enumerate(places)} | {"passengers": -1}
    debtor, creditor = (np.array([number[name] for name in books[side]], np.int32) for side in ("payer", "payee"))
    amount = books["amount"].to_numpy()
    pool = np.zeros(len(places), np.float64)
    np.add.at(pool, creditor[creditor >= 0], amount[creditor >= 0])
    np.subtract.at(pool, debtor[debtor >= 0], amount[debtor >= 0])
    pool = np.maximum(pool, 0)
    share = freezing.shares_of(debtor, creditor, amount, amount, pool)
    return Moves(debtor, creditor, share, np.where(debtor < 0, amount, 0).astype(np.float64), pool), number
