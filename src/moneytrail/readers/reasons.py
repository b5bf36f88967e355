"""Why a row is rejected: a short closed list of codes, each with the sentence that users read."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "wrong_field_count": "The row has more or fewer fields than the header.",
        "text_after_quote": "Text follows a closing quote before the next separator.",
        "quote_not_closed": "A quote opens here and does not close.",
        "row_too_long": "The row is longer than 64 KiB.",
        "not_text": "The row holds bytes that are no text in the file's encoding.",
        "number_not_whole": "An id, step or label is a float that is not whole, or too large to be exact.",
        "transaction_id_absent": "The transaction has no id.",
        "time_unreadable": "The time is absent, or not in a known format, or does not exist in its time zone.",
        "direction_unknown": "The direction word is not in the mapping.",
        "currency_unknown": "The currency is absent or not known.",
        "amount_not_a_number": "The amount is absent or not a number.",
        "amount_too_large": "The amount does not fit into 64 bits of minor units.",
        "amount_too_many_decimals": "The amount has more decimals than its currency.",
        "amount_negative": "The amount is below zero.",
        "both_accounts_absent": "Neither the debtor's nor the creditor's account is given.",
        "channel_unknown": "The channel word is not known.",
        "label_unknown": "The label is neither yes nor no.",
        "duplicate_transaction_id": "An earlier row that was kept has the same transaction id.",
        "account_absent": "The row names no account.",
        "duplicate_account": "An earlier row that was kept names the same account.",
        "kind_unknown": "The kind of account is not known.",
        "date_unreadable": "The date is not in a known format.",
        "flag_unknown": "The flag is neither yes nor no.",
    }
)
"""In the order in which they are looked for: a row has one reason, the first. The last five are of account files."""

REJECTED_SCHEMA: Final = MappingProxyType(
    {
        "file": pl.String(),
        "line": pl.Int64(),
        "row": pl.Int64(),
        "field": pl.String(),
        "value": pl.String(),
        "reason": pl.String(),
    }
)
"""Rows kept aside. ``line`` is the 1-based physical line, absent for Parquet; ``row`` is 0-based over all files."""

VALUE_LENGTH: Final = 200
"""A rejected value is cut after so many characters."""


def no_rejects() -> pl.DataFrame:
    """Return an empty frame of rejected rows."""
    return pl.DataFrame(schema=dict(REJECTED_SCHEMA))
