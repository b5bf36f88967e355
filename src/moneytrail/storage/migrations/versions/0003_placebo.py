"""The third version: what shuffled copies of the data say of an alert."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from moneytrail.storage.tables import AnyText

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table; an alert of before was compared with no copies and has no row."""
    op.create_table(
        "alert_placebos",
        sa.Column(
            "alert_id", AnyText, sa.ForeignKey("alerts.alert_id", name="fk_alert_placebos_alert_id"), nullable=False
        ),
        sa.Column("placebo", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("alert_id", name="pk_alert_placebos"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("alert_placebos")
