"""Ten thousand ended jobs are kept by default, so each takes little more room in Redis than what it says."""

from __future__ import annotations

from typing import Any

import pytest
from redis.asyncio import Redis

from flowisectl.queue.claims import Outcome

REQUEST, RESULT, TRACE = b"r" * 295, b"s" * 372, b"t" * 386
"""As long as those of a short AgentFlow with one model call."""


async def ended_job(bench: Any, state: str) -> str:
    worker = await bench.worker("host:4711:c33f65")
    flow, chat = "2aa78ecf-7f5e-48a3-892e-94a549e3c892", "47684e44-f3a0-4de0-80c8-967273ac9e50"
    job_id: str = await bench.enqueue(flow=flow, chat=chat, reply="q:events:98183aa6fd956e69", request=REQUEST)
    [job] = await worker.claim(1, ())
    assert await worker.finish(job, Outcome(state, "" if state == "done" else "no model", RESULT), events=0, trace=TRACE)
    return job_id


@pytest.mark.parametrize("state", ["done", "failed"])
async def test_an_ended_job_takes_hardly_more_room_than_its_fields(bench: Any, redis: Redis, state: str) -> None:
    key = bench.keys.job(await ended_job(bench, state))
    fields = await redis.hgetall(key)

    await redis.hset(key[:-1] + "x", mapping=fields)  # the same at once, under a name as long

    needed, taken = await redis.memory_usage(key[:-1] + "x", samples=0), await redis.memory_usage(key, samples=0)
    assert (fields[b"request"], fields[b"result"], fields[b"trace"]) == (REQUEST, RESULT, TRACE)
    assert taken <= 1.05 * needed


async def test_an_ended_job_keeps_nothing_that_only_a_live_one_needs(bench: Any, redis: Redis) -> None:
    fields = set(await redis.hgetall(bench.keys.job(await ended_job(bench, "done"))))

    assert fields == {
        b"state", b"request", b"flow", b"chat", b"chat_key", b"accepted", b"attempts", b"runs", b"worker", b"started", b"finished",
        b"events", b"result", b"trace",
    }  # fmt: skip
