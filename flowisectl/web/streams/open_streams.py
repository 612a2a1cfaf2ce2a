"""The answers that a stopping server must not cut: open streams, and requests that wait for a result."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from flowisectl.errors import Unavailable


class ServerStopping(Unavailable):
    """The server ends; the run that was asked for goes on, and its answer is kept."""

    def __init__(self) -> None:
        super().__init__("The server is stopping; ask again, or read the answer from the chat's messages")


class Stoppable(Protocol):
    def stop(self) -> None: ...


class OpenStreams:
    """Every open stream and every waiting request of this process. `drain` lets them end, and then ends them."""

    def __init__(self) -> None:
        self._streams: set[Stoppable] = set()
        self._waiting: set[asyncio.Task[object]] = set()
        self._is_stopping = False
        self._emptied: asyncio.Event = asyncio.Event()

    def __len__(self) -> int:
        return len(self._streams) + len(self._waiting)

    def add(self, stream: Stoppable) -> None:
        self._streams.add(stream)
        if self._is_stopping:
            stream.stop()

    def discard(self, stream: Stoppable) -> None:
        self._streams.discard(stream)
        self._note_end()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Around the wait for a result. Raises ServerStopping when the server ends first."""
        if self._is_stopping:
            raise ServerStopping
        task = asyncio.current_task()
        assert task is not None
        self._waiting.add(task)
        try:
            yield
        except asyncio.CancelledError:
            if self._is_stopping and task.uncancel() == 0:
                raise ServerStopping from None
            raise
        finally:
            self._waiting.discard(task)
            self._note_end()

    async def drain(self, grace_seconds: float, flush_seconds: float = 2.0) -> None:
        """Wait until all have ended by themselves, at most `grace_seconds`; then end the rest (an `error` and an `end` frame, or
        503) and give them `flush_seconds` to reach their clients. After that new ones are ended at once."""
        if not await self._empty_within(grace_seconds):
            self._is_stopping = True
            for stream in [*self._streams]:
                stream.stop()
            for task in [*self._waiting]:
                task.cancel()
            await self._empty_within(flush_seconds)
        self._is_stopping = True

    async def _empty_within(self, seconds: float) -> bool:
        if not len(self):
            return True
        self._emptied.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._emptied.wait()
        except TimeoutError:
            return False
        return True

    def _note_end(self) -> None:
        if not len(self):
            self._emptied.set()
