"""Labelled attempts of AMLworld and AMLSim, as their authors publish them, held against the transfers that were read.

An attempt is a number of transfers that the simulator planted together and calls by the name of a shape.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import polars as pl

from moneytrail.errors import InputError
from moneytrail.readers import read, read_accounts

BEGIN: Final = "BEGIN LAUNDERING ATTEMPT - "
HEADER: Final = (
    *("Timestamp", "From Bank", "Account", "To Bank", "Account", "Amount Received", "Receiving Currency"),
    *("Amount Paid", "Payment Currency", "Payment Format", "Is Laundering"),
)
"""AMLworld's columns, which its pattern file leaves out."""

SAME: Final = ("booked_at", "debtor_account", "creditor_account", "currency", "credited_currency", "channel")
"""What makes a row of the pattern file the same as one of the transfers, beside its amounts."""
AMOUNTS: Final = ("amount", "credited_amount")
"""Looked at first and not insisted on: the two files round Bitcoin to different decimals."""


class Hop(NamedTuple):
    """One transfer of an attempt.

    Attributes
    ----------
    transaction_id : str
    debtor, creditor : str or None
        None where that side is cash.
    time : int
        Microseconds UTC.
    """

    transaction_id: str
    debtor: str | None
    creditor: str | None
    time: int


class Attempt(NamedTuple):
    """A labelled attempt.

    Attributes
    ----------
    name : str
        Its own name or number.
    family : str
        As ``fan-in``.
    hops : tuple of Hop
        In ledger order; those that were read, which may be none.
    """

    name: str
    family: str
    hops: tuple[Hop, ...]

    @property
    def span(self) -> int:
        """Microseconds from the first transfer to the last."""
        return self.hops[-1].time - self.hops[0].time if self.hops else 0


class Labelled(NamedTuple):
    """Transfers and what their labels say.

    Attributes
    ----------
    transfers : polars DataFrame
        Canonical.
    accounts : polars DataFrame or None
    attempts : tuple of Attempt
    lost : int
        Labelled rows that none of the transfers is.
    """

    transfers: pl.DataFrame
    accounts: pl.DataFrame | None
    attempts: tuple[Attempt, ...]
    lost: int


def read_amlworld(transfers: Path, patterns: Path) -> Labelled:
    """Read transfers in IBM's layout with their labels.

    Parameters
    ----------
    transfers : Path
    patterns : Path
        IBM's own ``*_Patterns.txt``, whose bank ids may carry zeros in front that the transfers lack; or a CSV with
        ``row`` (of the transfers, counted from 0), ``typology`` and ``pattern_id``.

    Raises
    ------
    InputError
        When `patterns` is neither.
    """
    found = read(transfers, layout="amlworld").transfers
    with patterns.open(encoding="utf-8-sig") as file:
        first = next((line for line in file if line.strip()), "")
    if first.startswith(BEGIN):
        rows = _of_text(patterns, found)
    elif {"row", "typology", "pattern_id"} <= set(first.strip().split(",")):
        rows = _of_table(patterns, found)
    else:
        raise InputError(f"{patterns.name} is neither a pattern file ({BEGIN}…) nor a CSV of row,typology,pattern_id")
    return Labelled(found, None, *_gather(found, rows))


def read_amlsim(folder: Path) -> Labelled:
    """Read a folder of AMLSim: ``transactions``, ``accounts``, ``alert_transactions`` and ``alert_accounts``.

    Each is a CSV, compressed or not. An alert none of whose transfers were made is an attempt without any.

    Raises
    ------
    InputError
        When one is missing.
    """
    found = read(_file(folder, "transactions"), layout="amlsim").transfers
    accounts = read_accounts(_file(folder, "accounts")).accounts
    alerts = pl.read_csv(_file(folder, "alert_accounts"), infer_schema=False)
    made = pl.read_csv(_file(folder, "alert_transactions"), infer_schema=False)
    rows = pl.concat(
        [
            made.select("alert_id", "alert_type", transaction_id="tran_id"),
            alerts.select("alert_id", "alert_type", transaction_id=pl.lit(None, pl.String())).unique(),
        ]
    )
    return Labelled(found, accounts, *_gather(found, rows.rename({"alert_id": "attempt", "alert_type": "family"})))


