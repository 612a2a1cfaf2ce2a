from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from config.settings import QueueSettings, RedisSettings
from flowisectl.engine.events import EventKind, FlowEvent
from flowisectl.events.buffer import EventsLost
from flowisectl.events.publisher import JobSink, Publisher
from flowisectl.events.subscriber import Subscriber, open_subscriber
from flowisectl.events.wire import JobEnd
from flowisectl.redis_connection import Pipeline, open_redis

LEASE_MS = 9_000_000_000_000


class Worker:
    """The sending side: a publisher with a lease."""

    def __init__(self, redis: Redis, pipeline: Pipeline, settings: QueueSettings, max_entries: int = 10_000) -> None:
        self.redis = redis
        self.leases = f"{settings.name}:prediction:leases"
        self.publisher = Publisher(pipeline, leases_key=self.leases, max_entries=max_entries)

    async def take_lease(self) -> None:
        await self.redis.zadd(self.leases, {"w1": LEASE_MS})


@pytest.fixture
async def worker(redis_settings: RedisSettings, queue_settings: QueueSettings) -> AsyncIterator[Worker]:
    async with open_redis(redis_settings, name=f"{queue_settings.name}-worker") as redis:
        pipeline = Pipeline(redis)
        worker = Worker(redis, pipeline, queue_settings)
        await worker.take_lease()
        yield worker
        await worker.publisher.aclose()
        await pipeline.aclose()


@pytest.fixture
async def main(redis_settings: RedisSettings, queue_settings: QueueSettings) -> AsyncIterator[Subscriber]:
    async with open_redis(redis_settings, name=f"{queue_settings.name}-main") as redis:
        pipeline = Pipeline(redis)
        async with open_subscriber(redis, pipeline, prefix=queue_settings.name) as subscriber:
            yield subscriber
        await pipeline.aclose()


def token(text: str) -> FlowEvent:
    return FlowEvent(EventKind.TOKEN, text)


async def send(sink: JobSink, texts: list[str], *, pace: float = 0.0) -> None:
    for text in texts:
        sink.emit(token(text))
        await asyncio.sleep(pace)
    await sink.drained()


def expected(texts: list[str]) -> list[bytes]:
    return [b'{"event":"token","data":"%b"}' % text.encode() for text in texts]


async def received(main: Subscriber, job_id: str) -> list[bytes]:
    buffer = main.waiting[job_id]
    return [event async for batch in buffer.batches() for event in batch]


async def stream_all(worker: Worker, main: Subscriber, redis: Redis, streams: int, tokens: int, *, pace: float = 0.0) -> None:
    """Every stream's tokens arrive whole and in order."""
    texts = {f"job{number}": [f"{number}-{place}" for place in range(tokens)] for number in range(streams)}
    for job_id in texts:
        main.listen(job_id)
    readers = {job_id: asyncio.ensure_future(received(main, job_id)) for job_id in texts}

    async def run(job_id: str) -> None:
        sink = worker.publisher.sink(job_id, 1, main.stream, worker_id="w1")
        await send(sink, texts[job_id], pace=pace)
        await redis.xadd(main.stream, {"r": f"{job_id} 1 done {sink.count}", "b": "", "x": ""})

    await asyncio.gather(*(run(job_id) for job_id in texts))

    for job_id, reader in readers.items():
        assert await asyncio.wait_for(reader, 30) == expected(texts[job_id])


async def test_256_streams_of_200_tokens_arrive_whole_and_in_order(worker: Worker, main: Subscriber, redis: Redis) -> None:
    await stream_all(worker, main, redis, 256, 200)


async def test_nothing_is_lost_while_connections_are_cut(
    worker: Worker, main: Subscriber, redis: Redis, queue_settings: QueueSettings
) -> None:
    cuts = 0

    async def cut() -> None:
        nonlocal cuts
        while True:
            await asyncio.sleep(0.05)
            for client in await redis.client_list():
                if client["name"] in (f"{queue_settings.name}-main", f"{queue_settings.name}-worker"):
                    cuts += await redis.client_kill_filter(_id=client["id"])

    cutter = asyncio.ensure_future(cut())
    try:
        await stream_all(worker, main, redis, 64, 100, pace=0.005)
    finally:
        cutter.cancel()

    assert cuts >= 5


