"""The store's schema, version by version; run by :mod:`moneytrail.storage.database`, never by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def upgrade(connection: Connection) -> None:
    """Bring the database of `connection` to the newest version, inside the connection's transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def downgrade(connection: Connection, version: str) -> None:
    """Take the database back to `version`, or to nothing with ``base``."""
    config = _config()
    config.attributes["connection"] = connection
    command.downgrade(config, version)


def known_versions() -> tuple[str, ...]:
    """Every version that this package can upgrade from, newest first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    # The configuration interpolates percent signs, which a folder's name may hold.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config
