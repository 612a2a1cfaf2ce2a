"""MySQL and MariaDB through aiomysql."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aiomysql.connection  # type: ignore[import-untyped]
import sqlalchemy as sa
from pymysql.converters import escape_bytes  # type: ignore[import-untyped]
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import create_async_engine

from config.settings import DatabaseSettings
from flowisectl.database.driver import Write
from flowisectl.database.encryption import encryption_of
from flowisectl.database.failures import LostConnection
from flowisectl.database.server_driver import CONNECT_SECONDS, IDLE_SECONDS, POOL_SIZE, ServerDriver
from flowisectl.errors import DatabaseUnavailable

_SESSION = (
    # Names in double quotes, as in the other databases; dates are UTC; a value that does not fit is refused, not cut.
    "SET SESSION sql_mode = 'ANSI_QUOTES,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00'"
)
# aiomysql sends bytes through a function of PyMySQL that its version 1.2 has no more: a text stands in its place.
if not callable(aiomysql.connection.escape_bytes_prefixed):
    aiomysql.connection.escape_bytes_prefixed = escape_bytes

TRIES = 3
"""InnoDB may choose a transaction as the victim of a deadlock; it is tried again."""


class MySqlDriver(ServerDriver):
    dialect = "mysql"

    def __init__(self, settings: DatabaseSettings, *, read_only: bool = False) -> None:
        port = settings.port or 3306
        kind = "MariaDB" if settings.type == "mariadb" else "MySQL"
        is_socket = settings.host.startswith("/")
        address: dict[str, Any] = {"unix_socket": settings.host} if is_socket else {"host": settings.host or "localhost", "port": port}
        where = settings.host if is_socket else f"{settings.host or 'localhost'}:{port}"
        place = f"{kind} database {settings.name!r} at {where} (user {settings.user!r})"
        encryption = encryption_of(settings)
        engine = create_async_engine(
            sa.URL.create("mysql+aiomysql", settings.user or None, settings.password or None, database=settings.name or None),
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_recycle=IDLE_SECONDS,
            hide_parameters=True,
            isolation_level="READ COMMITTED",
            connect_args={
                **address,
                "charset": "utf8mb4",
                "connect_timeout": CONNECT_SECONDS,
                "init_command": _SESSION,
                **({"ssl": encryption} if encryption else {}),
            },
        )
        super().__init__(engine, place)
        if encryption is not None:
            sa.event.listen(engine.sync_engine, "connect", self._only_encrypted)
        if read_only:
            sa.event.listen(engine.sync_engine, "connect", _only_read)

    def _only_encrypted(self, connection: DBAPIConnection, _: object) -> None:
        """The driver goes on in clear when the server offers no encryption, which is not what was asked for."""
        cursor = connection.cursor()
        cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
        row = cursor.fetchone()
        cursor.close()
        if not row or not row[1]:
            reason = "the server offers no encryption, so the connection is not encrypted"
            raise DatabaseUnavailable(f"{self.place}: {reason}: set up TLS there, or unset DATABASE_SSL and DATABASE_SSL_KEY_BASE64")

    async def _store_patiently(self, batch: Sequence[Write]) -> None:
        for number in range(TRIES):
            try:
                await self._store(batch)
                return
            except DatabaseUnavailable as error:
                is_passing = isinstance(error, LostConnection) or "Deadlock found" in error.message
                if not is_passing or number == TRIES - 1:
                    raise


def _only_read(connection: DBAPIConnection, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("SET SESSION TRANSACTION READ ONLY")
    cursor.close()
