"""The short way in and out for predictions.

Hypercorn's and h11's way of a small JSON request costs twice what the prediction itself costs the main server: states, events
and a queue for what is here one piece of bytes. So where a whole request of the plainest kind (RFC 9112) has come at once, it is
read here, and its answer is written in one piece. Whatever is not of that kind goes Hypercorn's way, byte for byte as it came:
other routes and methods, chunked bodies, `Expect`, `Upgrade`, anything that h11 would refuse, requests in pieces, and a server
that is stopping.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from flowisectl.web.connections.sides import ConnectionSide

MAX_HEAD_BYTES = 16 * 1024
BEGIN = b"POST /api/v1/prediction/"
_HEAD = re.compile(
    rb"POST (/api/v1/prediction/[0-9A-Za-z-]{1,64}) HTTP/1\.1\r\n((?:[-0-9A-Za-z_]+:[ \t]*(?:[\x21-\x7e][\x20-\x7e]*)?\r\n){1,100})"
)
"""A head without what is rare: other marks in names, tabs and bytes beyond ASCII in values."""
_LONG_WAY = frozenset((b"transfer-encoding", b"expect", b"upgrade", b"te", b"trailer", b"http2-settings"))
_KEPT_OR_NOT = frozenset((b"keep-alive", b"close"))
_NO_BODY = frozenset((204, 304))


class ShortRequest:
    """A request of the plainest kind, whole."""

    __slots__ = ("body", "headers", "is_last", "path")

    def __init__(self, path: bytes, headers: list[tuple[bytes, bytes]], body: bytes, *, is_last: bool = False) -> None:
        self.path = path
        self.headers = headers
        self.body = body
        self.is_last = is_last
        """The client wants the connection closed afterwards."""


def read_request(data: bytes) -> ShortRequest | None:
    """The request that these bytes are; None when they are anything else."""
    if not data.startswith(BEGIN):
        return None
    end = data.find(b"\r\n\r\n", 0, MAX_HEAD_BYTES)
    found = _HEAD.fullmatch(data, 0, end + 2) if end > 0 else None
    if found is None:
        return None
    headers: list[tuple[bytes, bytes]] = []
    length, hosts, is_last = -1, 0, False
    for line in found[2][:-2].split(b"\r\n"):
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip(b" \t")
        if name in _LONG_WAY:
            return None
        if name == b"connection":
            choice = value.lower()
            if choice not in _KEPT_OR_NOT:
                return None
            is_last = is_last or choice == b"close"
        elif name == b"content-length":
            if length >= 0 or not value.isdigit() or len(value) > 6:
                return None
            length = int(value)
        elif name == b"host":
            hosts += 1
        headers.append((name, value))
    body = data[end + 4 :]
    if hosts != 1 or length <= 0 or len(body) != length:
        return None
    return ShortRequest(found[1], headers, body, is_last=is_last)


class ShortAnswer:
    """`receive` and `send` of one request."""

    def __init__(self, connection: ConnectionSide, request: ShortRequest) -> None:
        self.over = asyncio.Event()
        self.is_begun = self.is_complete = False
        self.is_last = request.is_last
        """The connection is closed afterwards, and the answer says so."""
        self._connection = connection
        self._body: bytes | None = request.body
        self._gone = asyncio.Event()
        """The client is gone, or has its answer."""
        self._start: Mapping[str, Any] | None = None
        self._is_chunked = False

    @property
    def transport(self) -> asyncio.WriteTransport:
        return self._connection.transport

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
            if not _is_stream(message):
                return
            message = {"type": "http.response.body", "more_body": True}  # the head of a stream does not wait for its first event
        if message["type"] != "http.response.body" or self.is_complete:
            return
        body, is_last = message.get("body", b""), not message.get("more_body", False)
        start, self._start = self._start, None
        head = self._head(start, is_whole=is_last, size=len(body)) if start is not None else b""
        if self._is_chunked:
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (b"0\r\n\r\n" if is_last else b"")
        self.is_begun = True
        if head or body:
            await self._connection.write(head + body)
        self.is_complete = is_last

    async def refuse(self) -> None:
        """The application has ended and said nothing: 500, and then the connection is closed."""
        await self.send({"type": "http.response.start", "status": 500, "headers": []})
        await self.send({"type": "http.response.body", "body": b""})

    def _head(self, start: Mapping[str, Any], *, is_whole: bool, size: int) -> bytes:
        """Raises ValueError for a header that would end its line."""
        headers = [(bytes(name).lower().strip(), bytes(value).strip()) for name, value in start.get("headers", ())]
        has_length = any(name == b"content-length" for name, _ in headers)
        headers += self._connection.server.config.response_headers("h11")
        if not has_length and start["status"] not in _NO_BODY:
            self._is_chunked = not is_whole
            headers.append((b"Transfer-Encoding", b"chunked") if self._is_chunked else (b"content-length", b"%d" % size))
        self.is_last = self.is_last or self._connection.server.is_stopping
        if self.is_last:
            headers = [*(header for header in headers if header[0] != b"connection"), (b"Connection", b"close")]
        lines = b"".join([b"%b: %b\r\n" % header for header in headers])
        if lines.count(b"\n") != len(headers) or lines.count(b"\r") != len(headers):
            raise ValueError("a header of the answer has a line end in it")
        return b"HTTP/1.1 %d \r\n%b\r\n" % (start["status"], lines)


def _is_stream(start: Mapping[str, Any]) -> bool:
    return (b"content-type", b"text/event-stream") in start.get("headers", ())
