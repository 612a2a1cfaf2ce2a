"""Asks a role over HTTP whether it is ready."""

from __future__ import annotations

import asyncio
import contextlib

PROBE_SECONDS = 2.0


async def answers_http(host: str, port: int, path: str) -> bool:
    """Whether `GET path` is answered with 200."""
    return await _status(host, port, path) == b"200"


async def says_anything(host: str, port: int, path: str) -> bool:
    """Whether `GET path` is answered at all."""
    return bool(await _status(host, port, path))


async def _status(host: str, port: int, path: str) -> bytes:
    """The status of the answer; empty without one."""
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        async with asyncio.timeout(PROBE_SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                status = await reader.readline()
                return b"".join(status.split()[1:2])
            finally:
                writer.close()
    return b""
