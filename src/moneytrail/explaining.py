"""One match, found again by its id: in a store, or in the folder that a run wrote."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from moneytrail.alerts import evidence_of, match_of
from moneytrail.errors import NotFoundError, ParameterError
from moneytrail.storage import Store
from moneytrail.typologies import BESIDE, CATALOGUE

if TYPE_CHECKING:
    from moneytrail.alerts import AlertMatch, EvidenceTransfer
    from moneytrail.placebo import MatchPlacebo
    from moneytrail.typologies import Typology

FRAMES = ("matches", "evidence", "transfers")


@dataclass(frozen=True, slots=True)
class Explained:
    """A match with all that explains it.

    Attributes
    ----------
    match : AlertMatch
    evidence : tuple of EvidenceTransfer
        In ledger order.
    alert_id : str or None
        The alert that it stands in; ``None`` where it is read from a folder.
    reference_currency : str
    definition : str
        The typology's rule, as the catalogue of now states it.
    placebo : MatchPlacebo or None
        What shuffled copies say of it; ``None`` where none were made, and where it is read from a folder.
    """

    match: AlertMatch
    evidence: tuple[EvidenceTransfer, ...]
    alert_id: str | None
    reference_currency: str
    definition: str
    placebo: MatchPlacebo | None = None


def from_store(store: str, match_id: str) -> Explained:
    """Find a match in a store: in the newest run that has it.

    Raises
    ------
    NotFoundError
        No alert there holds such a match.
    """
    with Store.open(store, create=False) as opened:
        alert = opened.alert(opened.alert_of(match_id))
    match = next(one for one in alert.matches if one.match_id == match_id)
    evidence = tuple(one for one in alert.evidence if one.match_id == match_id)
    compared = alert.placebo.matches if alert.placebo else ()
    placebo = next((one for one in compared if one.match_id == match_id), None)
    return Explained(match, evidence, alert.alert_id, alert.reference_currency, _definition(match.typology), placebo)


def from_folder(folder: Path, match_id: str, reference_currency: str) -> Explained:
    """Find a match in a run's folder, which holds those that raised no alert as well.

    Raises
    ------
    ParameterError
        When the folder is not a run's.
    NotFoundError
        When the run has no such match.
    """
    paths = {name: folder / f"{name}.parquet" for name in FRAMES}
    missing = [path.name for path in paths.values() if not path.is_file()]
    if missing:
        raise ParameterError(f"{folder} is not a run's folder: it has no {missing[0]}")
    try:
        found = pl.scan_parquet(paths["matches"]).filter(pl.col("match_id") == match_id).collect()
        if not found.height:
            raise NotFoundError(f"the run in {folder} has no match {match_id!r}")
        proof = pl.scan_parquet(paths["evidence"]).filter(pl.col("match_id") == match_id).collect()
        wanted = proof["transaction_id"].implode()
        transfers = pl.scan_parquet(paths["transfers"]).filter(pl.col("transaction_id").is_in(wanted)).collect()
    except pl.exceptions.PolarsError as error:
        raise ParameterError(
            f"{folder} holds a file that is no Parquet of ours: {str(error).splitlines()[0]}"
        ) from error
    rows = proof.join(transfers, on="transaction_id", how="inner", maintain_order="left")
    if rows.height < proof.height:
        raise ParameterError(
            f"{folder} is not whole: {proof.height - rows.height} transfers of the evidence are missing"
        )
    row = found.row(0, named=True)
    try:
        evidence = tuple(evidence_of(one) for one in rows.iter_rows(named=True))
        match = match_of(row, _known(row["typology"]))
    except (KeyError, TypeError) as error:
        raise ParameterError(f"{folder} holds frames that are not ours: {error} is missing or wrong") from error
    return Explained(match, evidence, None, reference_currency, _definition(match.typology))


def _known(typology: str) -> Typology | None:
    """The catalogue's entry; ``None`` for a typology of somebody's own."""
    return next((entry for entry in (*CATALOGUE, *BESIDE) if entry.id == typology), None)


def _definition(typology: str) -> str:
    known = _known(typology)
    return known.definition if known else ""
