"""A table of vectors in SingleStore, over MySQL's protocol (https://docs.singlestore.com/cloud/reference/sql-reference/vector-functions/)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiomysql  # type: ignore[import-untyped]
import orjson
from pymysql.err import MySQLError  # type: ignore[import-untyped]

from flowisectl.errors import ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.vector_index import FoundRow, VectorQuery, VectorRow

PROVIDER = "singlestore"
CONNECT_SECONDS = 15.0
WORK_SECONDS = 120.0
"""How long all that one connection is used for may take."""
PORT = 3306
_AT_ONCE = 100
_KNOWN = "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s"


@dataclass(frozen=True, kw_only=True)
class SingleStorePlace:
    """`host` may have a port behind a colon; a path is a local socket."""

    host: str
    database: str
    user: str = ""
    password: str = field(default="", repr=False)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Any]:
        """A cursor of a connection of its own. Raises ProviderError, also for what fails inside, never with the password."""
        name, _, port = self.host.partition(":")
        options: dict[str, Any] = {"host": name, "port": int(port) if port.isdigit() else PORT}
        if self.host.startswith("/"):
            options = {"unix_socket": self.host}
        try:
            connection = await aiomysql.connect(
                **options,
                user=self.user,
                password=self.password,
                db=self.database,
                charset="utf8mb4",
                connect_timeout=CONNECT_SECONDS,
                autocommit=True,
            )
        except (MySQLError, OSError, TimeoutError) as error:
            raise self._error(error) from error
        try:
            async with asyncio.timeout(WORK_SECONDS), connection.cursor() as cursor:
                yield cursor
        except TimeoutError as error:
            raise ProviderError(f"SingleStore at {self.host} was not done within {WORK_SECONDS:g} s", provider=PROVIDER) from error
        except (MySQLError, OSError) as error:
            raise self._error(error) from error
        finally:
            connection.close()

    def _error(self, error: Exception) -> ProviderError:
        text = str(error) or type(error).__name__
        if len(self.password) >= 4:
            text = text.replace(self.password, "***")
        return ProviderError(f"SingleStore at {self.host}: {text}", provider=PROVIDER)


class SingleStoreIndex:
    """The table is made when it is missing: text, packed vector and metadata, without ids, as existing tables are.

    Scores are products of vectors: larger is nearer.
    """

    def __init__(
        self,
        place: SingleStorePlace,
        *,
        table: str = "embeddings",
        text: str = "content",
        vector: str = "vector",
        metadata: str = "metadata",
    ) -> None:
        self._place = place
        self._name = table
        self._table, self._text, self._vector, self._metadata = (_quoted(name) for name in (table, text, vector, metadata))

    async def add(self, rows: Sequence[VectorRow]) -> None:
        if not rows:
            return
        statement = f"INSERT INTO {self._table} ({self._text}, {self._vector}, {self._metadata}) VALUES (%s, JSON_ARRAY_PACK(%s), %s)"
        async with self._place.connect() as cursor:
            if not await cursor.execute(_KNOWN, (self._name,)):
                await cursor.execute(
                    f"CREATE TABLE IF NOT EXISTS {self._table} ({self._text} LONGTEXT CHARACTER SET utf8mb4, "
                    f"{self._vector} BLOB, {self._metadata} JSON)"
                )
            for start in range(0, len(rows), _AT_ONCE):
                values = [
                    (row.document.page_content, _json(list(row.vector)), _json(dict(row.document.metadata)))
                    for row in rows[start : start + _AT_ONCE]
                ]
                await cursor.executemany(statement, values)

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        tests, values = self._tests(query.conditions or {})
        where = f" WHERE {' AND '.join(tests)}" if tests else ""
        statement = (
            f"SELECT {self._text}, {self._metadata}, DOT_PRODUCT({self._vector}, JSON_ARRAY_PACK(%s)) AS __score "
            f"FROM {self._table}{where} ORDER BY __score DESC LIMIT %s"
        )
        async with self._place.connect() as cursor:
            await cursor.execute(statement, (_json(list(query.vector)), *values, query.count))
            found = await cursor.fetchall()
        return [
            FoundRow(document=Document(page_content=str(text or ""), metadata=_object(metadata)), score=float(score or 0.0))
            for text, metadata, score in found
        ]

    async def delete(self, ids: Sequence[str]) -> None:
        if ids:
            raise ProviderError("SingleStore keeps documents without ids: delete them in the table itself", provider=PROVIDER)

    def _tests(self, conditions: Mapping[str, Any]) -> tuple[list[str], list[Any]]:
        """One test for each metadata value that must be equal."""
        tests, values = [], []
        for name, value in conditions.items():
            keys = name.split(".")
            kind, wanted = _kind(value)
            tests.append(f"JSON_EXTRACT_{kind}({self._metadata}, {', '.join(['%s'] * len(keys))}) = %s")
            values += [*keys, wanted]
        return tests, values


def _kind(value: Any) -> tuple[str, Any]:
    """What a value is taken out of JSON as, and what it is compared with."""
    if isinstance(value, bool):
        return "JSON", _json(value)
    return ("DOUBLE", value) if isinstance(value, (int, float)) else ("STRING", str(value))


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def _object(value: Any) -> dict[str, Any]:
    try:
        found = orjson.loads(value) if isinstance(value, (str, bytes)) else value
    except ValueError:
        return {}
    return dict(found) if isinstance(found, Mapping) else {}
