from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import orjson
import pytest
from scripted_runner import ScriptedRunner

from config.settings import RedisSettings, WorkerSettings
from flowisectl.errors import DeadlinePassed, RedisUnavailable
from flowisectl.predictions.submitter import open_submitter
from flowisectl.queue.inspection import job_detail, snapshot
from flowisectl.redis_connection import open_redis
from flowisectl.supervisor.embedded import EmbeddedRedis, open_embedded_redis
from flowisectl.worker.app import create_worker


def tokens(texts: list[str]) -> list[bytes]:
    return [orjson.dumps({"event": "token", "data": text}) for text in texts]


async def test_answer_comes_back_as_bytes(start_main, start_worker, request_for) -> None:
    main, _ = await start_main(), await start_worker()
    request = request_for(tokens=["a", "b"])

    submission = await main.submit(request)

    result = await asyncio.wait_for(submission.result(), 10)
    assert result.body == orjson.dumps({"text": "ab", "id": request.message_id})
    assert result.is_ok


async def test_events_come_in_order_and_end_before_the_result_is_asked(start_main, start_worker, request_for, events_of) -> None:
    main, _ = await start_main(), await start_worker()

    submission = await main.submit(request_for(stream=True, tokens=["Hé", "llo\n", "🙂"], chat="c9"))

    assert await events_of(submission) == [*tokens(["Hé", "llo\n", "🙂"]), b'{"event":"metadata","data":{"chatId":"c9"}}']
    assert (await submission.result()).is_ok


async def test_nobody_listens_nobody_sends(start_main, start_worker, request_for, events_of, redis) -> None:
    main, _ = await start_main(), await start_worker()

    submission = await main.submit(request_for(tokens=["a"] * 100))

    assert await events_of(submission) == []
    assert (await submission.result()).is_ok


async def test_failure_of_a_flow_is_final(start_main, start_worker, request_for, events_of, redis, queue_settings) -> None:
    main, (_, runner) = await start_main(), await start_worker()

    submission = await main.submit(request_for(stream=True, error="no such model"))

    assert await events_of(submission) == [b'{"event":"error","data":"no such model"}']
    result = await submission.result()
    assert (result.error, result.error_kind, result.status) == ("no such model", "NodeError", 500)
    detail = await job_detail(redis, queue_settings, submission.job_id)
    assert (detail.state, detail.attempts, len(runner.runs)) == ("failed", 1, 1)
    assert [(node.label, node.status) for node in detail.nodes] == [("Scripted", "finished")]


async def test_fault_of_the_worker_itself_is_an_answer_too(start_main, start_worker, request_for) -> None:
    main, _ = await start_main(), await start_worker()

    submission = await main.submit(request_for(raises="unforeseen"))

    result = await asyncio.wait_for(submission.result(), 10)
    assert "unforeseen" in result.error
    assert result.status == 500


async def test_bodies_of_any_kind_travel(start_main, start_worker, request_for) -> None:
    main, _ = await start_main(), await start_worker()
    strange = {"huge": 2**80, "half": "\ud83d", "nul": "\x00", "text": "ä🙂", "none": None, "big": "x" * 3_000_000}

    submission = await main.submit(request_for(tokens=["x" * 2_000_000], **strange))

    assert len((await asyncio.wait_for(submission.result(), 20)).body) > 2_000_000


async def test_errors_may_quote_anything(start_main, start_worker, request_for, events_of) -> None:
    main, _ = await start_main(), await start_worker()

    submission = await main.submit(request_for(stream=True, error="half \ud83d, ä\n\x00"))

    assert "half \\ud83d, ä\n\x00" in (await asyncio.wait_for(submission.result(), 10)).error
    await events_of(submission)


async def test_two_runs_of_one_chat_never_mix(start_main, start_worker, request_for, events_of) -> None:
    main, _ = await start_main(), await start_worker()
    texts = {who: [f"{who}{number}" for number in range(50)] for who in "abcd"}

    submissions = {who: await main.submit(request_for(stream=True, chat="same", tokens=texts[who], pace=0.001)) for who in texts}
    events = await asyncio.gather(*(events_of(submission) for submission in submissions.values()))

    for who, seen in zip(texts, events, strict=True):
        assert seen[:-1] == tokens(texts[who])


