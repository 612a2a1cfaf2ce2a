"""A queue server that is out of memory: jobs are still listed, and who needs it to write is not ready."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis

from config.settings import DatabaseSettings, QueueSettings, RedisSettings, SecretSettings, Settings, StorageSettings
from flowisectl.cli.database_look import DatabaseLook
from flowisectl.cli.examination import Verdict, examine
from flowisectl.cli.judgement import Level, findings_of
from flowisectl.database.connection import open_database
from flowisectl.errors import QueueFull
from flowisectl.queue.claims import Outcome, WorkerClaims
from flowisectl.queue.inspection import list_jobs
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.lifecycle import Lifecycle, NewJob, new_job_id
from flowisectl.queue.overview import look
from flowisectl.queue.retention import Retention
from flowisectl.redis_connection import Pipeline, open_redis
from flowisectl.supervisor.embedded import EmbeddedRedis
from roles.presence import readiness_of

QUEUE = QueueSettings(name="full")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedRedis]:
    """A server of this test's own, as its memory is taken away."""
    server = EmbeddedRedis(tmp_path / "valkey")
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def alone(server: EmbeddedRedis) -> AsyncIterator[Redis]:
    async with open_redis(RedisSettings(url=server.url), name="test") as redis:
        yield redis
        await redis.config_set("maxmemory", 0)


async def test_a_full_server_shows_its_jobs_and_readiness_says_that_it_is_full(alone: Redis, tmp_path: Path) -> None:
    keys, pipeline, job_id = QueueKeys(QUEUE.name, "prediction"), Pipeline(alone), new_job_id()
    await Lifecycle(pipeline, keys, QUEUE).enqueue(NewJob(id=job_id, request=b"{}", flow_id="f", chat_id="c"))
    worker = WorkerClaims(pipeline, keys, "h:1:a", lease_ms=60_000, retention=Retention.from_settings(QUEUE))
    await worker.beat(b"{}", is_first=True)
    [job] = await worker.claim(1, ())
    await worker.finish(job, Outcome("failed", "no luck"), events=0, trace=b"")
    empty = await look(alone, QUEUE)
    await alone.config_set("maxmemory", 1)

    async with open_database(DatabaseSettings(path=tmp_path / "data")) as database:
        overview = await look(alone, QUEUE)
        found = await list_jobs(alone, QUEUE)
        full = await readiness_of(database, alone).report()
        await alone.config_set("maxmemory", 0)
        free = await readiness_of(database, alone).report()
    await pipeline.aclose()

    assert [job.id for job in found] == [job_id] == [job.id for job in overview.queues[0].last_jobs]
    assert not full.is_ready and "out of memory" in full.reason
    assert free.is_ready
    assert overview.redis.is_full and "out of memory" in overview.redis.refusal
    assert not empty.redis.is_full and empty.redis.refusal == ""


async def test_a_server_that_is_nearly_full_is_ready_and_everybody_says_how_full_it_is(
    server: EmbeddedRedis, alone: Redis, tmp_path: Path
) -> None:
    await alone.setrange("ballast", 8_000_000, b"x")  # eight megabytes by a small command: no buffer counts, too, and goes later
    used = int((await alone.info("memory"))["used_memory"])
    settings = Settings(
        mode="queue",
        queue=QUEUE,
        redis=RedisSettings(url=server.url, is_configured=True),
        database=DatabaseSettings(path=tmp_path),
        storage=StorageSettings(path=tmp_path / "storage"),
        secrets=SecretSettings(path=tmp_path),
    )

    async with open_database(settings.database) as database:
        with_room = await readiness_of(database, alone).report()
        await alone.config_set("maxmemory", int(used / 0.93))
        tight = await readiness_of(database, alone).report()
    seen = await look(alone, QUEUE)
    doctor = {result.what: result for result in await examine(settings)}

    assert with_room.is_ready and with_room.checks["redis"].reason == ""
    assert tight.is_ready and tight.reason == ""
    assert tight.to_json()["status"] == "ready"
    assert re.match(r"Redis uses 9\d % of its memory .* raise maxmemory", tight.to_json()["checks"]["redis"]["reason"])
    assert seen.redis.is_tight and not seen.redis.is_full and seen.redis.refusal == ""
    assert doctor["memory"].level is Verdict.WARNING and "raise maxmemory" in doctor["memory"].text
    said = [finding for finding in findings_of(seen, DatabaseLook(place="", schema=""), "") if "Redis uses" in finding.text]
    assert [finding.level for finding in said] == [Level.WARNING]


async def test_a_queue_that_is_full_is_said_once_by_who_turns_jobs_away(alone: Redis, caplog: pytest.LogCaptureFixture) -> None:
    pipeline = Pipeline(alone)
    lifecycle = Lifecycle(pipeline, QueueKeys(QUEUE.name, "prediction"), replace(QUEUE, max_waiting=1))
    await lifecycle.enqueue(NewJob(id=new_job_id(), request=b"{}", flow_id="f", chat_id="c"))

    for _ in range(3):
        with pytest.raises(QueueFull):
            await lifecycle.enqueue(NewJob(id=new_job_id(), request=b"{}", flow_id="f", chat_id="c"))
    await pipeline.aclose()

    assert caplog.text.count("requests get 429, queue prediction: 1 wait already (QUEUE_MAX_WAITING)") == 1
