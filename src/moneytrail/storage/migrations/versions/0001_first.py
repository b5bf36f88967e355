"""The first version: runs, alerts with their matches and evidence, decisions, API keys, audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op

from moneytrail.storage.tables import AnyText, Instant

if TYPE_CHECKING:
    from datetime import datetime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table and index."""
    _create_runs_and_alerts()
    _create_what_an_alert_holds()
    _create_what_people_do()


def downgrade() -> None:
    """Drop every table, those that point at others first."""
    for table in (
        "audit",
        "api_keys",
        "decisions",
        "evidence",
        "alert_matches",
        "alert_accounts",
        "alert_subjects",
        "alert_typologies",
        "alerts",
        "runs",
    ):
        op.drop_table(table)


def _text(name: str, *constraints: Any, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, AnyText, *constraints, nullable=nullable)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, Instant, nullable=nullable)


def _create_runs_and_alerts() -> None:
    op.create_table(
        "runs",
        _text("run_id"),
        _instant("created_at"),
        sa.Column("alert_count", sa.Integer, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_runs"),
    )
    op.create_index("ix_runs_created_at", "runs", ["created_at"])
    op.create_table(
        "alerts",
        _text("alert_id"),
        _text("run_id", sa.ForeignKey("runs.run_id", name="fk_alerts_run_id")),
        sa.Column("rank", sa.BigInteger, nullable=False),
        _text("headline"),
        sa.Column("risk_score", sa.Double, nullable=False),
        sa.Column("anomaly_scores", sa.Text, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        _text("reference_currency"),
        _instant("started_at"),
        _instant("ended_at"),
        _instant("detectable_at"),
        _text("status"),
        sa.Column("match_count", sa.Integer, nullable=False),
        sa.Column("evidence_count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("alert_id", name="pk_alerts"),
    )
    op.create_index("ix_alerts_detectable_at_alert_id", "alerts", ["detectable_at", "alert_id"])
    op.create_index("ix_alerts_rank_alert_id", "alerts", ["rank", "alert_id"])
    op.create_index("ix_alerts_risk_score_alert_id", "alerts", ["risk_score", "alert_id"])
    op.create_index("ix_alerts_run_id_rank_alert_id", "alerts", ["run_id", "rank", "alert_id"])
    op.create_index("ix_alerts_started_at_alert_id", "alerts", ["started_at", "alert_id"])
    op.create_index("ix_alerts_status_risk_score_alert_id", "alerts", ["status", "risk_score", "alert_id"])
    op.create_index("ix_alerts_value_alert_id", "alerts", ["value", "alert_id"])


def _create_what_an_alert_holds() -> None:
    op.create_table(
        "alert_typologies",
        _text("alert_id", sa.ForeignKey("alerts.alert_id", name="fk_alert_typologies_alert_id")),
        _text("typology"),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("score", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("alert_id", "typology", name="pk_alert_typologies"),
    )
    op.create_index("ix_alert_typologies_typology_alert_id", "alert_typologies", ["typology", "alert_id"])
    op.create_table(
        "alert_subjects",
        _text("alert_id", sa.ForeignKey("alerts.alert_id", name="fk_alert_subjects_alert_id")),
        sa.Column("position", sa.Integer, nullable=False),
        _text("account"),
        _text("role"),
        _text("part"),
        sa.PrimaryKeyConstraint("alert_id", "position", name="pk_alert_subjects"),
    )
    op.create_table(
        "alert_accounts",
        _text("account"),
        _text("alert_id", sa.ForeignKey("alerts.alert_id", name="fk_alert_accounts_alert_id")),
        sa.PrimaryKeyConstraint("account", "alert_id", name="pk_alert_accounts"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alert_matches",
        _text("alert_id", sa.ForeignKey("alerts.alert_id", name="fk_alert_matches_alert_id")),
        sa.Column("position", sa.Integer, nullable=False),
        _text("match_id"),
        _text("typology"),
        _text("name"),
        _text("subject"),
        sa.Column("score", sa.Double, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        _instant("started_at"),
        _instant("ended_at"),
        _instant("detectable_at"),
        sa.Column("measures", sa.Text, nullable=False),
        _text("explanation"),
        sa.Column("innocent_explanations", sa.Text, nullable=False),
        sa.Column("truncated", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("alert_id", "position", name="pk_alert_matches"),
    )
    op.create_table(
        "evidence",
        _text("alert_id", sa.ForeignKey("alerts.alert_id", name="fk_evidence_alert_id")),
        sa.Column("position", sa.Integer, nullable=False),
        _text("match_id"),
        _text("role"),
        _text("transaction_id"),
        _instant("booked_at"),
        _text("debtor_account", nullable=True),
        _text("creditor_account", nullable=True),
        sa.Column("amount", sa.BigInteger, nullable=False),
        _text("currency"),
        sa.Column("reference_amount", sa.BigInteger, nullable=False),
        _text("channel"),
        _text("reference", nullable=True),
        sa.Column("anomaly_score", sa.Double, nullable=True),
        sa.PrimaryKeyConstraint("alert_id", "position", name="pk_evidence"),
        sqlite_with_rowid=False,
    )


def _create_what_people_do() -> None:
    op.create_table(
        "decisions",
        sa.Column("decision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        _text("alert_id", sa.ForeignKey("alerts.alert_id", name="fk_decisions_alert_id")),
        _instant("decided_at"),
        _text("decided_by"),
        _text("status"),
        _text("reason"),
        sa.PrimaryKeyConstraint("decision_id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_alert_id", "decisions", ["alert_id"])
    op.create_table(
        "api_keys",
        _text("key_id"),
        _text("name"),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        _instant("created_at"),
        _text("created_by"),
        _instant("expires_at", nullable=True),
        _instant("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("key_id", name="pk_api_keys"),
    )
    op.create_table(
        "audit",
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        _instant("done_at"),
        _text("done_by"),
        _text("action"),
        _text("subject"),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_audit"),
    )
    op.create_index("ix_audit_action", "audit", ["action"])