async def test_256_streams_of_200_tokens_equal_their_texts(start_main, start_worker, request_for, events_of) -> None:
    main, _ = await start_main(), await start_worker()
    texts = [f"{number} " for number in range(200)]

    async def one(number: int) -> None:
        submission = await main.submit(request_for(stream=True, chat=str(number), tokens=texts))
        seen = await events_of(submission)
        text = "".join(orjson.loads(event)["data"] for event in seen[:-1])
        assert text == orjson.loads((await submission.result()).body)["text"] == "".join(texts)

    await asyncio.wait_for(asyncio.gather(*(one(number) for number in range(256))), 60)


async def test_nothing_is_lost_or_mixed_while_connections_are_cut(
    start_main, start_worker, request_for, events_of, redis, queue_settings
) -> None:
    main, (_, runner) = await start_main(), await start_worker()
    texts = [f"{number} " for number in range(60)]
    cuts = 0

    async def cut() -> None:
        nonlocal cuts
        while True:
            for client in await redis.client_list():
                if client["name"].startswith(queue_settings.name):
                    cuts += await redis.client_kill_filter(_id=client["id"])
            await asyncio.sleep(0.1)

    async def one(number: int) -> None:
        submission = await main.submit(request_for(stream=True, chat=str(number), tokens=texts, pace=0.01))
        seen = await events_of(submission)
        assert seen[:-1] == tokens(texts)
        assert (await submission.result()).is_ok

    cutter = asyncio.ensure_future(cut())
    try:
        await asyncio.wait_for(asyncio.gather(*(one(number) for number in range(40))), 60)
    finally:
        cutter.cancel()

    assert cuts >= 10
    assert len(runner.runs) == len(set(runner.runs)) == 40


async def test_ten_thousand_slots_cost_no_connections(start_main, start_worker, request_for, redis, queue_settings) -> None:
    main, (worker, _) = await start_main(), await start_worker(concurrency=10_000)
    submissions = [await main.submit(request_for(seconds=0.2)) for _ in range(500)]

    clients = [client["name"] for client in await redis.client_list()]

    assert clients.count(f"{queue_settings.name}-worker") < 6
    assert clients.count(f"{queue_settings.name}-main") < 4
    results = await asyncio.wait_for(asyncio.gather(*(submission.result() for submission in submissions)), 30)
    assert all(result.is_ok for result in results)
    async with asyncio.timeout(10):
        while worker.busy:  # the answer may be here before the worker hears that its end was kept
            await asyncio.sleep(0.01)


async def test_slots_bound_what_runs_at_once(start_main, start_worker, request_for, redis, queue_settings, tmp_path: Path) -> None:
    main, (worker, _) = await start_main(), await start_worker(concurrency=3)
    hold = tmp_path / "go"
    submissions = [await main.submit(request_for(hold=str(hold))) for _ in range(8)]
    async with asyncio.timeout(10):
        while worker.busy < 3:
            await asyncio.sleep(0.01)

    now = await snapshot(redis, queue_settings)

    assert (now.running, now.waiting) == (3, 5)
    hold.touch()
    await asyncio.wait_for(asyncio.gather(*(submission.result() for submission in submissions)), 10)


async def test_waiting_job_is_stopped_from_another_main(start_main, start_worker, request_for, events_of, tmp_path: Path) -> None:
    main, other, (_, runner) = await start_main(), await start_main(), await start_worker(concurrency=1)
    busy = await main.submit(request_for(hold=str(tmp_path / "go")))
    await asyncio.wait_for(runner.started.wait(), 10)
    waiting = await main.submit(request_for(stream=True, chat="mine"))

    assert await other.stop("flow", "mine") == 1

    assert await asyncio.wait_for(events_of(waiting), 10) == [b'{"event":"error","data":"Flow execution was cancelled"}']
    result = await waiting.result()
    assert (result.error_kind, result.status) == ("RunStopped", 500)
    (tmp_path / "go").touch()
    assert (await asyncio.wait_for(busy.result(), 10)).is_ok
    assert len(runner.runs) == 1


