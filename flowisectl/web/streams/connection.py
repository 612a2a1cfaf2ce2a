"""The connection behind an ASGI `send`, where Hypercorn serves HTTP/1.1 over it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.http_stream import HTTPStream

Send = Callable[[Any], Awaitable[None]]


def connection_of(send: Send) -> tuple[H11Protocol, TCPServer] | None:
    """What `send`, Hypercorn's own, writes to; None under HTTP/2 or another server."""
    stream = getattr(send, "__self__", None)
    if not isinstance(stream, HTTPStream):
        return None
    protocol = getattr(stream.send, "__self__", None)
    server = getattr(getattr(protocol, "send", None), "__self__", None)
    return (protocol, server) if isinstance(protocol, H11Protocol) and isinstance(server, TCPServer) else None
