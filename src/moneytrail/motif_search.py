"""A search for motifs: what is asked for, what is found, and the folder it is written to.

Everything that can be refused is refused before the work begins, and a folder of an earlier search is replaced in one
step or not at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from moneytrail.errors import ParameterError
from moneytrail.matches import Matches
from moneytrail.motifs import MOTIFS, by_name

if TYPE_CHECKING:
    from moneytrail.graph import TransactionGraph
    from moneytrail.loading import Loaded
    from moneytrail.rates import ExchangeRates
    from moneytrail.runs import Inputs, Tell

RECORD: Final = "motifs.json"
FILES: Final = ("matches.parquet", "evidence.parquet", RECORD)
"""What :meth:`MotifSearch.write` writes."""

SHOWN: Final = (
    *("booked_at", "row", "debtor_account", "creditor_account", "amount", "currency", "reference_amount", "channel"),
    *("location", "creditor_institution"),
)
"""Columns of the transfers that the evidence carries, so that a match can be verified from the folder alone."""


@dataclass(frozen=True, eq=False)
class MotifSearch:
    """What a search for motifs found.

    Attributes
    ----------
    matches : Matches
    evidence : polars DataFrame
        The evidence, each row with its transfer's own columns (:data:`SHOWN`).
    record : dict
        Data fingerprint, parameters, versions and counts; ``record["search_id"]`` names the search.
    """

    matches: Matches
    evidence: pl.DataFrame
    record: dict[str, Any]

    def plain(self, limit: int | None = None) -> dict[str, Any]:
        """The record and the best matches of every motif with their evidence, as plain data.

        It is a document that :func:`moneytrail.verify.read_claims` reads.

        Parameters
        ----------
        limit : int, optional
            How many of each motif; default: all.
        """
        best = self.best(limit)
        columns = [name for name in self.evidence.columns if name != "match_id"]
        proof = dict(
            self.evidence.join(best.select("match_id"), on="match_id", how="semi", maintain_order="left")
            .group_by("match_id", maintain_order=True)
            .agg(pl.struct(columns))
            .iter_rows()
        )
        return {
            **self.record,
            "parameters": {entry["id"]: entry["parameters"] for entry in self.record["motifs"]},
            "matches": [match | {"evidence": proof[match["match_id"]]} for match in best.iter_rows(named=True)],
        }

    def best(self, limit: int | None = None) -> pl.DataFrame:
        """The matches, best first: by score, then value, then id; `limit` of each motif."""
        ordered = self.matches.match.sort("score", "value", "match_id", descending=[True, True, False])
        return ordered if limit is None else ordered.filter(pl.int_range(pl.len()).over("typology") < limit)

    def write(self, folder: Path) -> None:
        """Write the three files (:data:`FILES`); an earlier search's folder is replaced."""
        with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.absolute().parent) as beside:
            made, old = Path(beside) / "new", Path(beside) / "old"
            made.mkdir()
            self.matches.match.write_parquet(made / "matches.parquet")
            self.evidence.write_parquet(made / "evidence.parquet")
            (made / RECORD).write_text(json.dumps(self.record, indent=1) + "\n", "utf-8")
            if folder.exists():
                folder.rename(old)
            try:
                made.rename(folder)
            except OSError:
                if old.exists():
                    old.rename(folder)
                raise


def choose_motifs(names: str) -> tuple[str, ...]:
    """The motifs of a list joined by commas, each once, in the order of the catalogue; ``all`` is every motif.

    Raises
    ------
    ParameterError
        Naming the motifs there are.
    """
    if names == "all":
        return tuple(motif.name for motif in MOTIFS)
    wanted = {by_name(name.strip()).name for name in names.split(",")}
    return tuple(motif.name for motif in MOTIFS if motif.name in wanted)


