"""The worker's health over HTTP, truthful: 200 while it takes jobs, 503 and the reason when it does not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

REQUEST_SECONDS = 5.0
MAX_HEAD_BYTES = 8 * 1024
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, kw_only=True)
class HealthReport:
    is_ok: bool
    reason: str


@asynccontextmanager
async def open_health(check: Callable[[], HealthReport], *, host: str, port: int) -> AsyncIterator[int]:
    """Serve `GET /healthz` for the time of the block; gives the port (`port` 0: any free one).

    Answers 200 `OK` as Flowise's does, or 503 and `{"status": "unavailable", "reason": …}`. Raises OSError when the port
    cannot be had.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(REQUEST_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_answer(head.split(b"\r\n", 1)[0], check))
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, host, port, limit=MAX_HEAD_BYTES)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        with contextlib.suppress(TimeoutError):
            # From Python 3.12 on this waits for open connections, too.
            await asyncio.wait_for(server.wait_closed(), 1.0)


def _answer(request_line: bytes, check: Callable[[], HealthReport]) -> bytes:
    method, _, rest = request_line.partition(b" ")
    path = rest.partition(b" ")[0].partition(b"?")[0]
    if path not in (b"/healthz", b"/healthz/"):
        return _response(b"404 Not Found", b"text/plain", b"Not Found", method)
    if method not in (b"GET", b"HEAD"):
        return _response(b"405 Method Not Allowed", b"text/plain", b"Method Not Allowed", method)
    report = check()
    if report.is_ok:
        return _response(b"200 OK", b"text/plain", b"OK", method)
    body = orjson.dumps({"status": "unavailable", "reason": report.reason})
    return _response(b"503 Service Unavailable", b"application/json", body, method)


def _response(status: bytes, media_type: bytes, body: bytes, method: bytes) -> bytes:
    head = b"HTTP/1.1 %b\r\nContent-Type: %b; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    return head % (status, media_type, len(body)) + (b"" if method == b"HEAD" else body)


def resident_bytes() -> int:
    """This process's resident memory now; where the system does not tell, the highest so far."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * _PAGE_BYTES
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
