"""The combination in model folders: ``NAME/VERSION/{model.skops, scorer.npz, manifest.json, CARD.md}``.

``model.skops`` holds scikit-learn's own models. ``scorer.npz`` holds all forests, calibrations and half lives as plain
arrays, and loading reads that alone, without a model library. Hashes are checked first, then the arrays, and then the
manifest's sample rows are scored by both rounds; see ``docs/decisions/0008-scorer-file.md``.
"""

from __future__ import annotations

import zipfile
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from moneytrail.combination import Combination
from moneytrail.detectors import BoostingDetector, BoostingSettings
from moneytrail.errors import ArtifactError, ParameterError
from moneytrail.features import hash_of
from moneytrail.model_folder import (
    DAMAGED,
    HASHES,
    MODEL,
    SAMPLE_ROWS,
    SCORER,
    TOLERANCE,
    TypeRefusedError,
    arrays_in,
    facts_in,
    libraries,
    parts_in,
    read_hashed,
    read_manifest,
    where_of,
    without_nan,
    write_manifest,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

KIND: Final = "combination"
ALLOWED_TYPES: Final = frozenset({"sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"})
"""Types beyond skops's own trusted ones that the model file may hold."""

ROUNDS: Final = ("first", "second")
HALF_LIVES: Final = "half_lives"
MOST_DAYS: Final = 36_500


@dataclass(frozen=True)
class Told:
    """What the manifest says beside the model itself.

    Attributes
    ----------
    trained_on : mapping
        What it learned from: fingerprint, seeds, sizes, period.
    metrics : mapping
        Figures with intervals, and on what they were measured.
    """

    trained_on: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)


def save_combination(combination: Combination, folder: Path, told: Told, sample: NDArray[np.float32]) -> dict[str, Any]:
    """Write ``model.skops``, ``scorer.npz`` and ``manifest.json`` into `folder`, which is made; returns the manifest.

    Parameters
    ----------
    combination : Combination
        Fitted here; a loaded one no longer has its models.
    folder : Path
        ``NAME/VERSION``. The card is written by hand.
    told : Told
    sample : float32[rows, second columns]
        As :meth:`moneytrail.combination.Combination.rows` gives; their scores are kept, to be scored again at loading.
        The first 16 are used.

    Raises
    ------
    ParameterError
        When the combination was not fitted here, or when there is no sample row.
    """
    members = (*combination.first, *combination.second)
    if not members or any(member.model is None for member in members):
        raise ParameterError("the combination holds no trained models: only a fitted one can be saved")
    rows = np.asarray(sample[:SAMPLE_ROWS], np.float32)
    if not len(rows):
        raise ParameterError("the combination cannot be saved: there is no sample row to check it by")
    content = _dumped(combination)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_bytes(content)
    np.savez_compressed(folder / SCORER, allow_pickle=False, **_arrays(combination))
    manifest = {
        "name": folder.parent.name,
        "version": folder.name,
        "kind": KIND,
        "features": list(combination.columns),
        "features_hash": hash_of(combination.columns),
        "kept": list(combination.kept),
        "half_lives": list(combination.half_lives),
        "settings": asdict(combination.settings),
        "first_settings": asdict(combination.first_settings),
        "keep": combination.keep,
        "facts": dict(combination.facts),
        "trained_on": dict(told.trained_on),
        "metrics": dict(told.metrics),
        "libraries": libraries(),
        "sample": {"rows": without_nan(rows)} | _given(combination, rows),
    }
    return write_manifest(manifest, folder)


def load_combination(folder: Path) -> tuple[Combination, dict[str, Any]]:
    """Load a combination's scorer, checked; returns it and the manifest. No model library is imported.

    Raises
    ------
    ArtifactError
        When a file is missing or altered, was made for other features, holds arrays that are no combination, or does
        not give the scores it was saved with.
    """
    where = where_of(folder)
    manifest = read_manifest(folder)
    if manifest["kind"] != KIND:
        raise ArtifactError(f"{where} is of kind {manifest['kind']!r}, not {KIND!r}")
    files = {name: read_hashed(folder, name, manifest.get(field)) for name, field in HASHES.items()}
    try:
        loaded = _of_arrays(manifest, arrays_in(files[SCORER]))
        agrees = _agrees(loaded, manifest["sample"])
    except DAMAGED as error:
        raise ArtifactError(f"{where}: the scorer or its sample rows are damaged: {error}") from error
    if not agrees:
        raise ArtifactError(f"{where} does not give the scores it was saved with")
    return loaded, manifest


