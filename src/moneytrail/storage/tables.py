"""The tables of the store, and the column types that come back the same from SQLite and PostgreSQL."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

SCHEMA_VERSION: Final = "0005"
"""The newest migration; a test holds it against the migrations folder."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_UNSTORABLE: Final = re.compile("[\x00\x1a\ud800-\udfff]")
_ESCAPED: Final = re.compile("\x1a([0-9a-f]{4})")


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware datetime, stored as int64 microseconds since 1970 UTC; comes back in UTC."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Microseconds since 1970; exact, by integer division."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """The same instant, aware."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


class AnyText(sa.types.TypeDecorator[str]):
    """Text of any kind, ordered by code point on both dialects.

    PostgreSQL cannot hold U+0000, and neither dialect half of a surrogate pair; files have both. Each is
    stored as U+001A and four hexadecimal digits, and so is U+001A itself: every text comes back as it went.
    """

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """PostgreSQL would otherwise order by the locale of the database."""
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(sa.Text(collation=collation))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text with what cannot be stored escaped."""
        if value is None or (value.isascii() and value.isprintable()):
            return value
        return _UNSTORABLE.sub(lambda found: f"\x1a{ord(found[0]):04x}", value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """The text as it was."""
        if value is None or "\x1a" not in value:
            return value
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970 UTC of an aware `instant`; any offset, the years 1 to 9999."""
    return (instant - EPOCH) // _MICROSECOND


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts upwards only in a column that is INTEGER to the letter; there that is 64 bits wide.
_SEQUENCE: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _of_alert() -> sa.Column[str]:
    return sa.Column("alert_id", AnyText, sa.ForeignKey("alerts.alert_id"), primary_key=True)


def _position() -> sa.Column[int]:
    return sa.Column("position", sa.Integer, primary_key=True, autoincrement=False)


runs = sa.Table(
    "runs",
    metadata,
    sa.Column("run_id", AnyText, primary_key=True),
    sa.Column("created_at", Instant, nullable=False, index=True),
    sa.Column("alert_count", sa.Integer, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("alert_id", AnyText, primary_key=True),
    sa.Column("run_id", AnyText, sa.ForeignKey("runs.run_id"), nullable=False),
    sa.Column("rank", sa.BigInteger, nullable=False),
    sa.Column("headline", AnyText, nullable=False),
    sa.Column("risk_score", sa.Double, nullable=False),
    sa.Column("anomaly_scores", sa.Text, nullable=False),
    sa.Column("value", sa.BigInteger, nullable=False),
    sa.Column("reference_currency", AnyText, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("ended_at", Instant, nullable=False),
    sa.Column("detectable_at", Instant, nullable=False),
    sa.Column("status", AnyText, nullable=False),
    sa.Column("match_count", sa.Integer, nullable=False),
    sa.Column("evidence_count", sa.Integer, nullable=False),
    # One index for each order that a page can have, ended by the tie-breaker.
    sa.Index(None, "risk_score", "alert_id"),
    sa.Index(None, "value", "alert_id"),
    sa.Index(None, "started_at", "alert_id"),
    sa.Index(None, "detectable_at", "alert_id"),
    sa.Index(None, "rank", "alert_id"),
    sa.Index(None, "run_id", "rank", "alert_id"),
    sa.Index(None, "status", "risk_score", "alert_id"),
)

alert_typologies = sa.Table(
    "alert_typologies",
    metadata,
    _of_alert(),
    sa.Column("typology", AnyText, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("score", sa.Double, nullable=False),
    sa.Index(None, "typology", "alert_id"),
)

alert_subjects = sa.Table(
    "alert_subjects",
    metadata,
    _of_alert(),
    _position(),
    sa.Column("account", AnyText, nullable=False),
    sa.Column("role", AnyText, nullable=False),
    sa.Column("part", AnyText, nullable=False),
)

# Every account of an alert once, subject or side of a transfer: one small table answers the filter by
# account, where two indexes over the evidence would slow down every save.
alert_accounts = sa.Table(
    "alert_accounts",
    metadata,
    sa.Column("account", AnyText, primary_key=True),
    _of_alert(),
    sqlite_with_rowid=False,
)

alert_matches = sa.Table(
    "alert_matches",
    metadata,
    _of_alert(),
    _position(),
    sa.Column("match_id", AnyText, nullable=False),
    sa.Column("typology", AnyText, nullable=False),
    sa.Column("name", AnyText, nullable=False),
    sa.Column("subject", AnyText, nullable=False),
    sa.Column("score", sa.Double, nullable=False),
    sa.Column("unsuppressed_score", sa.Double, nullable=False),
    sa.Column("value", sa.BigInteger, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("ended_at", Instant, nullable=False),
    sa.Column("detectable_at", Instant, nullable=False),
    sa.Column("measures", sa.Text, nullable=False),
    sa.Column("suppressors", sa.Text, nullable=False),
    sa.Column("explanation", AnyText, nullable=False),
    sa.Column("innocent_explanations", sa.Text, nullable=False),
    sa.Column("truncated", sa.Boolean, nullable=False),
)

# Apart, since only runs with shuffled copies have it.
alert_placebos = sa.Table("alert_placebos", metadata, _of_alert(), sa.Column("placebo", sa.Text, nullable=False))

evidence = sa.Table(
    "evidence",
    metadata,
    _of_alert(),
    _position(),
    sa.Column("match_id", AnyText, nullable=False),
    sa.Column("role", AnyText, nullable=False),
    sa.Column("transaction_id", AnyText, nullable=False),
    sa.Column("booked_at", Instant, nullable=False),
    sa.Column("debtor_account", AnyText),
    sa.Column("creditor_account", AnyText),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("currency", AnyText, nullable=False),
    sa.Column("reference_amount", sa.BigInteger, nullable=False),
    sa.Column("channel", AnyText, nullable=False),
    sa.Column("reference", AnyText),
    sa.Column("anomaly_score", sa.Double),
    sa.Column("probability", sa.Double),
    sqlite_with_rowid=False,
)

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("decision_id", _SEQUENCE, primary_key=True),
    sa.Column("alert_id", AnyText, sa.ForeignKey("alerts.alert_id"), nullable=False, index=True),
    sa.Column("decided_at", Instant, nullable=False),
    sa.Column("decided_by", AnyText, nullable=False),
    sa.Column("status", AnyText, nullable=False),
    sa.Column("reason", AnyText, nullable=False),
)

# A ledger is named by what is in it, so that many runs share one; `accounts` is null where no table was given.
ledgers = sa.Table(
    "ledgers",
    metadata,
    sa.Column("fingerprint", AnyText, primary_key=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("transfers", sa.BigInteger, nullable=False),
    sa.Column("accounts", sa.BigInteger),
    sa.Column("bytes", sa.BigInteger, nullable=False),
)

ledger_parts = sa.Table(
    "ledger_parts",
    metadata,
    sa.Column("fingerprint", AnyText, sa.ForeignKey("ledgers.fingerprint"), primary_key=True),
    sa.Column("kind", AnyText, primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

# Apart, since a run need not have its ledger kept.
run_ledgers = sa.Table(
    "run_ledgers",
    metadata,
    sa.Column("run_id", AnyText, sa.ForeignKey("runs.run_id"), primary_key=True),
    sa.Column("fingerprint", AnyText, sa.ForeignKey("ledgers.fingerprint"), nullable=False),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("key_id", AnyText, primary_key=True),
    sa.Column("name", AnyText, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("created_by", AnyText, nullable=False),
    sa.Column("expires_at", Instant),
    sa.Column("revoked_at", Instant),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("entry_id", _SEQUENCE, primary_key=True),
    sa.Column("done_at", Instant, nullable=False),
    sa.Column("done_by", AnyText, nullable=False),
    sa.Column("action", AnyText, nullable=False, index=True),
    sa.Column("subject", AnyText, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
)
