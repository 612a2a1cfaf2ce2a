from __future__ import annotations

import asyncio

import pytest

from flowisectl.errors import DeadlinePassed
from flowisectl.events.buffer import EventsLost, JobBuffer
from flowisectl.events.wire import RETRY_EVENT, JobEnd


def end(events: int, attempt: int = 1, state: str = "done") -> JobEnd:
    return JobEnd("job", attempt, state, events, b"result")


async def rest(buffer: JobBuffer) -> list[bytes]:
    return [event async for batch in buffer.batches() for event in batch]


async def test_events_come_in_order_and_end_with_the_job() -> None:
    buffer = JobBuffer("job")
    for number in (1, 2, 3):
        buffer.take(1, number, b"%d" % number)
    buffer.end(end(3))

    assert await rest(buffer) == [b"1", b"2", b"3"]
    assert (await buffer.ended).result == b"result"


async def test_reader_is_woken_by_each_arrival() -> None:
    buffer = JobBuffer("job")
    reader = asyncio.ensure_future(rest(buffer))
    await asyncio.sleep(0)

    buffer.take(1, 1, b"a")
    await asyncio.sleep(0)
    buffer.take(1, 2, b"b")
    buffer.end(end(2))

    assert await asyncio.wait_for(reader, 5) == [b"a", b"b"]


async def test_what_was_sent_twice_is_given_once() -> None:
    buffer = JobBuffer("job")
    for number in (1, 2, 1, 2, 3):
        buffer.take(1, number, b"%d" % number)
    buffer.end(end(3))

    assert await rest(buffer) == [b"1", b"2", b"3"]


async def test_a_gap_ends_the_events_with_an_error_and_keeps_the_result() -> None:
    buffer = JobBuffer("job")
    buffer.take(1, 1, b"1")
    buffer.take(1, 3, b"3")
    buffer.end(end(3))

    with pytest.raises(EventsLost, match="events 2 to 2 of job job"):
        await rest(buffer)
    assert (await buffer.ended).state == "done"


async def test_missing_last_events_are_noticed() -> None:
    buffer = JobBuffer("job")
    buffer.take(1, 1, b"1")
    buffer.end(end(4))

    with pytest.raises(EventsLost, match="last 3 events"):
        await rest(buffer)


async def test_second_attempt_begins_with_retry_when_something_was_given() -> None:
    buffer = JobBuffer("job")
    buffer.take(1, 1, b"old")
    given = buffer.batches()
    assert await anext(given) == [b"old"]

    buffer.take(2, 1, b"new")
    buffer.take(1, 2, b"ghost of the first attempt")
    buffer.end(end(1, attempt=2))

    assert [event async for batch in given for event in batch] == [RETRY_EVENT, b"new"]


async def test_second_attempt_replaces_what_nobody_has_seen() -> None:
    buffer = JobBuffer("job")
    buffer.take(1, 1, b"old")
    buffer.take(2, 1, b"new")
    buffer.end(end(1, attempt=2))

    assert await rest(buffer) == [b"new"]


async def test_slow_reader_is_cut_and_its_memory_given_back() -> None:
    buffer = JobBuffer("job", max_bytes=100)
    for number in range(1, 50):
        buffer.take(1, number, b"x" * 10)
    buffer.end(end(49))

    with pytest.raises(EventsLost, match="too slowly"):
        await rest(buffer)
    assert (await buffer.ended).state == "done"


async def test_reader_that_leaves_frees_the_memory_and_the_end_still_comes() -> None:
    buffer = JobBuffer("job", max_bytes=100)
    buffer.take(1, 1, b"1")
    reader = buffer.batches()
    assert await anext(reader) == [b"1"]

    await reader.aclose()
    for number in range(2, 100):
        buffer.take(1, number, b"x" * 10)
    buffer.end(end(99))

    assert buffer.number == 1
    assert (await buffer.ended).state == "done"


async def test_job_that_no_worker_ended_gets_its_last_event_here() -> None:
    buffer = JobBuffer("job", closing_event=lambda end: b"error: " + end.error.encode())
    buffer.take(1, 1, b"1")
    buffer.end(JobEnd("job", 1, "dead", -1, b"", "worker lost"))

    assert await rest(buffer) == [b"1", b"error: worker lost"]


