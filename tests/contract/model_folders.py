"""Model folders that a test spoils: what stands in them, and how to change it so that the hashes still agree."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from moneytrail.model_folder import HASHES, MANIFEST, SCORER, SEAL


class Stowaway:
    """A type of no model."""


def manifest_of(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
    return read


def write(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Another manifest, whatever it says of itself."""
    (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")


def change(folder: Path, **fields: Any) -> None:
    """Change fields of the manifest, and let it name itself as it is now."""
    changed = {name: value for name, value in (manifest_of(folder) | fields).items() if name != SEAL}
    canonical = json.dumps(changed, sort_keys=True, separators=(",", ":"))
    write(folder, changed | {SEAL: hashlib.sha256(canonical.encode()).hexdigest()})


def arrays_of(folder: Path) -> dict[str, NDArray[Any]]:
    """The arrays of the scorer file."""
    with np.load(folder / SCORER) as file:
        return {name: file[name] for name in file.files}


def rehash(folder: Path, name: str) -> None:
    """Let the manifest name a file as it is now."""
    change(folder, **{HASHES[name]: hashlib.sha256((folder / name).read_bytes()).hexdigest()})


def rewrite(folder: Path, arrays: Mapping[str, Any]) -> None:
    """Another scorer file, which the manifest names as its own."""
    np.savez(folder / SCORER, **arrays)
    rehash(folder, SCORER)


def put(folder: Path, name: str, content: bytes) -> None:
    """Another file of this name, which the manifest names as its own."""
    (folder / name).write_bytes(content)
    rehash(folder, name)


def flip(folder: Path, name: str) -> None:
    """Change one bit in the middle of a file, and not its hash."""
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)


GARBAGE: Final = b"\x09\x04\x05\x00]\x00\x00\x80\x00" + b"\xff" * 50
"""No array and no schema; it begins as what is packed by LZMA does."""


def archive(entry: str, content: bytes, *, flags: int = 0, method: int = 0) -> bytes:
    """A zip file of one entry, which says of itself that it is encrypted (flag 1) or packed by another method."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr(entry, content)
    changed = bytearray(made.getvalue())
    for header, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.index(header) + place
        changed[at : at + 4] = flags.to_bytes(2, "little") + method.to_bytes(2, "little")
    return bytes(changed)


def bomb(entry: str, *sizes: int) -> bytes:
    """A zip file of a few bytes, whose entries say that they unpack to so many."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for place in range(len(sizes)):
            file.writestr(f"{place}{entry}", GARBAGE)
    changed, at = bytearray(made.getvalue()), 0
    for size in sizes:
        at = changed.index(b"PK\x01\x02", at) + 24
        changed[at : at + 4] = size.to_bytes(4, "little")
    return bytes(changed)


def _npy(header: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()


BROKEN_ARRAYS: Final = {
    "more than there is memory": _npy(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({10**15},), }}\n"),
    "a header that goes on": _npy("{'descr': '<f8', 'shape': ((1,\n"),
    "nothing": b"",
}
"""Files of one array that numpy fails on, each otherwise."""

BROKEN_ARCHIVES: Final = {
    "encrypted": {"flags": 1},
    "an unknown method": {"method": 99},
    "no bzip2": {"method": 12},
    "no lzma": {"method": 14},
}
"""What an archive says of itself that its reader fails on, each otherwise."""
