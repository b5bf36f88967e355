"""The next version of a model from a bank's own labels or decisions, and whether it is used.

Parted in time: what is learned from ends where the last fifth begins. The new version is measured there beside the one
in force, on the same transfers, and is in force only where it is better beyond doubt; see :func:`decide`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from moneytrail.combination import Combination
from moneytrail.combination_folder import KIND, Told, load_combination, save_combination
from moneytrail.errors import ArtifactError, InputError, ParameterError
from moneytrail.evaluation.metrics import Ranked, average_precision, bootstrap, clusters, interval
from moneytrail.evaluation.splits import SplitRule, split
from moneytrail.features import Pool
from moneytrail.model_folder import (
    HASHES,
    IN_FORCE,
    MODEL,
    in_force,
    latest,
    put_in_force,
    read_manifest,
    shipped_models,
    versions_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.evaluation.case import Case
    from moneytrail.evaluation.splits import Split
    from moneytrail.runs import Tell

LEAST_LEARNED: Final = 10
LEAST_HELD: Final = 5
"""Illicit transfers to learn from and to measure on, at least. Design: with fewer, one attempt decides everything."""

DRAWS: Final = 400

SHORT: Final = 8
"""Digits of a model's hash in its name for people."""

RULE: Final = (
    "a new version is in force only if its average precision on the last fifth of time is above that of the version "
    "in force, and the 95 % bootstrap interval of the difference, drawn by attempt and day, lies above 0; where none "
    "is in force, that of a ranking by chance takes its place"
)


@dataclass(frozen=True)
class Verdict:
    """What the new version is worth beside the one in force, on the same held-out transfers.

    Attributes
    ----------
    new, present : float
        Average precision; `present` is the base rate where no version is in force.
    new_interval : (float, float) or None
    difference : (float, float) or None
        95 % bootstrap interval of the difference.
    better : bool
        Whether the new version is to be used.
    why : str
        For people.
    """

    new: float
    present: float
    new_interval: tuple[float, float] | None
    difference: tuple[float, float] | None
    better: bool
    why: str


@dataclass(frozen=True)
class Trained:
    """What ``moneytrail train`` made and decided.

    Attributes
    ----------
    folder : Path
        The new version's.
    model : str
        How people tell it from the version that it is compared with: name, version, whose, and hash.
    in_force : str or None
        The version in force from now on; ``None`` where it is none of this folder's.
    compared_with : str
    verdict : Verdict
    learned_from : mapping
    notes : tuple of str
        What limits the comparison.
    """

    folder: Path
    model: str
    in_force: str | None
    compared_with: str
    verdict: Verdict
    learned_from: Mapping[str, Any]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        seen = self.verdict
        return {
            "model": self.model,
            "folder": str(self.folder),
            "in_force": self.in_force,
            "compared_with": self.compared_with,
            "average_precision": seen.new,
            "average_precision_interval": seen.new_interval,
            "average_precision_in_force": seen.present,
            "difference_interval": seen.difference,
            "better": seen.better,
            "why": seen.why,
            "rule": RULE,
            "learned_from": dict(self.learned_from),
            "notes": list(self.notes),
        }


def train(
    case: Case, out: Path, tell: Tell, *, measured: NDArray[np.bool_] | None = None, name: str = KIND, seed: int = 1
) -> Trained:
    """Fit a combination on a case, write it as the next version, and put it in force if it has earned it.

    Parameters
    ----------
    case : Case
        With labels, or as :func:`moneytrail.decisions.with_decisions` gives it.
    out : Path
        Folder of models. The version in force is that of this folder; where it holds none, the shipped one.
    tell : callable
    measured : bool[transfers], optional
        Transfers to measure on; by default all that are scored.
    name : str
    seed : int

    Raises
    ------
    InputError
        When there are too few labels on either side of the border in time.
    ArtifactError
        When the version in force cannot be loaded.
    ParameterError
        For a name that is no folder's, and where a file stands in its place.
    """
    if not name or Path(name).name != name or name.startswith("."):
        raise ParameterError(f"--name {name!r}: wanted is the name of a folder")
    for path in (out, out / name):
        if path.exists() and not path.is_dir():
            raise ParameterError(f"--out {out}: {path.name} is a file, wanted is a folder")
    parts = split(case, SplitRule())
    held = parts.test if measured is None else parts.test & measured
    _check_labels(case, parts, held)
    rival, called = rival_of(out, name)
    tell("fit", 0.0)
    pool = Pool([case.graph], Combination().columns)
    fitted = Combination().fit(case.graph, parts.refit, case.illicit, seed=seed, pool=pool)
    tell("fit", 1.0)
    scores = fitted.score(case.graph, pool=pool, tell=lambda done: tell("score", done / 2))[held]
    before, notes = None, []
    if rival is not None:
        loaded, manifest = load_combination(rival)
        before = loaded.score(case.graph, tell=lambda done: tell("score", 0.5 + done / 2))[held]
        notes = _overlap(manifest, parts)
    found = decide(case, held, scores, before, called, seed=seed)
    tell("score", 1.0)
    learned = _learned(case, parts, held, seed)
    sample = fitted.rows(case.graph, _sample(case.illicit, parts.refit), pool=pool)
    folder, manifest = _write(fitted, out / name, Told(learned, _metrics(found, called)), sample)
    own = in_force(out, name)
    chosen = folder.name if found.better else own.name if own else None
    put_in_force(out, name, chosen, _record(folder.name, called, found.why))
    return Trained(folder, _called(folder, manifest, "yours"), chosen, called, found, learned, tuple(notes))


