"""One frozen settings object, read from the environment; only ``cli.py`` and the service read it."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Defaults of the command line and of the service; each can be set as ``MONEYTRAIL_<NAME>``.

    Attributes
    ----------
    store : str
        SQLAlchemy URL of the store, or a plain path, which means a SQLite file.
    host, port : str, int
        Where the service listens. Loopback unless you say otherwise: put TLS in front before you open it.
    alert_budget : int
        How many alerts a run may raise, 1 or more.
    """

    model_config = SettingsConfigDict(env_prefix="MONEYTRAIL_", frozen=True, extra="ignore")

    store: str = Field(default="moneytrail.db", min_length=1)
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8000, ge=0, le=65535)
    alert_budget: int = Field(default=100, ge=1)
