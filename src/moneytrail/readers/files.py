"""Open a file for reading: what kind it is, its bytes in order, its fingerprint. Every fault is one clear line."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from typing import TYPE_CHECKING, Final, Literal

from moneytrail.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from _typeshed import WriteableBuffer

Kind = Literal["text", "gzip", "parquet"]

_GZIP: Final = b"\x1f\x8b"
_PARQUET: Final = b"PAR1"
_OTHER_KINDS: Final = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"PK\x03\x04", "a ZIP archive (or an Excel workbook); unpack it, or save it as CSV"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file; save it as CSV"),
    (b"BZh", "a bzip2 archive; unpack it first"),
    (b"\xfd7zXZ", "an xz archive; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive; unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
    (b"SQLite format 3", "an SQLite database"),
    (b"ARROW1", "an Arrow file; save it as Parquet"),
    (b"\xff\xfe", "UTF-16 text; save it as UTF-8"),
    (b"\xfe\xff", "UTF-16 text; save it as UTF-8"),
)
_SNIFFED: Final = 65_536
_BINARY_HEAD: Final = 1_024


class ByteFile:
    """A file's bytes in order, unpacked where it is gzip; `done` counts the stored bytes read so far."""

    def __init__(self, path: Path, kind: Kind) -> None:
        self.path = path
        self._raw = _Counted(path)
        self._stream: io.BufferedIOBase = io.BufferedReader(self._raw, 1 << 20)
        if kind == "gzip":
            self._stream = gzip.GzipFile(fileobj=self._stream, mode="rb")

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer only at the end.

        Raises
        ------
        InputError
            Where the file cannot be read, or is a gzip that is cut off or damaged.
        """
        try:
            parts = []
            while size > 0 and (part := self._stream.read(size)):
                parts.append(part)
                size -= len(part)
            return b"".join(parts) if len(parts) != 1 else parts[0]
        except EOFError as error:
            raise InputError(f"{self.path}: the gzip file is cut off") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise InputError(f"{self.path}: the gzip file is damaged: {error}") from error
        except OSError as error:
            raise InputError(f"{self.path}: cannot be read: {error.strerror or error}") from error

    @property
    def done(self) -> int:
        """Stored bytes read so far."""
        return self._raw.count

    def fingerprint(self) -> tuple[int, str]:
        """Return the stored size in bytes and the SHA-256 of what was read, in hex."""
        return self._raw.count, self._raw.digest.hexdigest()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        self._raw.close()


class _Counted(io.RawIOBase):
    """A file that counts and hashes what is read from it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self.count = 0
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        got = self._file.readinto(view) or 0
        self.digest.update(view[:got])
        self.count += got
        return got

    def close(self) -> None:
        self._file.close()
        super().close()


def kind_of(path: Path) -> Kind:
    """Return what `path` is by its first bytes; its name does not count.

    Raises
    ------
    InputError
        Where it is missing, a folder, empty, or of a kind that is not read here.
    """
    if path.is_dir():
        raise InputError(f"{path}: is a folder, not a file")
    try:
        with path.open("rb") as file:
            head = file.read(_SNIFFED)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not head:
        raise InputError(f"{path}: is empty")
    if head.startswith(_PARQUET):
        return "parquet"
    if not head.startswith(_GZIP):
        _refuse_other(path, head)
        return "text"
    packed = ByteFile(path, "gzip")
    try:
        _refuse_other(path, packed.read(_SNIFFED))
    finally:
        packed.close()
    return "gzip"


def _refuse_other(path: Path, head: bytes) -> None:
    for magic, kind in _OTHER_KINDS:
        if head.startswith(magic):
            raise InputError(f"{path}: is {kind}; moneytrail reads CSV, gzipped CSV and Parquet")
    if b"\0" in head[:_BINARY_HEAD]:
        raise InputError(f"{path}: is binary, or UTF-16 text; moneytrail reads CSV in UTF-8, gzipped CSV and Parquet")
    body = head.rstrip(b"\r\n")
    if b"\r" in body and b"\n" not in body:
        raise InputError(f"{path}: its lines end in CR alone; end them in LF or in CR LF")
