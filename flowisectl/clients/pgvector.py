"""A table of vectors in PostgreSQL with the extension pgvector (https://github.com/pgvector/pgvector)."""

from __future__ import annotations

import math
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import orjson

from flowisectl.errors import ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.vector_index import CHAT_KEY, FoundRow, VectorQuery, VectorRow

CONNECT_SECONDS = 15.0
COMMAND_SECONDS = 120.0
_OPERATORS = {"cosine": "<=>", "euclidean": "<->", "innerProduct": "<#>"}
_PROVIDER = "postgres"


@dataclass(frozen=True, kw_only=True)
class PostgresAddress:
    host: str
    database: str
    user: str
    password: str = field(repr=False)
    port: int = 5432
    ssl: bool = False

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection of its own, closed at the end. Raises ProviderError, never with the password."""
        try:
            connection = await asyncpg.connect(
                host=self.host,
                port=self.port,
                user=self.user,
                password=self.password or None,
                database=self.database,
                ssl="require" if self.ssl else None,
                timeout=CONNECT_SECONDS,
                command_timeout=COMMAND_SECONDS,
            )
        except (asyncpg.PostgresError, OSError, TimeoutError, ValueError) as error:
            raise self._failed(f"PostgreSQL at {self.host}:{self.port} cannot be reached: {error or type(error).__name__}") from error
        try:
            yield connection
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            raise self._failed(f"PostgreSQL at {self.host}:{self.port}: {error or type(error).__name__}") from error
        finally:
            await connection.close()

    def _failed(self, message: str) -> ProviderError:
        if len(self.password) >= 4:
            message = message.replace(self.password, "***")
        return ProviderError(message, provider=_PROVIDER)


class PgVectorIndex:
    """Columns `id` (uuid), the text, `metadata` (jsonb) and `embedding`. The table is made when it is missing.

    Scores are distances: smaller is nearer. `conditions` are metadata values that must be equal, or `{"in": [...]}`,
    `{"notIn": [...]}`.
    """

    def __init__(
        self,
        address: PostgresAddress,
        *,
        table: str = "documents",
        schema: str = "",
        content_column: str = "pageContent",
        distance: str = "cosine",
        conditions: Mapping[str, Any] | None = None,
        batch_size: int = 500,
    ) -> None:
        self._address = address
        self._table = f"{_quoted(schema)}.{_quoted(table)}" if schema else _quoted(table)
        self._content = _quoted(content_column)
        self._operator = _OPERATORS.get(distance, "<=>")
        self._conditions = dict(conditions or {})
        self._batch = max(batch_size, 1)
        self._is_made = False

    async def add(self, rows: Sequence[VectorRow]) -> None:
        statement = (
            f"INSERT INTO {self._table} (id, {self._content}, metadata, embedding) VALUES ($1, $2, $3::text::jsonb, $4::text::vector) "
            f"ON CONFLICT (id) DO UPDATE SET {self._content} = excluded.{self._content}, metadata = excluded.metadata, "
            "embedding = excluded.embedding"
        )
        async with self._address.connect() as connection:
            await self._make(connection)
            for start in range(0, len(rows), self._batch):
                lot = rows[start : start + self._batch]
                await connection.executemany(statement, [_values(row) for row in lot])

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        where, values = self._where(query)
        vector = ", embedding::text AS embedding" if query.with_vectors else ""
        statement = (
            f"SELECT id::text, {self._content} AS content, metadata::text, embedding {self._operator} $1::text::vector AS distance{vector} "
            f"FROM {self._table}{where} ORDER BY distance LIMIT $2"
        )
        async with self._address.connect() as connection:
            await self._make(connection)
            found = await connection.fetch(statement, _vector_text(query.vector), query.count, *values)
        return [_found(row, query.with_vectors) for row in found]

    async def delete(self, ids: Sequence[str]) -> None:
        async with self._address.connect() as connection:
            await self._make(connection)
            await connection.execute(f"DELETE FROM {self._table} WHERE id = ANY($1::uuid[])", [row_id(id) for id in ids])

    async def _make(self, connection: asyncpg.Connection) -> None:
        if self._is_made:
            return
        if await connection.fetchval("SELECT to_regclass($1)", self._table) is None:
            # Several writers may come here at once; `IF NOT EXISTS` alone can still collide.
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", self._table)
                await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
                await connection.execute(
                    f"CREATE TABLE IF NOT EXISTS {self._table} "
                    f"(id uuid NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY, {self._content} text, metadata jsonb, embedding vector)"
                )
        self._is_made = True

    def _where(self, query: VectorQuery) -> tuple[str, list[Any]]:
        """(the clause, its values from $3 on). Names and values of the filter travel as values, never as SQL."""
        parts: list[str] = []
        values: list[Any] = []

        def place(value: Any) -> str:
            values.append(value)
            return f"${len(values) + 2}"

        for name, wanted in {**self._conditions, **(query.conditions or {})}.items():
            member = f"metadata->>({place(name)}::text)"
            if isinstance(wanted, Mapping) and isinstance(wanted.get("in"), list):
                parts.append(f"{member} = ANY({place([_text(item) for item in wanted['in']])}::text[])")
            elif isinstance(wanted, Mapping) and isinstance(wanted.get("notIn"), list):
                parts.append(f"NOT ({member} = ANY({place([_text(item) for item in wanted['notIn']])}::text[]))")
            else:
                parts.append(f"{member} = {place(_text(wanted))}::text")
        if query.chat_id:
            member = f"metadata->>'{CHAT_KEY}'"
            parts.append(f"({member} IS NULL OR {member} = {place(query.chat_id)}::text)")
        return (" WHERE " + " AND ".join(parts) if parts else ""), values


def row_id(id: str) -> str:
    """A UUID: the id itself, or one that follows from it."""
    try:
        return str(uuid.UUID(id))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, id))


def _values(row: VectorRow) -> tuple[Any, ...]:
    # PostgreSQL's text has no NUL characters.
    metadata = orjson.dumps(dict(row.document.metadata), default=str).decode().replace("\\u0000", "")
    return row_id(row.id), row.document.page_content.replace("\0", ""), metadata, _vector_text(row.vector)


def _vector_text(vector: Sequence[float]) -> str:
    return orjson.dumps([*vector]).decode()


def _found(row: Mapping[str, Any], with_vector: bool) -> FoundRow:
    distance = float(row["distance"]) if row["distance"] is not None else math.nan
    document = Document(page_content=row["content"] or "", metadata=orjson.loads(row["metadata"] or "{}"), id=row["id"])
    return FoundRow(document=document, score=distance, vector=orjson.loads(row["embedding"]) if with_vector else ())


def _text(value: Any) -> str:
    """A value as `->>` gives it."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _quoted(name: str) -> str:
    if not name or "\0" in name or len(name) > 63:
        raise ProviderError(f"{name[:80]!r} is no name of a table or a column: 1 to 63 characters", provider=_PROVIDER)
    return '"' + name.replace('"', '""') + '"'
