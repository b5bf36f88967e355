"""The second version: what innocent explanations did to a match's score."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add both columns; a match of before had nothing tested, so that its score is its own."""
    anew = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("alert_matches", recreate="always" if anew else "never") as table:
        for name, kind, after in (("unsuppressed_score", sa.Double, "score"), ("suppressors", sa.Text, "measures")):
            table.add_column(sa.Column(name, kind, nullable=True), insert_after=after if anew else None)
    op.execute(sa.text("UPDATE alert_matches SET unsuppressed_score = score, suppressors = '[]'"))
    with op.batch_alter_table("alert_matches") as table:
        table.alter_column("unsuppressed_score", existing_type=sa.Double(), nullable=False)
        table.alter_column("suppressors", existing_type=sa.Text(), nullable=False)


def downgrade() -> None:
    """Drop both columns."""
    with op.batch_alter_table("alert_matches") as table:
        table.drop_column("suppressors")
        table.drop_column("unsuppressed_score")