def load_combination_models(folder: Path) -> Combination:
    """The combination with its trained models, from ``model.skops``: to look into it, never needed to score.

    Raises
    ------
    ArtifactError
        When the file is missing, altered, or holds a type that is not allowed.
    """
    where = where_of(folder)
    manifest = read_manifest(folder)
    content = read_hashed(folder, MODEL, manifest.get(HASHES[MODEL]))
    try:
        parts = parts_in(content, ALLOWED_TYPES, KIND)
        columns, half_lives = tuple(manifest["features"]), tuple(map(int, manifest[HALF_LIVES]))
        empty = _empty(manifest, columns, half_lives)
        first = tuple(BoostingDetector.of_content(columns, part) for part in parts[ROUNDS[0]])
        second = tuple(BoostingDetector.of_content(empty.kept, part) for part in parts[ROUNDS[1]])
    except TypeRefusedError as error:
        raise ArtifactError(f"{where} {error}") from error
    except DAMAGED as error:
        raise ArtifactError(f"{where}: {MODEL} is not a model of kind {KIND!r}") from error
    return replace(empty, first=first, second=second, facts=facts_in(manifest))


def _dumped(combination: Combination) -> bytes:
    """The model file. Compressed: it is some thousand small trees."""
    import skops.io

    content: bytes = skops.io.dumps(
        {name: [member.content() for member in getattr(combination, name)] for name in ROUNDS},
        compression=zipfile.ZIP_DEFLATED,
        compresslevel=9,
    )
    try:
        parts_in(content, ALLOWED_TYPES, KIND)
    except TypeRefusedError as error:
        raise ParameterError(f"the combination cannot be saved: its file {error}") from error
    return content


def _arrays(combination: Combination) -> dict[str, NDArray[Any]]:
    """All that scoring needs; a forest's arrays are called ``ROUND.PLACE.NAME``."""
    made: dict[str, NDArray[Any]] = {HALF_LIVES: np.array(combination.half_lives, np.int64)}
    for name in ROUNDS:
        for place, member in enumerate(getattr(combination, name)):
            made |= {f"{name}.{place}.{key}": array for key, array in member.arrays().items()}
    return made


def _of_arrays(manifest: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Combination:
    """Of what :func:`_arrays` gave, checked."""
    days = arrays.pop(HALF_LIVES)
    if days.dtype != np.int64 or days.ndim != 1 or not days.size or days.min() < 1 or days.max() > MOST_DAYS:
        raise ParameterError(f"the half lives are not whole days from 1 to {MOST_DAYS}")
    if days.tolist() != manifest[HALF_LIVES]:
        raise ParameterError("the half lives are not those of the manifest")
    empty = _empty(manifest, tuple(manifest["features"]), tuple(days.tolist()))
    by_round: dict[str, dict[int, dict[str, NDArray[Any]]]] = {name: {} for name in ROUNDS}
    for key, array in arrays.items():
        name, place, part = key.split(".")
        by_round[name].setdefault(int(place), {})[part] = array
    first = _members(empty.columns, by_round[ROUNDS[0]])
    second = _members(empty.kept, by_round[ROUNDS[1]])
    return replace(empty, first=first, second=second, facts=facts_in(manifest))


def _empty(manifest: dict[str, Any], columns: tuple[str, ...], half_lives: tuple[int, ...]) -> Combination:
    """What the manifest says of it, still without its models."""
    settings, first_settings = (BoostingSettings(**manifest[name]) for name in ("settings", "first_settings"))
    empty = Combination(columns, half_lives, settings, first_settings, manifest["keep"])
    kept, every = tuple(manifest["kept"]), empty.second_columns
    context = every[len(columns) :]
    wanted = tuple(name for name in every if name in set(kept))
    # Scoring takes the context from the end of the row, and the rest in the order of the features.
    if not kept or kept != wanted or kept[-len(context) :] != context:
        raise ParameterError("the kept columns are not some features in their order and all of the context")
    if type(empty.keep) is not int or len(kept) - len(context) != min(empty.keep, len(columns)):
        raise ParameterError("keep is not the number of the features that were kept, or more than all")
    return replace(empty, kept=kept)


def _members(columns: tuple[str, ...], parts: Mapping[int, Mapping[str, NDArray[Any]]]) -> tuple[BoostingDetector, ...]:
    if not parts or sorted(parts) != list(range(len(parts))):
        raise ParameterError("a round's models are missing")
    return tuple(BoostingDetector.of_arrays(columns, parts[place]) for place in range(len(parts)))


def _given(combination: Combination, rows: NDArray[np.float32]) -> dict[str, list[float]]:
    """What both rounds say of the sample rows."""
    first = combination.first_log_odds(rows[:, : len(combination.columns)])
    return {"first_log_odds": first.tolist(), "anomaly_scores": combination.probability_of(rows).tolist()}


def _agrees(combination: Combination, sample: Mapping[str, Any]) -> bool:
    """Whether both rounds say of the sample rows what they said."""
    rows = np.asarray(sample["rows"], np.float64).astype(np.float32)
    if rows.ndim != 2 or not len(rows) or rows.shape[1] != len(combination.second_columns):
        raise ParameterError("there are no sample rows of all columns")
    for name, values in _given(combination, rows).items():
        stated, given = np.asarray(sample[name], np.float64), np.asarray(values)
        # Not a number is never near enough.
        if stated.shape != given.shape or not (np.abs(given - stated) <= TOLERANCE).all():
            return False
    return True
