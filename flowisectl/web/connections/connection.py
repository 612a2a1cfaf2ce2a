"""One client's connection: its requests go the short way where they can, and Hypercorn's where they can't."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, cast

from flowisectl.web.connections.long_way import LongWay
from flowisectl.web.connections.short_way import ShortAnswer, ShortRequest, read_request
from flowisectl.web.connections.sides import ServerSide

MAX_EARLY_BYTES = 64 * 1024
"""What is taken of requests that come before their turn."""

Address = tuple[str, int]

log = logging.getLogger(__name__)


class Connection(asyncio.Protocol):
    """A connection may change its way with every request. One that has no request is closed when its time is over: a timer for each."""

    transport: asyncio.Transport

    def __init__(self, server: ServerSide) -> None:
        self.server = server
        self._answer: ShortAnswer | None = None
        self._long: LongWay | None = None
        self._early: deque[bytes] = deque()
        """Requests that came before their turn."""
        self._early_bytes = 0
        self._is_half_closed = False
        """The client sends nothing more; it may still read."""
        self._idle: asyncio.TimerHandle | None = None
        self._slow: asyncio.Future[None] | None = None
        """Done when a client that reads slowly has read."""

    # ---- what the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.server.opened(self)
        self.rest()

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            self._take(data)
            return
        self._early.append(data)
        self._early_bytes += len(data)
        if self._early_bytes > MAX_EARLY_BYTES:
            self.transport.pause_reading()

    def eof_received(self) -> bool:
        """Whether the transport stays open for an answer."""
        self._is_half_closed = True
        if self._answer is not None:
            self._answer.leave()
            return True
        return self._long is not None and self._long.end_of_input()

    def connection_lost(self, error: Exception | None) -> None:
        self.server.closed(self)
        self.wake()
        self._early.clear()
        if self._slow is not None and not self._slow.done():
            self._slow.set_result(None)
        if self._answer is not None:
            self._answer.leave()
        if self._long is not None:
            self._long.stream.connection_lost(error)

    def pause_writing(self) -> None:
        self._slow = self.server.loop.create_future()
        if self._long is not None:
            self._long.stream.pause_writing()

    def resume_writing(self) -> None:
        slow, self._slow = self._slow, None
        if slow is None:
            return
        if not slow.done():
            slow.set_result(None)
        if self._long is not None:
            self._long.stream.resume_writing()

    # ---- between requests

    def rest(self) -> None:
        if self.server.is_stopping:
            self.transport.close()
        elif self._idle is None:
            self._idle = self.server.loop.call_later(self.server.config.keep_alive_timeout, self.transport.close)

    def wake(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def close_if_idle(self) -> None:
        if self._idle is not None:
            self.wake()
            self.transport.close()

    # ---- requests

    async def write(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(data)
        if self._slow is not None:
            await asyncio.shield(self._slow)

    def _take(self, data: bytes) -> None:
        if (self._long is None or self._long.is_between_requests) and not self.server.is_stopping:
            request = read_request(data)
            if request is not None:
                self._begin(request)
                return
        if self._long is None:
            self._long = LongWay(self)
            if self._slow is not None:
                self._long.stream.pause_writing()
            self.server.spawn(self._long.run())
        self._long.feed(data)

    def _begin(self, request: ShortRequest) -> None:
        self.wake()
        answer = self._answer = ShortAnswer(self, request)
        self.server.spawn(self._serve(answer, request))

    async def _serve(self, answer: ShortAnswer, request: ShortRequest) -> None:
        get: Callable[[str], Any] = self.transport.get_extra_info
        scope = {
            "type": "http",
            "http_version": "1.1",
            "asgi": {"spec_version": "2.1", "version": "3.0"},
            "method": "POST",
            "scheme": "http",
            "path": request.path.decode("ascii"),
            "raw_path": request.path,
            "query_string": b"",
            "root_path": self.server.config.root_path,
            "headers": request.headers,
            "client": address_of(get("peername")),
            "server": address_of(get("sockname")),
            "state": self.server.state.copy(),
            "extensions": {},
        }
        try:
            await self.server.app(scope, answer.receive, answer.send, None, None)
        except Exception:
            log.exception("a request failed unexpectedly")
        finally:
            await self._end(answer)

    async def _end(self, answer: ShortAnswer) -> None:
        try:
            if answer.is_begun and not answer.is_complete:
                self.transport.abort()  # whoever reads nothing would keep a connection open that waits to be closed
            elif not answer.is_begun:
                await answer.refuse()
                self.transport.close()
            elif answer.is_last or self._is_half_closed:
                self.transport.close()
            else:
                self.rest()
        finally:
            self._answer = None
            answer.end()
            self._go_on()

    def _go_on(self) -> None:
        """Take what came meanwhile."""
        if self._early_bytes > MAX_EARLY_BYTES and not self.transport.is_closing():
            self.transport.resume_reading()
        while self._early and self._answer is None and not self.transport.is_closing():
            data = self._early.popleft()
            self._early_bytes -= len(data)
            self._take(data)


def address_of(name: Any) -> Address | None:
    """Host and port of a socket's name; None where it has none."""
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) and len(name) >= 2 else None
