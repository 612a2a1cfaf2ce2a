from __future__ import annotations

import asyncio

import pytest

from flowisectl.errors import InvalidRequest, JobNotFound, QueueFull, RedisUnavailable
from flowisectl.queue.claim_scripts import CLAIM
from flowisectl.queue.claims import LeaseLost, Outcome
from flowisectl.queue.inspection import JobFilter, list_jobs, snapshot
from flowisectl.queue.lifecycle import NewJob


async def test_jobs_are_claimed_in_the_order_of_the_queue(bench) -> None:
    ids = [await bench.enqueue(request=b"%d" % number) for number in range(5)]
    worker = await bench.worker("w1")

    first, rest = await worker.claim(2, ()), await worker.claim(10, ())

    assert [job.id for job in first] == ids[:2]
    assert [job.id for job in rest] == ids[2:]
    assert [job.request for job in first + rest] == [b"0", b"1", b"2", b"3", b"4"]
    assert {job.run for job in first + rest} == {1}
    assert await worker.claim(10, ()) == []


async def test_two_workers_share_what_waits(bench) -> None:
    for _ in range(10):
        await bench.enqueue()
    first, second = await bench.worker("w1"), await bench.worker("w2")

    assert len(await first.claim(100, ())) == 5
    assert len(await second.claim(100, ())) == 3


async def test_enqueueing_again_changes_nothing(bench) -> None:
    job = NewJob(id="ab", request=b"one", flow_id="f", chat_id="c")
    assert await bench.lifecycle.enqueue(job)
    assert not await bench.lifecycle.enqueue(job)

    claimed = await (await bench.worker("w1")).claim(10, ())

    assert [job.request for job in claimed] == [b"one"]


async def test_finished_job_keeps_its_result_and_leaves_nothing_live(bench, finish) -> None:
    job_id = await bench.enqueue()
    worker = await bench.worker("w1")
    [job] = await worker.claim(1, ())

    assert await finish(worker, job)

    assert await bench.field(job_id, "state") == "done"
    assert await bench.lifecycle.result(job_id) == b'{"error":""}\n{"text":"hi"}'
    assert await bench.names() == {f"job:{job_id}", "done", "sequence", "leases", "workers", "worker:w1"}


async def test_many_ends_at_once_are_all_kept(bench, finish) -> None:
    ids = [await bench.enqueue(chat=str(number)) for number in range(300)]
    worker = await bench.worker("w1")
    jobs = await worker.claim(300, ())

    ends = await asyncio.gather(*(finish(worker, job) for job in jobs))

    assert ends == [True] * 300
    assert {known.state for known in await bench.lifecycle.ends(ids)} == {"done"}


async def test_only_the_holder_may_finish(bench, finish) -> None:
    job_id = await bench.enqueue()
    holder, other = await bench.worker("w1"), await bench.worker("w2")
    [job] = await holder.claim(1, ())

    assert not await finish(other, job)

    assert await bench.field(job_id, "state") == "running"
    assert await finish(holder, job)


async def test_worker_that_lost_its_lease_can_write_nothing(bench, finish) -> None:
    job_id = await bench.enqueue()
    paused, other = await bench.worker("w1"), await bench.worker("w2")
    [old] = await paused.claim(1, ())
    assert await bench.lose(paused) == ([job_id], [])
    [new] = await other.claim(1, ())

    await paused.note([(old, b'{"nodes":[],"notes":["ghost"]}')])
    assert not await finish(paused, old)
    with pytest.raises(LeaseLost):
        await paused.claim(1, ())
    with pytest.raises(LeaseLost):
        await paused.beat(b"{}")

    assert new.run == 2
    assert await bench.field(job_id, "trace") == ""
    assert await finish(other, new)
    assert await bench.field(job_id, "worker") == "w2"


