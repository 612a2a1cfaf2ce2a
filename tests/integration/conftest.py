"""A real Valkey for the tests that need Redis: one server for the session, one QUEUE_NAME for each test."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from config.settings import QueueSettings, RedisSettings
from flowisectl.redis_connection import Pipeline, open_redis
from flowisectl.supervisor.embedded import EmbeddedRedis


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    server = EmbeddedRedis(Path(tmp_path_factory.mktemp("valkey")))
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


@pytest.fixture
def redis_settings(valkey: EmbeddedRedis) -> RedisSettings:
    return RedisSettings(url=valkey.url)


@pytest.fixture
def queue_settings() -> QueueSettings:
    return QueueSettings(name=f"test-{uuid.uuid4().hex[:8]}")


@pytest.fixture
async def redis(redis_settings: RedisSettings) -> AsyncIterator[Redis]:
    async with open_redis(redis_settings, name="test") as client:
        yield client


@pytest.fixture
async def pipeline(redis: Redis) -> AsyncIterator[Pipeline]:
    pipeline = Pipeline(redis)
    yield pipeline
    await pipeline.aclose()
