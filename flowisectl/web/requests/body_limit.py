"""The limit of request bodies, kept before anything reads one.

A client that is still sending when its answer comes and the connection closes may never see the answer. So what is too much
is read to its end and thrown away, within bounds, before it is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Receive = Callable[[], Awaitable[Any]]

MAX_FORM_BYTES = 512 * 1024 * 1024
"""Forms with files may be larger than FLOWISE_FILE_SIZE_LIMIT, which is about JSON; their files go to disk as they come."""
BODY_TIMEOUT_SECONDS = 600.0
"""How long a body may take to arrive: slow uplinks are served, sockets that say nothing are not kept for ever."""
DRAINED_BYTES = 512 * 1024 * 1024
DRAINED_SECONDS = 30.0
SMALL_BYTES = 65_536
"""A body up to this size has arrived with its head, so nothing is lost when nobody reads it."""


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
