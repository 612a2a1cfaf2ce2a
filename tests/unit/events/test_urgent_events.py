"""Which events are written to Redis at once, and which wait for company."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from flowisectl.engine.events import EventKind, FlowEvent
from flowisectl.events import lane
from flowisectl.events.publisher import JobSink, Publisher
from flowisectl.redis_connection import Pipeline

START, TOKEN, THINKING, METADATA, USED_TOOLS = (
    EventKind.START,
    EventKind.TOKEN,
    EventKind.THINKING,
    EventKind.METADATA,
    EventKind.USED_TOOLS,
)


class Writes:
    """In place of the connection to Redis: keeps the event numbers of each write."""

    def __init__(self) -> None:
        self.numbers: list[list[int]] = []
        self.came = asyncio.Event()

    def execute(self, *args: Any) -> asyncio.Future[bytes]:
        frames: bytes = args[7]  # see `events.lane.APPEND`
        self.numbers.append([int(frame.split(b" ")[2]) for frame in frames.split(b"\n")])
        self.came.set()
        done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        done.set_result(lane.SENT)
        return done

    async def until(self, count: int) -> None:
        async with asyncio.timeout(5):
            while sum(map(len, self.numbers)) < count:
                self.came.clear()
                await self.came.wait()


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> Writes:
    """Between two writes of what may wait lies an hour: what is written before is written because something was urgent."""
    monkeypatch.setattr(lane, "WRITE_PAUSE_SECONDS", 3600.0)
    return Writes()


async def opened(writes: Writes) -> JobSink:
    """A stream that has had its first token; from then on the lane pauses."""
    sink = Publisher(cast(Pipeline, writes), leases_key="q:leases", max_entries=100).sink("job", 1, "main", worker_id="w")
    sink.emit(FlowEvent(TOKEN, "first"))
    await writes.until(1)
    return sink


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize("kinds", [[TOKEN, TOKEN], [START], [METADATA]])
async def test_what_nobody_waits_for_is_written_with_what_somebody_waits_for(writes: Writes, kinds: list[EventKind]) -> None:
    sink = await opened(writes)

    for kind in kinds:
        sink.emit(FlowEvent(kind, "text"))
    await settle()
    before = len(writes.numbers)
    sink.emit(FlowEvent(USED_TOOLS, []))
    await writes.until(len(kinds) + 2)

    assert before == 1
    assert writes.numbers[1] == list(range(2, len(kinds) + 3))


async def test_the_first_thought_is_written_at_once_and_the_next_ones_wait(writes: Writes) -> None:
    sink = await opened(writes)

    sink.emit(FlowEvent(THINKING, "hm"))
    await writes.until(2)
    sink.emit(FlowEvent(THINKING, "so"))
    sink.emit(FlowEvent(THINKING, "", 3))
    await settle()
    before = len(writes.numbers)
    sink.emit(FlowEvent(TOKEN, "answer"))
    await writes.until(5)

    assert before == 2
    assert writes.numbers[2] == [3, 4, 5]


async def test_the_end_of_a_job_takes_along_what_waits(writes: Writes) -> None:
    sink = await opened(writes)
    sink.emit(FlowEvent(TOKEN, "last"))
    sink.emit(FlowEvent(METADATA, {}))

    await asyncio.wait_for(sink.drained(), 5)

    assert writes.numbers[1] == [2, 3]
