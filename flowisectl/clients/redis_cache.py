"""Answers and vectors kept in a Redis server for equal questions and texts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import orjson

from flowisectl.clients.redis_service import RedisService, done
from flowisectl.errors import ProviderError
from flowisectl.interfaces.embeddings import Embeddings


class RedisTextCache:
    """Implements `interfaces.cache.TextCache`. A server that cannot be reached is an empty cache."""

    def __init__(self, service: RedisService, *, ttl_milliseconds: int = 0) -> None:
        self._service = service
        self._ttl = ttl_milliseconds

    async def get(self, key: str) -> str | None:
        try:
            async with self._service.connect() as redis:
                value = await done(redis.get(key))
        except ProviderError:
            return None
        return value.decode() if isinstance(value, bytes) else value

    async def put(self, key: str, text: str) -> None:
        try:
            async with self._service.connect() as redis:
                await done(redis.set(key, text, px=self._ttl if self._ttl > 0 else None))
        except ProviderError:
            return


class RedisEmbeddings:
    """An embedding model whose vectors of documents are kept. Questions are embedded anew: they are seldom asked twice."""

    def __init__(self, service: RedisService, embeddings: Embeddings, *, namespace: str, ttl_seconds: int = 3600) -> None:
        self._service = service
        self._embeddings = embeddings
        self._namespace = namespace
        self._ttl = ttl_seconds

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        keys = [f"{self._namespace}{hashlib.sha256(text.encode()).hexdigest()}" for text in texts]
        if not keys:
            return []
        known = await self._read(keys)
        missing = [place for place, vector in enumerate(known) if vector is None]
        made = await self._embeddings.embed([texts[place] for place in missing]) if missing else []
        for place, vector in zip(missing, made, strict=True):
            known[place] = vector
        await self._write([(keys[place], vector) for place, vector in zip(missing, made, strict=True)])
        return [vector if vector is not None else [] for vector in known]

    async def embed_query(self, text: str) -> list[float]:
        own = getattr(self._embeddings, "embed_query", None)
        vector: list[float] = await own(text) if own else (await self._embeddings.embed([text]))[0]
        return vector

    async def _read(self, keys: Sequence[str]) -> list[list[float] | None]:
        try:
            async with self._service.connect() as redis:
                rows = await done(redis.mget(keys))
        except ProviderError:
            return [None] * len(keys)
        return [orjson.loads(row) if row else None for row in rows]

    async def _write(self, rows: Sequence[tuple[str, Sequence[float]]]) -> None:
        if not rows:
            return
        try:
            async with self._service.connect() as redis, redis.pipeline(transaction=False) as pipe:
                for key, vector in rows:
                    pipe.set(key, orjson.dumps([*vector]), ex=self._ttl if self._ttl > 0 else None)
                await pipe.execute()
        except ProviderError:
            return
