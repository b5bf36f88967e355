"""What every model folder has: files named by their hashes, a manifest, a version, and which version is in force.

``NAME/VERSION/{model.skops, scorer.npz, manifest.json, CARD.md}`` and, where somebody decided, ``NAME/in_force.json``.
No pickle: a model file may hold only types that are allowed, an array file only plain arrays.
"""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from importlib.metadata import version
from lzma import LZMAError
from pathlib import Path
from tokenize import TokenError
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile, ZipFile

import numpy as np

from moneytrail.errors import ArtifactError, ParameterError
from moneytrail.features import hash_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

LIBRARIES: Final = ("moneytrail", "numpy", "pyod", "scikit-learn", "skops")
SAMPLE_ROWS: Final = 16
LONGEST_NAME: Final = 255
"""Bytes of a model's name: no usual file system takes more."""

TOLERANCE: Final = 1e-9

MODEL, SCORER, MANIFEST, IN_FORCE = "model.skops", "scorer.npz", "manifest.json", "in_force.json"
HASHES: Final = {MODEL: "sha256", SCORER: "scorer_sha256"}
"""The files that the manifest names by their hash, and where."""

SEAL: Final = "manifest_sha256"
"""The manifest's field for the hash of all the others."""

DAMAGED: Final = (
    ArithmeticError, AttributeError, ImportError, LookupError, ParameterError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""What reading a damaged file may raise; loading turns all of it into one ArtifactError."""

MOST_UNPACKED: Final = 2 * 2**30
"""Bytes that an archive may say it unpacks to, all its files together. Design: a thousand times the shipped ones."""

NO_ARCHIVE: Final = (BadZipFile, EOFError, LZMAError, MemoryError, OSError, RuntimeError, TokenError, zlib.error)
"""What unpacking may raise beside: each way of packing has errors of its own, and a file may say that it is larger than
the memory."""

NO_MANIFEST: Final = (AttributeError, KeyError, OSError, RecursionError, TypeError, ValueError)
"""What reading a file of JSON that holds anything may raise."""


class TypeRefusedError(ParameterError):
    """A model file holds a type that is not allowed; the rest of a sentence that begins with its folder."""


def shipped_models() -> Path:
    """The folder of the models that come with moneytrail: inside the package, or beside it in a checkout."""
    package = Path(__file__).parent
    inside, beside = package / "shipped_models", package.parents[1] / "models"
    return inside if inside.is_dir() else beside


def latest(folder: Path, name: str) -> Path:
    """The version of a model that is in force: the one that ``NAME/in_force.json`` names, else the newest.

    Versions are whole numbers.

    Raises
    ------
    ArtifactError
        When there is none, none is in force, ``in_force.json`` names no version that is there, or `name` is no plain
        name.
    """
    found = in_force(folder, name)
    if found is not None:
        return found
    if versions_of(folder, name):
        raise ArtifactError(f"no version of model {name!r} in {folder.name}/ is in force; its {IN_FORCE} says why")
    there = ", ".join(names_in(folder))
    held = f"it holds {there}; for one that is not saved use moneytrail benchmark" if there else "it holds none"
    raise ArtifactError(f"no model {name!r} in {folder.name}/: {held}")


def names_in(folder: Path) -> tuple[str, ...]:
    """The names of the models of which `folder` holds a version, sorted; none where there is no such folder."""
    if not folder.is_dir():
        return ()
    return tuple(sorted(child.name for child in folder.iterdir() if versions_of(folder, child.name)))


def kind_of(folder: Path, name: str) -> str | None:
    """The kind of a model's version in force; ``None`` where there is none that its manifest describes."""
    try:
        return str(read_manifest(latest(folder, name))["kind"])
    except ArtifactError:
        return None


def in_force(folder: Path, name: str) -> Path | None:
    """As :func:`latest`, but ``None`` where there is no version or none is in force.

    Raises
    ------
    ArtifactError
        When ``in_force.json`` is damaged, or names no version that is there, or `name` is no plain name.
    """
    versions = versions_of(folder, name)
    if not (folder / name / IN_FORCE).exists():
        return versions[-1] if versions else None
    stated = _stated(folder / name / IN_FORCE)
    for found in versions:
        if found.name == stated:
            return found
    if stated is not None:
        raise ArtifactError(f"model {name}: {IN_FORCE} names version {stated!r}, which is not there")
    return None


def versions_of(folder: Path, name: str) -> list[Path]:
    """The folders of all versions of a model, oldest first; none where there is no such model.

    Raises
    ------
    ArtifactError
        When `name` is no plain name: it leads to another folder, or is longer than :data:`LONGEST_NAME`.
    """
    if name in ("", "..") or Path(name).name != name:
        raise ArtifactError(f"{name!r} is no name of a model: it leads to another folder")
    if len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
        raise ArtifactError(f"'{name[:24]}…' is no name of a model: it has more than {LONGEST_NAME} bytes")
    found = [child for child in (folder / name).glob("*") if child.name.isdecimal() and child.name.isascii()]
    return sorted(found, key=lambda child: int(child.name))


def version_of(folder: Path, name: str, number: str) -> Path:
    """The folder of one version of a model, whoever names it: never one outside `folder`.

    Raises
    ------
    ArtifactError
        When there is no such version, or `name` is no plain name.
    """
    for found in versions_of(folder, name):
        if found.name == number:
            return found
    raise ArtifactError(f"no version {number!r} of model {name!r} in {folder.name}/")


def put_in_force(folder: Path, name: str, chosen: str | None, why: Mapping[str, Any]) -> None:
    """Write ``NAME/in_force.json``, in one step: the version that :func:`latest` gives from now on, and why.

    Parameters
    ----------
    folder : Path
    name : str
    chosen : str or None
        ``None``: none of the versions is used.
    why : mapping
        Plain data.
    """
    path = folder / name / IN_FORCE
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps({"version": chosen, **why}, indent=1) + "\n", "utf-8")
    beside.replace(path)


