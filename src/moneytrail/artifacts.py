"""Model folders: ``NAME/VERSION/{model.skops, manifest.json, CARD.md}``. No pickle.

Loading checks the file's hash first, allows only the types named here, and then scores the manifest's sample rows: a
model that no longer gives the scores it was saved with, for instance under another library version, is refused.
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile

import numpy as np

from moneytrail.detectors.pyod_models import PyodDetector
from moneytrail.errors import ArtifactError, ParameterError
from moneytrail.features import FEATURE_NAMES, FEATURES_HASH

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIBRARIES: Final = ("moneytrail", "numpy", "pyod", "scikit-learn", "skops")
SAMPLE_ROWS: Final = 16
TOLERANCE: Final = 1e-9

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
    """Write ``model.skops`` and ``manifest.json`` into `folder`, which is made; returns the manifest.

    Parameters
    ----------
    detector : PyodDetector
        Fitted.
    folder : Path
        ``NAME/VERSION``. The card is written by hand.
    trained_on : dict
        What it learned from, for the manifest: seeds, sizes, fingerprint.
    sample : matrix
        Rows whose scores are kept, to be scored again at loading; the first 16 are used.
    """
    import skops.io

    folder.mkdir(parents=True, exist_ok=True)
    content = {"model": detector.model, "quantiles": detector.quantiles, "typical": detector.typical}
    skops.io.dump(content, folder / "model.skops")
    rows = np.asarray(sample[:SAMPLE_ROWS], np.float64)
    manifest = {
        "name": detector.name,
        "version": folder.name,
        "kind": detector.name,
        "features": list(detector.features),
        "features_hash": FEATURES_HASH,
        "trained_on": trained_on,
        "libraries": {library: version(library) for library in LIBRARIES},
        "sha256": _sha256(folder / "model.skops"),
        "sample": {"rows": rows.tolist(), "anomaly_scores": detector.anomaly_score(rows).tolist()},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", "utf-8")
    return manifest


def load_detector(folder: Path) -> tuple[PyodDetector, dict[str, Any]]:
    """Load a model folder, checked; returns the detector and its manifest.

    Raises
    ------
    ArtifactError
        When a file is missing or altered, holds a type that is not allowed, was made for other features, or does not
        give the scores it was saved with.
    """
    import skops.io

    where = f"model {folder.parent.name}/{folder.name}"
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        kind, stated = manifest["kind"], manifest["sha256"]
        rows, scores = manifest["sample"]["rows"], manifest["sample"]["anomaly_scores"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{where}: the manifest is missing or incomplete") from error
    try:
        found = _sha256(folder / "model.skops")
    except OSError as error:
        raise ArtifactError(f"{where}: model.skops is missing") from error
    if found != stated:
        raise ArtifactError(f"{where}: model.skops is not the file that its manifest names (sha256 differs)")
    if manifest.get("features_hash") != FEATURES_HASH:
        raise ArtifactError(f"{where} was made for other features than this version of moneytrail computes")
    try:
        wanted = set(skops.io.get_untrusted_types(file=folder / "model.skops"))
    except (BadZipFile, KeyError, ValueError, TypeError) as error:
        raise ArtifactError(f"{where}: model.skops is not a skops file") from error
    refused = sorted(wanted - ALLOWED_TYPES.get(kind, frozenset()))
    if refused:
        raise ArtifactError(f"{where} holds the type {refused[0]}, which is not allowed for kind {kind!r}")
    try:
        content = skops.io.load(folder / "model.skops", trusted=sorted(wanted))
        detector = PyodDetector(kind, FEATURE_NAMES, content["model"], content["quantiles"], content["typical"])
        given = detector.anomaly_score(np.asarray(rows, np.float64))
        stated_scores = np.asarray(scores, np.float64)
    except (KeyError, ValueError, TypeError, ParameterError) as error:
        raise ArtifactError(f"{where}: the model or its sample rows are damaged: {error}") from error
    if given.shape != stated_scores.shape or np.abs(given - stated_scores).max(initial=0.0) > TOLERANCE:
        raise ArtifactError(f"{where} does not give the scores it was saved with under the libraries installed here")
    return detector, manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
