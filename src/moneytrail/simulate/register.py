"""Every account that the bank ever sees, its own customers' and other banks', in one space of integers.

Identifiers are a seeded scramble of those integers, so nothing in an identifier tells whose account it is.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from moneytrail.schema import ACCOUNT_KINDS, ACCOUNT_SCHEMA
from moneytrail.simulate.calendar import Bools, Ints
from moneytrail.simulate.words import COUNTRIES, FOREIGN_BANKS, OURS, TRADES, UK_BANK_SHARE, UK_BANKS

PERSONAL: Final = ACCOUNT_KINDS.index("personal")
BUSINESS: Final = ACCOUNT_KINDS.index("business")
CHARITY: Final = ACCOUNT_KINDS.index("charity")

_DEFAULTS: Final[dict[str, int]] = {
    "kind": PERSONAL,
    "institution": OURS,
    "country": 0,
    "region": -1,
    "opened": 0,
    "joined": -1,
    "party": -1,
    "trade": -1,
    "turnover": -1,
    "buffer": 0,
    "money_service": 0,
    "address": -1,
    "phone": -1,
    "email": -1,
    "device": -1,
}
_PRIME: Final = 99_999_989


class Register:
    """A growing table of accounts; :meth:`open` hands out codes, :meth:`frame` writes the bank's own rows.

    Columns (int64): `opened` is days since 1970, `joined` the simulated day of opening or -1 for accounts that stood
    before, `buffer` the pence that never leave the account, `address` to `device` any integer that two accounts may
    share, -1 where the bank has none. `party` defaults to the account's own code.
    """

    def __init__(self, start: date) -> None:
        self.first_day = (start - date(1970, 1, 1)).days
        self._columns = {name: np.empty(1024, dtype=np.int64) for name in _DEFAULTS}
        self._size = 0

    def open(self, size: int, **columns: npt.ArrayLike) -> Ints:
        """Open `size` accounts and return their codes; a column not given takes its default."""
        codes = np.arange(self._size, self._size + size)
        self._reserve(self._size + size)
        self._size += size
        for name, default in _DEFAULTS.items():
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

    def strangers(self, rng: np.random.Generator, size: int, **columns: npt.ArrayLike) -> Ints:
        """Open `size` accounts at other British banks."""
        banks = rng.choice(UK_BANKS, size, p=UK_BANK_SHARE)
        return self.open(size, **{"institution": banks, **columns})

    def abroad(self, rng: np.random.Generator, size: int, **columns: npt.ArrayLike) -> Ints:
        """Open `size` accounts at banks of other countries."""
        countries = rng.integers(1, len(COUNTRIES), size)
        banks = rng.choice(FOREIGN_BANKS, size)
        return self.open(size, **{"institution": banks, "country": countries, **columns})

    def column(self, name: str) -> Ints:
        """Return one column over all accounts opened so far, by code."""
        return self._columns[name][: self._size]

    @property
    def size(self) -> int:
        """How many accounts there are."""
        return self._size

    def names(self, seed: int, prefix: str = "") -> pl.Series:
        """Return the identifier of every code: eight digits, scrambled by `seed`, all different."""
        rng = np.random.default_rng([seed, len(prefix), 20_250_401])
        factor, offset = rng.integers(10_000_019, _PRIME, 2)
        # factor and code are both below 2**27: the product fits int64.
        numbers = (np.arange(self._size) * int(factor) + int(offset)) % _PRIME
        return prefix + pl.Series(numbers).cast(pl.String).str.zfill(8)

    def frame(self, seed: int, opening: Ints, turnover: Ints) -> pl.DataFrame:
        """Return the account table of the bank's own accounts, in order of code.

        `opening` and `turnover` are pence by code; a turnover below zero is left empty.
        """
        ours = self.column("institution") == OURS
        parties = self.names(seed, "P")
        data: dict[str, pl.Series] = {
            "account": self.names(seed).filter(pl.Series(ours)),
            "party": parties.gather(self.column("party")[ours]),
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


def _text(words: tuple[str, ...], codes: Ints) -> pl.Series:
    return pl.Series([*words, None], dtype=pl.String).gather(np.where(codes < 0, len(words), codes))


def _whole(values: Ints, known: Bools) -> pl.Series:
    return pl.Series(values).set(pl.Series(~known), None)


def _hashes(values: Ints, salt: int) -> pl.Series:
    """Mix each integer with `salt` into 16 hexadecimal digits; -1 becomes null."""
    mixed = values.astype(np.uint64) + np.uint64((salt + 1) * 0x9E3779B97F4A7C15 % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    text = (mixed ^ (mixed >> np.uint64(31))).astype(">u8").tobytes().hex()
    digits = [text[i * 16 : i * 16 + 16] if v >= 0 else None for i, v in enumerate(values.tolist())]
    return pl.Series(digits, dtype=pl.String)
