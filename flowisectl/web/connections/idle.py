"""When a connection that has no request is closed.

Hypercorn keeps a task for that, which it cancels and makes anew with every request: two tasks and two locks, a tenth of what a
prediction costs the main server. Here it is a timer, and one task for the end of the server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.events import Closed
from hypercorn.typing import WorkerContext

from flowisectl.web.connections.hypercorn_side import HypercornSide


class IdleConnections:
    """The idle connections of one server."""

    def __init__(self) -> None:
        self._idle: set[IdleTimer] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._context: WorkerContext | None = None

    def adopt(self, side: HypercornSide) -> None:
        """From now on this connection is closed from here. It has a request under way, so it is not idle."""
        server = side.server
        server.idle_task = IdleTimer(server, self)  # type: ignore[assignment]  # it has what Hypercorn calls
        if self._context is not server.context:
            self._context = server.context
            self._spawn(self._close_at_end(server.context))

    def begin(self, timer: IdleTimer) -> None:
        self._idle.add(timer)

    def end(self, timer: IdleTimer) -> None:
        self._idle.discard(timer)

    def close(self, timer: IdleTimer) -> None:
        self._idle.discard(timer)
        self._spawn(timer.close())

    async def _close_at_end(self, context: WorkerContext) -> None:
        await context.terminated.wait()
        for timer in list(self._idle):
            self.close(timer)

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class IdleTimer:
    """In the place of a connection's `hypercorn.typing.SingleTask`."""

    def __init__(self, server: TCPServer, connections: IdleConnections) -> None:
        self._server = server
        self._connections = connections
        self._timer: asyncio.TimerHandle | None = None

    async def restart(self, task_group: Any, action: Callable[[], Any]) -> None:
        """A request has been answered, and none is there yet."""
        await self.stop()
        if self._server.context.terminated.is_set():
            self._connections.close(self)
            return
        self._connections.begin(self)
        self._timer = self._server.loop.call_later(self._server.config.keep_alive_timeout, self._connections.close, self)

    async def stop(self) -> None:
        """A request has come, or the connection is closed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._connections.end(self)

    async def close(self) -> None:
        await self._server.protocol.handle(Closed())
        self._server.writer.close()
