"""The fourth version: what a trained model puts a transfer of the evidence at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; of the evidence of before no model was asked."""
    anew = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table(
        "evidence", recreate="always" if anew else "never", table_kwargs={"sqlite_with_rowid": False}
    ) as table:
        table.add_column(
            sa.Column("probability", sa.Double, nullable=True), insert_after="anomaly_score" if anew else None
        )


def downgrade() -> None:
    """Drop the column."""
    with op.batch_alter_table("evidence", table_kwargs={"sqlite_with_rowid": False}) as table:
        table.drop_column("probability")
