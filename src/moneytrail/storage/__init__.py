"""Runs, ledgers, alerts, evidence, decisions, API keys and audit: SQLite by default, PostgreSQL by URL."""

from moneytrail.storage.database import without_password
from moneytrail.storage.journal import TEXT_MAX
from moneytrail.storage.ledger_parts import Ledger, StoredLedger
from moneytrail.storage.paging import LIMIT_MAX, SORTS, AlertQuery
from moneytrail.storage.records import (
    JSON,
    SCOPES,
    AlertPage,
    AlertSummary,
    AuditEntry,
    Decision,
    KeyRecord,
    LedgerSummary,
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
    "Ledger",
    "LedgerSummary",
    "NewKey",
    "RunSummary",
    "Scope",
    "Store",
    "StoredLedger",
    "without_password",
]
