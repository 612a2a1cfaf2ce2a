"""Hypercorn's objects behind an ASGI `send`, where it serves HTTP/1.1. What is known here of its inside is bound to its version."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.http_stream import HTTPStream

Send = Callable[[Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class HypercornSide:
    """One connection."""

    server: TCPServer
    protocol: H11Protocol


def hypercorn_side(send: Send) -> HypercornSide | None:
    """What `send`, Hypercorn's own, writes to; None under HTTP/2 or another server."""
    stream = getattr(send, "__self__", None)
    if not isinstance(stream, HTTPStream):
        return None
    protocol = getattr(stream.send, "__self__", None)
    server = getattr(getattr(protocol, "send", None), "__self__", None)
    return HypercornSide(server, protocol) if isinstance(protocol, H11Protocol) and isinstance(server, TCPServer) else None
