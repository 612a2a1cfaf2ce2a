"""HTTP/1.1 by hand, for the calls of model servers: a token of a stream passes here, and a general client costs three times as much.

It does what these calls need: a body in one piece out, a body of any framing in (RFC 9112), kept connections, TLS, time
limits. Redirects, forms and everything else are the general client's (clients/http_sessions.py).
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from flowisectl.clients.deny_list import AddressPolicy
from flowisectl.clients.http1_beat import ReadingBeat
from flowisectl.clients.http1_connection import Http1Connection
from flowisectl.clients.http1_framing import Head, unpacker
from flowisectl.clients.http1_request import request_head
from flowisectl.clients.http_hop import Hop, too_large
from flowisectl.clients.names import CheckedNames, Names, SystemNames
from flowisectl.interfaces.http import HttpFailed, Reach, Wanted

KEEP_SECONDS = 30.0
"""How long a connection is kept for the next call."""
CONNECT_SECONDS = 15.0
LAST_CHUNK_SECONDS = 0.05

_Key = tuple[str, str, int]


class Http1Pool:
    """Connections to model servers, kept for a while when their answer was read to its end."""

    def __init__(self, policy: AddressPolicy, names: Names | None = None) -> None:
        self._names = CheckedNames(policy, Reach.ENDPOINT, names or SystemNames())
        self._idle: dict[_Key, deque[Http1Connection]] = {}
        self._tls: ssl.SSLContext | None = None
        self._sweep: asyncio.TimerHandle | None = None
        self._beat: ReadingBeat | None = None

    async def send(self, hop: Hop) -> Http1Answer:
        """Raises HttpDenied, HttpFailed."""
        head = request_head(hop)
        target = hop.target
        key = (target.scheme, target.raw_host or "", target.port or 0)
        while (kept := self._take(key)) is not None:
            try:
                return await self._ask(key, kept, hop, head)
            except HttpFailed:
                # The server may close a kept connection just when the next call is on its way. It has not answered a byte,
                # so the call goes again, over a connection that is surely open.
                if not kept.was_closed_unheard:
                    raise
        return await self._ask(key, await self._connect(key, hop), hop, head)

    async def _ask(self, key: _Key, connection: Http1Connection, hop: Hop, head: bytes) -> Http1Answer:
        connection.begin(hop)
        try:
            connection.write(head + (hop.body or b""))
            return Http1Answer(self, key, connection, await connection.read_head())
        except BaseException:
            connection.abort()
            raise

    def keep(self, key: _Key, connection: Http1Connection) -> None:
        connection.kept_at = time.monotonic()
        self._idle.setdefault(key, deque()).append(connection)
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(KEEP_SECONDS, self._close_old)

    def close(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
        if self._beat is not None:
            self._beat.close()
        for connections in self._idle.values():
            for connection in connections:
                connection.abort()
        self._idle.clear()

    def _take(self, key: _Key) -> Http1Connection | None:
        connections = self._idle.get(key)
        while connections:
            connection = connections.pop()
            if connection.is_usable and time.monotonic() - connection.kept_at < KEEP_SECONDS:
                return connection
            connection.abort()
        return None

    def _close_old(self) -> None:
        self._sweep = None
        old = time.monotonic() - KEEP_SECONDS
        for key, connections in list(self._idle.items()):
            while connections and (connections[0].kept_at <= old or not connections[0].is_usable):
                connections.popleft().abort()
            if not connections:
                del self._idle[key]
        if self._idle:
            self._sweep = asyncio.get_running_loop().call_later(KEEP_SECONDS / 2, self._close_old)

    async def _connect(self, key: _Key, hop: Hop) -> Http1Connection:
        place = hop.place
        try:
            async with asyncio.timeout(min(hop.timeout_seconds, CONNECT_SECONDS)):
                try:
                    addresses = await self._names.addresses(key[1], key[2])
                except OSError as error:
                    raise HttpFailed(f"the host of {place} cannot be found") from error
                return await self._connect_to(addresses, key)
        except TimeoutError as error:
            raise HttpFailed(f"cannot connect to {place} in time") from error
        except ssl.SSLError as error:
            raise HttpFailed(f"no secure connection to {place} ({getattr(error, 'verify_message', '') or error.reason})") from error
        except OSError as error:
            raise HttpFailed(f"cannot connect to {place} ({os.strerror(error.errno) if error.errno else error})") from error

    async def _connect_to(self, addresses: list[str], key: _Key) -> Http1Connection:
        """A connection to the first address that takes one. Raises OSError, the last one's."""
        loop, failure = asyncio.get_running_loop(), OSError("it has no address")
        context = self._context() if key[0] == "https" else None
        for address in addresses:
            try:
                return await self._open(loop, address, key, context)
            except OSError as error:
                failure = error
        raise failure

    async def _open(self, loop: asyncio.AbstractEventLoop, address: str, key: _Key, context: ssl.SSLContext | None) -> Http1Connection:
        if self._beat is None:
            self._beat = ReadingBeat()
        ours = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        try:
            ours.setblocking(False)
            ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(ours, (address, key[2]))
            _, connection = await loop.create_connection(
                partial(Http1Connection, ours, self._beat), sock=ours, ssl=context, server_hostname=key[1] if context else None
            )
        except BaseException:
            ours.close()
            raise
        return connection

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


class Http1Answer:
    """`clients.http_hop.Answer` over a pooled connection."""

    def __init__(self, pool: Http1Pool, key: _Key, connection: Http1Connection, head: Head) -> None:
        """Raises HttpUnusable for a body that is packed in an unknown way."""
        self._pool = pool
        self._key = key
        self._connection = connection
        self.status, self.reason, self.headers = head.status, head.reason, head.headers
        coding = head.headers.get("content-encoding", "identity").lower()
        self._unpack = unpacker(coding, connection.place) if coding not in ("identity", "") else None

    async def read_piece(self) -> bytes:
        if self._unpack is None:
            return await self._connection.read_piece()
        while piece := await self._connection.read_piece():
            if unpacked := self._unpack(piece):
                return unpacked
        return b""

    async def pour(self, take: Callable[[bytes], Wanted], max_bytes: int) -> None:
        if self._unpack is None:
            await self._connection.pour(take, max_bytes)
            return
        received = 0
        while piece := await self.read_piece():
            received += len(piece)
            if received > max_bytes:
                raise too_large(self._connection.place, max_bytes)
            if take(piece) is Wanted.NOTHING:
                return

    async def release(self, *, is_complete: bool) -> None:
        connection = self._connection
        if is_complete and not connection.is_at_end:
            with suppress(HttpFailed, TimeoutError):
                async with asyncio.timeout(LAST_CHUNK_SECONDS):
                    await connection.read_piece()
        if connection.is_at_end and connection.is_usable and connection.finish():
            self._pool.keep(self._key, connection)
        else:
            connection.abort()
