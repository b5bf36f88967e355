"""The transfers as a graph: accounts as integers, transfers in ledger order, and each account's in and out lists.

Everything that searches or counts works on a :class:`TransactionGraph`. It is built once, is read-only, and hides how
accounts become integers, how the order is made and how the lists are sorted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from moneytrail.errors import InputError
from moneytrail.kernels.ordering import (
    Adjacency,
    both_sides,
    cost_chunks,
    is_sorted,
    pair_order,
    time_order,
)
from moneytrail.kernels.relations import RelationRule, Relations, relate
from moneytrail.schema import ACCOUNT_SCHEMA, CHANNELS, LINK_COLUMNS, TRANSFER_SCHEMA

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from moneytrail.rates import ExchangeRates

DAY: Final = 86_400_000_000
"""Microseconds in a day."""

RELATION_RULE: Final = RelationRule(lookback=180 * DAY, gap=30 * DAY, payments=3)
"""When two accounts count as affiliated by their dealings: at least 3 payments, either way, in at least 2 calendar
months, between 180 and 30 days before the transfer (design; see docs/decisions/0003)."""

PULLED_CHANNELS: Final = ("direct_debit", "card", "internal")
"""Transfers that the payee pulls, that go through a card scheme or that the bank books itself. They are dealings, but
never a stranger's transfer: a collector does not collect by direct debit (design; docs/decisions/0003)."""

CHUNKS: Final = 64
"""Parts that parallel kernels split the accounts into. Fixed, so that results cannot depend on the threads."""


