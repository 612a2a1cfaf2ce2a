"""Record managers in front of servers that only listen: whether a connection is to be encrypted shows in its first bytes."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput, Unavailable
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.testing import run_context

LOGIN = {"user": "u", "password": "secret-0123"}
SSL_OF_MYSQL = 0x800
GREETING = (
    b"\x0a8.0.0\x00" + struct.pack("<I", 1) + b"12345678\x00" + struct.pack("<HBHHB", 0xFFFF, 45, 2, 0x000F, 21) + b"\x00" * 10
    + b"123456789012\x00mysql_native_password\x00"
)  # fmt: skip
"""How a MySQL server begins that knows TLS: https://dev.mysql.com/doc/dev/mysql-internals/en/connection-phase-packets.html."""


@asynccontextmanager
async def listener(speak: Any) -> AsyncIterator[tuple[int, asyncio.Queue[bytes]]]:
    """A server that has one talk with each client; what `speak` returns of it is told."""
    told: asyncio.Queue[bytes] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            told.put_nowait(await speak(reader, writer))
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], told


async def postgres(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """A server without TLS: what the client says after it has heard so."""
    await reader.readexactly(8)
    writer.write(b"N")
    return await reader.read(64)


async def mysql(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(len(GREETING).to_bytes(3, "little") + b"\x00" + GREETING)
    return await reader.read(64)


async def first_words(node: str, speak: Any, more: Any) -> bytes:
    async with listener(speak) as (port, told):
        inputs = {"host": "127.0.0.1", "port": str(port), "database": "d", "additionalConfig": more}
        given = NodeInputs(inputs, node_id="records_0", label="Records", credential=LOGIN)
        records = await load_catalogue().get(node).build(given, run_context())
        with pytest.raises(Unavailable) as caught:
            await records.prepare()
        assert "secret-0123" not in str(caught.value)
        return await asyncio.wait_for(told.get(), 30)


@pytest.mark.parametrize(("more", "goes_on"), [("", True), ('{"ssl": true}', False), ({"ssl": {"rejectUnauthorized": False}}, False)])
async def test_postgres_is_left_alone_when_it_refuses_the_encryption_that_was_asked_for(more: Any, goes_on: bool) -> None:
    said = await first_words("postgresRecordManager", postgres, more)

    assert (b"user\x00u\x00" in said) is goes_on


@pytest.mark.parametrize(("more", "encrypts"), [("", False), ('{"ssl": {"rejectUnauthorized": false}}', True), ({"ssl": True}, True)])
async def test_mysql_is_asked_for_encryption_before_the_login(more: Any, encrypts: bool) -> None:
    said = await first_words("MySQLRecordManager", mysql, more)

    flags = int.from_bytes(said[4:8], "little")
    assert bool(flags & SSL_OF_MYSQL) is encrypts
    assert (b"u\x00" in said[36:]) is not encrypts


@pytest.mark.parametrize("node", ["postgresRecordManager", "MySQLRecordManager"])
async def test_records_without_a_host_say_what_is_missing(node: str) -> None:
    given = NodeInputs({"database": "d"}, node_id="records_0", label="Records", credential=LOGIN)

    with pytest.raises(MissingInput, match=r"node 'records_0' \(Records\) needs a host"):
        await load_catalogue().get(node).build(given, run_context())
