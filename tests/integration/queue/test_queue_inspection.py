from __future__ import annotations

import orjson
import pytest
from saq.job import Status

from flowisectl.errors import InvalidRequest, JobNotFound
from flowisectl.queue.claims import Outcome
from flowisectl.queue.inspection import job_detail, list_jobs, snapshot
from flowisectl.queue.lifecycle import NewJob
from flowisectl.queue.packed import pack
from flowisectl.queue.queue import JobQueue

REQUEST = orjson.dumps({"flow_id": "f1", "message_id": "m1", "wants_stream": True, "body": {"question": "Wie geht's?"}})
ABOUT = orjson.dumps(
    {"state": "taking", "busy": 1, "capacity": 8, "rss": 5_000_000, "version": "1.2", "started": 1000, "health_port": 5566, "finished": 3}
)
TRACE = orjson.dumps(
    {
        "nodes": [
            {"id": "n1", "name": "startAgentflow", "label": "Start", "status": "finished", "started": 1000, "took": 5, "error": ""},
            {"id": "n2", "name": "llmAgentflow", "label": "LLM", "status": "running", "started": 1005, "took": None, "error": ""},
        ],
        "notes": ["asked again"],
    }
)


async def test_empty_queue(bench) -> None:
    now = await snapshot(bench.redis, bench.settings)

    assert (now.waiting, now.running, now.oldest_wait_seconds, now.workers, now.last_jobs) == (0, 0, 0, (), ())
    assert now.redis_version
    assert now.redis_memory_bytes > 0


async def test_snapshot_shows_queue_and_workers(bench) -> None:
    ended, running, waiting = [await bench.enqueue() for _ in range(3)]
    worker = await bench.worker("host:12:ab01")
    await worker.beat(ABOUT)
    job, _ = await worker.claim(2, ())
    await worker.finish(job, Outcome("failed", "no model", b""), events=0, trace=b"")

    now = await snapshot(bench.redis, bench.settings)

    assert (now.waiting, now.running, now.kept_done, now.kept_failed) == (1, 1, 0, 1)
    [about] = now.workers
    assert (about.name, about.state, about.busy, about.capacity, about.rss_bytes) == ("host:12", "taking", 1, 8, 5_000_000)
    assert (about.version, about.health_port, about.finished) == ("1.2", 5566, 3)
    assert [(job.id, job.state, job.error, job.worker) for job in now.last_jobs] == [(ended, "failed", "no model", "host:12")]
    assert [job.id for job in await list_jobs(bench.redis, bench.settings)] == [running, waiting, ended]


async def test_lost_worker_is_shown_as_lost(bench) -> None:
    worker = await bench.worker("host:12:ab01")
    await worker.beat(ABOUT)

    await bench.lose(worker)

    [about] = (await snapshot(bench.redis, bench.settings)).workers
    assert about.state == "lost"


async def test_job_detail_has_a_line_for_each_node(bench) -> None:
    job_id = "abcdef0123456789"
    await bench.lifecycle.enqueue(NewJob(id=job_id, request=REQUEST, flow_id="f1", chat_id="c1"))
    worker = await bench.worker("host:12:ab01")
    [job] = await worker.claim(1, ())
    await worker.finish(job, Outcome("done", "", b'{"error":""}\n{"text":"gut"}'), events=7, trace=TRACE)

    detail = await job_detail(bench.redis, bench.settings, "abc")

    assert (detail.id, detail.state, detail.attempts, detail.worker) == (job_id, "done", 1, "host:12")
    assert (detail.flow_id, detail.chat_id, detail.message_id, detail.question) == ("f1", "c1", "m1", "Wie geht's?")
    assert (detail.result, detail.events, detail.is_streaming, detail.notes) == ('{"text":"gut"}', 7, True, ("asked again",))
    assert [(node.node_name, node.label, node.status) for node in detail.nodes] == [
        ("startAgentflow", "Start", "finished"),
        ("llmAgentflow", "LLM", "stopped"),
    ]
    assert detail.nodes[0].duration_seconds == 0.005
    assert detail.accepted_ms <= detail.started_ms <= detail.finished_ms
    assert detail.waited_seconds == (detail.started_ms - detail.accepted_ms) / 1000


async def test_prefix_of_several_jobs_is_refused(bench) -> None:
    for job_id in ("aa11", "aa22"):
        await bench.lifecycle.enqueue(NewJob(id=job_id, request=b"{}", flow_id="f", chat_id="c"))

    with pytest.raises(InvalidRequest, match="several jobs begin with aa"):
        await job_detail(bench.redis, bench.settings, "aa")
    assert (await job_detail(bench.redis, bench.settings, "AA2")).id == "aa22"


