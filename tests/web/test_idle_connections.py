"""When connections without a request are closed, behind the real server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from hypercorn.config import Config

from flowisectl.web.connections.connection import Connection
from flowisectl.web.connections.long_way import IdleTimer
from flowisectl.web.connections.server import Server

PING = b"GET /api/v1/ping HTTP/1.1\r\nhost: x\r\n\r\n"
SHORT = b"POST /api/v1/prediction/nothing HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}"
PARTIAL = b"POST /api/v1/prediction/nothing HTTP/1.1\r\nhost: x\r\n"


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes = PING) -> bytes:
    writer.write(data)
    async with asyncio.timeout(20):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        return head + await reader.readexactly(int(length[15:]))


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Connection]:
    """Those that were made."""
    made: list[Connection] = []
    init: Callable[..., None] = Connection.__init__

    def note(connection: Connection, server: Any) -> None:
        made.append(connection)
        init(connection, server)

    monkeypatch.setattr(Connection, "__init__", note)
    return made


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():
            await asyncio.sleep(0.01)


async def test_between_requests_hypercorn_asks_for_our_timer(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypercorn's inside is known to web/connections/long_way.py: this fails when another version of it looks different."""
    asked: list[IdleTimer] = []
    restart: Callable[..., Awaitable[None]] = IdleTimer.restart

    async def note(timer: IdleTimer, *rest: Any) -> None:
        asked.append(timer)
        await restart(timer, *rest)

    monkeypatch.setattr(IdleTimer, "restart", note)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    answers = [await ask(reader, writer) for _ in range(3)]

    assert [answer.startswith(b"HTTP/1.1 200") for answer in answers] == [True] * 3
    assert len(asked) >= 3 and len(set(asked)) == 1
    writer.close()


@pytest.mark.parametrize("asked", [[], [PING], [SHORT], [PING, SHORT], [SHORT, PING]])
async def test_a_connection_that_stays_idle_is_closed(port: int, server_config: Config, asked: list[bytes]) -> None:
    server_config.keep_alive_timeout = 0.05
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for data in asked:
        await ask(reader, writer, data)

    async with asyncio.timeout(20):
        rest = await reader.read()

    assert rest == b""
    writer.close()


async def test_half_a_head_keeps_no_connection_open(port: int, server_config: Config) -> None:
    server_config.keep_alive_timeout = 0.05
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(PARTIAL)

    async with asyncio.timeout(20):
        rest = await reader.read()

    assert rest == b""
    writer.close()


async def test_a_connection_is_not_idle_while_its_request_is_answered(
    port: int, server_config: Config, make_flow: Callable[..., Awaitable[dict[str, Any]]], submitter: Any
) -> None:
    server_config.keep_alive_timeout = 0.05
    flow = await make_flow()
    gate = submitter.submission.gate = asyncio.Event()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    asking = asyncio.create_task(ask(reader, writer, SHORT.replace(b"nothing", flow["id"].encode())))
    await until(lambda: bool(submitter.requests))
    await asyncio.sleep(0.2)

    gate.set()

    assert (await asking).startswith(b"HTTP/1.1 200 ")
    writer.close()


@pytest.mark.parametrize("data", [PING, SHORT])
async def test_a_server_that_stops_closes_its_idle_connections(port: int, stopping: asyncio.Event, data: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await ask(reader, writer, data)

    stopping.set()

    async with asyncio.timeout(20):
        assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize("data", [PING, SHORT])
async def test_a_connection_that_the_client_closes_leaves_nothing(port: int, connections: list[Connection], data: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await ask(reader, writer, data)

    writer.close()

    await until(lambda: not cast(Server, connections[0].server).open)
    assert connections[0]._idle is None
