"""The two canonical tables: transfers and accounts. Names, dtypes, units and what may be absent.

Everything inside moneytrail speaks these columns and no others. Readers produce them, the simulator produces them,
and :func:`check_transfers` and :func:`check_accounts` refuse anything else with one clear error.

Money is int64 minor units of a named currency, never a float. Time is microseconds UTC.
Order is total: ``booked_at``, then ``row``.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import polars as pl

from moneytrail.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

CHANNELS: Final = (
    "credit_transfer",
    "direct_debit",
    "card",
    "cash",
    "cheque",
    "wire",
    "crypto",
    "internal",
    "other",
    "unknown",
)
"""How the money moved. ``wire`` is a cross-border or high-value transfer, ``internal`` a booking within one bank
(interest, fees, reinvestment), ``unknown`` what the bank did not send."""

ACCOUNT_KINDS: Final = ("personal", "business", "charity", "institution", "unknown")

CURRENCY_EXPONENTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
                "CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD "
                "HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK "
                "MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB "
                "SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH "
                "USD UYU UZS VES WST XCD YER ZAR ZMW ZWG"
            ).split(),
            2,
        ),
        **dict.fromkeys(
            "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(),
            0,
        ),
        **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
        "BTC": 8,
    }
)
"""Decimal places of a currency's minor unit (ISO 4217, Currency codes, SIX Interbank Clearing, 2024), and bitcoin's
satoshi, which the data sets of this field use beside them."""

CURRENCIES: Final = tuple(sorted(CURRENCY_EXPONENTS))

CURRENCY: Final = pl.Enum(CURRENCIES)
CHANNEL: Final = pl.Enum(CHANNELS)
ACCOUNT_KIND: Final = pl.Enum(ACCOUNT_KINDS)
INSTANT: Final = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a canonical table.

    Attributes
    ----------
    name : str
        As in the frame.
    dtype : polars data type
        Exact: an ``Int32`` where ``Int64`` is asked for is refused.
    required : bool
        ``True``: no nulls. ``False``: the column may be absent, and is then added as nulls.
    meaning : str
        Unit and meaning, for the documentation.
    """

    name: str
    dtype: pl.DataType
    required: bool
    meaning: str


TRANSFER_COLUMNS: Final = (
    Column("transaction_id", pl.String(), True, "the bank's own id, or the 0-based row number as text; unique"),
    Column("row", pl.Int64(), True, "0-based row in the input; settles the order of equal times"),
    Column("booked_at", INSTANT, True, "when the transfer was booked, microseconds UTC"),
    Column("debtor_account", pl.String(), False, "the account that pays; absent for cash paid in"),
    Column("creditor_account", pl.String(), False, "the account that is paid; absent for cash taken out"),
    Column("amount", pl.Int64(), True, "what the debtor paid, minor units of `currency`, zero or more"),
    Column("currency", CURRENCY, True, "ISO 4217 code, or BTC"),
    Column("credited_amount", pl.Int64(), False, "what the creditor received, where that differs"),
    Column("credited_currency", CURRENCY, False, "its currency; absent together with `credited_amount`"),
    Column("channel", CHANNEL, True, "how the money moved; `unknown` where the bank does not say"),
    Column("debtor_institution", pl.String(), False, "the debtor's bank"),
    Column("creditor_institution", pl.String(), False, "the creditor's bank"),
    Column("debtor_country", pl.String(), False, "where the debtor's bank stands, as the file writes it"),
    Column("creditor_country", pl.String(), False, "where the creditor's bank stands, as the file writes it"),
    Column("reference", pl.String(), False, "the reference text of the transfer"),
    Column("merchant_category", pl.String(), False, "merchant category, as the file writes it"),
    Column("location", pl.String(), False, "branch, machine or region of a cash or card transfer"),
    Column("label_illicit", pl.Boolean(), False, "ground truth, where a data set has it; never a feature"),
    Column("label_typology", pl.String(), False, "ground truth: the typology's name in the data set"),
    Column("label_attempt", pl.String(), False, "ground truth: which attempt the transfer belongs to"),
)

ACCOUNT_COLUMNS: Final = (
    Column("account", pl.String(), True, "as in the transfers; unique"),
    Column("party", pl.String(), False, "who owns it; two accounts of one party are affiliated"),
    Column("kind", ACCOUNT_KIND, True, "`unknown` where the bank does not say"),
    Column("opened", pl.Date(), False, "day of opening"),
    Column("country", pl.String(), False, "where it is held"),
    Column("occupation", pl.String(), False, "declared occupation or trade"),
    Column("currency", CURRENCY, False, "currency of the two amounts below"),
    Column("declared_turnover", pl.Int64(), False, "declared credits a year, minor units"),
    Column(
        "opening_balance",
        pl.Int64(),
        False,
        "balance before the first transfer, minor units; may be below zero",
    ),
    Column("registered_money_service", pl.Boolean(), False, "on a register of money-service businesses"),
    Column("address_hash", pl.String(), False, "hashed address; equal hashes are one address"),
    Column("phone_hash", pl.String(), False, "hashed telephone number"),
    Column("email_hash", pl.String(), False, "hashed e-mail address"),
    Column("device_hash", pl.String(), False, "hashed device"),
)

