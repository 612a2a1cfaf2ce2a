from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import orjson
import pytest

from flowisectl.events.wire import RETRY_EVENT
from flowisectl.queue.inspection import job_detail, snapshot


def tokens(texts: list[str]) -> list[bytes]:
    return [orjson.dumps({"event": "token", "data": text}) for text in texts]


async def first_events(submission) -> tuple[list[bytes], object]:
    reader = submission.events()
    return await asyncio.wait_for(anext(reader), 20), reader


@pytest.mark.slow
async def test_job_of_a_killed_worker_runs_again_and_attempts_do_not_mix(
    start_main, start_worker, start_worker_process, request_for, redis, queue_settings, tmp_path: Path
) -> None:
    main, doomed = await start_main(), start_worker_process()
    hold = tmp_path / "go"
    submission = await main.submit(request_for(stream=True, tokens=["a", "b", "c"], hold=str(hold)))
    seen, reader = await first_events(submission)
    while len(seen) < 3:
        seen += await asyncio.wait_for(anext(reader), 20)

    doomed.send_signal(signal.SIGKILL)
    hold.touch()
    await start_worker()

    rest = [event async for batch in reader for event in batch]
    assert seen == tokens(["a", "b", "c"])
    assert rest[:-1] == [RETRY_EVENT, *tokens(["a", "b", "c"])]
    assert orjson.loads((await submission.result()).body)["text"] == "abc"
    detail = await job_detail(redis, queue_settings, submission.job_id)
    assert (detail.state, detail.attempts) == ("done", 2)


@pytest.mark.slow
async def test_all_jobs_of_a_killed_worker_are_answered(
    start_main, start_worker, start_worker_process, request_for, redis, queue_settings, tmp_path: Path
) -> None:
    main, doomed = await start_main(), start_worker_process()
    hold = tmp_path / "go"
    submissions = [await main.submit(request_for(chat=str(number), hold=str(hold), tokens=[str(number)])) for number in range(100)]
    async with asyncio.timeout(20):
        while (await snapshot(redis, queue_settings, last=0)).running < 100:
            await asyncio.sleep(0.02)

    doomed.send_signal(signal.SIGKILL)
    hold.touch()
    _, runner = await start_worker()

    results = await asyncio.wait_for(asyncio.gather(*(submission.result() for submission in submissions)), 30)
    assert [orjson.loads(result.body)["text"] for result in results] == [str(number) for number in range(100)]
    assert len(runner.runs) == len(set(runner.runs)) == 100


@pytest.mark.slow
async def test_paused_worker_that_wakes_does_no_harm(
    start_main, start_worker, start_worker_process, request_for, redis, queue_settings, tmp_path: Path
) -> None:
    main, paused = await start_main(), start_worker_process()
    hold = tmp_path / "go"
    submission = await main.submit(request_for(stream=True, tokens=["a"], hold=str(hold)))
    _, reader = await first_events(submission)
    paused.send_signal(signal.SIGSTOP)
    hold.touch()
    _, runner = await start_worker()
    rest = [event async for batch in reader for event in batch]
    result = await submission.result()

    paused.send_signal(signal.SIGCONT)

    # It comes back under a new lease, having dropped what others have done meanwhile.
    async with asyncio.timeout(20):
        while len([item for item in (await snapshot(redis, queue_settings)).workers if item.state == "taking"]) < 2:
            await asyncio.sleep(0.05)
    detail = await job_detail(redis, queue_settings, submission.job_id)
    assert rest[:2] == [RETRY_EVENT, *tokens(["a"])]
    assert result.is_ok
    assert (detail.state, detail.attempts, len(runner.runs)) == ("done", 2, 1)
    assert detail.result.encode() == result.body
    again = [await main.submit(request_for(tokens=["x"])) for _ in range(20)]
    assert all(result.is_ok for result in await asyncio.wait_for(asyncio.gather(*(one.result() for one in again)), 20))


async def test_ending_worker_lets_its_runs_finish(start_main, start_worker, request_for, tmp_path: Path) -> None:
    main, (worker, runner) = await start_main(), await start_worker(concurrency=1)
    hold = tmp_path / "go"
    running = await main.submit(request_for(hold=str(hold), tokens=["x"]))
    await asyncio.wait_for(runner.started.wait(), 10)
    waiting = await main.submit(request_for(tokens=["y"]))

    worker.event.set()
    async with asyncio.timeout(10):
        while worker.health().is_ok:
            await asyncio.sleep(0.01)
    hold.touch()

    assert (await asyncio.wait_for(running.result(), 10)).is_ok
    assert len(runner.runs) == 1
    assert "stopping" in worker.health().reason
    _, other = await start_worker()
    assert (await asyncio.wait_for(waiting.result(), 10)).is_ok
    assert len(other.runs) == 1


async def test_ending_worker_hands_back_what_does_not_finish(
    start_main, start_worker, request_for, redis, queue_settings, tmp_path: Path
) -> None:
    main, (worker, runner) = await start_main(), await start_worker(grace=0.1)
    hold = tmp_path / "go"
    submissions = [await main.submit(request_for(hold=str(hold), tokens=[str(number)])) for number in range(5)]
    async with asyncio.timeout(10):
        while worker.busy < 5:
            await asyncio.sleep(0.01)

    worker.event.set()
    async with asyncio.timeout(10):
        while (await snapshot(redis, queue_settings)).waiting < 5:
            await asyncio.sleep(0.01)
    hold.touch()
    _, other = await start_worker()

    results = await asyncio.wait_for(asyncio.gather(*(submission.result() for submission in submissions)), 10)
    assert all(result.is_ok for result in results)
    assert other.runs == runner.runs
    assert runner.cancelled == 5
    details = [await job_detail(redis, queue_settings, submission.job_id) for submission in submissions]
    assert {detail.attempts for detail in details} == {1}


async def test_terminated_worker_process_ends_by_itself_and_leaves_nothing(start_worker_process, redis, queue_settings) -> None:
    process = start_worker_process()

    process.send_signal(signal.SIGTERM)

    assert await asyncio.wait_for(asyncio.to_thread(process.wait), 20) == 0
    assert (await snapshot(redis, queue_settings)).workers == ()
    left = {key.decode() async for key in redis.scan_iter(match=f"{queue_settings.name}*")}
    assert left <= {f"{queue_settings.name}:prediction:tick", f"{queue_settings.name}:prediction:workers"}


async def test_second_signal_hands_back_at_once(start_main, start_worker_process, request_for, redis, queue_settings) -> None:
    main, process = await start_main(), start_worker_process()
    await main.submit(request_for(seconds=1000))
    async with asyncio.timeout(20):
        while not (await snapshot(redis, queue_settings)).running:
            await asyncio.sleep(0.02)

    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(20):
        while {worker.state for worker in (await snapshot(redis, queue_settings)).workers} != {"draining"}:
            await asyncio.sleep(0.02)
    process.send_signal(signal.SIGTERM)

    assert await asyncio.wait_for(asyncio.to_thread(process.wait), 20) == 0
    assert (await snapshot(redis, queue_settings)).waiting == 1