async def test_many_events_share_a_write(worker: Worker, main: Subscriber, redis: Redis) -> None:
    sink = worker.publisher.sink("job", 1, main.stream, worker_id="w1")
    for number in range(1000):
        sink.emit(token(str(number)))
    await sink.drained()

    # the stream's first entry is its own
    assert await redis.xlen(main.stream) <= 3


async def test_full_stream_makes_the_worker_wait_and_loses_nothing(redis: Redis, pipeline: Pipeline, queue_settings: QueueSettings) -> None:
    main = Subscriber(redis, pipeline, prefix=queue_settings.name, max_entries=5)
    await main.keep()
    worker = Worker(redis, pipeline, queue_settings, max_entries=5)
    await worker.take_lease()
    main.listen("job")
    texts = [str(number) for number in range(200)]
    sink = worker.publisher.sink("job", 1, main.stream, worker_id="w1")

    sending = asyncio.ensure_future(send(sink, texts, pace=0.001))
    async with asyncio.timeout(10):
        while await redis.xlen(main.stream) < 5:
            await asyncio.sleep(0.01)
    assert not sending.done()
    reading = asyncio.ensure_future(main.run())
    await asyncio.wait_for(sending, 20)
    async with asyncio.timeout(10):
        while main.waiting["job"].number < 200:
            await asyncio.sleep(0.01)
    buffer = main.waiting["job"]
    main.end(JobEnd("job", 1, "done", 200))

    assert [event async for batch in buffer.batches() for event in batch] == expected(texts)
    reading.cancel()
    await asyncio.wait([reading])


async def test_what_was_read_is_trimmed(worker: Worker, main: Subscriber, redis: Redis) -> None:
    main.listen("job")
    sink = worker.publisher.sink("job", 1, main.stream, worker_id="w1")
    for number in range(50):
        sink.emit(token(str(number)))
        await sink.drained()

    async with asyncio.timeout(10):
        while await redis.xlen(main.stream) > 15:
            await asyncio.sleep(0.01)


async def test_events_for_a_main_that_is_gone_are_dropped(worker: Worker, redis: Redis, queue_settings: QueueSettings) -> None:
    sink = worker.publisher.sink("job", 1, f"{queue_settings.name}:events:gone", worker_id="w1")
    sink.emit(token("x"))

    await asyncio.wait_for(sink.drained(), 10)

    assert await redis.exists(f"{queue_settings.name}:events:gone") == 0


async def test_events_of_a_worker_without_a_lease_are_refused(worker: Worker, main: Subscriber, redis: Redis) -> None:
    before = await redis.xlen(main.stream)
    await redis.zrem(worker.leases, "w1")
    sink = worker.publisher.sink("job", 1, main.stream, worker_id="w1")
    sink.emit(token("ghost"))

    await asyncio.wait_for(sink.drained(), 10)

    assert await redis.xlen(main.stream) == before


async def test_stream_lives_as_long_as_its_main(redis_settings: RedisSettings, redis: Redis, queue_settings: QueueSettings) -> None:
    pipeline = Pipeline(redis)
    async with open_subscriber(redis, pipeline, prefix=queue_settings.name) as main:
        assert 0 < await redis.ttl(main.stream) <= 60

    assert await redis.exists(main.stream) == 0
    await pipeline.aclose()


async def test_lost_stream_is_made_anew_and_its_streams_are_told(worker: Worker, main: Subscriber, redis: Redis) -> None:
    told = asyncio.Event()
    main.on_new_stream = told.set
    buffer = main.listen("job")
    sink = worker.publisher.sink("job", 1, main.stream, worker_id="w1")
    await redis.unlink(main.stream)
    sink.emit(token("lost"))
    await sink.drained()

    await asyncio.wait_for(told.wait(), 10)
    sink.emit(token("second"))
    await sink.drained()

    with pytest.raises(EventsLost):
        await asyncio.wait_for(anext(buffer.batches()), 10)


async def test_job_without_listeners_costs_nothing(worker: Worker) -> None:
    sink = worker.publisher.sink("job", 1, "", worker_id="w1", is_heard=False)
    sink.emit(FlowEvent(EventKind.TOKEN, object()))

    await asyncio.wait_for(sink.drained(), 10)

    assert sink.count == 0
