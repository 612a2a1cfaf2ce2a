"""The short way of a stream's bytes to the client's socket.

A token's way through ASGI, Hypercorn and h11 costs more than twice what the system call costs. In the middle of an HTTP/1.1
answer with chunked encoding nothing on that way has anything to decide: a chunk is its length, its bytes and two line ends
(RFC 9112, section 7.1). So a stream writes chunks straight to the connection's transport; the head, the end, and everything
while the client is slow go the long way, which waits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from h11 import SEND_BODY

from flowisectl.web.connections.hypercorn_side import Send, hypercorn_side
from flowisectl.web.connections.short_way import ShortAnswer

MAX_UNSENT_BYTES = 64 * 1024
"""What may lie in the transport before a chunk has to go the long way."""


class ChunkWriter:
    """Writes chunks of one answer whose head has been sent. `is_open` tells whether the answer is in the middle of its chunks."""

    def __init__(self, transport: Any, is_open: Callable[[], bool]) -> None:
        self._transport = transport
        self._is_open = is_open

    def write(self, data: bytes) -> bool:
        """Whether the chunk is on its way; if not, nothing was written, and it has to go the long way."""
        transport = self._transport
        if not self._is_open() or transport.is_closing() or transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            return False
        transport.write(b"%x\r\n%b\r\n" % (len(data), data))
        return True


def chunk_writer(send: Send, http_version: str) -> ChunkWriter | None:
    """The writer for the answer that `send` (the server's own) belongs to.

    None where chunks are framed otherwise or not at all: HTTP/1.0, HTTP/2, another server.
    """
    answer = getattr(send, "__self__", None)
    if isinstance(answer, ShortAnswer):
        return ChunkWriter(answer.transport, lambda: answer.has_chunks)
    side = hypercorn_side(send) if http_version == "1.1" else None
    if side is None:
        return None
    connection = side.protocol.connection
    return ChunkWriter(side.server.writer.transport, lambda: connection.our_state is SEND_BODY)