def rival_of(out: Path, name: str) -> tuple[Path | None, str]:
    """The version that a new one must beat, and its name: that of `out`, else the shipped combination, if any.

    Raises
    ------
    ArtifactError
        When ``in_force.json`` of `out`, or the manifest of the version in force, is damaged.
    """
    own = in_force(out, name)
    if own is not None:
        return own, _called(own, read_manifest(own), "yours")
    try:
        shipped = latest(shipped_models(), KIND)
    except ArtifactError:
        return None, "chance"
    return shipped, _called(shipped, read_manifest(shipped), "shipped")


def _called(folder: Path, manifest: Mapping[str, Any], whose: str) -> str:
    """``combination/1 (yours, 0123abcd)``: both folders may hold a version of one name and number."""
    return f"{folder.parent.name}/{folder.name} ({whose}, {str(manifest.get(HASHES[MODEL]))[:SHORT]})"


def decide(
    case: Case,
    held: NDArray[np.bool_],
    scores: NDArray[np.float64],
    before: NDArray[np.float64] | None,
    called: str = "the version in force",
    *,
    seed: int,
) -> Verdict:
    """Hold the scores of a new model against those of the one in force, by :data:`RULE`.

    Parameters
    ----------
    case : Case
    held : bool[transfers]
    scores, before : float64[held transfers]
        `before` is ``None`` where no version is in force: then chance stands in its place.
    called : str
        How the reason names the one in force.
    seed : int
        Of the bootstrap; both models are drawn alike.
    """
    truth = case.illicit[held]
    cluster = clusters(case.attempt.filter(pl.Series(held)), case.graph.time[held], truth)
    rivals = (scores, np.zeros(truth.size) if before is None else before)
    ranked = [Ranked.of(truth, each) for each in rivals]
    new, present = (average_precision(each) for each in ranked)
    drawn = [bootstrap(each, cluster, {"ap": average_precision}, seed=seed, draws=DRAWS)["ap"] for each in ranked]
    difference = interval(drawn[0] - drawn[1])
    better = new > present and difference is not None and difference[0] > 0
    told = "no interval" if difference is None else f"{difference[0]:+.3f} to {difference[1]:+.3f}"
    why = (
        f"average precision on held-out time {new:.3f}, of {called} {present:.3f}; 95 % interval of the difference "
        f"{told}: {'the new version is in force' if better else 'not better beyond doubt, so nothing changes'}"
    )
    return Verdict(new, present, interval(drawn[0]), difference, better, why)


def _check_labels(case: Case, parts: Split, held: NDArray[np.bool_]) -> None:
    if not case.labelled:
        raise InputError(f"{case.name}: the data carry no labels to learn from; give the bank's decisions with --store")
    border = str(np.datetime64(parts.borders[1], "us"))
    for rows, least, what in (
        (parts.refit, LEAST_LEARNED, "learn from, before"),
        (held, LEAST_HELD, "measure on, from"),
    ):
        illicit = int((rows & case.illicit).sum())
        if illicit < least:
            raise InputError(
                f"{case.name}: too few labels: {illicit} illicit transfers to {what} {border}, wanted are {least}"
            )
        if illicit == int(rows.sum()):
            raise InputError(f"{case.name}: too few labels: no honest transfer to {what} {border}")