async def test_end_that_was_sent_twice_counts_once_and_is_confirmed(bench, finish) -> None:
    await bench.enqueue(reply=f"{bench.settings.name}:reply")
    await bench.redis.xadd(f"{bench.settings.name}:reply", {"h": "1"})
    worker = await bench.worker("w1")
    [job] = await worker.claim(1, ())

    assert await finish(worker, job)
    assert await finish(worker, job)

    assert await bench.redis.zcard(bench.keys["done"]) == 1
    assert await bench.redis.xlen(f"{bench.settings.name}:reply") == 2


async def test_an_end_is_final(bench, finish) -> None:
    job_id = await bench.enqueue()
    worker = await bench.worker("w1")
    [job] = await worker.claim(1, ())
    await worker.finish(job, Outcome("failed", "no"), events=0, trace=b"")

    await finish(worker, job)

    assert await bench.field(job_id, "state") == "failed"
    assert await bench.field(job_id, "error") == "no"


async def test_jobs_of_a_lost_worker_go_back_to_the_head_oldest_first(bench) -> None:
    ids = [await bench.enqueue() for _ in range(6)]
    lost = await bench.worker("w1")
    await lost.claim(4, ())

    back, dead = await bench.lose(lost)

    assert sorted(back) == sorted(ids[:4])
    assert dead == []
    claimed = await (await bench.worker("w2")).claim(10, ())
    assert [job.id for job in claimed] == ids
    assert [job.run for job in claimed] == [2, 2, 2, 2, 1, 1]


async def test_job_that_had_only_landed_loses_no_attempt(bench) -> None:
    job_id = await bench.enqueue()
    lost = await bench.worker("w1")
    await bench.redis.lmove(bench.keys["waiting"], bench.keys["landing:w1"])

    await bench.lose(lost)

    assert await bench.field(job_id, "attempts") == "0"
    assert [job.id for job in await (await bench.worker("w2")).claim(1, ())] == [job_id]


async def test_job_that_lands_after_the_lease_was_lost_is_put_back(bench) -> None:
    job_id = await bench.enqueue()
    lost = await bench.worker("w1")
    await bench.lose(lost)
    await bench.redis.lmove(bench.keys["waiting"], bench.keys["landing:w1"])

    assert await bench.lifecycle.reap() == ([job_id], [])

    assert [job.id for job in await (await bench.worker("w2")).claim(1, ())] == [job_id]


async def test_landed_job_is_claimed_before_the_others(bench) -> None:
    first, second = await bench.enqueue(), await bench.enqueue()
    worker = await bench.worker("w1")
    await bench.redis.lmove(bench.keys["waiting"], bench.keys["landing:w1"])

    assert [job.id for job in await worker.claim(5, ())] == [first, second]


async def test_job_that_kills_its_workers_is_set_aside_with_the_reason(bench_with) -> None:
    bench = bench_with(job_attempts=2)
    stream = f"{bench.settings.name}:reply"
    await bench.redis.xadd(stream, {"h": "1"})
    job_id = await bench.enqueue(reply=stream)
    healthy = await bench.enqueue()

    for name in ("w1", "w2"):
        worker = await bench.worker(name)
        assert job_id in [job.id for job in await worker.claim(1, ())]
        back, dead = await bench.lose(worker)

    assert (back, dead) == ([], [job_id])
    assert await bench.field(job_id, "state") == "dead"
    assert "attempt 2 of 2" in await bench.field(job_id, "error")
    [(_, notice)] = await bench.redis.xrevrange(stream, count=1)
    assert notice[b"r"].decode() == f"{job_id} 2 dead -1"
    assert [job.id for job in await (await bench.worker("w3")).claim(5, ())] == [healthy]


async def test_leases_get_grace_when_nobody_could_look(bench) -> None:
    """Redis was away: its clock went on, no worker could renew its lease, and none of them is lost."""
    job_id = await bench.enqueue()
    worker = await bench.worker("w1")
    await worker.claim(1, ())
    await bench.lifecycle.reap()
    await bench.redis.zadd(bench.keys["leases"], {"w1": 1})
    await bench.redis.set(bench.keys["tick"], 1)

    assert await bench.lifecycle.reap() == ([], [])

    assert await bench.field(job_id, "state") == "running"
    assert await worker.beat(b"{}") == []