async def test_running_job_is_stopped_from_another_main(start_main, start_worker, request_for, events_of, redis, queue_settings) -> None:
    main, other, (_, runner) = await start_main(), await start_main(), await start_worker()
    running = await main.submit(request_for(stream=True, chat="mine", tokens=["a"], seconds=100))
    neighbour = await main.submit(request_for(chat="theirs", seconds=0.3))
    await asyncio.wait_for(runner.started.wait(), 10)

    assert await other.stop("flow", "mine") == 1

    seen = await asyncio.wait_for(events_of(running), 10)
    assert seen[-1] == b'{"event":"error","data":"Flow execution was cancelled"}'
    assert (await running.result()).error_kind == "RunStopped"
    assert runner.cancelled == 1
    assert (await job_detail(redis, queue_settings, running.job_id)).state == "aborted"
    assert (await asyncio.wait_for(neighbour.result(), 10)).is_ok


async def test_stop_before_the_first_step_of_a_run_is_an_end_too(start_main, start_worker, request_for, monkeypatch) -> None:
    main, (worker, runner) = await start_main(), await start_worker()
    begin = worker._begin

    def begin_and_stop(job, claims) -> None:
        begin(job, claims)
        worker.stop_job(job.id)

    monkeypatch.setattr(worker, "_begin", begin_and_stop)
    submission = await main.submit(request_for(seconds=100))

    assert (await asyncio.wait_for(submission.result(), 10)).error_kind == "RunStopped"
    assert runner.cancelled == 1


async def test_nodes_are_seen_while_they_run(start_main, start_worker, request_for, redis, queue_settings, tmp_path: Path) -> None:
    main, _ = await start_main(), await start_worker()
    hold = tmp_path / "go"
    submission = await main.submit(request_for(hold=str(hold)))

    async with asyncio.timeout(10):
        while not (detail := await job_detail(redis, queue_settings, submission.job_id)).nodes:
            await asyncio.sleep(0.02)

    assert [(node.label, node.status) for node in detail.nodes] == [("Scripted", "running")]
    assert detail.state == "running"
    hold.touch()
    await asyncio.wait_for(submission.result(), 10)


async def test_entry_that_cannot_be_read_does_no_harm(start_main, start_worker, request_for, redis) -> None:
    main, _ = await start_main(), await start_worker()
    await redis.xadd(main._subscriber.stream, {"e": "nonsense"})
    await redis.xadd(main._subscriber.stream, {"r": "nonsense", "b": "", "x": ""})

    assert (await asyncio.wait_for((await main.submit(request_for())).result(), 10)).is_ok


async def test_full_redis_refuses_new_work_and_lets_running_work_end(request_for, tmp_path: Path, queue_settings, stack) -> None:
    server = await stack.enter_async_context(open_embedded_redis(tmp_path / "data"))
    redis = await stack.enter_async_context(open_redis(RedisSettings(url=server.url), name="test"))
    main = await stack.enter_async_context(open_submitter(redis, queue_settings))
    runner = ScriptedRunner()
    worker = create_worker(redis, runner, queue_settings, WorkerSettings(port=0))
    worker.SIGNALS = []
    working = asyncio.create_task(worker.start())
    hold = tmp_path / "go"
    submission = await main.submit(request_for(hold=str(hold), tokens=["x"]))
    await asyncio.wait_for(runner.started.wait(), 10)

    await redis.config_set("maxmemory", "1")
    with pytest.raises(RedisUnavailable, match="out of memory"):
        await main.submit(request_for())
    hold.touch()

    assert (await asyncio.wait_for(submission.result(), 10)).is_ok
    worker.event.set()
    await asyncio.wait_for(working, 10)


async def test_run_that_takes_too_long_is_ended(start_main, start_worker, request_for, events_of, redis, queue_settings) -> None:
    main, (_, runner) = await start_main(), await start_worker(job_timeout_seconds=0.2)

    submission = await main.submit(request_for(stream=True, seconds=100))

    assert "took longer than 0.2 s" in (await asyncio.wait_for(events_of(submission), 10))[-1].decode()
    assert (await submission.result()).error_kind == "DeadlinePassed"
    assert runner.cancelled == 1
    assert (await job_detail(redis, queue_settings, submission.job_id)).state == "failed"


async def test_nobody_waits_for_ever_for_a_worker(start_main, request_for, events_of) -> None:
    main = await start_main(wait_timeout_seconds=0.3)

    submission = await main.submit(request_for(stream=True))

    with pytest.raises(DeadlinePassed, match="QUEUE_WAIT_TIMEOUT"):
        await asyncio.wait_for(submission.result(), 10)
    with pytest.raises(DeadlinePassed):
        await events_of(submission)


