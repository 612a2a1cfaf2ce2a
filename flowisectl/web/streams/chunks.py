"""The short way of a stream's bytes to the client's socket.

A token's way through ASGI, Hypercorn and h11 costs more than twice what the system call costs. In the middle of an HTTP/1.1
answer with chunked encoding nothing on that way has anything to decide: a chunk is its length, its bytes and two line ends
(RFC 9112, section 7.1). So a stream writes chunks straight to the connection's transport; the head, the end, and everything
while the client is slow go the long way, which waits.
"""

from __future__ import annotations

from typing import Any

from h11 import SEND_BODY
from hypercorn.protocol.h11 import H11Protocol

from flowisectl.web.streams.connection import Send, connection_of

MAX_UNSENT_BYTES = 64 * 1024
"""What may lie in the transport before a chunk has to go the long way."""


class ChunkWriter:
    """Writes chunks of one answer whose head has been sent."""

    def __init__(self, protocol: H11Protocol, transport: Any) -> None:
        self._connection = protocol.connection
        self._transport = transport

    def write(self, data: bytes) -> bool:
        """Whether the chunk is on its way; if not, nothing was written, and it has to go the long way."""
        transport = self._transport
        if self._connection.our_state is not SEND_BODY or transport.is_closing() or transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            return False
        transport.write(b"%x\r\n%b\r\n" % (len(data), data))
        return True


def chunk_writer(send: Send, http_version: str) -> ChunkWriter | None:
    """The writer for the answer that `send` (Hypercorn's own) belongs to.

    None where chunks are framed otherwise or not at all: HTTP/1.0, HTTP/2, another server.
    """
    found = connection_of(send) if http_version == "1.1" else None
    return ChunkWriter(found[0], found[1].writer.transport) if found else None
