"""One run from files to files: read, score, write to the store and the folder, and say what happened.

The command line is one caller; a scheduler of the bank's own can be another. Everything that can be refused is refused
before the work begins, and nothing that was there before is lost.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from moneytrail.conformal import missed_at_most
from moneytrail.errors import InputError, ParameterError
from moneytrail.readers import REASONS, load_mapping, read, read_accounts, read_arrivals
from moneytrail.scoring import FRAME_FILES, is_run_record
from moneytrail.storage import Ledger, Store, without_password

if TYPE_CHECKING:
    from moneytrail.readers import AccountReading, Reading
    from moneytrail.scoring import Pipeline, RiskReport

Tell = Callable[[str, float], None]

LEDGER_KEPT_UP_TO: Final = 5_000_000
"""Transfers up to which the store keeps the ledger unasked: 35 to 100 MB (docs/service.md)."""

REJECTED_SHOWN: Final = 20
"""Rejected rows that a summary quotes; all of them are in the folder and the rejected file."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is read.

    Attributes
    ----------
    files : sequence of Path
        Transfers, of one layout.
    layout, currency : str or None
        As :func:`moneytrail.readers.read`.
    mapping, accounts : Path or None
    arrivals : Path or None
        The daily table of small-boat arrivals.
    """

    files: Sequence[Path]
    layout: str | None = None
    mapping: Path | None = None
    accounts: Path | None = None
    currency: str | None = None
    arrivals: Path | None = None

    def check(self) -> None:
        """Refuse, before anything is loaded, what cannot be read.

        Raises
        ------
        InputError, ParameterError
        """
        if self.layout and self.mapping:
            raise ParameterError("--layout and --mapping say the same thing twice; give one of them")
        for path in self.every():
            if path.is_dir():
                raise InputError(f"{path}: is a folder, not a file")
            if not path.exists():
                raise InputError(f"{path}: no such file")
            if not path.is_file():
                raise InputError(f"{path}: is a pipe or a device; write it to a file first, since it is read twice")

    def every(self) -> list[Path]:
        """All files that are read."""
        return [*self.files, *(path for path in (self.mapping, self.accounts, self.arrivals) if path)]

    def arrivals_beside(self) -> Path | None:
        """A table of arrivals beside the transfers that was not named. It is never taken unasked: it decides."""
        if self.arrivals:
            return None
        beside = (path.parent / "arrivals.parquet" for path in self.files)
        return next((path for path in beside if path.is_file()), None)


@dataclass(frozen=True, slots=True)
class Places:
    """Where results go.

    Attributes
    ----------
    store : str or None
        Path or URL.
    out : Path or None
        Folder of Parquet frames and the run record.
    rejected : Path or None
        CSV of the rejected rows.
    review : int or None
        How many alerts that are not raised to draw for review, into ``review.parquet`` of `out`.
    keep_ledger : bool or None
        Whether the store keeps what was scored, so that money can be traced from it. ``None``: up to
        :data:`LEDGER_KEPT_UP_TO` transfers.
    """

    store: str | None = None
    out: Path | None = None
    rejected: Path | None = None
    review: int | None = None
    keep_ledger: bool | None = None

    def check(self, inputs: Inputs) -> None:
        """Refuse places that cannot be written, or where something would be lost.

        Raises
        ------
        ParameterError, StoreError
        """
        if self.review is not None and (self.review < 1 or not self.out):
            raise ParameterError(f"--below-the-line {self.review}: wanted is 1 or more, and a folder with --out DIR")
        if self.keep_ledger and not self.store:
            raise ParameterError("--keep-ledger and --no-store contradict each other: it is kept in the store")
        taken = {path.resolve(): str(path) for path in inputs.every()}
        store = self._store_file()
        if self.rejected:
            if self.rejected.resolve() in taken or (store and self.rejected.resolve() == store.resolve()):
                raise ParameterError(f"--rejected {self.rejected}: would replace a file that is read or the store")
            _check_parent("--rejected", self.rejected)
            if self.rejected.is_dir():
                raise ParameterError(f"--rejected {self.rejected}: is a folder")
            _check_writable("--rejected", self.rejected)
        if self.out:
            self._check_out([*taken, *(path.resolve() for path in (self.rejected, store) if path)])
        if self.store:
            if store and not store.exists():
                _check_parent("--store", store)
                _check_writable("--store", store)
            else:
                Store.open(self.store).close()

    def _store_file(self) -> Path | None:
        if self.store is None:
            return None
        path = self.store.removeprefix("sqlite:///")
        return None if "://" in path else Path(path)

    def _check_out(self, others: Sequence[Path]) -> None:
        out = self.out
        assert out is not None
        folder = out.resolve()
        inside = [path for path in others if folder == path or folder in path.parents]
        if inside:
            raise ParameterError(f"--out {out}: {inside[0].name} lies in it and would be lost")
        _check_parent("--out", folder)
        if out.exists():
            self._check_replaceable(out, folder)
        _check_writable("--out", out)

    @staticmethod
    def _check_replaceable(out: Path, folder: Path) -> None:
        if not out.is_dir():
            raise ParameterError(f"--out {out}: is a file, not a folder")
        if out.is_mount():
            raise ParameterError(f"--out {out}: is a mount point and cannot be replaced; name a folder inside it")
        if folder == Path.cwd().resolve() or folder in Path.cwd().resolve().parents:
            raise ParameterError(f"--out {out}: is the folder that we are in; name a new one")
        found = {path.name for path in out.iterdir()}
        strange = found - set(FRAME_FILES) - {"run.json"}
        if found and (strange or not is_run_record(out / "run.json")):
            what = min(strange) if strange else "run.json"
            raise ParameterError(f"--out {out}: holds {what}, which no run wrote; name a new or empty folder")


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run: what was read and what it says."""

    reading: Reading
    accounts: AccountReading | None
    report: RiskReport

    @property
    def rejected(self) -> pl.DataFrame:
        """Every rejected row, of the transfers and of the accounts."""
        frames = [self.reading.rejected]
        if self.accounts:
            frames.append(self.accounts.rejected)
        return pl.concat(frames)


