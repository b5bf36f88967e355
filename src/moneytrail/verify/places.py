"""Where matches to verify lie: a folder of Parquet frames that a run wrote, or one JSON document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from moneytrail.errors import InputError
from moneytrail.verify.claims import claim_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from moneytrail.verify.claims import Claim

EVIDENCE: Final = ("match_id", "transaction_id", "role")
TRANSFER: Final = (
    "booked_at",
    "row",
    "debtor_account",
    "creditor_account",
    "amount",
    "currency",
    "reference_amount",
    "channel",
)
"""Columns of the transfers that a claim needs beside those of the evidence."""
MORE: Final = ("location", "creditor_institution")
"""Columns that are taken where they are there."""

SLICE: Final = 5_000
"""Matches whose transfers are taken out of the frames at a time."""

Parameters = dict[str, Mapping[str, Any]]


def read_claims(place: Path | str, match_ids: Sequence[str] = ()) -> Iterator[Claim]:
    """Every match of a place, or those named, with its transfers.

    Parameters
    ----------
    place : path
        A folder with ``matches.parquet`` and ``evidence.parquet`` (and ``transfers.parquet``, where the evidence does
        not carry the transfers' own columns; and ``run.json`` or ``motifs.json`` for the parameters of the search);
        or a JSON file: one match with its ``evidence`` (and ``parameters``), or a document with ``matches``, a list of
        such, and ``parameters`` by typology or motif.
    match_ids : sequence of str
        Empty: all.

    Raises
    ------
    InputError
        Where the place is not what it should be, or a named match is not there.
    """
    place = Path(place)
    if not place.exists():
        raise InputError(f"{place}: no such file or folder")
    yield from _read_folder(place, match_ids) if place.is_dir() else _read_document(place, match_ids)


def _read_folder(folder: Path, match_ids: Sequence[str]) -> Iterator[Claim]:
    matches, evidence = _table(folder / "matches.parquet"), _table(folder / "evidence.parquet")
    parameters = _parameters_beside(folder)
    _need(matches, ("match_id", "typology"), folder / "matches.parquet")
    _need(evidence, EVIDENCE, folder / "evidence.parquet")
    matches = _chosen(matches, match_ids, folder)
    strange = evidence.join(matches, on="match_id", how="anti") if not match_ids else evidence.clear()
    if strange.height:
        raise InputError(f"{folder}: the evidence names match {strange['match_id'][0]}, which is not among the matches")
    evidence = evidence.join(matches.select("match_id"), on="match_id", how="semi", maintain_order="left")
    if any(name not in evidence.columns for name in TRANSFER):
        evidence = _with_transfers(evidence, folder)
    columns = ["transaction_id", "role", *TRANSFER, *(name for name in MORE if name in evidence.columns)]
    for part in matches.iter_slices(SLICE):
        own = evidence.join(part.select("match_id"), on="match_id", how="semi", maintain_order="left")
        proof = dict(own.group_by("match_id", maintain_order=True).agg(shown=pl.struct(columns)).iter_rows())
        for match in part.iter_rows(named=True):
            yield claim_of(match, proof.get(match["match_id"], ()), parameters.get(match["typology"]))


def _with_transfers(evidence: pl.DataFrame, folder: Path) -> pl.DataFrame:
    path = folder / "transfers.parquet"
    columns = _columns(path)
    missing = [name for name in ("transaction_id", *TRANSFER) if name not in columns]
    if missing:
        raise InputError(f"{path}: lacks the column {missing[0]!r}")
    wanted = ["transaction_id", *TRANSFER, *(name for name in MORE if name in columns)]
    ids = evidence.select("transaction_id").unique().lazy()
    transfers = _collected(
        pl.scan_parquet(path, glob=False).select(wanted).join(ids, on="transaction_id", how="semi"), path
    )
    lost = evidence.join(transfers, on="transaction_id", how="anti")
    if lost.height:
        first = lost.row(0, named=True)
        raise InputError(f"{path}: lacks transfer {first['transaction_id']}, evidence of match {first['match_id']}")
    return evidence.select(EVIDENCE).join(transfers, on="transaction_id", how="left", maintain_order="left")


def _parameters_beside(folder: Path) -> Parameters:
    """By typology or motif, what the run record says; nothing where there is no record."""
    for name, listed in (("run.json", ("deciding", "catalogue")), ("motifs.json", ("motifs",))):
        path = folder / name
        if not path.exists():
            continue
        entries = _document(path)
        try:
            for key in listed:
                entries = entries[key]
            return {entry["id"]: entry["parameters"] for entry in entries}
        except (KeyError, TypeError, IndexError) as error:
            raise InputError(f"{path}: is no record of a search that can be read") from error
    return {}


def _read_document(path: Path, match_ids: Sequence[str]) -> Iterator[Claim]:
    document = _document(path)
    if not isinstance(document, Mapping):
        raise InputError(f"{path}: holds no match but a {type(document).__name__}")
    single = "matches" not in document
    matches = [document] if single else document["matches"]
    if not isinstance(matches, list) or not all(isinstance(match, Mapping) for match in matches):
        raise InputError(f"{path}: 'matches' is no list of matches")
    by_kind = document.get("parameters") or {}
    if not isinstance(by_kind, Mapping):
        raise InputError(f"{path}: 'parameters' is {by_kind!r}; wanted are names with numbers")
    _refuse_absent(match_ids, {match.get("match_id") for match in matches}, path)
    for match in matches:
        if match_ids and match.get("match_id") not in match_ids:
            continue
        evidence = match.get("evidence")
        if not isinstance(evidence, list):
            raise InputError(f"{path}: match {match.get('match_id')!r} has no list of evidence")
        parameters = by_kind if single else by_kind.get(match.get("typology"))
        yield claim_of(match, evidence, parameters or None)


def _document(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: is neither a folder of frames nor a JSON document: {error}") from error


def _table(path: Path) -> pl.DataFrame:
    _columns(path)
    return _collected(pl.scan_parquet(path, glob=False), path)


def _columns(path: Path) -> list[str]:
    if not path.is_file():
        raise InputError(f"{path}: no such file; wanted is a folder that `score --out` or `motifs --out` wrote")
    try:
        return pl.scan_parquet(path, glob=False).collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _damaged(path, error) from error


def _collected(frame: pl.LazyFrame, path: Path) -> pl.DataFrame:
    try:
        return frame.collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> InputError:
    reason = str(error).strip().split("\n", 1)[0]
    return InputError(f"{path}: cannot be read as Parquet: {reason}")


def _need(frame: pl.DataFrame, columns: Sequence[str], path: Path) -> None:
    for name in columns:
        if name not in frame.columns:
            raise InputError(f"{path}: lacks the column {name!r}")
        if frame.schema[name] != pl.String:
            raise InputError(f"{path}: the column {name!r} is {frame.schema[name]}, not text")
        if frame[name].null_count():
            raise InputError(f"{path}: the column {name!r} is empty in {frame[name].null_count():,} rows")


def _chosen(matches: pl.DataFrame, match_ids: Sequence[str], place: Path) -> pl.DataFrame:
    if matches["match_id"].n_unique() < matches.height:
        twice = matches.filter(pl.col("match_id").is_duplicated())["match_id"][0]
        raise InputError(f"{place}: match {twice} stands twice among the matches")
    if not match_ids:
        return matches
    _refuse_absent(match_ids, set(matches["match_id"]), place)
    return matches.filter(pl.col("match_id").is_in(list(match_ids)))


def _refuse_absent(match_ids: Sequence[str], there: set[Any], place: Path) -> None:
    absent = [match_id for match_id in match_ids if match_id not in there]
    if absent:
        raise InputError(f"{place}: there is no match {absent[0]!r}")
