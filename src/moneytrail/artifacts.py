"""Detectors in model folders: ``NAME/VERSION/{model.skops, scorer.npz, manifest.json, CARD.md}``. No pickle.

``model.skops`` is the trained model itself. ``scorer.npz`` holds what scoring needs of it as plain arrays; loading
reads that alone, without the model libraries; only the ``pyod:`` kinds score by their model. The hashes of both files
and of the manifest itself are checked first, then the arrays, and then the manifest's sample rows are scored: a model
that no longer gives the scores it was saved with is refused. See ``docs/decisions/0008-scorer-file.md``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from moneytrail.detectors import BoostingDetector, RankedDetector
from moneytrail.detectors.pyod_models import PREFIX
from moneytrail.errors import ArtifactError, ParameterError
from moneytrail.features import hash_of
from moneytrail.model_folder import (
    DAMAGED,
    HASHES,
    LIBRARIES,
    MODEL,
    SAMPLE_ROWS,
    SCORER,
    TOLERANCE,
    TypeRefusedError,
    arrays_in,
    facts_in,
    latest,
    libraries,
    parts_in,
    read_hashed,
    read_manifest,
    shipped_models,
    where_of,
    without_nan,
    write_manifest,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = [
    "ALLOWED_TYPES",
    "LIBRARIES",
    "latest",
    "load_detector",
    "load_model",
    "save_detector",
    "shipped_models",
    "write_scorer",
]

Fitted = RankedDetector | BoostingDetector

_NEIGHBOURS: Final = ("sklearn.metrics._dist_metrics.EuclideanDistance64", "sklearn.neighbors._kd_tree.KDTree")
ALLOWED_TYPES: Final[dict[str, frozenset[str]]] = {
    "iforest": frozenset({"pyod.models.iforest.IForest", "sklearn.tree._tree.Tree"}),
    "hbos": frozenset({"pyod.models.hbos.HBOS"}),
    "ecod": frozenset(),
    "copod": frozenset(),
    "isolation-forest": frozenset({"sklearn.tree._tree.Tree"}),
    "boosting": frozenset({"sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"}),
    "pyod:abod": frozenset({"pyod.models.abod.ABOD", *_NEIGHBOURS}),
    "pyod:cblof": frozenset({"pyod.models.cblof.CBLOF"}),
    "pyod:gmm": frozenset({"pyod.models.gmm.GMM"}),
    "pyod:hdbscan": frozenset({"pyod.models.hdbscan.HDBSCAN", *_NEIGHBOURS}),
    "pyod:inne": frozenset({"pyod.models.inne.INNE"}),
    "pyod:kde": frozenset({"pyod.models.kde.KDE", *_NEIGHBOURS}),
    "pyod:knn": frozenset({"pyod.models.knn.KNN", *_NEIGHBOURS}),
    "pyod:loda": frozenset({"pyod.models.loda.LODA"}),
    "pyod:lof": frozenset({"pyod.models.lof.LOF", *_NEIGHBOURS}),
    "pyod:mcd": frozenset({"pyod.models.mcd.MCD"}),
    "pyod:ocsvm": frozenset({"pyod.models.ocsvm.OCSVM"}),
    "pyod:pca": frozenset({"pyod.models.pca.PCA"}),
    "pyod:qmcd": frozenset({"pyod.models.qmcd.QMCD"}),
    "pyod:sampling": frozenset({"pyod.models.sampling.Sampling", *_NEIGHBOURS}),
}
"""Types beyond skops's own trusted ones that a model file of each kind may hold. Other kinds are not saved."""


def save_detector(
    detector: Fitted, folder: Path, *, trained_on: dict[str, Any], sample: NDArray[np.floating[Any]]
) -> dict[str, Any]:
    """Write ``model.skops``, ``scorer.npz`` and ``manifest.json`` into `folder`, which is made; returns the manifest.

    Parameters
    ----------
    detector : RankedDetector or BoostingDetector
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
        When the detector was not fitted here, when there is no sample row, or when its model could not be loaded again.
    """
    if detector.model is None:
        raise ParameterError(f"detector {detector.name} holds no trained model: only a fitted one can be saved")
    rows = np.asarray(sample[:SAMPLE_ROWS], np.float64)
    if not len(rows):
        raise ParameterError(f"detector {detector.name} cannot be saved: there is no sample row to check it by")
    scores, content = detector.anomaly_score(rows), _dumped(detector)
    again = _of_content(detector.name, detector.features, content).anomaly_score(rows)
    if not np.array_equal(again, scores):
        raise ParameterError(f"detector {detector.name} cannot be saved: read again it gives other scores")
    features_hash = hash_of(detector.features)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_bytes(content)
    _write_scorer(detector, folder)
    manifest = {
        "name": detector.name,
        "version": folder.name,
        "kind": detector.name,
        "features": list(detector.features),
        "features_hash": features_hash,
        "facts": dict(detector.facts),
        "trained_on": trained_on,
        "libraries": libraries(),
        "sample": {"rows": without_nan(rows), "anomaly_scores": scores.tolist()},
    }
    return write_manifest(manifest, folder)


