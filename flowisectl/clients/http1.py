"""HTTP/1.1 by hand, for the calls of model servers: a token of a stream passes here, and a general client costs three times as much.

It does what these calls need: a body in one piece out, a body of any framing in (RFC 9112), kept connections, TLS, time
limits. Redirects, forms and everything else are the general client's (clients/http_sessions.py).
"""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from base64 import b64encode
from collections import deque
from contextlib import suppress
from typing import cast

from yarl import URL

from flowisectl.clients.deny_list import AddressPolicy
from flowisectl.clients.http1_framing import BodyReader, Head, read_head, unpacker
from flowisectl.clients.http_hop import Hop, HttpUnusable
from flowisectl.clients.names import CheckedNames, Names, SystemNames
from flowisectl.interfaces.http import HttpFailed, Reach

KEEP_SECONDS = 30.0
"""How long a connection is kept for the next call."""
CONNECT_SECONDS = 15.0
LAST_CHUNK_SECONDS = 0.05
MAX_HEAD_BYTES = 64 * 1024
MAX_UNREAD_BYTES = 1024 * 1024
"""What may wait for the reader; beyond it the server is not read."""

_Key = tuple[str, str, int]


class Http1Pool:
    """Connections to model servers, kept for a while when their answer was read to its end."""

    def __init__(self, policy: AddressPolicy, names: Names | None = None) -> None:
        self._names = CheckedNames(policy, Reach.ENDPOINT, names or SystemNames())
        self._idle: dict[_Key, deque[_Connection]] = {}
        self._tls: ssl.SSLContext | None = None
        self._sweep: asyncio.TimerHandle | None = None

    async def send(self, hop: Hop) -> Http1Answer:
        """Raises HttpDenied, HttpFailed."""
        head = _request_head(hop)
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

    async def _ask(self, key: _Key, connection: _Connection, hop: Hop, head: bytes) -> Http1Answer:
        connection.begin(hop)
        try:
            connection.write(head + (hop.body or b""))
            return Http1Answer(self, key, connection, await connection.read_head())
        except BaseException:
            connection.abort()
            raise

    def keep(self, key: _Key, connection: _Connection) -> None:
        connection.kept_at = time.monotonic()
        self._idle.setdefault(key, deque()).append(connection)
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(KEEP_SECONDS, self._close_old)

    def close(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
        for connections in self._idle.values():
            for connection in connections:
                connection.abort()
        self._idle.clear()

    def _take(self, key: _Key) -> _Connection | None:
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

    async def _connect(self, key: _Key, hop: Hop) -> _Connection:
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

    async def _connect_to(self, addresses: list[str], key: _Key) -> _Connection:
        """A connection to the first address that takes one. Raises OSError, the last one's."""
        loop, failure = asyncio.get_running_loop(), OSError("it has no address")
        context = self._context() if key[0] == "https" else None
        for address in addresses:
            try:
                _, connection = await loop.create_connection(
                    _Connection, address, key[2], ssl=context, server_hostname=key[1] if context else None
                )
                return connection
            except OSError as error:
                failure = error
        raise failure

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


class Http1Answer:
    """`clients.http_hop.Answer` over a pooled connection."""

    def __init__(self, pool: Http1Pool, key: _Key, connection: _Connection, head: Head) -> None:
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


class _Connection(asyncio.Protocol):
    """One connection, which has one call at a time."""

    def __init__(self) -> None:
        self.kept_at = 0.0
        self.place = ""
        """The server, as errors name it."""
        self._head: Head | None = None
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._seconds = 0.0
        self._has_body = True
        self._start = bytearray()
        """Of the head, until it is complete."""
        self._body: BodyReader | None = None
        self._pieces: list[bytes] = []
        self._unread = 0
        self._is_paused = False
        self._failure: HttpFailed | None = None
        self._is_idle = True
        self._is_lost = False
        self._is_ended = False
        self._has_heard = False
        self._waiter: asyncio.Future[None] | None = None
        self._heard = 0.0
        self._silence: asyncio.TimerHandle | None = None

    @property
    def is_usable(self) -> bool:
        return not self._is_lost and self._transport is not None and not self._transport.is_closing()

    @property
    def is_at_end(self) -> bool:
        """The whole body has come and was read."""
        return self._body is not None and self._body.is_at_end and not self._pieces

    @property
    def was_closed_unheard(self) -> bool:
        """The server has closed the connection without a byte of an answer to this call."""
        return self._is_ended and not self._has_heard

    def begin(self, hop: Hop) -> None:
        """A new call."""
        self._has_heard = False
        self._head, self._body, self._failure = None, None, None
        self.place, self._seconds, self._has_body = hop.place, hop.timeout_seconds, hop.method != "HEAD"
        self._is_idle = False
        self._start.clear()
        self._pieces.clear()
        self._unread = 0
        self._heard = self._loop.time()
        self._silence = self._loop.call_later(self._seconds, self._check_silence)

    def finish(self) -> bool:
        """The call is over; whether the connection may have another."""
        self._stop_watching()
        self._is_idle = True
        return self._head is not None and self._head.keeps_alive and self._body is not None and not self._body.has_more

    def write(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)

    async def read_head(self) -> Head:
        """Raises HttpFailed."""
        while self._head is None:
            if self._failure is not None:
                raise self._failure
            await self._wait()
        return self._head

    async def read_piece(self) -> bytes:
        while True:
            if self._pieces:
                piece = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
                self._pieces.clear()
                self._unread = 0
                if self._is_paused and self._transport is not None:
                    self._is_paused = False
                    self._heard = self._loop.time()
                    self._transport.resume_reading()
                return piece
            if self._body is not None and self._body.is_at_end:
                return b""
            if self._failure is not None:
                raise self._failure
            await self._wait()

    def abort(self) -> None:
        self._stop_watching()
        if self._transport is not None:
            self._transport.abort()

    async def _wait(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, text: str) -> None:
        if self._failure is None:
            self._failure = HttpFailed(text)
        self._wake()

    def _check_silence(self) -> None:
        left = self._heard + self._seconds - self._loop.time()
        if left > 0 or self._is_paused:
            self._silence = self._loop.call_later(max(left, 0.1), self._check_silence)
        else:
            self._fail(f"no answer from {self.place} for {self._seconds:g} s")

    def _stop_watching(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    # ---- what the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._is_idle:
            self.abort()  # nobody asked: such a connection cannot be trusted to have the next answer
            return
        self._heard = self._loop.time()
        self._has_heard = True
        try:
            if self._body is None:
                data = self._take_head(data)
                if self._body is None:
                    return
            pieces = self._body.feed(data)
        except ValueError as error:
            self._fail(f"{self.place} sent what is no HTTP: {error}")
            self.abort()
            return
        if pieces:
            self._pieces += pieces
            self._unread += len(data)
            if self._unread > MAX_UNREAD_BYTES and not self._is_paused and self._transport is not None:
                self._is_paused = True
                self._transport.pause_reading()
        self._wake()

    def _take_head(self, data: bytes) -> bytes:
        """Look for the end of the head; gives what follows it."""
        self._start += data
        while (end := self._start.find(b"\r\n\r\n")) >= 0:
            head = read_head(bytes(self._start[:end]))
            rest = bytes(self._start[end + 4 :])
            if head.status >= 200:
                self._head, self._body = head, BodyReader(head, has_body=self._has_body)
                return rest
            self._start[:] = rest  # 100 Continue and the like
        if len(self._start) > MAX_HEAD_BYTES:
            raise ValueError(f"a head of more than {MAX_HEAD_BYTES} bytes")
        return b""

    def eof_received(self) -> None:
        self._end()

    def connection_lost(self, error: Exception | None) -> None:
        self._is_lost = True
        self._end()

    def _end(self) -> None:
        self._is_ended = True
        if self._body is not None and not self._body.is_at_end:
            self._body.end()
        if self._body is None or not self._body.is_at_end:
            self._fail(f"the connection to {self.place} was cut")
        self._wake()


def _request_head(hop: Hop) -> bytes:
    """The request line and the headers. Raises HttpUnusable for headers that cannot be sent."""
    target = hop.target
    headers = {"host": _authority(target), "user-agent": "flowisectl", "accept": "*/*", "accept-encoding": "identity"}
    if target.user is not None:
        headers["authorization"] = "Basic " + b64encode(f"{target.user}:{target.password or ''}".encode()).decode()
    for name, value in hop.headers.items():
        headers[name.lower()] = value
    if hop.body is not None or hop.method in ("POST", "PUT", "PATCH"):
        headers["content-length"] = str(len(hop.body or b""))
    text = "\r\n".join([f"{hop.method} {target.raw_path_qs} HTTP/1.1", *[f"{name}: {value}" for name, value in headers.items()]])
    count = len(headers)
    try:
        data = text.encode() + b"\r\n\r\n"
    except UnicodeEncodeError:
        data = b""
    if not data or text.count("\r") != count or text.count("\n") != count or "\0" in text:
        raise HttpUnusable(f"the call of {hop.place} cannot be sent: check its address and headers")
    return data


def _authority(target: URL) -> str:
    host = target.raw_host or ""
    name = f"[{host}]" if ":" in host else host
    return name if target.is_default_port() else f"{name}:{target.port}"