@pytest.mark.parametrize("job_id", ["", "beef", "*", "[a]", "a b", "../x"])
async def test_unknown_job_is_not_found(bench, job_id: str) -> None:
    await bench.enqueue()

    with pytest.raises(JobNotFound, match="jobs list"):
        await job_detail(bench.redis, bench.settings, f"{job_id}zz" if job_id == "beef" else job_id)


async def test_jobs_are_listed_by_state(bench) -> None:
    ids = {}
    worker = await bench.worker("w1:1:a")
    for state in ("done", "failed", "aborted"):
        ids[state] = await bench.enqueue()
        [job] = await worker.claim(1, ())
        await worker.finish(job, Outcome(state), events=0, trace=b"")
    ids["running"] = await bench.enqueue()
    await worker.claim(1, ())
    ids["queued"] = await bench.enqueue()

    for state, job_id in ids.items():
        assert [job.id for job in await list_jobs(bench.redis, bench.settings, state=state)] == [job_id]
    assert len(await list_jobs(bench.redis, bench.settings)) == 5
    assert len(await list_jobs(bench.redis, bench.settings, limit=2)) == 2
    with pytest.raises(InvalidRequest, match="queued, running"):
        await list_jobs(bench.redis, bench.settings, state="lost")


async def test_saq_sees_the_same_queue(bench) -> None:
    queue = JobQueue(bench.redis, bench.settings, pipeline=bench.pipeline)
    ended, running, waiting = [await bench.enqueue() for _ in range(3)]
    worker = await bench.worker("host:12:ab01")
    await worker.beat(ABOUT)
    job, _ = await worker.claim(2, ())
    await worker.finish(job, Outcome("failed", "no model", b"x\n{}"), events=0, trace=b"")

    info = await queue.info(jobs=True)

    assert (info["name"], info["queued"], info["active"]) == (f"{bench.settings.name}:prediction", 1, 1)
    assert [item["key"] for item in info["jobs"]] == [running, waiting, ended]
    assert list(info["workers"]) == ["host:12:ab01"]
    assert [await queue.count(kind) for kind in ("queued", "active", "incomplete")] == [1, 1, 2]
    seen = await queue.job(ended)
    assert (seen.status, seen.error, seen.attempts, seen.worker_id) == (Status.FAILED, "no model", 1, "host:12")
    assert await queue.job("feed") is None
    assert {job.key async for job in queue.iter_jobs([Status.QUEUED, Status.ACTIVE])} == {waiting, running}


async def test_saq_steers_the_same_jobs(bench) -> None:
    queue = JobQueue(bench.redis, bench.settings, pipeline=bench.pipeline)
    job_id = await bench.enqueue()

    await (await queue.job(job_id)).abort("from the page")
    stopped = await queue.job(job_id)
    await stopped.retry("from the page")

    assert (stopped.status, stopped.error) == (Status.ABORTED, "from the page")
    assert (await queue.job(job_id)).status is Status.QUEUED
    with pytest.raises(TypeError, match=r"Lifecycle\.enqueue"):
        await queue.enqueue("predict")


async def test_password_is_not_in_the_queues_name_for_logs(redis, queue_settings, pipeline) -> None:
    redis.connection_pool.connection_kwargs["password"] = "secret"

    assert "secret" not in repr(JobQueue(redis, queue_settings, pipeline=pipeline))


async def test_a_packed_answer_is_shown_as_the_client_got_it(bench) -> None:
    answer = orjson.dumps({"text": "Guten Tag. " * 100})
    job_id = await bench.enqueue()
    worker = await bench.worker("host:12:ab01")
    [job] = await worker.claim(1, ())
    await worker.finish(job, Outcome("done", "", b'{"error":"","packed":1}\n' + pack(answer)), events=0, trace=b"")

    detail = await job_detail(bench.redis, bench.settings, job_id)
    seen = await JobQueue(bench.redis, bench.settings, pipeline=bench.pipeline).job(job_id)

    assert detail.result == answer.decode()
    assert seen.result == answer.decode()


async def test_an_ended_job_keeps_only_what_somebody_reads(bench) -> None:
    job_id = await bench.enqueue()
    worker = await bench.worker("host:12:ab01")
    [job] = await worker.claim(1, ())
    await worker.finish(job, Outcome("done", "", b"{}\n{}"), events=0, trace=b"")

    kept = await bench.redis.hkeys(bench.keys.job(job_id))

    assert not {b"sequence", b"reply", b"checkpoint", b"error"} & set(kept)
