"""Bodies and answers that are too large for Redis: it stays small, and nobody notices."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from redis.asyncio import Redis

from config.settings import DatabaseSettings, QueueSettings, RedisSettings, WorkerSettings
from flowisectl.database.connection import Database, open_database
from flowisectl.database.payload_files import FOLDER
from flowisectl.documents import submitter as upsert_submitter
from flowisectl.documents.request import UpsertRequest, UpsertResult
from flowisectl.documents.submitter import open_upserts
from flowisectl.engine.context import Trace
from flowisectl.engine.events import EventSink
from flowisectl.errors import FlowisectlError
from flowisectl.predictions.idempotency import KeyReused
from flowisectl.predictions.request import PredictionRequest, PredictionResult
from flowisectl.predictions.submission import Acceptance
from flowisectl.predictions.submitter import QueueSubmitter, open_submitter
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.packed import FORM, PLAIN
from flowisectl.queue.purge import purge_jobs
from flowisectl.redis_connection import open_redis
from flowisectl.runs.attempt import Attempt
from flowisectl.worker.app import create_upsert_worker, create_worker

FIVE_MB = 5_000_000
MIB = 1024 * 1024


class Echo:
    """Answers with the body, as it came to it."""

    async def run(self, request: PredictionRequest, events: EventSink, trace: Trace, attempt: Attempt) -> PredictionResult:
        return PredictionResult(body=orjson.dumps({"text": "ok", "body": request.body}))

    async def stopped(self, request: PredictionRequest, events: EventSink, error: Any, said: str, attempt: Attempt) -> PredictionResult:
        return PredictionResult(error=error.message, error_kind=type(error).__name__, status=500)


Stack = tuple[QueueSubmitter, QueueSubmitter, Database]


@pytest.fixture
async def stack(redis_settings: RedisSettings, queue_settings: QueueSettings, tmp_path: Path) -> AsyncIterator[Stack]:
    """Two mains and a worker, each with a connection of its own to one database."""
    async with AsyncExitStack() as opened:
        mains = []
        for _ in range(2):
            database = await opened.enter_async_context(open_database(DatabaseSettings(path=tmp_path)))
            redis = await opened.enter_async_context(open_redis(redis_settings, name="main"))
            mains.append(await opened.enter_async_context(open_submitter(redis, queue_settings, database)))
        own = await opened.enter_async_context(open_database(DatabaseSettings(path=tmp_path)))
        redis = await opened.enter_async_context(open_redis(redis_settings, name="worker"))
        worker = create_worker(redis, Echo(), queue_settings, WorkerSettings(port=0), database=own)
        worker.SIGNALS = []
        task = asyncio.create_task(worker.start())
        yield mains[0], mains[1], database
        worker.event.set()
        await asyncio.wait_for(task, 30)


def noise(characters: int) -> str:
    return os.urandom(characters // 2).hex()


async def kept_parts(database: Database) -> list[tuple[str, int]]:
    """What is kept of jobs, each with its size in bytes: with SQLite in files."""
    files = (database.settings.sqlite_file.parent / FOLDER).glob("*/*")
    return sorted((file.name.partition("%3A")[0], file.stat().st_size) for file in files if not file.name.startswith("."))


async def test_five_megabytes_come_through_both_ways_and_redis_stays_flat(
    stack: Stack, request_for: Callable[..., PredictionRequest], redis: Redis, queue_settings: QueueSettings
) -> None:
    main, other, database = stack
    await (await main.submit(request_for(question="warm"))).result()
    before = (await redis.info("memory"))["used_memory"]
    bodies = [{"question": f"q{number}", "form": {"text": noise(FIVE_MB), "number": 2**63 - 1, "odd": "🦜 naïve"}} for number in range(6)]

    submissions = [await main.submit(request_for(**body)) for body in bodies]
    results = [await asyncio.wait_for(submission.result(), 60) for submission in submissions]

    after = (await redis.info("memory"))["used_memory"]
    found = await other.job(submissions[0].job_id)
    assert [orjson.loads(result.body)["body"] for result in results] == bodies
    assert found.result is not None
    assert found.result.body == results[0].body
    assert (await other.follow(submissions[1].job_id).result()).body == results[1].body
    assert after - before < 2 * MIB
    kept = await kept_parts(database)
    assert [name for name, _ in kept] == ["request"] * 6 + ["result"] * 6
    assert all(size > FIVE_MB for _, size in kept)
    assert await database.fetch(sa.text("select * from flowisectl_payload")) == []


async def test_what_is_kept_of_a_job_goes_when_the_job_goes(
    stack: Stack, request_for: Callable[..., PredictionRequest], redis: Redis, queue_settings: QueueSettings
) -> None:
    main, other, database = stack
    submissions = [await main.submit(request_for(question="q", form=noise(600_000))) for _ in range(3)]
    for submission in submissions:
        await asyncio.wait_for(submission.result(), 30)

    await purge_jobs(redis, queue_settings, [submission.job_id for submission in submissions[:2]])
    assert other._payloads is not None
    swept = await other._payloads.sweep() + await main._payloads.sweep()

    assert swept <= 2  # a main may have been faster in the background
    async with asyncio.timeout(10):
        while len(await kept_parts(database)) != 2:
            await asyncio.sleep(0.02)
    assert (await main.job(submissions[2].job_id)).result is not None


async def test_jobs_beyond_the_count_leave_nothing_behind(
    redis_settings: RedisSettings, request_for: Callable[..., PredictionRequest], queue_settings: QueueSettings, tmp_path: Path
) -> None:
    settings = QueueSettings(name=queue_settings.name, remove_on_count=1)
    async with (
        open_database(DatabaseSettings(path=tmp_path)) as database,
        open_redis(redis_settings, name="all") as redis,
        open_submitter(redis, settings, database) as main,
    ):
        worker = create_worker(redis, Echo(), settings, WorkerSettings(port=0), database=database)
        worker.SIGNALS = []
        task = asyncio.create_task(worker.start())
        for _ in range(4):
            assert (await asyncio.wait_for((await main.submit(request_for(question=noise(600_000)))).result(), 30)).is_ok
        async with asyncio.timeout(20):
            while len(await kept_parts(database)) > 2:
                await main._payloads.sweep()
                await asyncio.sleep(0.02)
        left = await kept_parts(database)
        worker.event.set()
        await asyncio.wait_for(task, 30)

    assert [name for name, _ in left] == ["request", "result"]


async def test_large_body_that_the_database_has_lost_is_an_honest_failure(
    redis_settings: RedisSettings, request_for: Callable[..., PredictionRequest], queue_settings: QueueSettings, tmp_path: Path
) -> None:
    async with (
        open_database(DatabaseSettings(path=tmp_path)) as database,
        open_redis(redis_settings, name="all") as redis,
        open_submitter(redis, queue_settings, database) as main,
    ):
        submission = await main.submit(request_for(question=noise(600_000)))
        shutil.rmtree(tmp_path / FOLDER)
        worker = create_worker(redis, Echo(), queue_settings, WorkerSettings(port=0), database=database)
        worker.SIGNALS = []
        task = asyncio.create_task(worker.start())

        result = await asyncio.wait_for(submission.result(), 30)

        worker.event.set()
        await asyncio.wait_for(task, 30)
    assert result.error_kind == "PayloadLost"
    assert submission.job_id in result.error


async def test_equal_keys_of_large_requests_are_one_job_and_other_bodies_are_refused(
    stack: Stack, request_for: Callable[..., PredictionRequest]
) -> None:
    main, other, _ = stack
    text = noise(600_000)
    key = Acceptance(idempotency_key="k", caller="me")

    first = await main.submit(request_for(question=text, form={"a": 1}), key)
    second = await other.submit(request_for(form={"a": 1}, question=text), key)
    with pytest.raises(KeyReused):
        await other.submit(request_for(question=text + "!", form={"a": 1}), key)

    results = [await asyncio.wait_for(submission.result(), 30) for submission in (first, second)]
    assert first.job_id == second.job_id
    assert [orjson.loads(result.body)["body"]["question"] for result in results] == [text, text]


class Previews:
    """Answers with as many megabytes as the body says."""

    async def run(self, request: UpsertRequest, trace: Trace, attempt: Attempt) -> UpsertResult:
        return UpsertResult(body=orjson.dumps({"chunks": "x" * request.body["bytes"]}))

    def stopped(self, error: FlowisectlError) -> UpsertResult:
        return UpsertResult(error=error.message)


@pytest.mark.parametrize(("reads", "is_in_redis"), [(FORM, False), (PLAIN, True)])
async def test_a_large_answer_of_the_upsert_lane_stays_out_of_redis_when_its_main_can_read_it_there(
    redis_settings: RedisSettings,
    redis: Redis,
    queue_settings: QueueSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reads: int,
    is_in_redis: bool,
) -> None:
    monkeypatch.setattr(upsert_submitter, "FORM", reads)
    async with (
        open_database(DatabaseSettings(path=tmp_path)) as database,
        open_redis(redis_settings, name="all") as own,
        open_upserts(own, queue_settings, database) as main,
    ):
        worker = create_upsert_worker(own, Previews(), queue_settings, WorkerSettings(port=0), database=database)
        worker.SIGNALS = []
        task = asyncio.create_task(worker.start())

        submission = await main.submit(UpsertRequest(target_id="store", upsert_id="u", body={"bytes": 3 * MIB}))
        result = await asyncio.wait_for(submission.result(), 30)

        stored = await redis.hget(QueueKeys(queue_settings.name, "upsert").job(submission.job_id), "result")  # type: ignore[misc]
        worker.event.set()
        await asyncio.wait_for(task, 30)
    assert len(orjson.loads(result.body)["chunks"]) == 3 * MIB
    assert (len(stored) > MIB) is is_in_redis
