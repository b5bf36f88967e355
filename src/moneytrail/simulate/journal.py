"""The journal: populations book columns of transfers, and the bank sorts them, finds balances and writes the frame."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from moneytrail.schema import CHANNEL, CHANNELS, CURRENCY, INSTANT, TRANSFER_SCHEMA
from moneytrail.simulate.calendar import DAY, Bools, Calendar, Ints
from moneytrail.simulate.register import Register
from moneytrail.simulate.words import CATEGORIES, COUNTRIES, INSTITUTIONS, MONEY, REFERENCES, REGIONS

TRANSFER: Final = CHANNELS.index("credit_transfer")
DIRECT_DEBIT: Final = CHANNELS.index("direct_debit")
CARD: Final = CHANNELS.index("card")
CASH: Final = CHANNELS.index("cash")
WIRE: Final = CHANNELS.index("wire")
CHEQUE: Final = CHANNELS.index("cheque")
NOBODY: Final = -1

_FIELDS: Final[dict[str, tuple[type[np.signedinteger], int]]] = {
    "time": (np.int64, 0),
    "debtor": (np.int32, NOBODY),
    "creditor": (np.int32, NOBODY),
    "amount": (np.int64, 0),
    "channel": (np.int8, TRANSFER),
    "reference": (np.int32, -1),
    "category": (np.int8, -1),
    "location": (np.int8, -1),
    "currency": (np.int8, 0),
    "credited": (np.int64, -1),
    "credited_currency": (np.int8, -1),
    "truth": (np.int32, -1),
}

Columns = dict[str, npt.NDArray[np.signedinteger]]


class Journal:
    """Transfers as columns of integers: accounts are codes of the register, words are positions in their lists."""

    def __init__(self, calendar: Calendar) -> None:
        self._end = calendar.days * DAY
        self._blocks: list[Columns] = []

    def book(
        self, time: Ints, debtor: npt.ArrayLike, creditor: npt.ArrayLike, amount: Ints, **more: npt.ArrayLike
    ) -> None:
        """Add transfers; scalars are spread over all of them.

        Dropped without a word: what falls outside the calendar, amounts of zero, and accounts that pay themselves.
        """
        given: dict[str, npt.ArrayLike] = {
            "time": time, "debtor": debtor, "creditor": creditor, "amount": amount, **more,
        }  # fmt: skip
        wide = {
            name: np.broadcast_to(np.asarray(given.get(name, default)), time.shape)
            for name, (_, default) in _FIELDS.items()
        }
        keep = (wide["time"] >= 0) & (wide["time"] < self._end) & (wide["amount"] > 0)
        keep &= wide["debtor"] != wide["creditor"]
        self._blocks.append({name: wide[name][keep].astype(dtype) for name, (dtype, _) in _FIELDS.items()})

    def column(self, name: str) -> npt.NDArray[np.signedinteger]:
        """Return one field of everything booked so far, in booking order."""
        return np.concatenate([block[name] for block in self._blocks])

    def ordered(self, register: Register) -> Columns:
        """Return all transfers by time, then booking order, without honest ones on accounts not yet open."""
        columns = {name: self.column(name) for name in _FIELDS}
        opened = np.append((register.column("joined") + 1) * DAY, 0)  # the last entry answers for code -1
        early = columns["time"] < np.maximum(opened[columns["debtor"]], opened[columns["creditor"]])
        return by_time({name: values[~early] for name, values in columns.items()})


def by_time(columns: Columns) -> Columns:
    """Sort by time; equal times keep their order."""
    order = np.argsort(columns["time"], kind="stable")
    return {name: values[order] for name, values in columns.items()}


def lowest_balances(columns: Columns, size: int, ours: Bools) -> tuple[Ints, Ints]:
    """Return, by account code, the lowest running balance from zero (0 or less) and the sum of credits, in pence.

    `columns` must be ordered. An account of ours is debited in pounds and credited in pounds; others stay at 0.
    """
    accounts = np.stack([columns["debtor"], columns["creditor"]], axis=1).ravel()
    gained = np.where(columns["credited"] >= 0, columns["credited"], columns["amount"])
    change = np.stack([-columns["amount"], gained], axis=1).ravel()
    mine = np.append(ours, False)[accounts]
    accounts, change = accounts[mine], change[mine]
    order = np.argsort(accounts, kind="stable")
    accounts, running = accounts[order], np.cumsum(change[order])
    low, credits = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    if accounts.size:
        heads = np.flatnonzero(np.append(True, accounts[1:] != accounts[:-1]))
        before = np.append(0, running)[heads]
        low[accounts[heads]] = np.minimum(np.minimum.reduceat(running, heads) - before, 0)
        credits[accounts[heads]] = np.add.reduceat(np.maximum(change[order], 0), heads)
    return low, credits


def transfer_frame(columns: Columns, register: Register, seed: int, epoch: int) -> pl.DataFrame:
    """Return the canonical frame of ordered `columns`; the label columns stay empty: truth is kept apart."""
    rows = columns["time"].size
    names = register.names(seed)
    row = pl.Series(np.arange(rows))
    data: dict[str, pl.Series] = {
        "transaction_id": "T" + row.cast(pl.String).str.zfill(9),
        "row": row,
        "booked_at": pl.Series(columns["time"] + epoch).cast(INSTANT),
        "amount": pl.Series(columns["amount"]),
        "currency": _coded(MONEY, columns["currency"], CURRENCY),
        "credited_amount": pl.Series(columns["credited"]).set(pl.Series(columns["credited"] < 0), None),
        "credited_currency": _coded(MONEY, columns["credited_currency"], CURRENCY),
        "channel": _coded(CHANNELS, columns["channel"], CHANNEL),
        "reference": _coded(REFERENCES, columns["reference"]),
        "merchant_category": _coded(tuple(c.code for c in CATEGORIES), columns["category"]),
        "location": _coded(REGIONS, columns["location"]),
    }
    for side in ("debtor", "creditor"):
        codes = columns[side]
        data[f"{side}_account"] = _coded(names, codes)
        data[f"{side}_institution"] = _coded(INSTITUTIONS, _of(register, "institution", codes))
        data[f"{side}_country"] = _coded(COUNTRIES, _of(register, "country", codes))
    labels = {name: pl.Series([None], dtype=TRANSFER_SCHEMA[name]).new_from_index(0, rows) for name in _LABELS}
    return pl.DataFrame({name: {**data, **labels}[name] for name in TRANSFER_SCHEMA}, schema=dict(TRANSFER_SCHEMA))


_LABELS: Final = ("label_illicit", "label_typology", "label_attempt")


def _of(register: Register, name: str, codes: npt.NDArray[np.signedinteger]) -> Ints:
    values: Ints = np.append(register.column(name), NOBODY)[codes]
    return values


def _coded(
    words: tuple[str, ...] | pl.Series, codes: npt.NDArray[np.signedinteger], dtype: pl.DataType | None = None
) -> pl.Series:
    pool = words if isinstance(words, pl.Series) else pl.Series(words, dtype=dtype or pl.String())
    pool = pool.extend_constant(None, 1)
    return pool.gather(np.where(codes < 0, len(pool) - 1, codes).astype(np.uint32))
