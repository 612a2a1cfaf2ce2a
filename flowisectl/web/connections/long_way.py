"""Hypercorn's way of a connection's requests. What is known here of its inside is bound to its version."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from hypercorn.asyncio.tcp_server import MAX_RECV, TCPServer
from hypercorn.events import Closed, RawData
from hypercorn.protocol.h11 import H11Protocol

from flowisectl.web.connections.sides import ConnectionSide


class LongWay(TCPServer):
    """One connection, as Hypercorn serves it; `run` it until it ends."""

    def __init__(self, connection: ConnectionSide) -> None:
        server = connection.server
        self.stream = _stream_on(connection.transport, server.loop)
        reader = self.stream.reader
        writer = asyncio.StreamWriter(connection.transport, self.stream, reader, server.loop)
        super().__init__(server.app, server.loop, server.config, server.context, server.state, reader, writer)
        self.idle_task = IdleTimer(connection)  # type: ignore[assignment]  # it has what Hypercorn calls
        self._fed = self._taken = 0
        """Bytes that came, and those that h11 has."""

    @property
    def is_between_requests(self) -> bool:
        """h11 has had all that came, and is in the middle of nothing."""
        protocol = self.protocol.protocol if self._taken == self._fed else None
        if not isinstance(protocol, H11Protocol) or protocol.stream is not None:
            return False
        connection = protocol.connection
        return connection.our_state is h11.IDLE and connection.their_state is h11.IDLE and not connection.trailing_data[0]

    def feed(self, data: bytes) -> None:
        self._fed += len(data)
        self.stream.data_received(data)

    def end_of_input(self) -> bool:
        """Whether the transport stays open for an answer."""
        return bool(self.stream.eof_received())

    async def _read_data(self) -> None:
        """As Hypercorn's; counts, and has no task for a limit of time that is not set."""
        while not self.reader.at_eof():
            try:
                data = await self.reader.read(MAX_RECV)
            except OSError:
                break
            self._taken += len(data)
            await self.protocol.handle(RawData(data))
        await self.protocol.handle(Closed())


class _Stream(asyncio.StreamReaderProtocol):
    reader: asyncio.StreamReader


def _stream_on(transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> _Stream:
    reader = asyncio.StreamReader(loop=loop)
    stream = _Stream(reader, loop=loop)
    stream.reader = reader
    stream.connection_made(transport)
    return stream


class IdleTimer:
    """In the place of `hypercorn.typing.SingleTask`, which makes a task for every pause between requests."""

    def __init__(self, connection: ConnectionSide) -> None:
        self._connection = connection

    async def restart(self, task_group: Any, action: Any) -> None:
        """A request has been answered, and none is there yet."""
        self._connection.rest()

    async def stop(self) -> None:
        """A request has come, or the connection is closed."""
        self._connection.wake()
