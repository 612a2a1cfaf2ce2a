from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flowisectl.web.requests import body_limit
from flowisectl.web.requests.body_limit import MAX_FORM_BYTES, RequestBody, declared_length, drained, limit_of_body, limited
from flowisectl.web.streams.open_streams import OpenStreams

CHUNKED = {b"transfer-encoding": b"chunked"}


class Sender:
    """A client that sends so many pieces of one kilobyte."""

    def __init__(self, pieces: int) -> None:
        self.left = pieces

    async def __call__(self) -> Any:
        self.left -= 1
        return {"type": "http.request", "body": b"x" * 1000, "more_body": self.left > 0}


@pytest.mark.parametrize(
    ("headers", "length"),
    [
        ({}, 0),
        ({b"content-length": b"12"}, 12),
        (CHUNKED, None),
        ({b"content-length": b"12", **CHUNKED}, None),
        ({b"content-length": b"-1"}, None),
        ({b"content-length": b"many"}, None),
        ({b"content-length": b"9" * 5000}, None),
    ],
)
def test_a_length_is_what_the_headers_say_or_unknown(headers: dict[bytes, bytes], length: int | None) -> None:
    assert declared_length(headers) == length


def test_only_forms_with_files_may_be_larger() -> None:
    assert limit_of_body({b"content-type": b"application/json"}, 10) == 10
    assert limit_of_body({b"content-type": b"Multipart/Form-Data; boundary=x"}, 10) == MAX_FORM_BYTES


async def test_a_body_of_unknown_length_is_read_to_its_end_and_its_rest_thrown_away() -> None:
    sender = Sender(100)
    receive, got = limited(sender, 2500), b""

    while True:
        message = await receive()
        got += message["body"]
        if not message["more_body"]:
            break

    assert len(got) == 3000
    assert sender.left == 0


async def test_a_body_within_the_limit_is_not_touched() -> None:
    receive = limited(Sender(2), 2000)

    assert [(await receive())["more_body"] for _ in range(2)] == [True, False]


async def test_a_small_body_is_left_where_it_is_and_a_large_one_is_drained_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "DRAINED_BYTES", 5000)
    small, large = Sender(3), Sender(100)

    await drained(small, {b"content-length": b"3000"})
    await drained(large, CHUNKED)

    assert small.left == 3
    assert large.left == 94


async def test_a_client_that_stops_sending_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "DRAINED_SECONDS", 0.01)

    async def silent() -> Any:
        await asyncio.Event().wait()

    async with asyncio.timeout(10):
        await drained(silent, CHUNKED)


async def test_a_client_that_leaves_ends_the_draining() -> None:
    async def gone() -> Any:
        return {"type": "http.disconnect"}

    await drained(gone, CHUNKED)


async def sent_by(body: RequestBody, *messages: Any) -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    for message in messages:
        await body.ended_by(send)(message)
    return sent


LAST = {"type": "http.response.body", "body": b"x", "more_body": False}


async def test_an_answer_goes_out_at_once_and_ends_when_the_request_does() -> None:
    sender = Sender(3)

    sent = await sent_by(RequestBody(sender, OpenStreams()), {"type": "http.response.start"}, LAST)

    assert [message.get("more_body") for message in sent] == [None, True, False] and sender.left == 0
    assert b"".join(message.get("body", b"") for message in sent) == b"x"


async def test_the_answer_to_a_request_that_came_whole_is_left_as_it_is() -> None:
    body = RequestBody(Sender(1), OpenStreams())
    await body()

    assert await sent_by(body, LAST) == [LAST]


async def test_a_body_that_another_task_reads_is_left_to_it() -> None:
    gate, sender = asyncio.Event(), Sender(1)

    async def late() -> Any:
        await gate.wait()
        return await sender()

    body = RequestBody(late, OpenStreams())
    reading = asyncio.create_task(body())
    answering = asyncio.create_task(sent_by(body, LAST))
    await asyncio.sleep(0)
    gate.set()

    async with asyncio.timeout(10):
        assert len((await reading)["body"]) == 1000 and len(await answering) == 2


async def test_an_answer_does_not_wait_for_ever_for_the_rest_of_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "DRAINED_SECONDS", 0.01)

    async def silent() -> Any:
        await asyncio.Event().wait()

    async with asyncio.timeout(10):
        assert len(await sent_by(RequestBody(silent, OpenStreams()), LAST)) == 2


async def test_a_stopping_server_waits_no_longer_for_the_rest_of_a_request() -> None:
    streams = OpenStreams()

    async def silent() -> Any:
        await asyncio.Event().wait()

    answering = asyncio.create_task(sent_by(RequestBody(silent, streams), LAST))
    async with asyncio.timeout(10):
        while not len(streams):
            await asyncio.sleep(0)
        await streams.drain(0.01)

        assert len(await answering) == 2 and not len(streams)
