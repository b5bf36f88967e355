"""Frames of the bank's transfers, made from ordered columns of codes: as they are written, and canonical."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit

from moneytrail.schema import CHANNEL, CHANNELS, CURRENCY, INSTANT, TRANSFER_SCHEMA
from moneytrail.simulate.calendar import Ints
from moneytrail.simulate.dirt import NO_INSTITUTION, WRITTEN
from moneytrail.simulate.journal import Columns
from moneytrail.simulate.register import ANYONE, EDGES, Register
from moneytrail.simulate.words import CATEGORIES, COUNTRIES, INSTITUTIONS, MONEY, REGIONS, UK_BANKS

Codes = npt.NDArray[np.uint32]


def _pool(words: tuple[str, ...], dtype: pl.DataType | None = None) -> pl.Series:
    """Words by code, and a null behind the last; an enumeration unless `dtype` says otherwise."""
    return pl.Series([*words, None], dtype=dtype or pl.Enum(words))


_MONEY: Final = _pool(MONEY, CURRENCY)
_CHANNELS: Final = _pool(CHANNELS, CHANNEL)
_REFERENCES: Final = _pool(WRITTEN, pl.String())
_CATEGORIES: Final = _pool(tuple(c.code for c in CATEGORIES))
_REGIONS: Final = _pool(REGIONS)
_INSTITUTIONS: Final = _pool(INSTITUTIONS)
_COUNTRIES: Final = _pool(COUNTRIES)

WRITTEN_SCHEMA: Final[dict[str, pl.DataType]] = {
    **{name: dtype for name, dtype in TRANSFER_SCHEMA.items() if not name.startswith("label_")},
    **dict.fromkeys(("debtor_institution", "creditor_institution"), _INSTITUTIONS.dtype),
    **dict.fromkeys(("debtor_country", "creditor_country"), _COUNTRIES.dtype),
    "merchant_category": _CATEGORIES.dtype,
    "location": _REGIONS.dtype,
}
"""Columns of ``transfers.parquet``: the canonical ones without labels, short closed lists as enumerations."""


class TransferFrames:
    """Makes frames of one bank's transfers; the accounts must all be open."""

    def __init__(self, register: Register, seed: int, epoch: int) -> None:
        self._register, self._seed, self._epoch = register, seed, epoch
        self._bank_of = register.column("institution").astype(np.int8)
        self._country_of = register.column("country").astype(np.int8)

    def written(self, columns: Columns, first: int) -> pl.DataFrame:
        """Return ordered `columns`, whose first row is number `first` of the bank, as they are written."""
        row = np.arange(first, first + columns["time"].size)
        data: dict[str, pl.Series] = {
            "transaction_id": transaction_ids(row),
            "row": pl.Series(row),
            "booked_at": pl.Series(columns["time"] + self._epoch).cast(INSTANT),
            "amount": pl.Series(columns["amount"]),
            "currency": _coded(_MONEY, columns["currency"]),
            "credited_amount": _known(columns["credited"]),
            "credited_currency": _coded(_MONEY, columns["credited_currency"]),
            "channel": _coded(_CHANNELS, columns["channel"]),
            "reference": _coded(_REFERENCES, columns["reference"]),
            "merchant_category": _coded(_CATEGORIES, columns["category"]),
            "location": _coded(_REGIONS, columns["location"]),
        }
        for side in ("debtor", "creditor"):
            codes = columns[side]
            bank, country = np.empty((2, codes.size), dtype=np.uint32)
            _whereabouts(codes, columns["dirt"], self._bank_of, self._country_of, _BANKS, EDGES, bank, country)
            data[f"{side}_account"] = self._register.names(self._seed, codes)
            data[f"{side}_institution"] = _INSTITUTIONS.gather(bank)
            data[f"{side}_country"] = _COUNTRIES.gather(country)
        return pl.DataFrame({name: data[name] for name in WRITTEN_SCHEMA}, schema=WRITTEN_SCHEMA)


def canonical(written: pl.DataFrame) -> pl.DataFrame:
    """Return a written frame with the canonical columns and dtypes; the labels stay empty: truth is kept apart."""
    labels = {name: pl.lit(None, dtype=dtype) for name, dtype in TRANSFER_SCHEMA.items() if name.startswith("label_")}
    return written.with_columns(**labels).select(pl.col(name).cast(dtype) for name, dtype in TRANSFER_SCHEMA.items())


def transaction_ids(row: Ints) -> pl.Series:
    """Return the identifier of each row of the bank: T and ten digits, in order."""
    return "T" + pl.Series(row + 1_000_000_000).cast(pl.String)


_BANKS: Final = UK_BANKS.astype(np.int8)


def _coded(pool: pl.Series, codes: npt.NDArray[np.signedinteger]) -> pl.Series:
    index = np.empty(codes.size, dtype=np.uint32)
    _indices(codes, len(pool) - 1, index)
    return pool.gather(index)


def _known(values: npt.NDArray[np.signedinteger]) -> pl.Series:
    absent = values < 0
    if absent.all():
        return pl.Series([None], dtype=pl.Int64()).new_from_index(0, values.size)
    return pl.Series(values).set(pl.Series(absent), None)


@njit(cache=True, nogil=True)
def _indices(codes: npt.NDArray[np.signedinteger], absent: int, index: Codes) -> None:
    """Write each code as a position in a pool; `absent` is the null behind the last word."""
    for i in range(codes.size):
        index[i] = codes[i] if codes[i] >= 0 else absent


@njit(cache=True, nogil=True)
def _whereabouts(
    codes: npt.NDArray[np.int32],
    dirt: npt.NDArray[np.int16],
    bank_of: npt.NDArray[np.int8],
    country_of: npt.NDArray[np.int8],
    others: npt.NDArray[np.int8],
    edges: npt.NDArray[np.uint64],
    bank: Codes,
    country: Codes,
) -> None:
    """Write the positions of each account's bank and country; as :class:`Register` says, but for missing fields."""
    no_bank, no_country = _NO_BANK, _NO_COUNTRY
    for i in range(codes.size):
        code = codes[i]
        if code < 0:
            bank[i], country[i] = no_bank, no_country
        elif code < ANYONE:
            bank[i], country[i] = bank_of[code], country_of[code]
        else:
            mixed = (np.uint64(code) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)
            place = 0
            while place < edges.size and mixed >= edges[place]:
                place += 1
            bank[i], country[i] = others[place], 0
        if dirt[i] & NO_INSTITUTION:
            bank[i] = no_bank


_NO_BANK: Final = len(INSTITUTIONS)
_NO_COUNTRY: Final = len(COUNTRIES)
