"""The short way in and out for predictions on a connection that is kept.

Hypercorn's and h11's way of a small JSON request costs twice what the prediction itself costs the main server: states, events
and a queue for what is here one piece of bytes. So where a whole request of the plainest kind (RFC 9112) has come at once, it is
read here, and its answer is written in one piece. Whatever is not of that kind goes Hypercorn's way, byte for byte as it came:
other routes and methods, chunked bodies, `Expect`, `Upgrade`, `Connection: close`, anything that h11 would refuse, requests in
pieces, and a server that is stopping. A connection may change its way with every request.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from typing import Any

import h11
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol import ProtocolWrapper
from hypercorn.protocol.h11 import H11Protocol

from flowisectl.web.connections.hypercorn_side import HypercornSide

log = logging.getLogger(__name__)

MAX_HEAD_BYTES = 16 * 1024
BEGIN = b"POST /api/v1/prediction/"
_HEAD = re.compile(
    rb"POST (/api/v1/prediction/[0-9A-Za-z-]{1,64}) HTTP/1\.1\r\n((?:[-0-9A-Za-z_]+:[ \t]*(?:[\x21-\x7e][\x20-\x7e]*)?\r\n){1,100})"
)
"""A head without what is rare: other marks in names, tabs and bytes beyond ASCII in values."""
_LONG_WAY = frozenset((b"transfer-encoding", b"expect", b"upgrade", b"te", b"trailer", b"http2-settings"))
_NO_BODY = frozenset((204, 304))


class ShortRequest:
    """A request of the plainest kind, whole."""

    __slots__ = ("body", "headers", "path")

    def __init__(self, path: bytes, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self.path = path
        self.headers = headers
        self.body = body


def read_request(data: bytes) -> ShortRequest | None:
    """The request that these bytes are; None when they are anything else."""
    if not data.startswith(BEGIN):
        return None
    end = data.find(b"\r\n\r\n", 0, MAX_HEAD_BYTES)
    found = _HEAD.fullmatch(data, 0, end + 2) if end > 0 else None
    if found is None:
        return None
    headers: list[tuple[bytes, bytes]] = []
    length, hosts = -1, 0
    for line in found[2][:-2].split(b"\r\n"):
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip(b" \t")
        if name in _LONG_WAY or (name == b"connection" and value.lower() != b"keep-alive"):
            return None
        if name == b"content-length":
            if length >= 0 or not value.isdigit() or len(value) > 6:
                return None
            length = int(value)
        elif name == b"host":
            hosts += 1
        headers.append((name, value))
    body = data[end + 4 :]
    if hosts != 1 or length <= 0 or len(body) != length:
        return None
    return ShortRequest(found[1], headers, body)


class ShortWay:
    """In the place of a connection's `hypercorn.protocol.ProtocolWrapper`."""

    def __init__(self, side: HypercornSide) -> None:
        self._server: TCPServer = side.server
        self._protocol: H11Protocol = side.protocol
        self._long: ProtocolWrapper = side.server.protocol
        self._answer: ShortAnswer | None = None

    async def handle(self, event: Event) -> None:
        """What Hypercorn calls with everything that comes over the connection."""
        if self._answer is not None:
            if isinstance(event, RawData) and event.data:
                await self._answer.over.wait()  # a request that came before its turn
            else:
                self._answer.leave()
        if isinstance(event, RawData) and self._is_between_requests():
            request = read_request(event.data)
            if request is not None:
                self._answer = ShortAnswer(self._server, request)
                await self._server.protocol_send(Updated(idle=False))
                self._protocol.task_group.spawn(self._serve, self._answer, request)
                return
        await self._long.handle(event)

    def _is_between_requests(self) -> bool:
        """h11 is in the middle of nothing, and the server goes on."""
        connection = self._protocol.connection
        return (
            self._protocol.stream is None
            and connection.our_state is h11.IDLE
            and connection.their_state is h11.IDLE
            and not connection.trailing_data[0]
            and not self._protocol.context.terminated.is_set()
        )

    async def _serve(self, answer: ShortAnswer, request: ShortRequest) -> None:
        protocol = self._protocol
        scope = {
            "type": "http",
            "http_version": "1.1",
            "asgi": {"spec_version": "2.1", "version": "3.0"},
            "method": "POST",
            "scheme": "https" if protocol.ssl else "http",
            "path": request.path.decode("ascii"),
            "raw_path": request.path,
            "query_string": b"",
            "root_path": protocol.config.root_path,
            "headers": request.headers,
            "client": protocol.client,
            "server": protocol.server,
            "state": protocol.connection_state.copy(),
            "extensions": {},
        }
        try:
            await protocol.app(scope, answer.receive, answer.send, None, None)  # type: ignore[arg-type]
        except Exception:
            log.exception("a request failed unexpectedly")
        finally:
            await self._end(answer)

    async def _end(self, answer: ShortAnswer) -> None:
        try:
            if answer.is_begun and not answer.is_complete:
                answer.transport.abort()  # whoever reads nothing would keep a connection open that waits to be closed
                return
            if not answer.is_begun:
                await answer.refuse()
            elif not self._protocol.context.terminated.is_set():
                await self._server.protocol_send(Updated(idle=True))
                return
            await self._server.protocol_send(Closed())
        finally:
            self._answer = None
            answer.end()


