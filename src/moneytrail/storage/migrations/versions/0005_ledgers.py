"""The fifth version: the ledger that a run scored, so that money can be traced from the store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from moneytrail.storage.tables import AnyText, Instant

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables; of a run of before nothing was kept, and it has no row."""
    op.create_table(
        "ledgers",
        sa.Column("fingerprint", AnyText, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("transfers", sa.BigInteger, nullable=False),
        sa.Column("accounts", sa.BigInteger, nullable=True),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_ledgers"),
    )
    op.create_table(
        "ledger_parts",
        _of_ledger("ledger_parts"),
        sa.Column("kind", AnyText, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", "kind", "part", name="pk_ledger_parts"),
    )
    op.create_table(
        "run_ledgers",
        sa.Column("run_id", AnyText, sa.ForeignKey("runs.run_id", name="fk_run_ledgers_run_id"), nullable=False),
        _of_ledger("run_ledgers"),
        sa.PrimaryKeyConstraint("run_id", name="pk_run_ledgers"),
    )


def downgrade() -> None:
    """Drop the tables, those that point at others first."""
    for table in ("run_ledgers", "ledger_parts", "ledgers"):
        op.drop_table(table)


def _of_ledger(table: str) -> sa.Column[str]:
    held = sa.ForeignKey("ledgers.fingerprint", name=f"fk_{table}_fingerprint")
    return sa.Column("fingerprint", AnyText, held, nullable=False)