TRANSFER_SCHEMA: Final[Mapping[str, pl.DataType]] = MappingProxyType({c.name: c.dtype for c in TRANSFER_COLUMNS})
ACCOUNT_SCHEMA: Final[Mapping[str, pl.DataType]] = MappingProxyType({c.name: c.dtype for c in ACCOUNT_COLUMNS})

LINK_COLUMNS: Final = ("party", "address_hash", "phone_hash", "email_hash", "device_hash")
"""Account columns whose equality makes two accounts affiliated. Names and nationality are not among them."""


def check_transfers(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with exactly the transfer columns, in order; absent optional ones are added as nulls.

    Checked: names, dtypes, nulls, unique ids, amounts of zero or more, at least one side present, the credited
    amount and its currency present together. Not checked: order, which the graph makes.

    Raises
    ------
    InputError
        Naming the column, and the number of rows that break the rule.
    """
    frame = _conform(frame, TRANSFER_COLUMNS, "transfer")
    rules = {
        "amount is below zero": pl.col("amount") < 0,
        "credited_amount is below zero": pl.col("credited_amount") < 0,
        "both accounts are absent": pl.col("debtor_account").is_null() & pl.col("creditor_account").is_null(),
        "credited_amount and credited_currency are not present together": pl.col("credited_amount").is_null()
        != pl.col("credited_currency").is_null(),
    }
    _refuse(frame, rules, "transfer")
    _refuse_duplicates(frame, "transaction_id", "transfer")
    return frame


def check_accounts(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with exactly the account columns, in order; absent optional ones are added as nulls.

    Raises
    ------
    InputError
        Naming the column, and the number of rows that break the rule.
    """
    frame = _conform(frame, ACCOUNT_COLUMNS, "account")
    rules = {
        "declared_turnover is below zero": pl.col("declared_turnover") < 0,
        "an amount has no currency": (
            pl.col("declared_turnover").is_not_null() | pl.col("opening_balance").is_not_null()
        )
        & pl.col("currency").is_null(),
    }
    _refuse(frame, rules, "account")
    _refuse_duplicates(frame, "account", "account")
    return frame


def _conform(frame: pl.DataFrame, columns: tuple[Column, ...], table: str) -> pl.DataFrame:
    unknown = [name for name in frame.columns if name not in {c.name for c in columns}]
    if unknown:
        raise InputError(f"the {table} table has no column {unknown[0]!r}; see moneytrail.schema")
    made = []
    for column in columns:
        if column.name not in frame.columns:
            if column.required:
                raise InputError(f"the {table} table lacks the column {column.name!r}")
            made.append(pl.lit(None, dtype=column.dtype).alias(column.name))
            continue
        if frame.schema[column.name] != column.dtype:
            raise InputError(f"the {table} column {column.name!r} is {frame.schema[column.name]}, not {column.dtype}")
        if column.required and frame[column.name].null_count():
            raise InputError(f"the {table} column {column.name!r} is empty in {frame[column.name].null_count():,} rows")
        made.append(pl.col(column.name))
    # A table that is whole already is not touched: to pick all of its columns anew could copy them.
    return frame if frame.columns == [column.name for column in columns] else frame.select(made)


def _refuse(frame: pl.DataFrame, rules: Mapping[str, pl.Expr], table: str) -> None:
    counts = frame.select(**{rule: expr.fill_null(False).sum() for rule, expr in rules.items()}).row(0, named=True)
    for rule, count in counts.items():
        if count:
            raise InputError(f"the {table} table: {rule} in {count:,} rows")


def _refuse_duplicates(frame: pl.DataFrame, key: str, table: str) -> None:
    if rises(frame[key]):
        return
    # Texts whose hashes all differ all differ; only where two hashes agree must the texts be told apart.
    doubled = frame.height - frame[key].hash().n_unique()
    doubled = frame.height - frame[key].n_unique() if doubled else 0
    if doubled:
        raise InputError(f"the {table} column {key!r} repeats a value in {doubled:,} rows")


def rises(ids: pl.Series) -> bool:
    """Whether each text is longer than the one before, or as long and greater: counted ids are, and none repeats then.

    Parameters
    ----------
    ids : polars Series of String without nulls
    """
    last = ids.clear()
    for piece in ids.get_chunks():
        here = pl.concat([last, piece])
        lengths = here.str.len_bytes()
        if not lengths.is_sorted() or not ((lengths[1:] > lengths[:-1]) | (here[1:] > here[:-1])).all():
            return False
        last = piece.tail(1)
    return True
