"""One view of three banks: the simulated one, Berka's (real) and AMLSim's (synthetic), so that they can be compared.

A view has a row for each payment of each account: ``account``, ``day``, ``peer`` (the other account; null for cash),
``incoming``, ``amount`` (units of the bank's currency) and ``channel``. A payment between two accounts of a bank is in
it twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from moneytrail.errors import InputError

SAMPLE: Final = 2_000
"""Persons of a simulated bank whose accounts a view is taken of, evenly over the table. Design."""

PLAIN: Final = ("credit_transfer", "direct_debit", "cash")
"""Channels that a bank of 1993 has too."""

YOUNG: Final = 90
"""Days at the start of each of Berka's accounts that are left out: all accounts of the excerpt are new. Design."""

_BOOKED: Final = {"PREVOD Z UCTU": "credit_transfer", "PREVOD NA UCET": "credit_transfer", "VKLAD": "cash",
                  "VYBER": "cash"}  # fmt: skip
_CHARGES: Final = ("SLUZBY", "SANKC. UROK", "UROK")
"""Statement fees and interest: the bank's own bookings, which a simulated bank does not make."""


def simulated(folder: Path, channels: Iterable[str] = PLAIN, accounts: int = SAMPLE) -> pl.DataFrame:
    """Return the view of a simulated bank: its payments in pounds, of no more than `accounts` persons' first accounts.

    Their other accounts, for savings, have hardly any payments.
    """
    table = pl.read_parquet(folder / "accounts.parquet", columns=["account", "party", "kind"])
    personal = table.filter(pl.col("kind") == "personal").unique("party", keep="first", maintain_order=True)
    personal = personal.select("account")
    sample = personal.gather_every(max(1, -(-personal.height // accounts))).lazy()
    wanted = list(channels)
    transfers = pl.scan_parquet(folder / "transfers.parquet").filter(
        pl.col("channel").cast(pl.String).is_in(wanted), pl.col("currency") == "GBP"
    )
    sides = [
        transfers.join(sample, left_on=f"{own}_account", right_on="account", how="semi").select(
            account=f"{own}_account",
            day=pl.col("booked_at").dt.date(),
            peer=f"{other}_account",
            incoming=pl.lit(own == "creditor"),
            amount=pl.col("amount") / 100,
            channel=pl.col("channel").cast(pl.String),
        )
        for own, other in (("debtor", "creditor"), ("creditor", "debtor"))
    ]
    return _ready(pl.concat(sides).collect(engine="streaming"))


def berka(folder: Path) -> pl.DataFrame:
    """Return the view of Berka's bank (PKDD'99 Discovery Challenge, 1999), in Czech crowns of 1993 and 1994.

    Left out are the last row, which is cut, the bank's own bookings, the dozen card withdrawals, and the first
    :data:`YOUNG` days of each account.
    """
    found = sorted(folder.glob("trans*.asc"))
    if not found:
        raise InputError(f"{folder} has no trans*.asc")
    raw = found[0].read_bytes()
    whole = raw[: raw.rindex(b"\n") + 1]
    table = pl.read_csv(whole, separator=";", infer_schema_length=0)
    return _ready(
        table.filter(
            pl.col("operation").is_in(list(_BOOKED)), ~pl.col("k_symbol").is_in(_CHARGES).fill_null(value=False)
        )
        .select(
            account="account_id",
            day=pl.col("date").str.to_date("%y%m%d"),
            peer=pl.when(pl.col("account") != "0").then(pl.concat_str("bank", "account", ignore_nulls=True)),
            incoming=pl.col("type") == "PRIJEM",
            amount=pl.col("amount").cast(pl.Float64),
            channel=pl.col("operation").replace_strict(_BOOKED, default=None),
        )
        .filter((pl.col("day") - pl.col("day").min().over("account")).dt.total_days() >= YOUNG)
    )


def amlsim(folder: Path) -> pl.DataFrame:
    """Return the view of a run of IBM's AMLSim: all its transfers, from account to account, in dollars."""
    found = sorted(folder.glob("transactions.csv*"))
    if not found:
        raise InputError(f"{folder} has no transactions.csv")
    table = pl.read_csv(found[0], infer_schema_length=0)
    sides = [
        table.select(
            account=own,
            day=pl.col("tran_timestamp").str.slice(0, 10).str.to_date(),
            peer=other,
            incoming=pl.lit(own == "bene_acct"),
            amount=pl.col("base_amt").cast(pl.Float64),
            channel=pl.lit("credit_transfer"),
        )
        for own, other in (("orig_acct", "bene_acct"), ("bene_acct", "orig_acct"))
    ]
    return _ready(pl.concat(sides))


def _ready(view: pl.DataFrame) -> pl.DataFrame:
    return view.filter(pl.col("amount") > 0).sort("account", "day", "amount", "peer", "incoming")


def gaps(view: pl.DataFrame) -> npt.NDArray[np.float64]:
    """Return the days between each payment of an account and its next."""
    days = (pl.col("day").shift(-1) - pl.col("day")).over("account").dt.total_days()
    return view.select(days.drop_nulls().cast(pl.Float64)).to_series().to_numpy()


def paces(view: pl.DataFrame, least: int = 10) -> npt.NDArray[np.float64]:
    """Return each gap over its account's mean gap, for accounts with `least` gaps or more."""
    gap = (pl.col("day").shift(-1) - pl.col("day")).over("account").dt.total_days().cast(pl.Float64)
    table = view.select("account", gap=gap).drop_nulls("gap")
    mean = pl.col("gap").mean().over("account")
    table = table.filter(pl.len().over("account") >= least, mean > 0)
    return table.select(pl.col("gap") / mean).to_series().to_numpy()


def months(view: pl.DataFrame) -> pl.DataFrame:
    """Return ``account, month, payments, peers``: how many payments and different other accounts an account has.

    Only months in which the account has a payment.
    """
    return (
        view.group_by("account", month=pl.col("day").dt.truncate("1mo"))
        .agg(payments=pl.len(), peers=pl.col("peer").drop_nulls().n_unique())
        .sort("account", "month")
    )


RECURS: Final = (27, 34)
"""Days between two payments that make them monthly: 28 to 31, with weekends. Design."""


def recurring(view: pl.DataFrame) -> pl.Series:
    """Return, for each payment with a peer, whether one between the same two in the same direction is a month off."""
    key = ["account", "peer", "incoming"]
    table = view.filter(pl.col("peer").is_not_null()).with_row_index("place")
    days = table.select(*key, "day").unique()
    first, last = RECURS
    offsets = [*range(-last, -first + 1), *range(first, last + 1)]
    near = pl.concat([days.with_columns(pl.col("day").dt.offset_by(f"{offset}d")) for offset in offsets]).unique()
    hits = table.join(near, on=[*key, "day"], how="semi").select("place")
    return table.select(recurring=pl.col("place").is_in(hits["place"].implode())).to_series()


def is_round(view: pl.DataFrame) -> pl.Series:
    """Return whether each amount has no more than two digits that are not trailing zeros, whatever the currency."""
    cents = view["amount"].to_numpy() * 100
    unit = 10.0 ** np.maximum(np.floor(np.log10(np.maximum(cents, 1))) - 1, 0)
    ratio = cents / unit
    return pl.Series("round", np.abs(ratio - np.round(ratio)) < 1e-6)
