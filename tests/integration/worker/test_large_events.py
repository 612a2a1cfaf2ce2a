"""Events that are too large for Redis: clients get them whole and in order, Redis and its streams stay small."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import orjson
import pytest
from redis.asyncio import Redis

from config.settings import DatabaseSettings, QueueSettings, RedisSettings, WorkerSettings
from flowisectl.database.connection import Database, open_database
from flowisectl.database.payload_files import FOLDER
from flowisectl.engine.context import Trace
from flowisectl.engine.events import EventKind, EventSink, FlowEvent
from flowisectl.errors import DatabaseUnavailable
from flowisectl.events import wire
from flowisectl.events.buffer import EventsLost
from flowisectl.predictions import submitter as submitter_module
from flowisectl.predictions.request import PredictionRequest, PredictionResult
from flowisectl.predictions.submission import Acceptance, Submission
from flowisectl.predictions.submitter import QueueSubmitter, open_submitter
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.packed import PLAIN
from flowisectl.redis_connection import open_redis
from flowisectl.runs.attempt import Attempt
from flowisectl.runs.payloads import Payloads
from flowisectl.worker.app import create_worker

LARGE = 10_000_000
"""More than a main holds of a job whose client reads too slowly: whole, it would cut the stream."""


class Telling:
    """Tells tokens, and between them documents of `sizes` bytes, without a pause."""

    async def run(self, request: PredictionRequest, events: EventSink, trace: Trace, attempt: Attempt) -> PredictionResult:
        for place, size in enumerate(request.body["sizes"]):
            events.emit(FlowEvent(EventKind.TOKEN, f"t{place}"))
            events.emit(FlowEvent(EventKind.SOURCE_DOCUMENTS, [{"pageContent": "x" * size}]))
        events.emit(FlowEvent(EventKind.TOKEN, "last"))
        return PredictionResult(body=b'{"text":"done"}')

    async def stopped(self, request: PredictionRequest, events: EventSink, error: Any, said: str, attempt: Attempt) -> PredictionResult:
        return PredictionResult(error=error.message, error_kind=type(error).__name__, status=500)


Mains = tuple[QueueSubmitter, QueueSubmitter]


@pytest.fixture
async def mains(redis_settings: RedisSettings, queue_settings: QueueSettings, tmp_path: Path) -> AsyncIterator[Mains]:
    """Two mains and a worker that share a database."""
    async with AsyncExitStack() as opened:
        made = []
        for _ in range(2):
            database = await opened.enter_async_context(open_database(DatabaseSettings(path=tmp_path)))
            redis = await opened.enter_async_context(open_redis(redis_settings, name="main"))
            made.append(await opened.enter_async_context(open_submitter(redis, queue_settings, database)))
        own: Database = await opened.enter_async_context(open_database(DatabaseSettings(path=tmp_path)))
        redis = await opened.enter_async_context(open_redis(redis_settings, name="worker"))
        worker = create_worker(redis, Telling(), queue_settings, WorkerSettings(port=0), database=own)
        worker.SIGNALS = []
        task = asyncio.create_task(worker.start())
        yield made[0], made[1]
        worker.event.set()
        await asyncio.wait_for(task, 30)


async def told(submission: Submission) -> list[tuple[str, int]]:
    """The kind of each event, and how much it says."""
    async with asyncio.timeout(60):
        events = [orjson.loads(event) async for batch in submission.events() for event in batch]
    return [
        (event["event"], len(event["data"]) if isinstance(event["data"], str) else len(event["data"][0]["pageContent"])) for event in events
    ]


def expected(sizes: list[int]) -> list[tuple[str, int]]:
    pairs = [pair for place, size in enumerate(sizes) for pair in (("token", len(f"t{place}")), ("sourceDocuments", size))]
    return [*pairs, ("token", 4)]


async def test_large_events_come_whole_and_in_order_and_stay_out_of_redis(
    mains: Mains, request_for: Callable[..., PredictionRequest], redis: Redis, queue_settings: QueueSettings
) -> None:
    main, other = mains
    sizes = [10, LARGE, 300_000, 20, LARGE]

    submission = await main.submit(request_for(stream=True, sizes=sizes))
    events = await told(submission)

    assert events == expected(sizes)
    assert (await submission.result()).is_ok
    log = await redis.get(QueueKeys(queue_settings.name, "prediction")[f"log:{submission.job_id}:1"])
    assert len(log) < 1_000
    assert await told(other.follow(submission.job_id)) == expected(sizes)


async def test_numbered_events_are_whole_too(mains: Mains, request_for: Callable[..., PredictionRequest]) -> None:
    submission = await mains[0].submit(request_for(stream=True, sizes=[300_000]), Acceptance(is_numbered=True))

    async with asyncio.timeout(60):
        events = [pair async for batch in submission.numbered() for pair in batch]

    assert [place for place, _ in events] == ["1-1", "1-2", "1-3"]
    assert len(events[1][1]) > 300_000


async def test_a_reader_that_is_handed_events_gets_large_ones_in_their_place(
    mains: Mains, request_for: Callable[..., PredictionRequest]
) -> None:
    sizes = [10, 300_000, 20, 400_000]
    submission = await mains[0].submit(request_for(stream=True, sizes=sizes))
    got: list[bytes] = []

    def take(events: list[bytes]) -> bool:
        got.extend(events)
        return True

    submission.hand_to(take)  # type: ignore[attr-defined]
    async with asyncio.timeout(60):
        async for batch in submission.events():
            got.extend(batch)

    assert [orjson.loads(event)["event"] for event in got] == [kind for kind, _ in expected(sizes)]
    assert not wire.has_kept(got)


async def test_what_was_kept_of_events_goes_with_the_job(
    mains: Mains, request_for: Callable[..., PredictionRequest], redis: Redis, queue_settings: QueueSettings, tmp_path: Path
) -> None:
    main, _ = mains
    submission = await main.submit(request_for(stream=True, sizes=[300_000]))
    await told(submission)
    await submission.result()
    marks = await redis.hget(QueueKeys(queue_settings.name, "prediction").job(submission.job_id), "stored")  # type: ignore[misc]

    assert [file.name for file in (tmp_path / FOLDER / submission.job_id).iterdir()] == ["event%3A1%3A2"]
    assert marks == b"1"


async def test_a_main_that_does_not_say_that_it_can_read_them_gets_events_whole(
    mains: Mains, request_for: Callable[..., PredictionRequest], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(submitter_module, "FORM", PLAIN)

    submission = await mains[0].submit(request_for(stream=True, sizes=[300_000]))

    assert await told(submission) == expected([300_000])
    assert not (tmp_path / FOLDER).exists()


async def test_a_database_that_is_away_loses_no_event(
    mains: Mains, request_for: Callable[..., PredictionRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> None:
        raise DatabaseUnavailable("the database is away")

    monkeypatch.setattr(Payloads, "put", away)

    submission = await mains[0].submit(request_for(stream=True, sizes=[300_000, 10]))

    assert await told(submission) == expected([300_000, 10])


async def test_events_that_are_gone_end_the_stream_and_not_the_result(
    mains: Mains, request_for: Callable[..., PredictionRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: Any) -> None:
        return None

    monkeypatch.setattr(Payloads, "put", nothing)
    submission = await mains[0].submit(request_for(stream=True, sizes=[300_000]))

    with pytest.raises(EventsLost, match=submission.job_id):
        await told(submission)

    assert (await submission.result()).is_ok
