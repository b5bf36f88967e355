"""What Alembic runs for every migration: on the connection that it is handed, in one transaction."""

from __future__ import annotations

from alembic import context

from moneytrail.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
