"""Asks a role over HTTP whether it is ready."""

from __future__ import annotations

import asyncio
import contextlib

PROBE_SECONDS = 2.0


async def answers_http(host: str, port: int, path: str) -> bool:
    """Whether `GET path` is answered with 200."""
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        async with asyncio.timeout(PROBE_SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                status = await reader.readline()
                return status.split()[1:2] == [b"200"]
            finally:
                writer.close()
    return False
