"""Streams whose events are handed to the socket while the stream's own task sleeps, behind the real server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from hypercorn.config import Config
from quart import Quart

from flowisectl.events.buffer import JobBuffer
from flowisectl.events.wire import JobEnd
from flowisectl.predictions.request import PredictionResult
from flowisectl.web.connections.server import serve
from flowisectl.web.sse import END, frames

MakeFlow = Callable[..., Awaitable[dict[str, Any]]]
Take = Callable[[list[bytes]], bool]
ASK = {"question": "x", "streaming": True}


class Handed:
    """A job's events as the queue hands them on; counts the lots that were taken."""

    def __init__(self, result: PredictionResult | None = None) -> None:
        self.job_id = "job-1"
        self.taken = 0
        self.has_reader = asyncio.Event()
        self._buffer = JobBuffer(self.job_id)
        self._result = result or PredictionResult(body=b"{}")

    def events(self) -> AsyncIterator[list[bytes]]:
        self.has_reader.set()
        return self._buffer.batches()

    def hand_to(self, take: Take) -> None:
        def counted(events: list[bytes]) -> bool:
            is_taken = take(events)
            self.taken += is_taken
            return is_taken

        self._buffer.hand_to(counted)

    async def result(self) -> PredictionResult:
        await asyncio.shield(self._buffer.ended)
        return self._result

    async def tell(self, events: list[bytes]) -> None:
        await asyncio.wait_for(self.has_reader.wait(), 10)
        for number, event in enumerate(events, 1):
            self._buffer.take(1, number, event)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        self._buffer.end(JobEnd(self.job_id, 1, "done", len(events), b"{}"))


@pytest.fixture
async def port(app: Quart) -> AsyncIterator[int]:
    """The application on a free port."""
    listener = socket.create_server(("127.0.0.1", 0))
    config, stopping = Config(), asyncio.Event()
    config.errorlog, config.graceful_timeout = None, 1
    server = asyncio.create_task(serve(app, config, listener.dup(), stopping.wait))
    yield int(listener.getsockname()[1])
    stopping.set()
    server.cancel()
    await asyncio.gather(server, return_exceptions=True)
    listener.close()


async def answered(port: int, flow: dict[str, Any], submission: Handed, events: list[bytes]) -> bytes:
    telling = asyncio.create_task(submission.tell(events))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False) as client:
        answer = await client.post(f"/api/v1/prediction/{flow['id']}", json=ASK)
    await telling
    return answer.content


async def test_handed_events_arrive_whole_and_in_order(port: int, make_flow: MakeFlow, submitter: Any) -> None:
    submitter.submission = submission = Handed()
    tokens = [b'{"event":"token","data":"%d"}' % number for number in range(200)]

    content = await answered(port, await make_flow(), submission, tokens)

    assert content == frames(tokens) + END
    assert submission.taken > 0


async def test_an_error_that_was_handed_on_is_not_told_again(port: int, make_flow: MakeFlow, submitter: Any) -> None:
    submitter.submission = submission = Handed(PredictionResult(error="it broke", error_kind="FlowError", status=500))
    events = [*[b'{"event":"token","data":"%d"}' % number for number in range(20)], b'{"event":"error","data":"it broke"}']

    content = await answered(port, await make_flow(), submission, events)

    assert content == frames(events) + END


async def test_a_client_that_begins_to_read_late_gets_every_token_in_order(port: int, make_flow: MakeFlow, submitter: Any) -> None:
    """What its socket does not take goes the long way, and what comes after it stays behind it."""
    submitter.submission = submission = Handed()
    flow = await make_flow()
    tokens = [b'{"event":"token","data":"%d %b"}' % (number, b"x" * 4000) for number in range(2000)]
    body, late, loop = b'{"streaming":true}', socket.socket(), asyncio.get_running_loop()
    late.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    late.setblocking(False)
    await loop.sock_connect(late, ("127.0.0.1", port))
    head = f"POST /api/v1/prediction/{flow['id']} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    await loop.sock_sendall(late, head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    await submission.tell(tokens)
    got = b""
    async with asyncio.timeout(20):
        while piece := await loop.sock_recv(late, 65_536):
            got += piece
    late.close()

    assert dechunked(got.partition(b"\r\n\r\n")[2]) == frames(tokens) + END
    assert 0 < submission.taken < len(tokens)


def dechunked(data: bytes) -> bytes:
    parts: list[bytes] = []
    place = 0
    while place < len(data):
        line_end = data.index(b"\r\n", place)
        size = int(data[place:line_end], 16)
        parts.append(data[line_end + 2 : line_end + 2 + size])
        place = line_end + 2 + size + 2
    return b"".join(parts)
