"""Vectors in a Redis server with its search module (https://redis.io/docs/latest/develop/ai/search-and-query/vectors/).

Each document is a hash `doc:<index>:<id>` with its text, its metadata (JSON with `-` escaped, as LangChain's store writes it)
and its vector (32-bit floats, little endian). The index is made when it is missing.
"""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from flowisectl.clients.redis_service import RedisService, done
from flowisectl.errors import InvalidFlow, ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.vector_index import FoundRow, VectorQuery, VectorRow

AT_ONCE = 500
FILTERED_OUT_OF = 1000
"""With conditions, so many of the nearest documents are looked at: the index knows nothing of single metadata values."""


class RedisSearchIndex:
    """Implements `interfaces.vector_index.VectorIndex`. Scores are cosine distances: smaller is nearer.

    `replaces` throws away the index and its documents before the first write of this object.
    """

    def __init__(
        self,
        service: RedisService,
        *,
        name: str,
        content_key: str = "content",
        metadata_key: str = "metadata",
        vector_key: str = "content_vector",
        replaces: bool = False,
    ) -> None:
        self._service = service
        self._name = name
        self._prefix = f"doc:{name}:"
        self._content = content_key
        self._metadata = metadata_key
        self._vector = vector_key
        self._replaces = replaces
        self._is_made = False

    async def add(self, rows: Sequence[VectorRow]) -> None:
        if not rows:
            return
        async with self._connection() as redis:
            await self._make(redis, len(rows[0].vector))
            for start in range(0, len(rows), AT_ONCE):
                pipe = redis.pipeline(transaction=False)
                for row in rows[start : start + AT_ONCE]:
                    pipe.hset(self._prefix + row.id, mapping=self._fields(row))
                await pipe.execute()

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        count = max(query.count, FILTERED_OUT_OF) if query.conditions else query.count
        wanted = [self._content, self._metadata, "vector_score", *([self._vector] if query.with_vectors else [])]
        async with self._connection() as redis:
            answer = await _command(
                redis, "FT.SEARCH", self._name, f"(*)=>[KNN $K @{self._vector} $BLOB AS vector_score]",
                "PARAMS", 4, "K", count, "BLOB", packed(query.vector),
                "RETURN", len(wanted), *wanted, "SORTBY", "vector_score", "LIMIT", 0, count, "DIALECT", 2,
            )  # fmt: skip
        found = [self._row(fields) for fields in _entries(answer)]
        for name, value in (query.conditions or {}).items():
            found = [row for row in found if row.document.metadata.get(name) == value]
        return found[: query.count]

    async def delete(self, ids: Sequence[str]) -> None:
        async with self._connection() as redis:
            for start in range(0, len(ids), AT_ONCE):
                await done(redis.delete(*(self._prefix + id for id in ids[start : start + AT_ONCE])))

    async def _make(self, redis: Redis, dimension: int) -> None:
        if self._is_made:
            return
        exists = await self._exists(redis)
        if exists and self._replaces:
            await _command(redis, "FT.DROPINDEX", self._name, "DD")
            exists = False
        if not exists:
            vector = ("VECTOR", "HNSW", 6, "TYPE", "FLOAT32", "DIM", dimension, "DISTANCE_METRIC", "COSINE")
            schema = (self._vector, *vector, self._content, "TEXT", self._metadata, "TEXT")
            await _command(redis, "FT.CREATE", self._name, "ON", "HASH", "PREFIX", 1, self._prefix, "SCHEMA", *schema)
        self._is_made = True

    async def _exists(self, redis: Redis) -> bool:
        try:
            await _command(redis, "FT.INFO", self._name)
        except ResponseError as error:
            if any(words in str(error).lower() for words in ("unknown index", "no such index", "not found")):
                return False
            raise
        return True

    def _fields(self, row: VectorRow) -> dict[str, Any]:
        metadata = orjson.dumps(row.document.metadata).decode().replace("-", "\\-")
        return {self._vector: packed(row.vector), self._content: row.document.page_content, self._metadata: metadata}

    def _row(self, fields: dict[str, Any]) -> FoundRow:
        metadata = _metadata(_text(fields.get(self._metadata, "")))
        raw = fields.get(self._vector)
        document = Document(
            page_content=_text(fields.get(self._content, "")),
            metadata=metadata,
        )
        vector = struct.unpack(f"<{len(raw) // 4}f", raw) if isinstance(raw, bytes) else ()
        return FoundRow(document=document, score=float(_text(fields.get("vector_score", 0))), vector=vector)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Redis]:
        try:
            async with self._service.connect() as redis:
                yield redis
        except ProviderError as error:
            text = str(error)
            if "unknown command" in text.lower():
                raise ProviderError(f"{text}; this server has no search module: use Redis 8, or Redis Stack", provider="redis") from error
            if "no such index" in text.lower() or "unknown index" in text.lower():
                raise InvalidFlow(f"Redis has no index {self._name!r}: upsert documents first, or correct its name") from error
            raise


async def _command(redis: Redis, *parts: Any) -> Any:
    execute: Any = redis.execute_command
    return await execute(*parts)


def packed(vector: Sequence[float]) -> bytes:
    return struct.pack(f"<{len(vector)}f", *vector)


def _metadata(text: str) -> dict[str, Any]:
    """Metadata as it was written: with `-` escaped, by newer clients `:` and quotes, too."""
    for marks in ("-", '-:"'):
        plain = text
        for mark in marks:
            plain = plain.replace(f"\\{mark}", mark)
        try:
            found = orjson.loads(plain or "{}")
        except ValueError:
            continue
        return found if isinstance(found, dict) else {}
    return {}


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _entries(answer: Any) -> list[dict[str, Any]]:
    """The fields of what a search found, of its answer: `[total, key, [name, value, …], key, …]`."""
    found = []
    rows = answer[1:] if isinstance(answer, list) else []
    for pairs in rows[1::2]:
        names = [_text(name) for name in pairs[::2]]
        found.append(dict(zip(names, pairs[1::2], strict=True)))
    return found
