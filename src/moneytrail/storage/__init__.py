"""Runs, alerts, evidence, decisions, API keys and audit: SQLite by default, PostgreSQL by URL."""

from moneytrail.storage.database import without_password
from moneytrail.storage.journal import TEXT_MAX
from moneytrail.storage.paging import LIMIT_MAX, SORTS, AlertQuery
from moneytrail.storage.records import (
    JSON,
    SCOPES,
    AlertPage,
    AlertSummary,
    AuditEntry,
    Decision,
    KeyRecord,
    NewKey,
    RunSummary,
    Scope,
)
from moneytrail.storage.store import Store

__all__ = [
    "JSON",
    "LIMIT_MAX",
    "SCOPES",
    "SORTS",
    "TEXT_MAX",
    "AlertPage",
    "AlertQuery",
    "AlertSummary",
    "AuditEntry",
    "Decision",
    "KeyRecord",
    "NewKey",
    "RunSummary",
    "Scope",
    "Store",
    "without_password",
]
