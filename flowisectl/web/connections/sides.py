"""What a server, its connections and their ways know of each other."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol

from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config


class ServerSide(Protocol):
    """What the connections of one socket share (web/connections/server.py)."""

    app: Any
    """The application, as Hypercorn wraps it."""
    config: Config
    context: WorkerContext
    loop: asyncio.AbstractEventLoop
    state: dict[str, Any]
    """What the application kept at its start, for the scopes of requests."""

    @property
    def is_stopping(self) -> bool:
        """No connection is kept any more."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that the end of the server waits for."""

    def opened(self, connection: ConnectionSide) -> None: ...

    def closed(self, connection: ConnectionSide) -> None: ...


class ConnectionSide(Protocol):
    """One client's connection (web/connections/connection.py)."""

    transport: asyncio.Transport
    server: ServerSide

    async def write(self, data: bytes) -> None:
        """Send, and wait while the client reads too slowly. Says nothing of a client that is gone: the answer is told."""

    def rest(self) -> None:
        """There is no request."""

    def wake(self) -> None:
        """There is one, or the connection is gone."""

    def close_if_idle(self) -> None:
        """There is no request, and there shall be none."""
