"""Answers of models kept per flow, for flows with an In-Memory Cache node."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError

from flowisectl.interfaces.cache import TextCache

KEPT_ANSWERS = 1000
KEPT_SECONDS = 24 * 3600


class TextCaches(Protocol):
    def of_flow(self, flow_id: str) -> TextCache: ...


class MemoryTextCaches:
    """For MODE=main: caches that live with the process."""

    def __init__(self) -> None:
        self._flows: dict[str, _MemoryTextCache] = {}

    def of_flow(self, flow_id: str) -> TextCache:
        return self._flows.setdefault(flow_id, _MemoryTextCache())


class _MemoryTextCache:
    def __init__(self) -> None:
        self._answers: OrderedDict[str, str] = OrderedDict()

    async def get(self, key: str) -> str | None:
        return self._answers.get(key)

    async def put(self, key: str, text: str) -> None:
        self._answers[key] = text
        while len(self._answers) > KEPT_ANSWERS:
            self._answers.popitem(last=False)


class RedisTextCaches:
    """For queue mode: one hash per flow, shared by all workers, with a time to live."""

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis = redis
        self._prefix = prefix

    def of_flow(self, flow_id: str) -> TextCache:
        return _RedisTextCache(self._redis, f"{self._prefix}:llmCache:{flow_id}")


class _RedisTextCache:
    """A cache that cannot be reached is an empty cache: the model answers instead."""

    def __init__(self, redis: Redis, name: str) -> None:
        self._redis = redis
        self._name = name

    async def get(self, key: str) -> str | None:
        try:
            # redis-py annotates its commands for both of its clients; here they are always awaitable
            value = await self._redis.hget(self._name, key)  # type: ignore[misc]
        except RedisError:
            return None
        return value.decode() if isinstance(value, bytes) else value

    async def put(self, key: str, text: str) -> None:
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.hset(self._name, key, text)
                pipe.hlen(self._name)
                pipe.expire(self._name, KEPT_SECONDS)
                _, size, _ = await pipe.execute()
            if size > KEPT_ANSWERS:
                await self._redis.delete(self._name)
        except RedisError:
            return
