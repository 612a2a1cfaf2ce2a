"""The records of what was written into vector stores, in a table of MySQL or MariaDB."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiomysql  # type: ignore[import-untyped]
from pymysql.err import MySQLError, OperationalError  # type: ignore[import-untyped]

from flowisectl.clients.record_table import RecordTable
from flowisectl.errors import Unavailable

CONNECT_SECONDS = 15.0
_DUPLICATE_COLUMN = 1060
_MODE = "SET SESSION sql_mode = 'ANSI_QUOTES,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'"


@dataclass(frozen=True, kw_only=True)
class MySqlAddress:
    host: str
    database: str
    user: str
    password: str = field(repr=False)
    port: int = 3306
    ssl: bool = False
    checks_certificate: bool = True
    """Of a connection with `ssl`: the server must be who it says."""

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[aiomysql.Connection]:
        """A connection of its own, closed at the end. Raises Unavailable, never with the password."""
        where = f"MySQL at {self.host}:{self.port}"
        place: dict[str, Any] = {"unix_socket": self.host} if self.host.startswith("/") else {"host": self.host, "port": self.port}
        try:
            connection = await aiomysql.connect(
                **place,
                user=self.user,
                password=self.password,
                db=self.database,
                charset="utf8mb4",
                connect_timeout=CONNECT_SECONDS,
                ssl=_tls(self.checks_certificate) if self.ssl else None,
                init_command=_MODE,
                autocommit=True,
            )
        except (MySQLError, OSError, TimeoutError) as error:
            raise Unavailable(f"{where} cannot be reached: {self._told(error)}") from error
        try:
            yield connection
        except (MySQLError, OSError) as error:
            raise Unavailable(f"{where}: {self._told(error)}") from error
        finally:
            connection.close()

    def _told(self, error: Exception) -> str:
        text = str(error) or type(error).__name__
        return text.replace(self.password, "***") if len(self.password) >= 4 else text


def _tls(checks_certificate: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not checks_certificate:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class MySqlRecords(RecordTable):
    _ON_CONFLICT = "ON DUPLICATE KEY UPDATE updated_at = VALUES(updated_at), doc_id = VALUES(doc_id)"

    def __init__(self, address: MySqlAddress, **options: str) -> None:
        super().__init__(**options)
        self._address = address

    async def prepare(self) -> None:
        # Indexes stand in the statement itself: `CREATE INDEX IF NOT EXISTS` is MariaDB's alone.
        async with self._address.connect() as connection, connection.cursor() as cursor:
            await cursor.execute("SET sql_notes = 0")
            await cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {self._table} (uuid VARCHAR(36) PRIMARY KEY DEFAULT (UUID()), "
                '"key" VARCHAR(255) NOT NULL, namespace VARCHAR(255) NOT NULL, updated_at DOUBLE PRECISION NOT NULL, '
                "group_id LONGTEXT, doc_id LONGTEXT, "
                f'UNIQUE KEY unique_key_namespace ("key", namespace), KEY "{self._name}_updated_at_index" (updated_at), '
                f'KEY "{self._name}_namespace_index" (namespace), KEY "{self._name}_group_id_index" (group_id(64)))'
            )
            where = "table_schema = DATABASE() AND table_name = %s AND column_name = 'doc_id'"
            if not await cursor.execute(f"SELECT 1 FROM information_schema.columns WHERE {where}", (self._name,)):
                try:
                    await cursor.execute(f"ALTER TABLE {self._table} ADD COLUMN doc_id LONGTEXT")
                except OperationalError as error:
                    if error.args[0] != _DUPLICATE_COLUMN:  # another writer may have been quicker
                        raise

    async def now(self) -> float:
        return float((await self._fetch("SELECT UNIX_TIMESTAMP(NOW(6))", []))[0][0])

    def _mark(self, place: int) -> str:
        return "%s"

    async def _fetch(self, statement: str, values: Sequence[Any]) -> list[Any]:
        async with self._address.connect() as connection, connection.cursor() as cursor:
            await cursor.execute(statement, tuple(values))
            return list(await cursor.fetchall())

    async def _write_all(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        if not rows:
            return
        async with self._address.connect() as connection, connection.cursor() as cursor:
            await cursor.executemany(statement, [tuple(row) for row in rows])