def _learned(case: Case, parts: Split, held: NDArray[np.bool_], seed: int) -> dict[str, Any]:
    """What the manifest says of the data."""
    graph, fingerprint = case.graph, hashlib.sha256()
    for array in (graph.time, graph.debtor, graph.creditor, graph.amount, parts.refit, case.illicit):
        fingerprint.update(np.ascontiguousarray(array).tobytes())
    known = ("known_from", "decided_right", "decided_wrong", "undecided")
    return {name: case.facts[name] for name in known if name in case.facts} | {
        "fingerprint": fingerprint.hexdigest(),
        "transfers": graph.transfers,
        "rows": int(parts.refit.sum()),
        "illicit": int((parts.refit & case.illicit).sum()),
        "until": str(np.datetime64(parts.borders[1], "us")),
        "left_out": parts.facts["left_out_of_learning"],
        "held_out": int(held.sum()),
        "held_out_illicit": int((held & case.illicit).sum()),
        "seed": seed,
    }


def _overlap(manifest: Mapping[str, Any], parts: Split) -> list[str]:
    """A warning where the version in force may have learned from what it is measured on."""
    until = manifest.get("trained_on", {}).get("until")
    border = str(np.datetime64(parts.borders[1], "us"))
    if not isinstance(until, str) or until <= border:
        return []
    return [f"the version in force learned from data until {until}, after {border}: it may know what it is measured on"]


def _metrics(found: Verdict, called: str) -> dict[str, Any]:
    return {
        "average_precision": found.new,
        "average_precision_interval": found.new_interval,
        "compared_with": called,
        "average_precision_in_force": found.present,
        "difference_interval": found.difference,
        "rule": RULE,
    }


def _record(tried: str, called: str, why: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"tried": tried, "compared_with": called, "why": why, "decided_at": now}


def _sample(illicit: NDArray[np.bool_], rows: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Eight illicit places and eight others, evenly spread: both kinds are wanted among the manifest's sample."""
    parts = [np.flatnonzero(kind) for kind in (rows & illicit, rows & ~illicit)]
    return np.unique(np.concatenate([part[np.linspace(0, part.size - 1, 8).astype(np.int64)] for part in parts]))


def _write(fitted: Combination, model: Path, told: Told, sample: NDArray[np.float32]) -> tuple[Path, dict[str, Any]]:
    """Write the next version; returns its folder and its manifest.

    Which one is in force is settled before: a half-written folder is never the newest.
    """
    versions = versions_of(model.parent, model.name)
    if not (model / IN_FORCE).exists():
        first = "so it was before the first training here"
        put_in_force(model.parent, model.name, versions[-1].name if versions else None, {"why": first})
    folder = model / str(int(versions[-1].name) + 1 if versions else 1)
    folder.mkdir()
    manifest = save_combination(fitted, folder, told, sample)
    (folder / "CARD.md").write_text(_card(folder, told), "utf-8")
    return folder, manifest


def _card(folder: Path, told: Told) -> str:
    """What is known of a version that a bank made itself."""
    learned, measured = told.trained_on, told.metrics
    low, high = measured["average_precision_interval"] or (float("nan"), float("nan"))
    return f"""# {folder.parent.name}, version {folder.name}

Made by `moneytrail train`. Two rounds of boosted trees with an echo between them; `docs/decisions/0014-combination.md`.

**Intended use.** To order this bank's own transfers and alerts for people who decide.

**Not for.** Deciding anything about a person. Other banks: it was measured on this one only.

**Data.** {learned["rows"]:,} transfers before {learned["until"]} were learned from, {learned["illicit"]:,} of them
illicit by {learned.get("known_from", "labels")}. Fingerprint and counts stand in `manifest.json`.

**How it does.** Average precision {measured["average_precision"]:.3f} ({low:.3f} to {high:.3f}) on
{learned["held_out"]:,} transfers of the last fifth of time, {learned["held_out_illicit"]:,} of them illicit.
To beat was {measured["compared_with"]}: {measured["average_precision_in_force"]:.3f}.

**Failures.** It knows what this bank has labelled, and nothing of what nobody found. Where it learned from decisions,
it repeats the errors of those who decided.

**Error rates by customer group.** Not measured: a bank's labels do not say who belongs to which look-alike population.
`moneytrail evaluate --model FOLDER --simulate SEEDS`, with this folder, measures them on simulated banks.
"""
