"""The worker's health over HTTP, truthful: served by a thread of its own, so that a stuck event loop does not stay unseen."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from flowisectl.observability.metrics import OPEN_TYPE, TEXT_TYPE, accepts_open
from flowisectl.observability.readiness import ReadinessReport

REQUEST_SECONDS = 5.0
LOOP_SECONDS = 2.0
"""How long the worker's event loop may take to say how it is."""
MAX_HEAD_BYTES = 8 * 1024


@dataclass(frozen=True, kw_only=True)
class HealthReport:
    is_ok: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class Pages:
    """What is served. Each is asked on the worker's own event loop."""

    check: Callable[[], HealthReport]
    """`/healthz`: 200 `OK` as Flowise's answers, or 503 and `{"status": "unavailable", "reason": …}`."""
    ready: Callable[[], Awaitable[ReadinessReport]] | None = None
    """`/readyz`: 200 or 503, `{"status", "checks"}`."""
    metrics: Callable[[bool], Awaitable[bytes]] | None = None
    """`/metrics`: the text that Prometheus reads, with True as OpenMetrics."""


@asynccontextmanager
async def open_health(pages: Pages | Callable[[], HealthReport], *, host: str, port: int) -> AsyncIterator[int]:
    """Serve `GET /healthz`, `/livez`, `/readyz` and `/metrics` for the time of the block; gives the port (`port` 0: any free one).

    `/livez` says only whether the event loop moves. Raises OSError when the port cannot be had.
    """
    given = pages if isinstance(pages, Pages) else Pages(check=pages)
    server = _Server(given, asyncio.get_running_loop())
    found = await server.start(host, port)
    try:
        yield found
    finally:
        await server.stop()


class _Server:
    """An event loop in a thread, with an HTTP server of a few fixed pages."""

    def __init__(self, pages: Pages, worker_loop: asyncio.AbstractEventLoop) -> None:
        self._pages = pages
        self._worker_loop = worker_loop
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="health", daemon=True)

    async def start(self, host: str, port: int) -> int:
        self._thread.start()
        try:
            # Made on the thread's loop, awaited on ours.
            self._server = await self._there(asyncio.start_server(self._serve, host, port, limit=MAX_HEAD_BYTES))
        except OSError:
            self._end_thread()
            raise
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        async def close() -> None:
            self._server.close()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

        await self._there(close())
        self._end_thread()

    async def _there(self, work: Any) -> Any:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def _end_thread(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(1.0)
        if not self._thread.is_alive():
            self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(REQUEST_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(await self._answer(*_request_of(head)))
                await writer.drain()
        writer.close()

    async def _answer(self, request_line: bytes, accept: str) -> bytes:
        method, _, rest = request_line.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0].rstrip(b"/") or b"/"
        pages: dict[bytes, Callable[[], Awaitable[tuple[int, bytes, bytes]]]] = {
            b"/healthz": self._health,
            b"/livez": self._alive,
            b"/readyz": self._ready,
            b"/metrics": partial(self._metrics, accepts_open(accept)),
        }
        page = pages.get(path)
        if page is None:
            return _response(404, b"text/plain", b"Not Found", method)
        if method not in (b"GET", b"HEAD"):
            return _response(405, b"text/plain", b"Method Not Allowed", method)
        try:
            status, media_type, body = await self._ask(page())
            return _response(status, media_type, body, method)
        except TimeoutError:
            return _response(*_unavailable(f"the event loop has not answered for {LOOP_SECONDS:g} s: a run keeps it busy"), method)
        except Exception as error:
            return _response(*_unavailable(f"{type(error).__name__}: {error}"), method)

    async def _ask(self, work: Any) -> Any:
        """Run it on the worker's loop. Raises TimeoutError when that loop does not move."""
        if self._worker_loop.is_closed():
            work.close()
            raise TimeoutError
        future = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._worker_loop))
        return await asyncio.wait_for(future, LOOP_SECONDS + 1.0 if self._pages.ready else LOOP_SECONDS)

    async def _alive(self) -> tuple[int, bytes, bytes]:
        return 200, b"text/plain", b"OK"

    async def _health(self) -> tuple[int, bytes, bytes]:
        report = self._pages.check()
        return (200, b"text/plain", b"OK") if report.is_ok else _unavailable(report.reason)

    async def _ready(self) -> tuple[int, bytes, bytes]:
        if self._pages.ready is None:
            return await self._health()
        report = await self._pages.ready()
        return 200 if report.is_ready else 503, b"application/json", orjson.dumps(report.to_json())

    async def _metrics(self, is_open: bool) -> tuple[int, bytes, bytes]:
        if self._pages.metrics is None:
            return 404, b"text/plain", b"Not Found"
        return 200, (OPEN_TYPE if is_open else TEXT_TYPE).encode(), await self._pages.metrics(is_open)


def _request_of(head: bytes) -> tuple[bytes, str]:
    """The request line, and the `Accept` header."""
    line, *fields = head.split(b"\r\n")
    accept = [field.partition(b":")[2] for field in fields if field.lower().startswith(b"accept:")]
    return line, b",".join(accept).decode("latin-1")


_PHRASES = {200: b"OK", 404: b"Not Found", 405: b"Method Not Allowed", 503: b"Service Unavailable"}


def _unavailable(reason: str) -> tuple[int, bytes, bytes]:
    return 503, b"application/json", orjson.dumps({"status": "unavailable", "reason": reason})


def _response(status: int, media_type: bytes, body: bytes, method: bytes) -> bytes:
    if b"charset" not in media_type:
        media_type += b"; charset=utf-8"
    head = b"HTTP/1.1 %d %b\r\nContent-Type: %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    return head % (status, _PHRASES[status], media_type, len(body)) + (b"" if method == b"HEAD" else body)