def check_motifs(names: Sequence[str], parameters: Mapping[str, Mapping[str, object]]) -> None:
    """Refuse parameters that no motif has, that are out of range, or of a motif that is not searched.

    Raises
    ------
    ParameterError
    """
    for name, values in parameters.items():
        by_name(name).values(values)
        if name not in names:
            raise ParameterError(f"--set {name}.{next(iter(values))}: --motif leaves {name} out")


def check_folder(out: Path, inputs: Inputs) -> None:
    """Refuse a folder for results that cannot be written, or where something else would be lost.

    Raises
    ------
    ParameterError
    """
    folder = out.resolve()
    for path in inputs.every():
        if folder == path.resolve() or folder in path.resolve().parents:
            raise ParameterError(f"--out {out}: {path.name} lies in it and would be lost")
    if not folder.parent.is_dir():
        raise ParameterError(f"--out {out}: there is no folder {folder.parent.name}")
    if not out.exists():
        return
    if not out.is_dir():
        raise ParameterError(f"--out {out}: is a file, not a folder")
    if folder == Path.cwd().resolve() or folder in Path.cwd().resolve().parents:
        raise ParameterError(f"--out {out}: is the folder that we are in; name a new one")
    found = {path.name for path in out.iterdir()}
    if found - set(FILES) or (found and RECORD not in found):
        what = min(found - set(FILES) or found)
        raise ParameterError(f"--out {out}: holds {what}, which no search wrote; name a new or empty folder")


def search_motifs(
    loaded: Loaded,
    rates: ExchangeRates,
    names: Sequence[str],
    parameters: Mapping[str, Mapping[str, object]],
    tell: Tell,
) -> MotifSearch:
    """Find every match of these motifs, with the transfers that prove it.

    Parameters
    ----------
    loaded : Loaded
    rates : ExchangeRates
        Those that the graph was made with, for the record.
    names : sequence of str
    parameters : mapping of motif to mapping of parameter to value
        What differs from the defaults.
    tell : callable

    Raises
    ------
    ParameterError
    """
    graph, found, listed = loaded.graph, [], []
    for name in names:
        motif, overrides = by_name(name), parameters.get(name, {})
        tell(f"motif {name}", 0.0)
        matches = motif.find(graph, overrides)
        tell(f"motif {name}", 1.0)
        found.append(matches)
        counts = {"matches": matches.match.height, "truncated": int(matches.match["truncated"].sum())}
        listed.append(
            {"id": name, "parameters": motif.values(overrides), **counts, "stopped_accounts": list(matches.stopped)}
        )
    together = Matches.together(found)
    return MotifSearch(together, _with_transfers(graph, together.evidence), _record(loaded, rates, listed))


def _with_transfers(graph: TransactionGraph, evidence: pl.DataFrame) -> pl.DataFrame:
    back = np.empty(graph.transfers, np.int64)
    back[graph.order] = np.arange(graph.transfers)
    transfers = graph.frame.with_columns(pl.Series("reference_amount", graph.amount[back]))
    return evidence.join(
        transfers.select("transaction_id", *SHOWN), on="transaction_id", how="left", maintain_order="left"
    )


def _record(loaded: Loaded, rates: ExchangeRates, motifs: list[dict[str, Any]]) -> dict[str, Any]:
    deciding = {
        "data": loaded.source["fingerprint"],
        "moneytrail": version("moneytrail"),
        "rates": {
            "reference": rates.reference,
            "source": rates.source,
            "as_of": rates.as_of,
            "rates": {code: str(rate) for code, rate in sorted(rates.rates.items())},
        },
        "motifs": [{"id": entry["id"], "parameters": entry["parameters"]} for entry in motifs],
    }
    digest = hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()
    return {
        "search_id": f"M-{digest[:16]}",
        "created_at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "source": dict(loaded.source),
        "deciding": deciding,
        "motifs": motifs,
        "rows": loaded.rows,
        "transfers": loaded.graph.transfers,
        "accounts": loaded.graph.accounts,
    }
