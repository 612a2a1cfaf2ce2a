"""AWS's binary framing of streamed answers (https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html).

A message: its length and that of its headers (32 bits each), a CRC-32 of these, the headers, the payload, a CRC-32 of all before.
"""

from __future__ import annotations

import struct
from zlib import crc32

import orjson

from flowisectl.interfaces.http import HttpFailed

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
_FIXED_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Type of a header's value → its bytes; types 6 (bytes) and 7 (text) tell their length in 16 bits."""


class MessageParser:
    """Implements `clients.sse.StreamParser`: each message becomes one JSON object, `{"<event type>": payload}`.

    An exception in the stream is an event like others, of its own type; an error without a body is `{"error": {"message": …}}`.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[bytes]:
        """The messages that this piece completes. Raises HttpFailed for a broken one and for one that is too large."""
        data = self._rest + piece if self._rest else piece
        found: list[bytes] = []
        start = 0
        while len(data) - start >= 12:
            total, header_size, prelude_sum = struct.unpack_from(">III", data, start)
            if crc32(data[start : start + 8]) != prelude_sum or total < 16 + header_size:
                raise HttpFailed("the streamed answer is damaged")
            if total > MAX_MESSAGE_BYTES:
                raise HttpFailed(f"one event of the answer is larger than {MAX_MESSAGE_BYTES} bytes")
            if len(data) - start < total:
                break
            found.append(_message(data[start : start + total], header_size))
            start += total
        self._rest = data[start:]
        return found

    def close(self) -> list[bytes]:
        """Half a message is none."""
        return []


def _message(data: bytes, header_size: int) -> bytes:
    if crc32(data[:-4]) != int.from_bytes(data[-4:], "big"):
        raise HttpFailed("the streamed answer is damaged")
    headers, payload = _headers(data[12 : 12 + header_size]), data[12 + header_size : -4]
    if headers.get(":message-type") == "error":
        return orjson.dumps({"error": {"message": f"{headers.get(':error-code', '')} {headers.get(':error-message', '')}".strip()}})
    kind = headers.get(":event-type") or headers.get(":exception-type") or "unknown"
    return b"{" + orjson.dumps(kind) + b":" + (payload or b"{}") + b"}"


def _headers(data: bytes) -> dict[str, str]:
    """The headers whose values are texts; the others are skipped. Raises HttpFailed."""
    found: dict[str, str] = {}
    place = 0
    try:
        while place < len(data):
            name_end = place + 1 + data[place]
            name, kind, place = data[place + 1 : name_end].decode(), data[name_end], name_end + 1
            if kind in (6, 7):
                size = int.from_bytes(data[place : place + 2], "big")
                if kind == 7:
                    found[name] = data[place + 2 : place + 2 + size].decode()
                place += 2 + size
            else:
                place += _FIXED_SIZES[kind]
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise HttpFailed("the streamed answer is damaged") from error
    return found
