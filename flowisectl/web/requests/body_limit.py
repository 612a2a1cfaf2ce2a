"""The limit of request bodies, kept before anything reads one; and what nobody reads of them.

A client that is still sending when its answer comes and the connection closes may never see the answer. So what is too much
is read to its end and thrown away, within bounds, before it is refused. And an answer ends only when the request has: the
server closes the connection of one that ends before, under the hands of a client that has its next request ready.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from flowisectl.web.streams.open_streams import OpenStreams

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

MAX_FORM_BYTES = 512 * 1024 * 1024
"""Forms with files may be larger than FLOWISE_FILE_SIZE_LIMIT, which is about JSON; their files go to disk as they come."""
BODY_TIMEOUT_SECONDS = 600.0
"""How long a body may take to arrive: slow uplinks are served, sockets that say nothing are not kept for ever."""
DRAINED_BYTES = 512 * 1024 * 1024
DRAINED_SECONDS = 30.0
SMALL_BYTES = 65_536
"""A client sends a body up to this size without waiting for anybody to read it, so it may be answered at once."""


def declared_length(headers: Mapping[bytes, bytes]) -> int | None:
    """`Content-Length`; None for a body that comes in chunks, 0 for no body."""
    if b"transfer-encoding" in headers:
        return None
    text = headers.get(b"content-length", b"0")
    return int(text) if text.isdigit() and len(text) <= 20 else None


def limit_of_body(headers: Mapping[bytes, bytes], limit: int) -> int:
    """How many bytes this request's body may have."""
    is_form = headers.get(b"content-type", b"")[:19].lower() == b"multipart/form-data"
    return max(limit, MAX_FORM_BYTES) if is_form else limit


class RequestBody:
    """`receive` of a request with a body, which knows whether the body has come whole."""

    def __init__(self, receive: Receive, streams: OpenStreams) -> None:
        self._receive = receive
        self._streams = streams
        self._readers = 0
        self._is_whole = False
        self._whole: asyncio.Future[None] | None = None

    async def __call__(self) -> Any:
        self._readers += 1
        try:
            message = await self._receive()
        finally:
            self._readers -= 1
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._is_whole = True
            self.stop()
        return message

    def stop(self) -> None:
        """Wait for the body no longer: it has come, or the server is stopping."""
        if self._whole is not None and not self._whole.done():
            self._whole.set_result(None)

    def ended_by(self, send: Send) -> Send:
        """`send` for the answer: all of it goes out at once, and it ends when the body has come."""

        async def send_and_wait(message: Any) -> None:
            if not self._is_whole and message["type"] == "http.response.body" and not message.get("more_body", False):
                await send({**message, "more_body": True})
                await self._rest()
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        return send_and_wait

    async def _rest(self) -> None:
        """Wait until the body has come, within the bounds: whoever reads it goes on, else it is thrown away here."""
        self._whole = asyncio.get_running_loop().create_future()
        drain = None if self._readers else asyncio.create_task(_drain(self))
        if drain is not None:
            drain.add_done_callback(lambda _: self.stop())
        self._streams.add(self)
        try:
            await asyncio.wait((self._whole,), timeout=DRAINED_SECONDS)
        finally:
            self._streams.discard(self)
            if drain is not None:
                drain.cancel()


async def drained(receive: Receive, headers: Mapping[bytes, bytes]) -> None:
    """Read the rest of a body and throw it away: all of it, or as far as the bounds go."""
    length = declared_length(headers)
    if length is not None and length <= SMALL_BYTES:
        return
    try:
        async with asyncio.timeout(DRAINED_SECONDS):
            await _drain(receive)
    except TimeoutError:
        return


def limited(receive: Receive, limit: int) -> Receive:
    """`receive` for a body of unknown length: once it is over the limit its rest is thrown away, and the application sees one
    more byte than it allows."""
    total = 0

    async def counted() -> Any:
        nonlocal total
        message = await receive()
        if message["type"] == "http.request":
            total += len(message.get("body", b""))
            if total > limit and message.get("more_body", False):
                await drained(receive, {b"transfer-encoding": b"chunked"})
                return {**message, "more_body": False}
        return message

    return counted


async def _drain(receive: Receive) -> None:
    total = 0
    while total <= DRAINED_BYTES:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            return
        total += len(message.get("body", b""))