def score_inputs(inputs: Inputs, pipeline: Pipeline, tell: Tell) -> Run:
    """Read and score; the run record gets the counts of the reading.

    Raises
    ------
    InputError, MappingError, MissingRateError
    """
    start = time.perf_counter()
    mapping = load_mapping(inputs.mapping) if inputs.mapping else None
    arrivals = read_arrivals(inputs.arrivals) if inputs.arrivals else None
    tell("read", 0.0)
    reading = read(
        list(inputs.files),
        mapping,
        layout=inputs.layout,
        currency=inputs.currency,
        progress=lambda done, total: tell("read", min(0.999, done / max(1, total))),
    )
    known = None
    if inputs.accounts:
        known = read_accounts(inputs.accounts, mapping if mapping and mapping.accounts else None)
    tell("read", 1.0)
    seconds = round(time.perf_counter() - start, 4)
    accounts = known.accounts if known else None
    source = source_of(inputs, reading, known)
    report = pipeline.run(reading.transfers, accounts, arrivals, source=source, progress=tell)
    report.record["rows"] = _counts(reading) | {"rounded": reading.rows_rounded}
    report.record["account_rows"] = _counts(known) if known else None
    report.record["seconds"] = {"read": seconds, **report.record["seconds"]}
    return Run(reading, known, report)


def write(run: Run, places: Places, tell: Tell) -> dict[str, Any]:
    """Write the rejected rows, the folder and, last and in one transaction, the store.

    Returns
    -------
    dict
        What became of the ledger; see :func:`save`.
    """
    if places.rejected:
        run.rejected.write_csv(places.rejected)
    ledger = _not_kept("no store is written")
    steps: list[tuple[str, Callable[[], None]]] = []
    if places.out:
        out, review = places.out, run.report.review(places.review) if places.review else None
        steps.append(("out", lambda: run.report.write(out, run.rejected, review)))
    if places.store:
        store = places.store
        steps.append(("store", lambda: ledger.update(save(store, run, keep_ledger=places.keep_ledger))))
    for stage, work in steps:
        tell(stage, 0.0)
        start = time.perf_counter()
        work()
        run.report.record["seconds"][stage] = round(time.perf_counter() - start, 4)
        tell(stage, 1.0)
    return ledger


def save(store: str, run: Run, *, keep_ledger: bool | None = None) -> dict[str, Any]:
    """Write the run into the store, with its ledger where that is to be kept.

    Parameters
    ----------
    store : str
        Path or URL.
    run : Run
    keep_ledger : bool, optional
        As :class:`Places` has it.

    Returns
    -------
    dict
        What the store holds of the ledger now: ``kept``; ``why`` not; ``fingerprint``, ``transfers``, ``accounts``
        (none without an account table) and ``bytes``.
    """
    transfers, why = run.reading.transfers, None
    if keep_ledger is False:
        why = "--no-keep-ledger was given"
    elif keep_ledger is None and transfers.height > LEDGER_KEPT_UP_TO:
        why = (
            f"{transfers.height:,} transfers are more than the {LEDGER_KEPT_UP_TO:,} that are kept unasked; "
            "--keep-ledger keeps them"
        )
    accounts = run.accounts.accounts if run.accounts else None
    with Store.open(store) as opened:
        opened.save_run(run.report.record, run.report.alerts, ledger=None if why else Ledger(transfers, accounts))
        held = opened.ledger_summary(run.report.run_id)
    if held is None:
        return _not_kept(why)
    return _not_kept(None) | {
        "kept": True,
        "fingerprint": held.fingerprint,
        "transfers": held.transfers,
        "accounts": held.accounts,
        "bytes": held.bytes,
    }


def _not_kept(why: str | None) -> dict[str, Any]:
    return {"kept": False, "why": why, "fingerprint": None, "transfers": 0, "accounts": None, "bytes": 0}


