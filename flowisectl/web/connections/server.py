"""Serving an application on one socket: every connection begins with us, and only what is not of the plainest kind goes to Hypercorn."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework
from hypercorn.utils import wrap_app

from flowisectl.web.connections.connection import Connection
from flowisectl.web.connections.sides import ConnectionSide

CANCELLED_SECONDS = 1.0
"""How long what has been cancelled may take to end."""


class Server:
    """What the connections of one socket share: `ServerSide`."""

    def __init__(self, app: ASGIFramework, config: Config) -> None:
        self.app = wrap_app(app, config.wsgi_max_body_size, "asgi")
        self.config = config
        self.context = WorkerContext(None)
        self.loop = asyncio.get_running_loop()
        self.state: dict[str, Any] = {}
        self.open: set[ConnectionSide] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_stopping(self) -> bool:
        return self.context.terminated.is_set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def opened(self, connection: ConnectionSide) -> None:
        self.open.add(connection)

    def closed(self, connection: ConnectionSide) -> None:
        self.open.discard(connection)

    async def stop(self) -> None:
        """Close what is idle, let requests end within the server's time, cancel the rest."""
        await self.context.terminated.set()
        for connection in list(self.open):
            connection.close_if_idle()
        try:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=self.config.graceful_timeout)
        finally:
            cut = list(self._tasks)
            for task in cut:
                task.cancel()
            if cut:
                await asyncio.wait(cut, timeout=CANCELLED_SECONDS)


async def serve(app: ASGIFramework, config: Config, listener: socket.socket, until: Callable[[], Awaitable[Any]]) -> None:
    """Serve HTTP on `listener`, which is closed at the end, until `until` returns; then let open requests end."""
    server = Server(app, config)
    lifespan = Lifespan(server.app, config, server.loop, server.state)
    living = asyncio.create_task(lifespan.handle_lifespan())
    await lifespan.wait_for_startup()
    if living.done():
        living.result()
    listening = await server.loop.create_server(lambda: Connection(server), sock=listener, backlog=config.backlog)
    try:
        await until()
    finally:
        listening.close()
        try:
            await server.stop()
        finally:
            await lifespan.wait_for_shutdown()
            living.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await living
