"""Exchange rates to the reference currency, so that amounts can be held against thresholds.

Integers throughout: a factor is a whole number of 10^-18 parts, and the product is rounded half up once.
Amounts in their own currency stay beside the converted ones; evidence always shows the original.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from moneytrail.errors import MissingRateError, ParameterError
from moneytrail.schema import CURRENCIES, CURRENCY, CURRENCY_EXPONENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

SCALE: Final = 10**18
"""Parts of a conversion factor: an int64 amount times a factor that keeps it int64 fits int128."""


@dataclass(frozen=True, slots=True)
class ExchangeRates:
    """What one unit of each currency is worth in the reference currency.

    Attributes
    ----------
    reference : str
        The currency that thresholds are stated in.
    rates : mapping of str to Decimal
        Major units of `reference` for one major unit of the key; above zero.
    source, as_of : str
        Where the rates come from, for the run record.
    """

    reference: str
    rates: Mapping[str, Decimal]
    source: str
    as_of: str

    @classmethod
    def load(cls, path: Path | None = None) -> ExchangeRates:
        """Read a rates file; without a path, the one that ships with the package (round figures, unverified).

        Raises
        ------
        ParameterError
            Naming the file and the entry that is wrong.
        """
        where = str(path) if path else "the shipped rates"
        try:
            text = path.read_text("utf-8") if path else (files("moneytrail") / "rates.toml").read_text("utf-8")
            document = tomllib.loads(text)
        except OSError as error:
            raise ParameterError(f"cannot read {where}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ParameterError(f"{where} is not TOML: {error}") from error
        table = document.get("rates")
        if not isinstance(table, dict):
            raise ParameterError(f"{where} has no [rates] table")
        source, as_of = str(document.get("source", where)), str(document.get("as_of", "not stated"))
        return cls.of(document.get("reference"), table, source, as_of)

    @classmethod
    def of(cls, reference: object, table: Mapping[str, object], source: str, as_of: str) -> ExchangeRates:
        """Rates from plain values, each checked; the reference itself may be left out.

        Raises
        ------
        ParameterError
            Naming the entry that is wrong.
        """
        if not isinstance(reference, str) or reference not in CURRENCY_EXPONENTS:
            raise ParameterError(f"{source}: reference = {reference!r} is not a known currency code")
        rates = {code: _rate(code, value, source) for code, value in table.items()}
        if rates.setdefault(reference, Decimal(1)) != 1:
            raise ParameterError(f"{source}: {reference} is the reference and must be 1")
        return cls(reference, rates, source, as_of)

    def to_reference(self, frame: pl.DataFrame) -> pl.Series:
        """Convert the ``amount`` column into minor units of the reference currency.

        Returns
        -------
        polars Series of Int64, one value a row of `frame`, rounded half up.

        Raises
        ------
        MissingRateError
            Naming the first currency that has no rate, and how many transfers need it.
        ParameterError
            When an amount does not fit int64 after conversion.
        """
        used = frame["currency"].unique().cast(pl.String).sort().to_list()
        if used == [self.reference] or not used:
            return frame["amount"].alias("reference_amount")
        missing = [code for code in used if code not in self.rates]
        if missing:
            count = (frame["currency"].cast(pl.String) == missing[0]).sum()
            raise MissingRateError(
                f"no exchange rate from {missing[0]} to {self.reference} ({count:,} transfers need it); "
                "add it to a rates file and give that with --rates"
            )
        codes = frame["currency"].cast(CURRENCY).to_physical().to_numpy()
        converted = frame["amount"].to_numpy().copy()
        for code in used:
            factor = self._factor(code)
            if factor == SCALE:
                continue
            rows = np.flatnonzero(codes == CURRENCIES.index(code))
            largest = int(converted[rows].max())
            if (largest * factor + SCALE // 2) // SCALE > 2**63 - 1:
                large = f"{largest:,} minor units of {code}"
                raise ParameterError(f"an amount of {large} is too large to convert to {self.reference}")
            exact = (pl.col("amount").cast(pl.Int128) * pl.lit(factor, pl.Int128) + SCALE // 2) // SCALE
            own = pl.DataFrame({"amount": converted[rows]})
            converted[rows] = own.select(exact.cast(pl.Int64)).to_series().to_numpy()
        return pl.Series("reference_amount", converted)

    def _factor(self, code: str) -> int:
        exponent = CURRENCY_EXPONENTS[self.reference] - CURRENCY_EXPONENTS[code]
        return int((self.rates[code] * Decimal(10) ** exponent * SCALE).to_integral_value())


def _rate(code: str, value: object, where: str) -> Decimal:
    if code not in CURRENCY_EXPONENTS:
        raise ParameterError(f"{where}: {code!r} is not a known currency code")
    try:
        rate = Decimal(str(value))
    except InvalidOperation:
        rate = Decimal(0)
    if not rate.is_finite() or not Decimal("1e-9") <= rate <= 10**9:
        raise ParameterError(f"{where}: the rate of {code} is {value!r}; it must be a number from 1e-9 to 1e9")
    return rate
