"""Model folders: ``NAME/VERSION/{model.skops, scorer.npz, manifest.json, CARD.md}``. No pickle.

``model.skops`` is the trained model itself. ``scorer.npz`` holds what scoring needs of it as plain arrays; loading
reads that alone, without the model libraries. It checks both files' hashes first, then the arrays, and then scores the
manifest's sample rows: a model that no longer gives the scores it was saved with is refused.
See ``docs/decisions/0008-scorer-file.md``.
"""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile

import numpy as np

from moneytrail.detectors.pyod_models import PyodDetector
from moneytrail.detectors.scorers import SCORERS
from moneytrail.errors import ArtifactError, ParameterError
from moneytrail.features import hash_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIBRARIES: Final = ("moneytrail", "numpy", "pyod", "scikit-learn", "skops")
SAMPLE_ROWS: Final = 16
TOLERANCE: Final = 1e-9

MODEL, SCORER, MANIFEST = "model.skops", "scorer.npz", "manifest.json"
HASHES: Final = {MODEL: "sha256", SCORER: "scorer_sha256"}
"""The files that the manifest names by their hash, and where."""

ALLOWED_TYPES: Final[dict[str, frozenset[str]]] = {
    "iforest": frozenset({"pyod.models.iforest.IForest", "sklearn.tree._tree.Tree"}),
    "hbos": frozenset({"pyod.models.hbos.HBOS"}),
}
"""Types beyond skops's own trusted ones that a model file of each kind may hold."""


def shipped_models() -> Path:
    """The folder of the models that come with moneytrail: inside the package, or beside it in a checkout."""
    package = Path(__file__).parent
    inside, beside = package / "shipped_models", package.parents[1] / "models"
    return inside if inside.is_dir() else beside


def latest(folder: Path, name: str) -> Path:
    """The newest version of a model in `folder`; versions are whole numbers.

    Raises
    ------
    ArtifactError
        When there is none.
    """
    versions = [child for child in (folder / name).glob("*") if child.name.isdigit()]
    if not versions:
        raise ArtifactError(f"no model {name!r} in {folder.name}/")
    return max(versions, key=lambda child: int(child.name))


def save_detector(
    detector: PyodDetector, folder: Path, *, trained_on: dict[str, Any], sample: NDArray[np.floating[Any]]
) -> dict[str, Any]:
    """Write ``model.skops``, ``scorer.npz`` and ``manifest.json`` into `folder`, which is made; returns the manifest.

    Parameters
    ----------
    detector : PyodDetector
        Fitted here; a loaded one no longer has its model.
    folder : Path
        ``NAME/VERSION``. The card is written by hand.
    trained_on : dict
        What it learned from, for the manifest: seeds, sizes, fingerprint.
    sample : matrix
        Rows whose scores are kept, to be scored again at loading; the first 16 are used.

    Raises
    ------
    ParameterError
        When the detector was not fitted here.
    """
    import skops.io

    if detector.model is None:
        raise ParameterError(f"detector {detector.name} holds no trained model: only a fitted one can be saved")
    folder.mkdir(parents=True, exist_ok=True)
    content = {"model": detector.model, "quantiles": detector.quantiles, "typical": detector.typical}
    skops.io.dump(content, folder / MODEL)
    _write_scorer(detector, folder)
    rows = np.asarray(sample[:SAMPLE_ROWS], np.float64)
    manifest = {
        "name": detector.name,
        "version": folder.name,
        "kind": detector.name,
        "features": list(detector.features),
        "features_hash": hash_of(detector.features),
        "trained_on": trained_on,
        "libraries": {library: version(library) for library in LIBRARIES},
        "sample": {"rows": rows.tolist(), "anomaly_scores": detector.anomaly_score(rows).tolist()},
    }
    return _write_manifest(manifest, folder)


def load_detector(folder: Path) -> tuple[PyodDetector, dict[str, Any]]:
    """Load a model folder's scorer, checked; returns the detector and the manifest. No model library is imported.

    Raises
    ------
    ArtifactError
        When a file is missing or altered, was made for other features, holds arrays that are no scorer, or does not
        give the scores it was saved with.
    """
    where = _where(folder)
    manifest = _read_manifest(folder)
    files = {name: _read(folder, name, manifest.get(field)) for name, field in HASHES.items()}
    kind, features = manifest["kind"], manifest["features"]
    if kind not in SCORERS:
        raise ArtifactError(f"{where} is of kind {kind!r}; known are {', '.join(SCORERS)}")
    try:
        detector = _scorer(kind, features, files[SCORER])
        given = detector.anomaly_score(np.asarray(manifest["sample"]["rows"], np.float64))
        stated = np.asarray(manifest["sample"]["anomaly_scores"], np.float64)
    except (KeyError, ValueError, TypeError, ParameterError) as error:
        raise ArtifactError(f"{where}: the scorer or its sample rows are damaged: {error}") from error
    if given.shape != stated.shape or np.abs(given - stated).max(initial=0.0) > TOLERANCE:
        raise ArtifactError(f"{where} does not give the scores it was saved with")
    return detector, manifest