async def test_failure_reaches_events_and_end() -> None:
    buffer = JobBuffer("job")
    buffer.fail(DeadlinePassed("late"))

    with pytest.raises(DeadlinePassed, match="late"):
        await rest(buffer)
    with pytest.raises(DeadlinePassed, match="late"):
        await buffer.ended


async def test_only_the_first_end_counts() -> None:
    buffer = JobBuffer("job")
    buffer.end(end(0))
    buffer.end(end(0, state="failed"))
    buffer.fail(DeadlinePassed("late"))

    assert (await buffer.ended).state == "done"


class Taker:
    """Takes what it is handed, as long as it is willing."""

    def __init__(self, *, is_willing: bool = True) -> None:
        self.is_willing = is_willing
        self.taken: list[list[bytes]] = []
        self.was_offered = asyncio.Event()

    def __call__(self, events: list[bytes]) -> bool:
        self.was_offered.set()
        if self.is_willing:
            self.taken.append(events)
        return self.is_willing


async def waiting_reader(buffer: JobBuffer) -> asyncio.Future[list[bytes]]:
    reader = asyncio.ensure_future(rest(buffer))
    await asyncio.sleep(0)
    return reader


async def test_what_comes_in_one_turn_is_handed_on_together_while_the_reader_sleeps() -> None:
    buffer, taker = JobBuffer("job"), Taker()
    buffer.hand_to(taker)
    reader = await waiting_reader(buffer)

    buffer.take(1, 1, b"a")
    buffer.take(1, 2, b"b")
    await asyncio.wait_for(taker.was_offered.wait(), 5)
    buffer.end(end(2))

    assert taker.taken == [[b"a", b"b"]]
    assert await asyncio.wait_for(reader, 5) == []


async def test_what_is_not_taken_the_reader_gets() -> None:
    buffer, taker = JobBuffer("job"), Taker(is_willing=False)
    buffer.hand_to(taker)
    reader = await waiting_reader(buffer)

    buffer.take(1, 1, b"a")
    await asyncio.wait_for(taker.was_offered.wait(), 5)
    buffer.take(1, 2, b"b")
    buffer.end(end(2))

    assert await asyncio.wait_for(reader, 5) == [b"a", b"b"]


async def test_what_comes_with_the_end_the_reader_gets() -> None:
    buffer, taker = JobBuffer("job"), Taker()
    buffer.hand_to(taker)
    reader = await waiting_reader(buffer)

    buffer.take(1, 1, b"a")
    buffer.end(end(1))

    assert await asyncio.wait_for(reader, 5) == [b"a"]
    assert taker.taken == []


async def test_nothing_is_handed_on_before_there_is_a_reader() -> None:
    buffer, taker = JobBuffer("job"), Taker()
    buffer.hand_to(taker)

    buffer.take(1, 1, b"a")
    await asyncio.sleep(0)
    buffer.end(end(1))

    assert taker.taken == []
    assert await rest(buffer) == [b"a"]


async def test_a_second_attempt_takes_back_what_was_handed_on() -> None:
    buffer, taker = JobBuffer("job"), Taker()
    buffer.hand_to(taker)
    await waiting_reader(buffer)
    buffer.take(1, 1, b"a")
    await asyncio.wait_for(taker.was_offered.wait(), 5)
    taker.was_offered.clear()

    buffer.take(2, 1, b"again")
    await asyncio.wait_for(taker.was_offered.wait(), 5)

    assert taker.taken == [[b"a"], [RETRY_EVENT, b"again"]]


async def test_a_taker_that_fails_costs_no_event() -> None:
    buffer = JobBuffer("job")

    def fail(events: list[bytes]) -> bool:
        raise OSError("gone")

    buffer.hand_to(fail)
    reader = await waiting_reader(buffer)

    buffer.take(1, 1, b"a")
    await asyncio.sleep(0)
    buffer.end(end(1))

    assert await asyncio.wait_for(reader, 5) == [b"a"]