async def test_handed_back_jobs_lose_no_attempt_and_keep_their_order(bench, finish) -> None:
    ids = [await bench.enqueue() for _ in range(4)]
    ending = await bench.worker("w1")
    jobs = await ending.claim(3, ())

    assert await ending.release() == 3

    assert not await finish(ending, jobs[0])
    again = await (await bench.worker("w2")).claim(10, ())
    assert [job.id for job in again] == ids
    assert [job.run for job in again] == [2, 2, 2, 1]
    assert [await bench.field(job_id, "attempts") for job_id in ids] == ["1"] * 4
    assert not {name for name in await bench.names() if name.endswith("w1")}


async def test_claim_whose_reply_was_lost_is_found_again(bench) -> None:
    ids = [await bench.enqueue() for _ in range(3)]
    worker = await bench.worker("w1")
    [known] = await worker.claim(1, ())
    connection = int(await bench.pipeline.execute("CLIENT", "ID"))
    await bench.redis.client_kill_filter(_id=str(connection))
    with pytest.raises(RedisUnavailable):
        await worker.claim(5, {known.id})
    # As if that claim had been done, and only its reply lost with the connection.
    await bench.redis.eval(CLAIM.text, 0, bench.keys.prefix, "w1", 5)

    found = await worker.claim(5, {known.id})

    assert [job.id for job in found] == ids[1:]
    assert [job.run for job in found] == [1, 1]
    assert await worker.claim(5, ids) == []


async def test_broken_connection_at_claim_is_reported_and_recovered(bench) -> None:
    job_id = await bench.enqueue()
    worker = await bench.worker("w1")
    connection = int(await bench.pipeline.execute("CLIENT", "ID"))
    await bench.redis.client_kill_filter(_id=str(connection))

    with pytest.raises(RedisUnavailable):
        await worker.claim(1, ())

    assert [job.id for job in await worker.claim(1, ())] == [job_id]


async def test_waiting_job_is_stopped_at_once(bench) -> None:
    job_id, other = await bench.enqueue(), await bench.enqueue()

    assert await bench.lifecycle.stop(job_id) == "queued"

    assert await bench.field(job_id, "state") == "aborted"
    assert [job.id for job in await (await bench.worker("w1")).claim(5, ())] == [other]


async def test_running_job_is_stopped_by_channel_and_by_beat(bench) -> None:
    job_id = await bench.enqueue()
    worker = await bench.worker("w1")
    await worker.claim(1, ())
    pubsub = bench.redis.pubsub()
    await pubsub.subscribe(bench.keys["control"])
    await pubsub.get_message(timeout=5)

    assert await bench.lifecycle.stop(job_id) == "running"

    message = await pubsub.get_message(timeout=5)
    assert message["data"].decode() == f"w1 {job_id}"
    assert await worker.beat(b"{}") == [job_id]
    await pubsub.aclose()


async def test_stopped_job_of_a_lost_worker_is_not_run_again(bench) -> None:
    job_id = await bench.enqueue()
    worker = await bench.worker("w1")
    await worker.claim(1, ())
    await bench.lifecycle.stop(job_id)

    assert await bench.lose(worker) == ([], [])

    assert await bench.field(job_id, "state") == "aborted"


async def test_stopping_a_chat_reaches_all_its_live_jobs_and_no_other(bench, finish) -> None:
    ended = await bench.enqueue(chat="mine")
    worker = await bench.worker("w1")
    [job] = await worker.claim(1, ())
    await finish(worker, job)
    running = await bench.enqueue(chat="mine")
    await worker.claim(1, ())
    waiting, foreign = await bench.enqueue(chat="mine"), await bench.enqueue(chat="theirs")
    other_flow = await bench.enqueue(flow="g", chat="mine")

    assert await bench.lifecycle.stop_chat("flow", "mine") == 2

    states = [known.state for known in await bench.lifecycle.ends([ended, running, waiting, foreign, other_flow])]
    assert states == ["done", "running", "aborted", "queued", "queued"]
    assert await worker.beat(b"{}") == [running]
    assert await bench.lifecycle.stop_chat("flow", "unknown") == 0


