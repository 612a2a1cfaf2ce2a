"""Workers whose loop is busy keep their jobs; workers that lost their lease write nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time

import orjson
import pytest

from config.settings import RedisSettings
from flowisectl.queue.checkpoints import Checkpoints
from flowisectl.queue.claims import ClaimedJob, now
from flowisectl.queue.inspection import job_detail
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.lifecycle import LEASE_MS
from flowisectl.redis_connection import Pipeline, open_redis
from flowisectl.runs.attempt import AttemptLost
from flowisectl.supervisor.embedded import EmbeddedRedis


@pytest.mark.slow
async def test_worker_with_a_blocked_loop_keeps_its_job(
    start_main, start_worker_process, start_worker, request_for, redis, queue_settings
) -> None:
    main, _ = await start_main(), start_worker_process()
    submission = await main.submit(request_for(spin=LEASE_MS / 1000 + 2))
    async with asyncio.timeout(20):
        while (await job_detail(redis, queue_settings, submission.job_id)).state != "running":
            await asyncio.sleep(0.02)
    _, other = await start_worker()

    result = await asyncio.wait_for(submission.result(), 30)

    detail = await job_detail(redis, queue_settings, submission.job_id)
    assert result.is_ok
    assert (detail.state, detail.attempts, other.runs) == ("done", 1, [])


async def test_stuck_loop_is_told_and_the_lease_is_let_go(start_worker) -> None:
    worker, _ = await start_worker()
    worker.lease.pulse._stuck_seconds = 0.5
    told = threading.Event()
    worker.lease.pulse.on_stuck = told.set

    blocked_until = time.monotonic() + 20
    while not told.is_set() and time.monotonic() < blocked_until:
        pass  # the loop does nothing else

    assert told.is_set()


async def test_attempt_whose_lease_has_ended_may_not_write(start_main, start_worker, request_for, redis, queue_settings, tmp_path) -> None:
    main, (worker, runner) = await start_main(), await start_worker()
    hold = tmp_path / "go"
    submission = await main.submit(request_for(hold=str(hold), confirms=True))
    await asyncio.wait_for(runner.started.wait(), 10)

    # Another worker was given the job, and this one has not heard of it.
    await redis.hset(f"{queue_settings.name}:prediction:job:{submission.job_id}", mapping={"runs": 2, "worker": "other"})
    worker.lease.claims.held_until = now() - 1
    hold.touch()
    async with asyncio.timeout(10):
        while worker.busy:
            await asyncio.sleep(0.01)

    assert runner.refused == [AttemptLost]
    assert (await redis.hget(f"{queue_settings.name}:prediction:job:{submission.job_id}", "state")) == b"running"
    await redis.hset(f"{queue_settings.name}:prediction:job:{submission.job_id}", mapping={"state": "done"})


async def test_worker_is_sure_of_its_lease_no_longer_than_the_lease(start_worker) -> None:
    worker, _ = await start_worker()

    claims = worker.lease.claims

    assert now() < claims.held_until < now() + LEASE_MS / 1000
    assert await claims.holds(ClaimedJob("unknown", 1, b"", ""))
    claims.held_until = now() - 1
    assert not await claims.holds(ClaimedJob("unknown", 1, b"", ""))


async def test_checkpoint_reaches_the_next_attempt_and_goes_with_the_end(
    start_main, start_worker, request_for, redis, queue_settings, tmp_path
) -> None:
    main, (first, runner) = await start_main(), await start_worker(grace=0.0)
    hold = tmp_path / "go"
    submission = await main.submit(request_for(hold=str(hold), checkpoint={"done": ["a", "b"] * 5000}))
    await asyncio.wait_for(runner.kept.wait(), 10)
    first.event.set()
    async with asyncio.timeout(10):
        while first.busy:
            await asyncio.sleep(0.01)
    hold.touch()

    _, second = await start_worker()
    result = await asyncio.wait_for(submission.result(), 10)

    assert result.is_ok
    assert (runner.loaded, second.loaded) == ([None], [{"done": ["a", "b"] * 5000}])
    assert not await redis.hexists(f"{queue_settings.name}:prediction:job:{submission.job_id}", "checkpoint")


async def test_checkpoint_that_is_too_large_is_told_and_the_run_goes_on(
    start_main, start_worker, request_for, redis, queue_settings
) -> None:
    main, _ = await start_main(), await start_worker()
    noise = [orjson.dumps(number * 2654435761 % 2**32).decode() for number in range(400_000)]

    submission = await main.submit(request_for(checkpoint={"noise": noise}))

    assert (await asyncio.wait_for(submission.result(), 20)).is_ok
    (note,) = (await job_detail(redis, queue_settings, submission.job_id)).notes
    assert "too much for a checkpoint" in note


async def test_service_goes_on_when_redis_loses_all_its_data(start_main, start_worker, request_for, redis, queue_settings) -> None:
    main, (_, runner) = await start_main(), await start_worker()
    assert (await asyncio.wait_for((await main.submit(request_for())).result(), 10)).is_ok

    # What a restart without data does, but the worker waits at its door all the while.
    keys = [key async for key in redis.scan_iter(match=f"{queue_settings.name}*")]
    await redis.delete(*keys)
    results = [await asyncio.wait_for((await main.submit(request_for())).result(), 10) for _ in range(3)]

    assert all(result.is_ok for result in results)
    assert len(runner.runs) == 4


async def test_run_goes_on_without_its_checkpoint_while_redis_stands_still(redis_settings, queue_settings, tmp_path) -> None:
    server = EmbeddedRedis(tmp_path / "own", port=0)
    await server.start()
    try:
        async with open_redis(RedisSettings(url=server.url), name="test") as redis:
            pipeline = Pipeline(redis)
            checkpoints = Checkpoints(pipeline, QueueKeys(queue_settings.name, "prediction"), "w1")
            os.kill(server.pid, signal.SIGSTOP)

            kept = await asyncio.wait_for(asyncio.gather(*(checkpoints.save(str(number), 1, b"{}") for number in range(3))), 4)
            kept.append(await asyncio.wait_for(checkpoints.save("late", 1, b"{}"), 4))

            assert kept == [True] * 4
            os.kill(server.pid, signal.SIGCONT)
            await pipeline.aclose()
    finally:
        os.kill(server.pid, signal.SIGCONT)
        await server.stop()
