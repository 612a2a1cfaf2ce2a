"""`flowisectl jobs tail`: a job's events as its client gets them, from the first one on, read beside that client."""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from config.settings import Settings
    from flowisectl.queue.inspection import JobDetail

PAUSE_SECONDS = 0.2
LIVE = ("queued", "running")


async def tail_job(settings: Settings, job_id: str, *, as_json: bool) -> int:
    """Print until the job has ended; gives the exit status: 0 when it succeeded, 1 otherwise.

    A job whose client does not stream has no events; its nodes are told instead.
    """
    from flowisectl.cli.connections import open_command_redis
    from flowisectl.cli.job_reading import find_job
    from flowisectl.cli.output import warn

    async with open_command_redis(settings) as redis:
        job = await find_job(redis, settings, job_id)
        if job.state not in LIVE:
            warn(f"job {job.id} has ended ({job.state}): `flowisectl jobs inspect {job.id[:8]}` shows what is kept")
            return 0 if job.state == "done" else 1
        printer = _Printer(as_json)
        if job.is_streaming:
            await _read_events(redis, settings, job, printer)
        else:
            warn("the client of this job does not stream: its nodes are shown instead of events")
            await _read_nodes(redis, settings, job, printer)
        printer.end()
        job = await find_job(redis, settings, job.id)
    if job.state != "done":
        warn(f"job {job.id}: {job.state}: {job.error}")
    return 0 if job.state == "done" else 1


class _Printer:
    """Tokens run on in one line, everything else has a line of its own."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._is_inside = False
        self._began = time.monotonic()

    def event(self, data: bytes) -> None:
        import orjson

        if self._as_json:
            self._write(data.decode() + "\n")
            return
        event = orjson.loads(data)
        if event.get("event") == "token":
            self._write(str(event.get("data", "")))
            self._is_inside = True
            return
        text = orjson.dumps(event.get("data")).decode()
        self.line(str(event.get("event")), text if len(text) <= 200 else f"{text[:200]}… ({len(text):,} characters)")

    def line(self, name: str, text: str) -> None:
        self.end()
        self._write(f"[+{time.monotonic() - self._began:.1f} s] {name} {text}\n")

    def end(self) -> None:
        if self._is_inside:
            self._write("\n")
            self._is_inside = False

    def _write(self, text: str) -> None:
        from flowisectl.cli.output import write_piece

        write_piece(text)


async def _read_events(redis: Redis, settings: Settings, job: JobDetail, printer: _Printer) -> None:
    """Read the job's log from its first event on, then what is added to it, until the job has ended."""
    from flowisectl.predictions.follower import FollowedPrediction
    from flowisectl.queue.keys import QueueKeys
    from flowisectl.queue.lifecycle import Lifecycle
    from flowisectl.redis_connection import Pipeline

    pipeline, keys = Pipeline(redis), QueueKeys(settings.queue.name, job.queue)
    lifecycle = Lifecycle(pipeline, keys, settings.queue)
    try:
        async for batch in FollowedPrediction(pipeline, keys, lifecycle, job.id, wait_seconds=math.inf).numbered():
            for _, event in batch:
                printer.event(event)
    finally:
        await pipeline.aclose()


async def _read_nodes(redis: Redis, settings: Settings, job: JobDetail, printer: _Printer) -> None:
    from flowisectl.cli.job_reading import find_job

    told: dict[int, str] = {}
    while True:
        for place, node in enumerate(job.nodes):
            if told.get(place) != node.status:
                told[place] = node.status
                printer.line(node.label or node.node_id, f"{node.status.lower()} {node.error}".rstrip())
        if job.state not in LIVE:
            return
        await asyncio.sleep(PAUSE_SECONDS)
        job = await find_job(redis, settings, job.id)
