"""When connections without a request are closed, behind the real server."""

from __future__ import annotations

import asyncio

import pytest
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.config import Config

from flowisectl.web.connections import idle
from flowisectl.web.connections.idle import IdleTimer

PING = b"GET /api/v1/ping HTTP/1.1\r\nhost: x\r\n\r\n"


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(PING)
    async with asyncio.timeout(20):
        head = await reader.readuntil(b"\r\n\r\n")
        return head + await reader.readuntil(b"pong")


async def test_a_connection_is_kept_for_the_next_request_by_a_timer_of_ours(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypercorn's inside is known to web/connections/hypercorn_side.py: this fails when another version of it looks different."""
    kept: list[IdleTimer] = []
    begin = idle.IdleConnections.begin
    monkeypatch.setattr(idle.IdleConnections, "begin", lambda self, timer: (kept.append(timer), begin(self, timer))[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    answers = [await ask(reader, writer) for _ in range(3)]

    assert [answer.startswith(b"HTTP/1.1 200") for answer in answers] == [True] * 3
    assert len(kept) >= 2
    assert set(map(type, kept)) == {IdleTimer}
    writer.close()


async def test_a_connection_that_stays_idle_is_closed(port: int, server_config: Config) -> None:
    server_config.keep_alive_timeout = 0.05
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await ask(reader, writer)

    async with asyncio.timeout(20):
        rest = await reader.read()

    assert rest == b""
    writer.close()


async def test_a_server_that_stops_closes_its_idle_connections(port: int, stopping: asyncio.Event) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await ask(reader, writer)

    stopping.set()

    async with asyncio.timeout(20):
        assert await reader.read() == b""
    writer.close()


async def test_a_connection_that_the_client_closes_leaves_no_timer(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
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
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await ask(reader, writer)

    writer.close()
    async with asyncio.timeout(20):
        await closed.wait()

    assert timers
    assert all(timer._timer is None for timer in timers)
