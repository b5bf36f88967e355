"""Every account that the bank ever sees, its own customers' and other banks', in one space of integers.

Identifiers are a seeded scramble of those integers, so nothing in an identifier tells whose account it is.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from moneytrail.errors import ParameterError
from moneytrail.schema import ACCOUNT_KINDS, ACCOUNT_SCHEMA
from moneytrail.simulate.calendar import Bools, Ints
from moneytrail.simulate.words import COUNTRIES, FOREIGN_BANKS, OURS, TRADES, UK_BANK_SHARE, UK_BANKS

PERSONAL: Final = ACCOUNT_KINDS.index("personal")
BUSINESS: Final = ACCOUNT_KINDS.index("business")
CHARITY: Final = ACCOUNT_KINDS.index("charity")

_COLUMNS: Final[dict[str, tuple[type[np.signedinteger], int]]] = {
    "kind": (np.int8, PERSONAL),
    "institution": (np.int8, OURS),
    "country": (np.int8, 0),
    "region": (np.int8, -1),
    "opened": (np.int32, 0),
    "joined": (np.int32, -1),
    "party": (np.int32, -1),
    "trade": (np.int8, -1),
    "turnover": (np.int64, -1),
    "buffer": (np.int64, 0),
    "money_service": (np.int8, 0),
    "address": (np.int32, -1),
    "phone": (np.int32, -1),
    "email": (np.int32, -1),
    "device": (np.int32, -1),
}
_PRIME: Final = 89_999_999
"""The largest prime below 90 million: identifiers run from 10,000,000 on and all have eight digits."""

ANYONE: Final = 20_000_000
"""Codes from here on are the rest of the country: people met once or twice, at other British banks. They need no row
anywhere, because their bank follows from the code."""


class Register:
    """A growing table of accounts; :meth:`open` hands out codes, :meth:`frame` writes the bank's own rows.

    Columns (whole numbers as narrow as they may be): `opened` is days since 1970, `joined` the simulated day of opening
    or -1 for accounts that stood before, `buffer` the pence that never leave the account, `address` to `device` any
    integer that two accounts may share, -1 where the bank has none. `party` defaults to the account's own code.
    """

    def __init__(self, start: date) -> None:
        self.first_day = (start - date(1970, 1, 1)).days
        self._columns = {name: np.empty(1024, dtype=dtype) for name, (dtype, _) in _COLUMNS.items()}
        self._size = 0

    def open(self, size: int, **columns: npt.ArrayLike) -> Ints:
        """Open `size` accounts and return their codes; a column not given takes its default."""
        codes = np.arange(self._size, self._size + size)
        if self._size + size > ANYONE:
            raise ParameterError(f"the bank would know more than {ANYONE:,} accounts: ask for fewer customers")
        self._reserve(self._size + size)
        self._size += size
        for name, (_, default) in _COLUMNS.items():
            self._columns[name][codes] = columns.get(name, default)
        party, joined, opened = (self._columns[name] for name in ("party", "joined", "opened"))
        party[codes] = np.where(party[codes] < 0, codes, party[codes])
        opened[codes] = np.where(joined[codes] >= 0, self.first_day + joined[codes], opened[codes])
        return codes

    def _reserve(self, size: int) -> None:
        """Double the room until `size` accounts fit: gangs open theirs one by one."""
        room = self._columns["kind"].size
        while room < size:
            room *= 2
        if room > self._columns["kind"].size:
            for name, values in self._columns.items():
                self._columns[name] = np.resize(values, room)

    def forget(self, size: int) -> None:
        """Strike out the accounts opened last, down to `size` of them."""
        self._size = min(self._size, size)

    def strangers(self, rng: np.random.Generator, size: int, **columns: npt.ArrayLike) -> Ints:
        """Open `size` accounts at other British banks."""
        banks = rng.choice(UK_BANKS, size, p=UK_BANK_SHARE)
        return self.open(size, **{"institution": banks, **columns})

    def abroad(self, rng: np.random.Generator, size: int, **columns: npt.ArrayLike) -> Ints:
        """Open `size` accounts at banks of other countries."""
        countries = rng.integers(1, len(COUNTRIES), size)
        banks = rng.choice(FOREIGN_BANKS, size)
        return self.open(size, **{"institution": banks, "country": countries, **columns})

    def anyone(self, rng: np.random.Generator, size: int) -> Ints:
        """Draw `size` people from the rest of the country: customers of other British banks, seldom met twice.

        They are not opened and take no room, so a chapter may draw them too.
        """
        drawn: Ints = rng.integers(ANYONE, _PRIME, size)
        return drawn

    def column(self, name: str) -> npt.NDArray[np.signedinteger]:
        """Return one column over all accounts opened so far, by code."""
        return self._columns[name][: self._size]

    def institution(self, codes: npt.NDArray[np.signedinteger]) -> Ints:
        """Return the bank of each code, a position in ``INSTITUTIONS``; -1 for nobody."""
        known = np.where(codes < 0, -1, self.column("institution")[np.clip(codes, 0, self._size - 1)])
        mixed = (codes.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)
        elsewhere = UK_BANKS[np.searchsorted(EDGES, mixed, side="right")]
        return np.where(codes < ANYONE, known, elsewhere)

    def country(self, codes: npt.NDArray[np.signedinteger]) -> Ints:
        """Return the country of each code, a position in ``COUNTRIES``; -1 for nobody."""
        known = self.column("country")[np.clip(codes, 0, self._size - 1)]
        found: Ints = np.select([codes < 0, codes < ANYONE], [-1, known], 0).astype(np.int64)
        return found

    @property
    def size(self) -> int:
        """How many accounts there are."""
        return self._size

    def names(self, seed: int, codes: npt.NDArray[np.signedinteger], prefix: str = "") -> pl.Series:
        """Return the identifier of each code: eight digits, scrambled by `seed`, all different; null below 0."""
        rng = np.random.default_rng([seed, len(prefix), 20_250_401])
        factor, offset = rng.integers(10_000_019, _PRIME, 2)
        # factor and code are both below 2**27: the product fits int64.
        numbers = 10_000_000 + (codes.astype(np.int64) * int(factor) + int(offset)) % _PRIME
        texts = pl.Series(numbers).cast(pl.String)
        texts = prefix + texts if prefix else texts
        return texts.set(pl.Series(codes < 0), None) if (codes < 0).any() else texts

    def frame(self, seed: int, opening: Ints, turnover: Ints) -> pl.DataFrame:
        """Return the account table of the bank's own accounts, in order of code.

        `opening` and `turnover` are pence by code; a turnover below zero is left empty.
        """
        ours = self.column("institution") == OURS
        codes = np.flatnonzero(ours)
        data: dict[str, pl.Series] = {
            "account": self.names(seed, codes),
            "party": self.names(seed, self.column("party")[codes], "P"),
            "kind": pl.Series(ACCOUNT_KINDS, dtype=ACCOUNT_SCHEMA["kind"]).gather(self.column("kind")[ours]),
            "opened": pl.Series(self.column("opened")[ours].astype(np.int32)).cast(pl.Date),
            "country": _text(COUNTRIES, self.column("country")[ours]),
            "occupation": _text(TRADES, self.column("trade")[ours]),
            "currency": pl.Series(["GBP"], dtype=ACCOUNT_SCHEMA["currency"]).new_from_index(0, int(ours.sum())),
            "declared_turnover": _whole(turnover[ours], turnover[ours] >= 0),
            "opening_balance": pl.Series(opening[ours]),
            "registered_money_service": pl.Series(self.column("money_service")[ours] == 1),
        }
        for salt, name in enumerate(("address", "phone", "email", "device")):
            data[f"{name}_hash"] = _hashes(self.column(name)[ours], seed * 4 + salt)
        return pl.DataFrame(data, schema=dict(ACCOUNT_SCHEMA))


EDGES: Final = (np.cumsum(UK_BANK_SHARE)[:-1] * 2**24).astype(np.uint64)


def _text(words: tuple[str, ...], codes: npt.NDArray[np.signedinteger]) -> pl.Series:
    return pl.Series([*words, None], dtype=pl.String).gather(np.where(codes < 0, len(words), codes))


def _whole(values: Ints, known: Bools) -> pl.Series:
    return pl.Series(values).set(pl.Series(~known), None)


def _hashes(values: npt.NDArray[np.signedinteger], salt: int) -> pl.Series:
    """Mix each integer with `salt` into 16 hexadecimal digits; -1 becomes null."""
    mixed = values.astype(np.uint64) + np.uint64((salt + 1) * 0x9E3779B97F4A7C15 % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    text = (mixed ^ (mixed >> np.uint64(31))).astype(">u8").tobytes().hex()
    digits = [text[i * 16 : i * 16 + 16] if v >= 0 else None for i, v in enumerate(values.tolist())]
    return pl.Series(digits, dtype=pl.String)