@dataclass(frozen=True, eq=False)
class TransactionGraph:
    """Transfers in ledger order (``booked_at``, then ``row``) with both adjacencies.

    Attributes
    ----------
    names : polars Series of String, length accounts
        The account with integer ``a`` is ``names[a]``; integers follow first appearance in the frame.
    order : int32[n]
        Row of the frame that stands at each place of the ledger.
    debtor, creditor : int32[n]
        Accounts in ledger order, -1 where that side is absent.
    time : int64[n]
        Microseconds UTC.
    amount : int64[n]
        Minor units of `reference_currency`.
    own_amount : int64[n]
        Minor units of the transfer's own currency.
    currency, channel : uint8[n]
        Places in ``schema.CURRENCIES`` and ``schema.CHANNELS``.
    links : int32[accounts, 5]
        Party and hashed attributes as numbers, -1 where unknown.
    frame : polars DataFrame
        The canonical transfers it was made from, in their own order.
    register : polars DataFrame
        The canonical account table, one row an account in the order of `names`; nulls where nothing is known.
    known_from : int
        Microseconds UTC from which on the data are known to be whole: the first transfer, or where a slice begins.
    reference_currency : str

    All arrays are read-only.
    """

    names: pl.Series
    order: NDArray[np.int32]
    debtor: NDArray[np.int32]
    creditor: NDArray[np.int32]
    time: NDArray[np.int64]
    amount: NDArray[np.int64]
    own_amount: NDArray[np.int64]
    currency: NDArray[np.uint8]
    channel: NDArray[np.uint8]
    links: NDArray[np.int32]
    frame: pl.DataFrame
    register: pl.DataFrame
    known_from: int
    reference_currency: str

    @classmethod
    def from_frame(
        cls, transfers: pl.DataFrame, rates: ExchangeRates, accounts: pl.DataFrame | None = None
    ) -> TransactionGraph:
        """Build the graph from canonical frames.

        Parameters
        ----------
        transfers : polars DataFrame
            As :data:`moneytrail.schema.TRANSFER_COLUMNS`, in any order.
        rates : ExchangeRates
            Must hold every currency in use.
        accounts : polars DataFrame, optional
            As :data:`moneytrail.schema.ACCOUNT_COLUMNS`; accounts that no transfer names are left out.

        Raises
        ------
        InputError
            When columns are missing or the amounts together pass int64.
        MissingRateError
            When a currency has no rate.
        """
        missing = [name for name in TRANSFER_SCHEMA if name not in transfers.columns]
        if missing:
            raise InputError(f"the transfer table lacks the column {missing[0]!r}")
        if transfers.height >= 2**31:
            raise InputError("a graph holds at most 2,147,483,647 transfers; score the file in parts")
        names, debtor, creditor = _intern(transfers)
        amount = rates.to_reference(transfers).to_numpy()
        if float(amount.sum(dtype=np.float64)) > 9.2e18:
            raise InputError(f"the amounts together pass 92 million billion {rates.reference}; check their unit")
        time = transfers["booked_at"].cast(pl.Int64).to_numpy()
        order = _ledger_order(time, transfers["row"].to_numpy())
        columns = {
            "debtor": debtor,
            "creditor": creditor,
            "time": time,
            "amount": amount,
            "own_amount": transfers["amount"].to_numpy(),
            "currency": transfers["currency"].to_physical().cast(pl.UInt8).to_numpy(),
            "channel": transfers["channel"].to_physical().cast(pl.UInt8).to_numpy(),
        }
        if order is None:
            order = np.arange(time.size, dtype=np.int32)
        else:
            columns = {name: values[order] for name, values in columns.items()}
        register = _register(names, accounts)
        return cls(
            names=names,
            order=_frozen(order),
            links=_frozen(_links(register)),
            frame=transfers,
            register=register,
            known_from=int(columns["time"][0]) if time.size else 0,
            reference_currency=rates.reference,
            **{name: _frozen(values) for name, values in columns.items()},
        )

    @property
    def accounts(self) -> int:
        """How many accounts there are."""
        return len(self.names)

    @property
    def transfers(self) -> int:
        """How many transfers there are."""
        return int(self.time.size)

    @cached_property
    def _sides(self) -> tuple[Adjacency, Adjacency, Adjacency]:
        return both_sides(self.debtor, self.creditor, self.time, self.amount, self.accounts)

    @property
    def both(self) -> Adjacency:
        """Both sides in one: list ``a`` is what account ``a`` paid, list ``accounts + a`` what it was paid."""
        return self._sides[0]

    @property
    def outgoing(self) -> Adjacency:
        """Transfers by debtor account, sorted by time, then row. `peer` is the creditor."""
        return self._sides[1]

    @property
    def incoming(self) -> Adjacency:
        """Transfers by creditor account, sorted by time, then row. `peer` is the debtor."""
        return self._sides[2]

    @cached_property
    def relations(self) -> Relations:
        """What the two accounts of each transfer were to each other, under :data:`RELATION_RULE`."""
        indptr, edge = pair_order(self.debtor, self.creditor, self.accounts)
        made = relate(
            (indptr, edge, cost_chunks(indptr, CHUNKS)),
            (self.debtor, self.creditor),
            (self.time, self.month, self.pulled),
            self.links,
            RELATION_RULE,
        )
        return Relations(*(_frozen(array) for array in made))

    @cached_property
    def reversed(self) -> TransactionGraph:
        """The same transfers with time reversed: who follows a transfer stands before it.

        Rows stand the other way round; debtors and creditors are as they are. Times are mirrored so that a UTC day
        becomes a UTC day and the first day the last: a time of day is then not what it was. `month` stays the
        calendar's own, running down.
        """
        if not self.transfers:
            return self
        mirror = (int(self.time[0]) // DAY + int(self.time[-1]) // DAY + 1) * DAY - 1
        columns = ("order", "debtor", "creditor", "amount", "own_amount", "currency", "channel")
        arrays: dict[str, Any] = {name: _frozen(getattr(self, name)[::-1]) for name in columns}
        made = replace(self, **arrays, time=_frozen(mirror - self.time[::-1]), known_from=mirror - int(self.time[-1]))
        # What a cached property holds; of mirrored times it would be the months of another calendar.
        made.__dict__["month"] = _frozen(-self.month[::-1])
        return made

    @cached_property
    def pulled(self) -> NDArray[np.bool_]:
        """Whether the debtor did not push the transfer: see :data:`PULLED_CHANNELS`. In ledger order."""
        return _frozen(np.array([name in PULLED_CHANNELS for name in CHANNELS])[self.channel])

    @cached_property
    def month(self) -> NDArray[np.int32]:
        """Calendar month (UTC) of every transfer as a running number, in ledger order."""
        return _frozen(self.time.view("datetime64[us]").astype("datetime64[M]").astype(np.int32))

    def out(self, account: str) -> NDArray[np.int32]:
        """Ledger positions of the transfers that `account` paid, in order; empty when it is unknown."""
        return self._side(self.outgoing, account)

    def in_(self, account: str) -> NDArray[np.int32]:
        """Ledger positions of the transfers that `account` was paid, in order; empty when it is unknown."""
        return self._side(self.incoming, account)

    def _side(self, side: Adjacency, account: str) -> NDArray[np.int32]:
        number = self._numbers.get(account)
        if number is None:
            return np.empty(0, np.int32)
        return side.edge[side.indptr[number] : side.indptr[number + 1]]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names.to_list())}

    def between(self, start: datetime, end: datetime) -> TransactionGraph:
        """The transfers booked from `start` (inclusive) to `end` (exclusive), with the same account numbers.

        Parameters
        ----------
        start, end : datetime
            With a time zone.
        """
        if start.tzinfo is None or end.tzinfo is None:
            raise InputError("between() takes times with a time zone")
        first, last = np.searchsorted(self.time, [_microseconds(start), _microseconds(end)])
        part = slice(int(first), max(int(first), int(last)))
        columns = ("order", "debtor", "creditor", "time", "amount", "own_amount", "currency", "channel")
        arrays: dict[str, Any] = {name: _frozen(getattr(self, name)[part]) for name in columns}
        return TransactionGraph(
            names=self.names,
            links=self.links,
            frame=self.frame,
            register=self.register,
            known_from=max(self.known_from, _microseconds(start)),
            reference_currency=self.reference_currency,
            **arrays,
        )

    def only(self, keep: NDArray[np.bool_]) -> tuple[TransactionGraph, NDArray[np.int64]]:
        """The transfers that `keep` (bool[n], in ledger order) says, with the same account numbers.

        Returns
        -------
        (TransactionGraph, int64[kept])
            And the place in this ledger of each transfer of the new one.
        """
        kept = np.flatnonzero(keep)
        columns = ("order", "debtor", "creditor", "time", "amount", "own_amount", "currency", "channel")
        arrays: dict[str, Any] = {name: _frozen(getattr(self, name)[kept]) for name in columns}
        return replace(self, **arrays), kept

    def codes(self, column: str) -> tuple[NDArray[np.int32], pl.Series]:
        """A text column of the transfers as whole numbers, and the text of each number.

        Parameters
        ----------
        column : str
            A column of the canonical transfer table, such as ``location``.

        Returns
        -------
        (int32[n], polars Series of String)
            In ledger order; -1 where the transfer has none. Made once.
        """
        if column not in self._coded:
            codes, texts = _coded(self.frame[column])
            self._coded[column] = _frozen(codes[self.order]), texts
        return self._coded[column]

    @cached_property
    def _coded(self) -> dict[str, tuple[NDArray[np.int32], pl.Series]]:
        return {}

    def transaction_ids(self, ledger: NDArray[np.integer[Any]]) -> pl.Series:
        """The transaction ids at these ledger positions."""
        return self.frame["transaction_id"].gather(pl.Series(self.order[ledger]))