def _stated(path: Path) -> str | None:
    try:
        stated = json.loads(path.read_text("utf-8"))["version"]
    except NO_MANIFEST as error:
        raise ArtifactError(f"model {path.parent.name}: {IN_FORCE} does not say which version is in force") from error
    if stated is not None and not isinstance(stated, str):
        raise ArtifactError(f"model {path.parent.name}: {IN_FORCE} does not say which version is in force")
    return stated


def libraries() -> dict[str, str]:
    """Versions of the libraries that make models."""
    return {library: version(library) for library in LIBRARIES}


def without_nan(rows: NDArray[np.floating[Any]]) -> list[list[float | None]]:
    """Rows for JSON, which has no word for NaN: a missing value is null, which numpy reads as NaN again."""
    return [[None if np.isnan(value) else float(value) for value in row] for row in rows]


def write_manifest(manifest: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Write the manifest with the hashes of the files beside it and its own; returns it."""
    manifest = manifest | {field: _sha256((folder / name).read_bytes()) for name, field in HASHES.items()}
    manifest |= {SEAL: sealed(manifest)}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", "utf-8")
    return manifest


def sealed(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of what a manifest says, but for :data:`SEAL` itself; spaces and the order of its fields do not count.

    It shows that somebody changed a figure, not who wrote it: whoever can write the file can write its hash too.
    """
    rest = {name: value for name, value in manifest.items() if name != SEAL}
    return _sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode())


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest, complete, as it was written, and for columns that are computed as they were.

    Raises
    ------
    ArtifactError
    """
    where = where_of(folder)
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        kind, names, stated = manifest["kind"], manifest["features"], manifest["features_hash"]
        unchanged = manifest[SEAL] == sealed(manifest)
        complete = isinstance(kind, str) and {"rows", "anomaly_scores"} <= manifest["sample"].keys()
        complete = complete and isinstance(names, list) and all(isinstance(name, str) for name in names)
    except NO_MANIFEST as error:
        raise ArtifactError(f"{where}: the manifest is missing or incomplete") from error
    if not complete:
        raise ArtifactError(f"{where}: the manifest is missing or incomplete")
    if not unchanged:
        raise ArtifactError(f"{where}: the manifest is not as it was written ({SEAL} differs)")
    try:
        found = hash_of(names)
    except ParameterError as error:
        raise ArtifactError(f"{where} was made for other features: {error}") from error
    if found != stated:
        raise ArtifactError(f"{where} was made for other features than this version of moneytrail computes")
    return manifest


def read_hashed(folder: Path, name: str, stated: object) -> bytes:
    """A file's content, when it is the one that the manifest names.

    Raises
    ------
    ArtifactError
    """
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise ArtifactError(f"{where_of(folder)}: {name} is missing") from error
    if _sha256(content) != stated:
        raise ArtifactError(f"{where_of(folder)}: {name} is not the file that its manifest names (sha256 differs)")
    return content


def arrays_in(content: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of a scorer file.

    Raises
    ------
    ParameterError, ValueError
        When it is none, holds objects, or would unpack to more than :data:`MOST_UNPACKED`.
    """
    try:
        _check_size(content)
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (*NO_ARCHIVE, TypeError) as error:
        raise ParameterError(f"{SCORER} is not a file of arrays") from error


def parts_in(content: bytes, allowed: frozenset[str], kind: str) -> dict[str, Any]:
    """What a model file holds, of allowed types only.

    Parameters
    ----------
    content : bytes
    allowed : frozenset of str
        Types beyond skops's own trusted ones.
    kind : str
        For the error.

    Raises
    ------
    TypeRefusedError
    ParameterError
        When it is no archive, holds no model, or would unpack to more than :data:`MOST_UNPACKED`.
    """
    import skops.io

    try:
        _check_size(content)
        refused = sorted(set(skops.io.get_untrusted_types(data=content)) - allowed)
        if refused:
            raise TypeRefusedError(f"holds the type {refused[0]}, which is not allowed for kind {kind!r}")
        parts = skops.io.loads(content, trusted=sorted(allowed))
    except NO_ARCHIVE as error:
        raise ParameterError(f"{MODEL} is no archive") from error
    if not isinstance(parts, dict):
        raise ParameterError(f"{MODEL} holds no model")
    return parts


def _check_size(content: bytes) -> None:
    """Refuse an archive that says it is too large; its reader gives no more of a file than was said."""
    with ZipFile(io.BytesIO(content)) as file:
        stated = sum(entry.file_size for entry in file.infolist())
    if stated > MOST_UNPACKED:
        raise ParameterError(f"it would unpack to {stated:,} bytes, more than the {MOST_UNPACKED:,} that are allowed")


def facts_in(manifest: dict[str, Any]) -> dict[str, Any]:
    """What the manifest says of the fit; nothing where it says no facts."""
    facts = manifest.get("facts")
    return facts if isinstance(facts, dict) else {}


def where_of(folder: Path) -> str:
    """How errors name a model folder."""
    return f"model {folder.parent.name}/{folder.name}"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
