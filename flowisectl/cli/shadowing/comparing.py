"""The work of `flowisectl shadow`: take samples, ask them there at a bounded rate, one at a time, and count what differs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from redis.asyncio import Redis

from config.settings import QueueSettings, Settings
from flowisectl.cli.connections import open_command_redis
from flowisectl.cli.shadowing.comparison import compare
from flowisectl.cli.shadowing.other_server import OtherServer, OtherServerFailed, open_other_server
from flowisectl.cli.shadowing.read_only import why_left_out
from flowisectl.cli.shadowing.report import Compared, FlowComparison, ShadowReport
from flowisectl.cli.shadowing.samples import Sample, finished_samples
from flowisectl.database.chat_flow import TABLE
from flowisectl.database.connection import Database, open_database_to_read
from flowisectl.engine.flow import parse_flow
from flowisectl.errors import InvalidFlow
from flowisectl.nodes.discovery import load_catalogue

POLL_SECONDS = 1.0
"""A stream's events are kept for a minute after its end, so whoever follows must come sooner."""
OVERLAP_MS = 5_000
"""Ends are looked for again for so long: a job may be stored a little after the time that it bears."""


@dataclass(frozen=True, kw_only=True)
class ShadowOptions:
    url: str
    api_key: str = field(repr=False)
    percent: float
    per_second: float
    limit: int
    """At most so many are asked."""
    since_ms: int
    flow_id: str = ""
    with_text: bool = False
    follows: bool = False
    """Go on with what ends from now on, until the limit is reached or somebody stops it."""


class Shadow:
    """One comparison. `report` may be read at any time, also after it was cancelled."""

    def __init__(self, settings: Settings, options: ShadowOptions) -> None:
        self._settings = settings
        self._options = options
        self._flows: dict[str, FlowComparison] = {}
        self._seen: set[str] = set()
        self._asked = 0

    @property
    def report(self) -> ShadowReport:
        return ShadowReport(url=self._options.url, flows=self._flows)

    async def run(self) -> None:
        """Raises CommandFailed, RedisUnavailable, DatabaseUnavailable."""
        options, loop = self._options, asyncio.get_running_loop()
        async with (
            open_other_server(options.url, options.api_key) as other,
            open_command_redis(self._settings) as redis,
            open_database_to_read(self._settings.database) as database,
        ):
            await other.ping()
            since_ms = options.since_ms
            while True:
                began = loop.time()
                since_ms = await self._round(redis, database, other, self._settings.queue, since_ms)
                if not options.follows or self._asked >= options.limit:
                    return
                await asyncio.sleep(max(0.0, POLL_SECONDS - (loop.time() - began)))

    async def _round(self, redis: Redis, database: Database, other: OtherServer, queue: QueueSettings, since_ms: int) -> int:
        """Everything that has ended since; gives from when on to look the next time."""
        options, newest = self._options, since_ms
        samples = finished_samples(
            redis, queue, since_ms=since_ms, flow_id=options.flow_id, percent=options.percent, limit=max(options.limit, 100)
        )
        async for sample in samples:
            newest = max(newest, sample.finished_ms - OVERLAP_MS)
            if sample.job_id in self._seen:
                continue
            self._seen.add(sample.job_id)
            flow = await self._flow(database, sample.flow_id)
            if flow.left_out:
                continue
            if sample.why_left_out:
                flow.skipped[sample.why_left_out] = flow.skipped.get(sample.why_left_out, 0) + 1
                continue
            if self._asked >= options.limit:
                break
            self._asked += 1
            async with _paced(options.per_second):
                flow.add(await self._compared(other, sample))
        return newest

    async def _compared(self, other: OtherServer, sample: Sample) -> Compared:
        try:
            theirs = await other.ask(sample.flow_id, sample.chat_id, sample.body, wants_stream=sample.wants_stream)
        except OtherServerFailed as problem:
            return Compared(job_id=sample.job_id, flow_id=sample.flow_id, problem=str(problem))
        found = compare(sample.answer, theirs, with_text=self._options.with_text)
        return Compared(job_id=sample.job_id, flow_id=sample.flow_id, differences=found)

    async def _flow(self, database: Database, flow_id: str) -> FlowComparison:
        if flow_id not in self._flows:
            rows = await database.fetch(database.selection(TABLE).where(TABLE.c.id == flow_id))
            row: Mapping[str, str] = rows[0] if rows else {}
            self._flows[flow_id] = FlowComparison(flow_id=flow_id, name=row.get("name", ""), left_out=_left_out(row))
        return self._flows[flow_id]


def _left_out(row: Mapping[str, str]) -> str:
    if not row:
        return "it is not in the database any more"
    try:
        flow = parse_flow(row["flowData"], id=row["id"], name=row["name"], kind=row["type"] or "", chatbot_config=row["chatbotConfig"])
    except InvalidFlow as error:
        return str(error)
    return why_left_out(flow, load_catalogue())


@asynccontextmanager
async def _paced(per_second: float) -> AsyncIterator[None]:
    """Takes at least as long as the rate says, whatever is done inside."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    yield
    await asyncio.sleep(max(0.0, 1 / per_second - (loop.time() - began)))
