"""Features as a Parquet file: made and written block by block, so that no more than a few blocks are held at a time."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from polars.io.plugins import register_io_source

from moneytrail import features
from moneytrail.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from moneytrail.graph import TransactionGraph
    from moneytrail.runs import Inputs, Tell

CELLS: Final = 2**26
"""Cells of a block (256 MiB), unless it would then have fewer than `LEAST_ROWS` rows."""

LEAST_ROWS: Final = 65_536
"""A smaller block would walk through its windows too often."""

ROW_GROUP: Final = 65_536
"""Rows of a row group of the file."""

MAGIC: Final = b"PAR1"
"""The first bytes of every Parquet file."""


def choose_columns(windows: str | None, columns: str | None) -> tuple[str, ...]:
    """The names that two options ask for: every column over these windows, or the columns named.

    Parameters
    ----------
    windows, columns : str or None
        Joined by commas; not both. Neither: the usual columns (:data:`moneytrail.features.FEATURES`).

    Raises
    ------
    ParameterError
        When a window or column is not one, or is named twice.
    """
    if windows is not None and columns is not None:
        raise ParameterError("--windows and --columns say the same thing twice; give one of them")
    if columns is None and windows is None:
        return tuple(feature.name for feature in features.FEATURES)
    given = [name.strip() for name in (columns if columns is not None else windows or "").split(",")]
    if len(set(given)) < len(given):
        twice = next(name for place, name in enumerate(given) if name in given[:place])
        raise ParameterError(f"{'--windows' if columns is None else '--columns'}: names {twice!r} twice")
    names = features.names_for(given) if columns is None else tuple(given)
    features.describe(names)
    return names


def check_file(out: Path, inputs: Inputs) -> None:
    """Refuse a file that cannot be written, or that would replace something that is no Parquet or is read.

    Raises
    ------
    ParameterError
    """
    if out.is_dir():
        raise ParameterError(f"--out {out}: is a folder, not a file")
    if not out.absolute().parent.is_dir():
        raise ParameterError(f"--out {out}: there is no folder {out.absolute().parent.name}")
    if out.resolve() in {path.resolve() for path in inputs.every()}:
        raise ParameterError(f"--out {out}: would replace a file that is read")
    if out.exists():
        with out.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise ParameterError(f"--out {out}: is there and no Parquet file; name another")


def write_features(graph: TransactionGraph, names: Sequence[str], out: Path, tell: Tell) -> dict[str, Any]:
    """Write ``transaction_id`` and these columns, a row a transfer in ledger order.

    Parameters
    ----------
    graph : TransactionGraph
    names : sequence of str
        As :func:`moneytrail.features.describe`.
    out : Path
        Is there whole at the end, or as it was before.
    tell : callable

    Returns
    -------
    dict
        ``rows``, ``columns`` (with ``transaction_id``) and ``bytes``.
    """
    schema = pl.Schema({"transaction_id": pl.String(), **dict.fromkeys(names, pl.Float32())})
    rows = max(LEAST_ROWS, CELLS // max(1, len(names)))

    def make(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        # The whole table is asked for: nothing is pushed down into it.
        assert with_columns is None
        assert predicate is None
        assert n_rows is None
        for first, matrix in features.blocks(graph, names, rows=rows):
            yield _frame(graph, first, matrix, schema)
            tell("features", min(0.999, (first + len(matrix)) / graph.transfers))

    tell("features", 0.0)
    with TemporaryDirectory(prefix=f".{out.name}-", dir=out.absolute().parent) as beside:
        made = Path(beside) / "new"
        register_io_source(make, schema=schema).sink_parquet(made, row_group_size=ROW_GROUP, maintain_order=True)
        size = made.stat().st_size
        made.replace(out)
    tell("features", 1.0)
    return {"rows": graph.transfers, "columns": len(schema), "bytes": size}


def _frame(graph: TransactionGraph, first: int, matrix: Any, schema: pl.Schema) -> pl.DataFrame:
    order = pl.Series(graph.order[first : first + len(matrix)])
    ids = graph.frame["transaction_id"].gather(order).rename("transaction_id")
    return pl.DataFrame([ids, *(pl.Series(name, matrix[:, place]) for place, name in enumerate(schema.names()[1:]))])