def _microseconds(moment: datetime) -> int:
    return int(pl.Series([moment]).dt.convert_time_zone("UTC").dt.timestamp("us")[0])


def _intern(transfers: pl.DataFrame) -> tuple[pl.Series, NDArray[np.int32], NDArray[np.int32]]:
    """Accounts as integers in order of first appearance, debtors' column first."""
    categories = pl.Categories.random()
    sides = [transfers[name].cast(pl.Categorical(categories)) for name in ("debtor_account", "creditor_account")]
    debtor, creditor = (side.to_physical().cast(pl.Int32).fill_null(-1).to_numpy() for side in sides)
    number = max(int(debtor.max(initial=-1)), int(creditor.max(initial=-1))) + 1
    names = pl.Series("account", np.arange(number, dtype=np.uint32)).cat.to(pl.Categorical(categories))
    return names.cast(pl.String), debtor, creditor


def _ledger_order(time: NDArray[np.int64], row: NDArray[np.int64]) -> NDArray[np.int32] | None:
    """Rows of the frame in ledger order, or ``None`` when they stand in it already."""
    for name, values in (("booked_at", time), ("row", row)):
        if values.size and int(values.max()) - int(values.min()) >= 2**62:
            raise InputError(f"the column {name!r} spans more than can be ordered; is its unit right?")
    if is_sorted(row):
        return None if is_sorted(time) else time_order(time)
    by_row = time_order(row)
    order: NDArray[np.int32] = by_row[time_order(time[by_row])]
    return order


def _register(names: pl.Series, accounts: pl.DataFrame | None) -> pl.DataFrame:
    """The account table in the order of the accounts' numbers."""
    own = names.rename("account").to_frame()
    if accounts is None:
        return own.with_columns(pl.lit(None, dtype=d).alias(c) for c, d in ACCOUNT_SCHEMA.items() if c != "account")
    return own.join(accounts, on="account", how="left", maintain_order="left").select(*ACCOUNT_SCHEMA)


def _links(register: pl.DataFrame) -> NDArray[np.int32]:
    links = np.full((register.height, len(LINK_COLUMNS)), -1, np.int32)
    for place, column in enumerate(LINK_COLUMNS):
        if register[column].null_count() < register.height:
            links[:, place] = _coded(register[column])[0]
    return links


def _coded(texts: pl.Series) -> tuple[NDArray[np.int32], pl.Series]:
    """Texts as whole numbers from 0, -1 for none, and the text of each number."""
    categories = pl.Categories.random()
    coded = texts.cast(pl.String).cast(pl.Categorical(categories))
    codes = coded.to_physical().cast(pl.Int32).fill_null(-1).to_numpy()
    numbers = np.arange(int(codes.max(initial=-1)) + 1, dtype=np.uint32)
    return codes, pl.Series(texts.name, numbers).cat.to(pl.Categorical(categories)).cast(pl.String)


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array = np.ascontiguousarray(array)
    if array.flags.writeable:
        array.flags.writeable = False
    return array