async def test_unknown_job_cannot_be_stopped(bench) -> None:
    with pytest.raises(JobNotFound):
        await bench.lifecycle.stop("feed")


async def test_ended_job_can_be_tried_again_as_new(bench, finish) -> None:
    job_id = await bench.enqueue()
    worker = await bench.worker("w1")
    [job] = await worker.claim(1, ())
    await worker.finish(job, Outcome("failed", "no"), events=0, trace=b"x")

    await bench.lifecycle.retry(job_id)

    [again] = await worker.claim(1, ())
    assert (again.id, again.run) == (job_id, 2)
    assert await bench.field(job_id, "error") == ""
    assert await finish(worker, again)
    assert await bench.redis.zcard(bench.keys["failed"]) == 0


async def test_live_job_cannot_be_tried_again(bench) -> None:
    job_id = await bench.enqueue()

    with pytest.raises(InvalidRequest, match="is queued"):
        await bench.lifecycle.retry(job_id)


async def test_strange_chat_ids_do_no_harm(bench) -> None:
    for chat in ("", "a" * 100_000, "half \ud83d", "new\nline *?[x]"):
        await bench.enqueue(chat=chat)

        assert await bench.lifecycle.stop_chat("flow", chat) == 1
    assert all(len(name) < 60 for name in await bench.names())


async def test_job_with_its_last_attempt_shares_its_worker_with_no_other_such_job(bench_with, finish) -> None:
    bench = bench_with(job_attempts=3)
    jobs = [await bench.enqueue() for _ in range(3)]
    for name in ("w1", "w2"):
        doomed = await bench.worker(name)
        assert len(await doomed.claim(10, ())) == 3
        await bench.lose(doomed)
    third, fourth = await bench.worker("w3"), await bench.worker("w4")
    fresh = [await bench.enqueue() for _ in range(4)]

    of_third = [*await third.claim(10, ()), *await third.claim(10, ())]
    of_fourth = await fourth.claim(10, ())
    suspects = [job for job in (*of_third, *of_fourth) if job.id in jobs]

    assert [len([job for job in found if job.id in jobs]) for found in (of_third, of_fourth)] == [1, 1]
    assert {job.id for job in (*of_third, *of_fourth)} >= set(fresh)
    _, dead = await bench.lose(third)
    assert dead == [job.id for job in of_third if job.id in jobs]
    assert await finish(fourth, next(job for job in of_fourth if job.id in jobs))
    (last,) = [job for job in await fourth.claim(10, ()) if job.id in jobs]
    assert await finish(fourth, last)
    assert {job.id for job in suspects} | {last.id} == set(jobs)


async def test_waiting_suspect_can_be_stopped(bench_with) -> None:
    bench = bench_with(job_attempts=2)
    job_id = await bench.enqueue()
    doomed = await bench.worker("w1")
    await doomed.claim(1, ())
    await bench.lose(doomed)

    assert await bench.lifecycle.stop(job_id) == "queued"

    assert await bench.field(job_id, "state") == "aborted"
    assert "suspects" not in await bench.names()


async def test_suspects_are_counted_and_listed_among_the_jobs_that_wait(bench_with) -> None:
    bench = bench_with(job_attempts=2, max_waiting=3)
    suspects = [await bench.enqueue(flow="doomed", chat=str(number)) for number in range(2)]
    doomed = await bench.worker("w1")
    await doomed.claim(10, ())
    await bench.lose(doomed)
    other = await bench.enqueue(flow="other")

    seen = await snapshot(bench.redis, bench.settings)
    listed = await list_jobs(bench.redis, bench.settings, state="queued")
    of_flow = await list_jobs(bench.redis, bench.settings, wanted=JobFilter(state="queued", flow_id="doomed"))

    assert (seen.waiting, seen.suspects, seen.running) == (3, 2, 0)
    assert seen.oldest_wait_seconds >= 0
    assert [job.id for job in listed] == [*suspects, other]
    assert [job.id for job in of_flow] == suspects
    with pytest.raises(QueueFull):
        await bench.enqueue()