def summarise(run: Run, places: Places, ledger: Mapping[str, Any]) -> dict[str, Any]:
    """What a run ends with, as plain data; `ledger` is what :func:`write` returned."""
    record = run.report.record
    meant = {**run.reading.reasons, **(run.accounts.reasons if run.accounts else {})}
    return {
        "run_id": run.report.run_id,
        "layout": run.reading.layout,
        "rows": record["rows"],
        "account_rows": record["account_rows"],
        "reasons": {code: REASONS[code] for code in meant},
        "amounts": run.reading.totals,
        "rows_without_amount": run.reading.rows_unmeasured,
        "accounts": record["accounts"],
        "matches": record["matches"],
        "truncated_matches": record["truncated_matches"],
        "not_applicable": {
            entry["id"]: entry["not_applicable"] for entry in record["deciding"]["catalogue"] if entry["not_applicable"]
        },
        "alerts": record["alerts"],
        "alerts_beyond_budget": record["alerts_beyond_budget"],
        "alerts_below_the_line": record["alerts_below_the_line"],
        "raise_from": record["deciding"]["risk"]["raise_from"],
        "matches_that_raised_no_alert": record["matches_that_raised_no_alert"],
        "links_left_between_alerts": record["links_left_between_alerts"],
        "plan": record.get("plan"),
        "opinion": record.get("opinion"),
        "review": reviewed(run.report.review(places.review)) if places.review else None,
        "assumptions": list(run.reading.assumptions),
        "rejected_examples": run.rejected.head(REJECTED_SHOWN).to_dicts(),
        "seconds": record["seconds"],
        "store": without_password(places.store) if places.store else None,
        "ledger": dict(ledger),
        "out": str(places.out) if places.out else None,
    }


def reviewed(review: pl.DataFrame) -> dict[str, Any]:
    """How many alerts were drawn for review, and what finding none of them right would say of all not raised."""
    drawn = int((review["drawn"] == "by chance").sum())
    others = int(review["drawn_from"][0]) if review.height else 0
    return {
        "alerts": review.height,
        "by_chance": drawn,
        "drawn_from": others,
        "missed_at_most_if_none_is_right": missed_at_most(drawn, 0, others),
    }


def check_arrivals(record: Mapping[str, Any], inputs: Inputs) -> None:
    """Refuse to repeat the run of `record` without its table of arrivals, before the work begins.

    Raises
    ------
    ParameterError
    """
    source = record.get("source")
    wanted = source.get("arrivals_sha256") if isinstance(source, dict) else None
    if wanted and not inputs.arrivals:
        raise ParameterError("the run had a table of arrivals, which is data: give it with --arrivals")
    if wanted and inputs.arrivals and _sha256(inputs.arrivals) != wanted:
        raise ParameterError(f"--arrivals {inputs.arrivals}: is not the table of arrivals that the run had")


def check_repeated(record: Mapping[str, Any], run_id: str) -> None:
    """Refuse a run that is not the one of `record`.

    Raises
    ------
    ParameterError
    """
    wanted = record.get("run_id")
    if wanted != run_id:
        raise ParameterError(f"not repeated: this is run {run_id}, the record is of {wanted}; data or versions differ")


def _check_parent(option: str, path: Path) -> None:
    if not path.absolute().parent.is_dir():
        raise ParameterError(f"{option} {path}: there is no folder {path.absolute().parent.name}")


def _check_writable(option: str, path: Path) -> None:
    """Try it: a folder is made beside what is to be written, called as :meth:`RiskReport.write` calls its own."""
    try:
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError("permission denied")
        if not path.exists() or path.is_dir():
            TemporaryDirectory(prefix=f".{path.name}-", dir=path.absolute().parent).cleanup()
    except OSError as error:
        raise ParameterError(f"{option} {path}: cannot be written: {error.strerror or error}") from error


def source_of(inputs: Inputs, reading: Reading, accounts: AccountReading | None) -> dict[str, Any]:
    """The data in the run record. Names are told but do not count; contents and how they were read do."""
    mapping = _sha256(inputs.mapping) if inputs.mapping else None
    arrivals = _sha256(inputs.arrivals) if inputs.arrivals else None
    deciding = {
        "files": [sha256 for _, _, sha256 in reading.files],
        "accounts": [sha256 for _, _, sha256 in accounts.files] if accounts else [],
        "layout": reading.layout,
        "mapping": mapping,
        "currency": inputs.currency,
    }
    every = [*reading.files, *(accounts.files if accounts else ())]
    if inputs.arrivals and arrivals:
        # Without a table the data are what they were before there could be one, and their fingerprint too.
        deciding["arrivals"] = arrivals
        every.append((str(inputs.arrivals), inputs.arrivals.stat().st_size, arrivals))
    return {
        "fingerprint": hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest(),
        "files": [{"name": Path(name).name, "bytes": size, "sha256": sha256} for name, size, sha256 in every],
        "layout": reading.layout,
        "mapping_sha256": mapping,
        "arrivals_sha256": arrivals,
        "currency": inputs.currency,
        "assumptions": list(reading.assumptions),
    }


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _counts(reading: Reading | AccountReading) -> dict[str, Any]:
    return {
        "read": reading.rows_read,
        "kept": reading.rows_kept,
        "rejected": reading.rows_rejected,
        "reasons": reading.reasons,
    }