def load_detector(folder: Path) -> tuple[Fitted, dict[str, Any]]:
    """Load a model folder's scorer, checked; returns the detector and the manifest.

    No model library is imported, but for ``pyod:`` kinds, whose model scores.

    Raises
    ------
    ArtifactError
        When a file is missing or altered, was made for other features, holds arrays that are no scorer or a type that
        is not allowed, or does not give the scores it was saved with.
    """
    where = where_of(folder)
    manifest = read_manifest(folder)
    files = {name: read_hashed(folder, name, manifest.get(field)) for name, field in HASHES.items()}
    kind, features = manifest["kind"], tuple(manifest["features"])
    if kind not in ALLOWED_TYPES:
        raise ArtifactError(f"{where} is of kind {kind!r}; known are {', '.join(ALLOWED_TYPES)}")
    try:
        detector = _scorer(kind, features, files)
        given = detector.anomaly_score(np.asarray(manifest["sample"]["rows"], np.float64))
        stated = np.asarray(manifest["sample"]["anomaly_scores"], np.float64)
    except TypeRefusedError as error:
        raise ArtifactError(f"{where} {error}") from error
    except DAMAGED as error:
        raise ArtifactError(f"{where}: the scorer or its sample rows are damaged: {error}") from error
    # Not a number is never near enough.
    if given.shape != stated.shape or not (np.abs(given - stated) <= TOLERANCE).all():
        raise ArtifactError(f"{where} does not give the scores it was saved with")
    return replace(detector, facts=facts_in(manifest)), manifest


def load_model(folder: Path) -> Fitted:
    """The detector with its trained model, from ``model.skops``: to look into it, never needed to score.

    Raises
    ------
    ArtifactError
        When the file is missing, altered, or holds a type that is not allowed.
    """
    where = where_of(folder)
    manifest = read_manifest(folder)
    kind, content = manifest["kind"], read_hashed(folder, MODEL, manifest.get("sha256"))
    try:
        detector = _of_content(kind, tuple(manifest["features"]), content)
    except TypeRefusedError as error:
        raise ArtifactError(f"{where} {error}") from error
    except DAMAGED as error:
        raise ArtifactError(f"{where}: {MODEL} is not a model of kind {kind!r}") from error
    return replace(detector, facts=facts_in(manifest))


def write_scorer(folder: Path) -> dict[str, Any]:
    """Write ``scorer.npz`` from ``model.skops`` and name it in the manifest, which is returned; no training.

    For a scorer whose layout has changed since.

    Raises
    ------
    ArtifactError
        As :func:`load_model`.
    """
    detector = load_model(folder)
    _write_scorer(detector, folder)
    return write_manifest(read_manifest(folder), folder)


def _dumped(detector: Fitted) -> bytes:
    """The model file, of a kind that can be loaded again."""
    import skops.io

    if detector.name not in ALLOWED_TYPES:
        raise ParameterError(f"detector {detector.name} cannot be saved: it has no list of types that are allowed")
    try:
        content: bytes = skops.io.dumps(detector.content())
        _parts(detector.name, content)
    except (TypeRefusedError, TypeError, ValueError, AttributeError) as error:
        raise ParameterError(f"detector {detector.name} cannot be saved: its file {error}") from error
    return content


def _parts(kind: str, content: bytes) -> dict[str, Any]:
    return parts_in(content, ALLOWED_TYPES.get(kind, frozenset()), kind)


def _of_content(kind: str, features: tuple[str, ...], content: bytes) -> Fitted:
    """The detector that a model file holds."""
    parts = _parts(kind, content)
    if kind == "boosting":
        return BoostingDetector.of_content(features, parts)
    return RankedDetector.of_content(kind, features, parts)


def _scorer(kind: str, features: tuple[str, ...], files: dict[str, bytes]) -> Fitted:
    """The detector that a scorer file describes, with its model where only that can score."""
    arrays = arrays_in(files[SCORER])
    if kind == "boosting":
        return BoostingDetector.of_arrays(features, arrays)
    model = _parts(kind, files[MODEL])["model"] if kind.startswith(PREFIX) else None
    return RankedDetector.of_arrays(kind, features, arrays, model)


def _write_scorer(detector: Fitted, folder: Path) -> None:
    np.savez(folder / SCORER, allow_pickle=False, **detector.arrays())
