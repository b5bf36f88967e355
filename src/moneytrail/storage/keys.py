"""API keys: made once, shown once, held as a SHA-256 digest.

A key carries 256 random bits, so that a fast digest is as good as a slow one: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from moneytrail.errors import NotFoundError, ParameterError
from moneytrail.storage.records import SCOPES, KeyRecord, NewKey
from moneytrail.storage.tables import api_keys

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.engine import Connection, RowMapping

_ID_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
_SHAPE: Final = re.compile(r"mt_([a-z0-9]{8})_[A-Za-z0-9_-]{43}", re.ASCII)


def make_key(
    name: str, scopes: Iterable[str], *, created_at: datetime, created_by: str, expires_at: datetime | None
) -> NewKey:
    """Make a key; nothing is stored yet.

    Raises
    ------
    ParameterError
        An empty name, no scope, an unknown scope, an expiry without a time zone or in the past.
    """
    if not name.strip():
        raise ParameterError("a key needs a name, by which it can be told from the others")
    allowed = tuple(scope for scope in SCOPES if scope in (asked := set(scopes)))
    if unknown := sorted(asked.difference(SCOPES)):
        raise ParameterError(f"there is no scope {unknown[0]!r}; allowed are {', '.join(SCOPES)}")
    if not allowed:
        raise ParameterError(f"a key needs a scope; allowed are {', '.join(SCOPES)}")
    if expires_at is not None and (expires_at.utcoffset() is None or expires_at <= created_at):
        raise ParameterError("a key must expire in the future, at an instant with a time zone")
    key_id = "".join(secrets.choice(_ID_LETTERS) for _ in range(8))
    record = KeyRecord(key_id, name, allowed, created_at, created_by, expires_at, None)
    return NewKey(record, f"mt_{key_id}_{secrets.token_urlsafe(32)}")


def insert_key(connection: Connection, key: NewKey) -> None:
    """Store the record of `key` and the digest of its secret."""
    record = key.record
    connection.execute(
        sa.insert(api_keys).values(
            key_id=record.key_id,
            name=record.name,
            scopes=json.dumps(record.scopes),
            digest=_digest(key.secret),
            created_at=record.created_at,
            created_by=record.created_by,
            expires_at=record.expires_at,
        )
    )


def find_key(connection: Connection, presented: str, *, at: datetime) -> KeyRecord | None:
    """Return the key that was `presented`, unless it is unknown, altered, revoked, or expired by `at`."""
    shape = _SHAPE.fullmatch(presented)
    if shape is None:
        return None
    row = connection.execute(sa.select(api_keys).where(api_keys.c.key_id == shape[1])).mappings().first()
    if row is None or not secrets.compare_digest(row["digest"], _digest(presented)):
        return None
    record = _record(row)
    expired = record.expires_at is not None and record.expires_at <= at
    return None if expired or record.revoked_at is not None else record


def revoke_key(connection: Connection, key_id: str, *, at: datetime) -> bool:
    """Revoke the key; ``False`` if it was revoked already.

    Raises
    ------
    NotFoundError
        No such key.
    """
    of_key = api_keys.c.key_id == key_id
    done = connection.execute(sa.update(api_keys).where(of_key, api_keys.c.revoked_at.is_(None)).values(revoked_at=at))
    if done.rowcount:
        return True
    if connection.execute(sa.select(api_keys.c.key_id).where(of_key)).first() is None:
        raise NotFoundError(f"there is no key {key_id!r}")
    return False


def list_keys(connection: Connection) -> list[KeyRecord]:
    """Return every key, revoked ones too, oldest first."""
    query = sa.select(api_keys).order_by(api_keys.c.created_at, api_keys.c.key_id)
    return [_record(row) for row in connection.execute(query).mappings()]


def _record(row: RowMapping) -> KeyRecord:
    return KeyRecord(
        key_id=row["key_id"],
        name=row["name"],
        scopes=tuple(json.loads(row["scopes"])),
        created_at=row["created_at"],
        created_by=row["created_by"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