def _file(folder: Path, name: str) -> Path:
    for ending in (".csv", ".csv.gz"):
        if (folder / f"{name}{ending}").is_file():
            return folder / f"{name}{ending}"
    raise InputError(f"{folder.name} holds no {name}.csv")


def _of_table(patterns: Path, transfers: pl.DataFrame) -> pl.DataFrame:
    table = pl.read_csv(patterns, schema_overrides={"row": pl.Int64, "typology": pl.String, "pattern_id": pl.String})
    ids = transfers.select("row", "transaction_id")
    named = table.join(ids, on="row", how="left", maintain_order="left").with_columns(
        # A row that was not read stays one that is looked for.
        pl.col("transaction_id").fill_null(pl.format("row {}", "row")),
        attempt=pl.format("{} {}", "typology", "pattern_id"),
    )
    return named.select("attempt", family="typology", transaction_id="transaction_id")


def _of_text(patterns: Path, transfers: pl.DataFrame) -> pl.DataFrame:
    attempts, families, lines = _sections(patterns)
    with TemporaryDirectory() as folder:
        rows = Path(folder) / "patterns.csv"
        rows.write_text("\n".join([",".join(HEADER), *lines]) + "\n", "utf-8")
        wanted = _bare(read(rows, layout="amlworld").transfers)
    have = _bare(transfers.filter(pl.col("label_illicit")))
    exact = _paired(wanted, have, [*SAME, *AMOUNTS])
    rest = wanted.join(exact, on="row", how="anti"), have.join(exact, on="transaction_id", how="anti")
    pairs = pl.concat([exact, _paired(*rest, SAME)])
    labels = pl.DataFrame({"row": range(len(lines)), "attempt": attempts, "family": families})
    return labels.join(pairs, on="row", how="left", maintain_order="left").select(
        "attempt", "family", pl.col("transaction_id").fill_null(pl.format("row {}", "row"))
    )


def _sections(patterns: Path) -> tuple[list[str], list[str], list[str]]:
    """For each row of a pattern file its attempt, its family and its text."""
    attempts: list[str] = []
    families: list[str] = []
    lines: list[str] = []
    number, family = 0, ""
    for line in patterns.read_text("utf-8-sig").splitlines():
        if line.startswith(BEGIN):
            number += 1
            family = line.removeprefix(BEGIN).partition(":")[0].strip()
        elif line.strip() and not line.startswith("END "):
            attempts.append(f"{family} {number}")
            families.append(family)
            lines.append(line.strip())
    return attempts, families, lines


def _bare(transfers: pl.DataFrame) -> pl.DataFrame:
    """What is compared, bank ids without zeros in front."""
    accounts = pl.col("debtor_account", "creditor_account").str.strip_chars_start("0")
    return transfers.with_columns(accounts).select("row", "transaction_id", *SAME, *AMOUNTS)


def _paired(wanted: pl.DataFrame, have: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The rows wanted with the ids of those that are the same by `keys`, the copies of one row in their order."""
    copies = [frame.with_columns(copy=pl.int_range(pl.len()).over(keys)) for frame in (wanted, have)]
    return (
        copies[0]
        .join(copies[1], on=[*keys, "copy"], nulls_equal=True, suffix="_read")
        .select("row", transaction_id="transaction_id_read")
    )


def _gather(transfers: pl.DataFrame, rows: pl.DataFrame) -> tuple[tuple[Attempt, ...], int]:
    """Attempts in the order of `rows` (attempt, family, transaction_id or null), and how many ids were not read."""
    known = transfers.select(
        "transaction_id", "row", "debtor_account", "creditor_account", time=pl.col("booked_at").cast(pl.Int64)
    )
    held = rows.join(known, on="transaction_id", how="left", maintain_order="left")
    families: dict[str, str] = {}
    hops: dict[str, list[tuple[int, int, Hop]]] = {}
    lost: Counter[bool] = Counter()
    for attempt, family, one, row, debtor, creditor, time in held.iter_rows():
        families.setdefault(attempt, family.lower().replace("_", "-"))
        own = hops.setdefault(attempt, [])
        if row is not None:
            own.append((time, row, Hop(one, debtor, creditor, time)))
        lost[one is not None and row is None] += 1
    made = (Attempt(name, family, tuple(hop for *_, hop in sorted(hops[name]))) for name, family in families.items())
    return tuple(made), lost[True]