class ShortAnswer:
    """`receive` and `send` of one request."""

    def __init__(self, server: TCPServer, request: ShortRequest) -> None:
        self.over = asyncio.Event()
        self.is_begun = self.is_complete = False
        self._server = server
        self._body: bytes | None = request.body
        self._gone = asyncio.Event()
        """The client is gone, or has its answer."""
        self._start: Mapping[str, Any] | None = None
        self._is_chunked = False

    @property
    def transport(self) -> asyncio.WriteTransport:
        return self._server.writer.transport

    @property
    def has_chunks(self) -> bool:
        """In the middle of a body in chunks."""
        return self._is_chunked and not self.is_complete

    def leave(self) -> None:
        """The client is gone."""
        self._gone.set()

    def end(self) -> None:
        """The request is over."""
        self._gone.set()
        self.over.set()

    async def receive(self) -> dict[str, Any]:
        body, self._body = self._body, None
        if body is not None:
            return {"type": "http.request", "body": body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if message["type"] != "http.response.body" or self.is_complete:
            return
        body, is_last = message.get("body", b""), not message.get("more_body", False)
        start, self._start = self._start, None
        head = self._head(start, is_whole=is_last, size=len(body)) if start is not None else b""
        if self._is_chunked:
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (b"0\r\n\r\n" if is_last else b"")
        self.is_begun = True
        if head or body:
            await self._server.protocol_send(RawData(data=head + body))
        self.is_complete = is_last

    async def refuse(self) -> None:
        """The application has ended and said nothing: 500, and then the connection is closed."""
        await self.send({"type": "http.response.start", "status": 500, "headers": []})
        await self.send({"type": "http.response.body", "body": b""})

    def _head(self, start: Mapping[str, Any], *, is_whole: bool, size: int) -> bytes:
        """Raises ValueError for a header that would end its line."""
        headers = [(bytes(name).lower().strip(), bytes(value).strip()) for name, value in start.get("headers", ())]
        has_length = any(name == b"content-length" for name, _ in headers)
        headers += self._server.config.response_headers("h11")
        if not has_length and start["status"] not in _NO_BODY:
            self._is_chunked = not is_whole
            headers.append((b"Transfer-Encoding", b"chunked") if self._is_chunked else (b"content-length", b"%d" % size))
        if self._server.context.terminated.is_set():
            headers.append((b"connection", b"close"))
        lines = b"".join([b"%b: %b\r\n" % header for header in headers])
        if lines.count(b"\n") != len(headers) or lines.count(b"\r") != len(headers):
            raise ValueError("a header of the answer has a line end in it")
        return b"HTTP/1.1 %d \r\n%b\r\n" % (start["status"], lines)
