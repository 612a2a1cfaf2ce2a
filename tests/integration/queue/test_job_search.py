from __future__ import annotations

import pytest

from flowisectl.errors import InvalidRequest
from flowisectl.queue import search
from flowisectl.queue.claims import Outcome
from flowisectl.queue.inspection import JobFilter, job_detail, list_jobs
from flowisectl.queue.purge import purge_jobs

FAR = 10**15


async def end(bench, worker, state: str, *, flow: str = "f1", chat: str = "c1", error: str = "", trace: bytes = b"") -> str:
    job_id = await bench.enqueue(flow=flow, chat=chat)
    [job] = await worker.claim(1, ())
    await worker.finish(job, Outcome(state, error), events=0, trace=trace)
    return job_id


@pytest.fixture
async def mixed(bench):
    worker = await bench.worker("host:1:a")
    ids = {
        "done": await end(bench, worker, "done", flow="f1", chat="c1"),
        "refused": await end(bench, worker, "failed", flow="f2", chat="c1", error="429 Too many requests"),
        "broken": await end(bench, worker, "failed", flow="f2", chat="c2", error="no model"),
        "stopped": await end(bench, worker, "aborted", flow="f1", chat="c2", error="stopped"),
    }
    ids["running"] = await bench.enqueue(flow="f2", chat="c3")
    await worker.claim(1, ())
    ids["waiting"] = await bench.enqueue(flow="f1", chat="c3")
    return bench, ids


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (JobFilter(), ["running", "waiting", "stopped", "broken", "refused", "done"]),
        (JobFilter(flow_id="f2"), ["running", "broken", "refused"]),
        (JobFilter(chat_id="c1"), ["refused", "done"]),
        (JobFilter(chat_id="c3"), ["running", "waiting"]),
        (JobFilter(state="failed"), ["broken", "refused"]),
        (JobFilter(state="failed", chat_id="c2"), ["broken"]),
        (JobFilter(error="TOO MANY"), ["refused"]),
        (JobFilter(error="model", flow_id="f1"), []),
        (JobFilter(state="queued", flow_id="f2"), []),
        (JobFilter(state="done", flow_id="f1"), ["done"]),
        (JobFilter(since_ms=FAR), []),
        (JobFilter(since_ms=1), ["running", "waiting", "stopped", "broken", "refused", "done"]),
    ],
)
async def test_jobs_are_found_by_what_is_asked_for(mixed, wanted: JobFilter, names: list[str]) -> None:
    bench, ids = mixed

    found = await list_jobs(bench.redis, bench.settings, wanted=wanted)

    assert [job.id for job in found] == [ids[name] for name in names]


async def test_what_is_far_back_is_found_and_the_newest_come_first(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "STEP", 7)
    worker = await bench.worker("host:1:a")
    wanted = [await end(bench, worker, "done", chat="rare")]
    for number in range(40):
        job_id = await end(bench, worker, "done", chat="rare" if number % 20 == 0 else "other")
        wanted += [job_id] if number % 20 == 0 else []

    found = await list_jobs(bench.redis, bench.settings, wanted=JobFilter(chat_id="rare"))
    newest = await list_jobs(bench.redis, bench.settings, wanted=JobFilter(chat_id="rare"), limit=2)

    assert [job.id for job in found] == wanted[::-1]
    assert [job.id for job in newest] == wanted[:0:-1]


async def test_an_unknown_state_is_refused(bench) -> None:
    with pytest.raises(InvalidRequest, match="queued, running"):
        await list_jobs(bench.redis, bench.settings, wanted=JobFilter(state="lost"))


async def test_purged_jobs_are_gone_and_live_ones_stay(mixed) -> None:
    bench, ids = mixed

    gone = await purge_jobs(bench.redis, bench.settings, list(ids.values()))

    left = await list_jobs(bench.redis, bench.settings)
    assert gone == 4
    assert [job.id for job in left] == [ids["running"], ids["waiting"]]
    assert await bench.redis.zcard(bench.keys["failed"]) == await bench.redis.zcard(bench.keys["done"]) == 0


async def test_an_attempt_that_was_lost_keeps_its_own_waterfall(bench) -> None:
    job_id = await bench.enqueue()
    first = await bench.worker("one:1:a")
    [job] = await first.claim(1, ())
    line = b'{"nodes":[{"id":"n1","name":"n","label":"N","status":"FINISHED","started":1000,"took":5,"error":""}],"notes":["tried"]}'
    await first.note([(job, line)])
    await bench.lose(first)
    second = await bench.worker("two:2:b")
    [again] = await second.claim(1, ())
    await second.finish(again, Outcome("done", "", b"{}\n{}"), events=0, trace=b"")

    detail = await job_detail(bench.redis, bench.settings, job_id)

    [earlier] = detail.earlier
    assert (earlier.number, earlier.worker, earlier.finished_ms, earlier.notes) == (1, "one:1", 0, ("tried",))
    assert [(node.node_id, node.status) for node in earlier.nodes] == [("n1", "FINISHED")]
    assert (detail.run, detail.worker, detail.nodes) == (2, "two:2", ())


async def test_a_job_that_is_tried_again_keeps_why_it_failed(bench) -> None:
    worker = await bench.worker("one:1:a")
    job_id = await end(bench, worker, "failed", error="first\nfault")

    await bench.lifecycle.retry(job_id)
    [job] = await worker.claim(1, ())
    await worker.finish(job, Outcome("failed", "second"), events=0, trace=b"")

    detail = await job_detail(bench.redis, bench.settings, job_id)
    assert [(attempt.number, attempt.error) for attempt in detail.earlier] == [(1, "first\nfault")]
    assert detail.error == "second"
