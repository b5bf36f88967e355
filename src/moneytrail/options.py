"""Options that several commands share: one wording, one meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

StoreOption = Annotated[
    str | None, typer.Option("--store", metavar="URL", help="Store: a SQLite file or a database URL.")
]
LayoutOption = Annotated[
    str | None, typer.Option("--layout", help="Name of the files' layout, instead of recognising it by the header.")
]
MappingOption = Annotated[
    Path | None, typer.Option("--mapping", metavar="MAP.toml", help="What the columns of any other file mean.")
]
AccountsOption = Annotated[Path | None, typer.Option("--accounts", metavar="FILE", help="Account table.")]
ArrivalsOption = Annotated[
    Path | None, typer.Option("--arrivals", metavar="FILE", help="Small-boat arrivals by day; CSV or Parquet.")
]
CurrencyOption = Annotated[str | None, typer.Option("--currency", help="Currency of files that state none.")]
RatesOption = Annotated[Path | None, typer.Option("--rates", metavar="RATES.toml", help="Exchange rates.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]
