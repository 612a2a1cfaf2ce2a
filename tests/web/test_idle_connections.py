"""When connections without a request are closed, behind the real server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from hypercorn.asyncio import serve
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.config import Config
from quart import Quart

from flowisectl.web.streams import idle_connections
from flowisectl.web.streams.idle_connections import IdleTimer

PING = b"GET /api/v1/ping HTTP/1.1\r\nhost: x\r\n\r\n"


@dataclass
class Served:
    port: int
    config: Config
    stopping: asyncio.Event
    task: asyncio.Task[None]


@pytest.fixture
async def served(app: Quart) -> AsyncIterator[Served]:
    listener = socket.create_server(("127.0.0.1", 0))
    config, stopping = Config(), asyncio.Event()
    config.bind = [f"fd://{listener.dup().detach()}"]
    config.errorlog, config.graceful_timeout, config.keep_alive_timeout = None, 60, 3600
    task = asyncio.create_task(serve(app, config, shutdown_trigger=stopping.wait))
    yield Served(int(listener.getsockname()[1]), config, stopping, task)
    stopping.set()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    listener.close()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(PING)
    async with asyncio.timeout(20):
        head = await reader.readuntil(b"\r\n\r\n")
        return head + await reader.readuntil(b"pong")


async def test_a_connection_is_kept_for_the_next_request_by_a_timer_of_ours(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypercorn's inside is known to web/streams/connection.py: this fails when another version of it looks different."""
    kept: list[IdleTimer] = []
    begin = idle_connections.IdleConnections.begin
    monkeypatch.setattr(idle_connections.IdleConnections, "begin", lambda self, timer: (kept.append(timer), begin(self, timer))[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)

    answers = [await ask(reader, writer) for _ in range(3)]

    assert [answer.startswith(b"HTTP/1.1 200") for answer in answers] == [True] * 3
    assert len(kept) >= 2
    assert set(map(type, kept)) == {IdleTimer}
    writer.close()


async def test_a_connection_that_stays_idle_is_closed(served: Served) -> None:
    served.config.keep_alive_timeout = 0.05
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    await ask(reader, writer)

    async with asyncio.timeout(20):
        rest = await reader.read()

    assert rest == b""
    writer.close()


async def test_a_server_that_stops_closes_its_idle_connections(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    await ask(reader, writer)

    served.stopping.set()

    async with asyncio.timeout(20):
        assert await reader.read() == b""
        await served.task
    writer.close()


async def test_a_connection_that_the_client_closes_leaves_no_timer(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    timers: list[IdleTimer] = []
    closed = asyncio.Event()
    stop = IdleTimer.stop
    close = TCPServer._close

    async def note(timer: IdleTimer) -> None:
        timers.append(timer)
        await stop(timer)

    async def note_close(server: TCPServer) -> None:
        await close(server)
        closed.set()

    monkeypatch.setattr(IdleTimer, "stop", note)
    monkeypatch.setattr(TCPServer, "_close", note_close)
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    await ask(reader, writer)

    writer.close()
    async with asyncio.timeout(20):
        await closed.wait()

    assert timers
    assert all(timer._timer is None for timer in timers)