async def test_lost_notice_is_found_by_asking(start_main, start_worker, request_for, redis, tmp_path: Path, queue_settings) -> None:
    main, (_, runner) = await start_main(), await start_worker()
    hold = tmp_path / "go"
    submission = await main.submit(request_for(hold=str(hold), tokens=["x"]))
    await asyncio.wait_for(runner.started.wait(), 10)

    # The notice is written to a stream that is not there.
    await redis.unlink(main._subscriber.stream)
    hold.touch()

    assert orjson.loads((await asyncio.wait_for(submission.result(), 20)).body)["text"] == "x"


async def test_job_that_redis_forgot_is_not_waited_for(start_main, request_for, redis, queue_settings) -> None:
    main = await start_main()
    submission = await main.submit(request_for())
    await redis.unlink(f"{queue_settings.name}:prediction:job:{submission.job_id}")

    await main.reconcile(is_sure=True)

    with pytest.raises(RedisUnavailable, match="no longer in Redis"):
        await asyncio.wait_for(submission.result(), 10)


async def test_all_that_main_keeps_of_a_job_goes_with_its_end(start_main, start_worker, request_for) -> None:
    main, _ = await start_main(), await start_worker()

    for _ in range(20):
        await (await main.submit(request_for(tokens=["a"]))).result()

    assert (len(main._subscriber.waiting), len(main._accepted), len(main._seen_ended)) == (0, 0, 0)


async def test_absent_redis_is_told_in_two_seconds_and_service_comes_back(request_for, tmp_path: Path, queue_settings) -> None:
    server = EmbeddedRedis(tmp_path)
    await server.start()
    async with open_redis(RedisSettings(url=server.url), name="main") as redis, open_submitter(redis, queue_settings) as main:
        await server.stop()

        async with asyncio.timeout(2.5):
            with pytest.raises(RedisUnavailable, match="REDIS_URL"):
                await main.submit(request_for())

        await server.start()
        assert (await main.submit(request_for())).job_id
    await server.stop()


@pytest.mark.slow
async def test_job_that_a_frozen_redis_took_too_late_is_withdrawn(request_for, tmp_path: Path, queue_settings) -> None:
    async with (
        open_embedded_redis(tmp_path) as server,
        open_redis(RedisSettings(url=server.url), name="main") as redis,
        open_submitter(redis, queue_settings) as main,
    ):
        known = await main.submit(request_for())
        os.kill(server.pid, signal.SIGSTOP)
        async with asyncio.timeout(2.5):
            with pytest.raises(RedisUnavailable, match="frozen"):
                await main.submit(request_for())

        os.kill(server.pid, signal.SIGCONT)

        async with asyncio.timeout(20):
            while (await snapshot(redis, queue_settings)).kept_failed < 1:
                await asyncio.sleep(0.05)
        now = await snapshot(redis, queue_settings)
        assert (now.waiting, [job.state for job in now.last_jobs]) == (1, ["aborted"])
        assert known.job_id not in [job.id for job in now.last_jobs]


async def test_answer_that_ends_while_redis_is_away_is_delivered(request_for, tmp_path: Path, queue_settings, stack) -> None:
    server = EmbeddedRedis(tmp_path)
    await server.start()
    hold = tmp_path / "go"
    runner = ScriptedRunner()
    async with (
        open_redis(RedisSettings(url=server.url), name="main") as main_redis,
        open_redis(RedisSettings(url=server.url), name="worker") as worker_redis,
        open_submitter(main_redis, queue_settings) as main,
    ):
        worker = create_worker(worker_redis, runner, queue_settings, WorkerSettings(port=0))
        worker.SIGNALS = []
        working = asyncio.create_task(worker.start())
        submission = await main.submit(request_for(stream=True, hold=str(hold), tokens=["a", "b"]))
        await asyncio.wait_for(runner.started.wait(), 10)
        await main_redis.execute_command("WAITAOF", 1, 0, 5000)

        server.kill()
        hold.touch()
        async with asyncio.timeout(20):
            while "Redis at" not in worker.health().reason:
                await asyncio.sleep(0.05)
        assert not worker.health().is_ok
        await server.start()

        seen = [event async for batch in submission.events() for event in batch]
        assert seen[:2] == tokens(["a", "b"])
        assert (await asyncio.wait_for(submission.result(), 20)).is_ok
        assert len(runner.runs) == 1
        worker.event.set()
        await asyncio.wait_for(working, 20)
    await server.stop()
