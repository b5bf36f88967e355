"""Small ledgers as people tell them, as graphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import polars as pl

from moneytrail.graph import TransactionGraph
from moneytrail.rates import ExchangeRates
from moneytrail.schema import ACCOUNT_KIND, CHANNEL, CURRENCY, check_accounts, check_transfers

START = datetime(2025, 3, 3, 9, tzinfo=UTC)
RATES = ExchangeRates.of("GBP", {"EUR": "0.85"}, "tests", "2025-01-01")

Line = tuple[str | None, str | None, float] | tuple[str | None, str | None, float, str]
"""Debtor, creditor (``None``: cash), pounds, and where it matters the reference."""


def book(
    lines: Sequence[Line], openings: Mapping[str, float] | None = None, held: Sequence[str] | None = None
) -> TransactionGraph:
    """A graph of transfers an hour apart, called t1, t2, … in order.

    `openings` are opening balances in pounds, `held` the accounts of the account table; without either there is none.
    """
    transfers = pl.DataFrame(
        {
            "transaction_id": [f"t{i + 1}" for i in range(len(lines))],
            "row": range(len(lines)),
            "booked_at": [START + timedelta(hours=i) for i in range(len(lines))],
            "debtor_account": pl.Series([line[0] for line in lines], dtype=pl.String()),
            "creditor_account": pl.Series([line[1] for line in lines], dtype=pl.String()),
            "amount": [round(line[2] * 100) for line in lines],
            "currency": ["GBP"] * len(lines),
            "channel": ["cash" if None in line[:2] else "credit_transfer" for line in lines],
            "reference": pl.Series([line[3] if len(line) > 3 else None for line in lines], dtype=pl.String()),
        }
    ).with_columns(
        pl.col("booked_at").dt.cast_time_unit("us"),
        pl.col("currency").cast(CURRENCY),
        pl.col("channel").cast(CHANNEL),
    )
    accounts = None
    if openings is not None or held is not None:
        named = list(dict.fromkeys([*(held or ()), *(openings or {})]))
        balance = [round(openings[name] * 100) if openings and name in openings else None for name in named]
        accounts = check_accounts(
            pl.DataFrame(
                {
                    "account": named,
                    "kind": pl.Series(["personal"] * len(named), dtype=ACCOUNT_KIND),
                    "currency": pl.Series(["GBP"] * len(named), dtype=CURRENCY),
                    "opening_balance": pl.Series(balance, dtype=pl.Int64()),
                }
            )
        )
    return TransactionGraph.from_frame(check_transfers(transfers), RATES, accounts)