def load_model(folder: Path) -> PyodDetector:
    """The detector with its trained model, from ``model.skops``: to look into it, never needed to score.

    Raises
    ------
    ArtifactError
        When the file is missing, altered, or holds a type that is not allowed.
    """
    import skops.io

    where = _where(folder)
    manifest = _read_manifest(folder)
    kind, content = manifest["kind"], _read(folder, MODEL, manifest.get("sha256"))
    try:
        wanted = set(skops.io.get_untrusted_types(data=content))
        refused = sorted(wanted - ALLOWED_TYPES.get(kind, frozenset()))
        if refused:
            raise ArtifactError(f"{where} holds the type {refused[0]}, which is not allowed for kind {kind!r}")
        parts = skops.io.loads(content, trusted=sorted(wanted))
        model, quantiles, typical = parts["model"], parts["quantiles"], parts["typical"]
        scorer = SCORERS[kind].of_model(model)
    except (BadZipFile, KeyError, ValueError, TypeError, AttributeError, ParameterError) as error:
        raise ArtifactError(f"{where}: {MODEL} is not a model of kind {kind!r}") from error
    return PyodDetector(kind, tuple(manifest["features"]), scorer, quantiles, typical, model)


def write_scorer(folder: Path) -> dict[str, Any]:
    """Write ``scorer.npz`` from ``model.skops`` and name it in the manifest, which is returned; no training.

    For folders that were saved without a scorer.

    Raises
    ------
    ArtifactError
        As :func:`load_model`.
    """
    detector = load_model(folder)
    _write_scorer(detector, folder)
    return _write_manifest(_read_manifest(folder), folder)


def _scorer(kind: str, features: list[str], content: bytes) -> PyodDetector:
    """The detector that a scorer file describes."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (BadZipFile, OSError, EOFError, AttributeError, zlib.error) as error:
        raise ParameterError(f"{SCORER} is not a file of arrays") from error
    quantiles, typical = arrays.pop("quantiles"), arrays.pop("typical")
    for name, array in (("quantiles", quantiles), ("typical", typical)):
        if array.dtype != np.float64 or array.ndim != 1 or array.size == 0 or not np.isfinite(array).all():
            raise ParameterError(f"the {name} are not finite numbers")
    if (np.diff(quantiles) < 0).any() or typical.size != len(features):
        raise ParameterError("the quantiles fall, or there is not one typical value a feature")
    return PyodDetector(kind, tuple(features), SCORERS[kind].of_arrays(arrays, len(features)), quantiles, typical)


def _write_scorer(detector: PyodDetector, folder: Path) -> None:
    assert detector.scorer is not None
    assert detector.quantiles is not None
    assert detector.typical is not None
    arrays = detector.scorer.arrays() | {"quantiles": detector.quantiles, "typical": detector.typical}
    np.savez(folder / SCORER, allow_pickle=False, **arrays)


def _write_manifest(manifest: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Write the manifest with the hashes of the files beside it."""
    manifest = manifest | {field: _sha256((folder / name).read_bytes()) for name, field in HASHES.items()}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", "utf-8")
    return manifest


def _read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest, complete, and for columns that are computed as they were."""
    where = _where(folder)
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        kind, names, stated = manifest["kind"], manifest["features"], manifest["features_hash"]
        complete = isinstance(kind, str) and {"rows", "anomaly_scores"} <= manifest["sample"].keys()
        complete = complete and isinstance(names, list) and all(isinstance(name, str) for name in names)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(f"{where}: the manifest is missing or incomplete") from error
    if not complete:
        raise ArtifactError(f"{where}: the manifest is missing or incomplete")
    try:
        found = hash_of(names)
    except ParameterError as error:
        raise ArtifactError(f"{where} was made for other features: {error}") from error
    if found != stated:
        raise ArtifactError(f"{where} was made for other features than this version of moneytrail computes")
    return manifest


def _read(folder: Path, name: str, stated: object) -> bytes:
    """A file's content, when it is the one that the manifest names."""
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise ArtifactError(f"{_where(folder)}: {name} is missing") from error
    if _sha256(content) != stated:
        raise ArtifactError(f"{_where(folder)}: {name} is not the file that its manifest names (sha256 differs)")
    return content


def _where(folder: Path) -> str:
    return f"model {folder.parent.name}/{folder.name}"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
