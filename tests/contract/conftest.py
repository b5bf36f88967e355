"""An empty store for every address: SQLite always, PostgreSQL where MONEYTRAIL_TEST_POSTGRES_URL is set.

The PostgreSQL database is emptied before every test: name one made for this.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa

from moneytrail.storage import Store

POSTGRES: Final = os.environ.get("MONEYTRAIL_TEST_POSTGRES_URL")


def _emptied(url: str) -> str:
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()
    return url


@pytest.fixture(params=["sqlite"] if POSTGRES is None else ["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store's address."""
    return str(tmp_path / "store.db") if request.param == "sqlite" else _emptied(str(POSTGRES))


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    with Store.open(address) as opened:
        yield opened
