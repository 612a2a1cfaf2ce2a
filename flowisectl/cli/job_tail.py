"""`flowisectl jobs tail`: a job's events as its client gets them, read beside that client."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from config.settings import Settings
    from flowisectl.queue.inspection import JobDetail

BLOCK_MS = 500
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
        if job.is_streaming and job.reply:
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
        sys.stdout.write(text)
        sys.stdout.flush()


async def _read_events(redis: Redis, settings: Settings, job: JobDetail, printer: _Printer) -> None:
    """Read the stream of the main that waits, from its first kept entry on, until the job's end comes or the stream is gone."""
    from flowisectl.cli.job_reading import find_job
    from flowisectl.events import wire
    from flowisectl.redis_connection import failures_named

    client: Any = redis
    last: bytes | str = "0-0"
    seen = (0, 0)
    with failures_named(redis):
        while True:
            reply = await client.xread({job.reply: last}, count=500, block=BLOCK_MS)
            for entry_id, fields in reply[0][1] if reply else []:
                last = entry_id
                for frame in fields.get(wire.EVENTS_FIELD, b"").split(b"\n") if wire.EVENTS_FIELD in fields else ():
                    owner, attempt, number, event = wire.parse_frame(frame)
                    if owner == job.id and (attempt, number) > seen:
                        seen = (attempt, number)
                        printer.event(event)
                if wire.END_FIELD in fields and fields[wire.END_FIELD].startswith(job.id.encode()):
                    return
            if not reply and (await find_job(redis, settings, job.id)).state not in LIVE:
                return


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
