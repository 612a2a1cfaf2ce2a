"""How an HTTP/1.1 answer is framed: its head, and where its body ends (RFC 9112, sections 4 to 7)."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flowisectl.clients.http_hop import HttpUnusable
from flowisectl.interfaces.http import HttpFailed

MAX_CHUNK_LINE = 1024
"""Of a chunk's length and extensions."""
MAX_UNPACKED_BYTES = 64 * 1024 * 1024
_MAX_LENGTH_DIGITS = 12
_HEX = frozenset(b"0123456789abcdefABCDEF")


@dataclass(frozen=True, slots=True)
class Head:
    status: int
    reason: str
    headers: Mapping[str, str]
    """Names in lower case; values of a name that comes twice are joined by commas."""
    keeps_alive: bool


def read_head(data: bytes) -> Head:
    """The head without its closing empty line. Raises ValueError for what is none."""
    line, *rest = data.split(b"\r\n")
    version, _, after = line.partition(b" ")
    status, _, reason = after.partition(b" ")
    if version not in (b"HTTP/1.1", b"HTTP/1.0") or len(status) != 3 or not status.isdigit():
        raise ValueError("it does not begin with a status line")
    headers: dict[str, str] = {}
    for field in rest:
        name, colon, value = field.partition(b":")
        if not colon or not name or name.strip() != name:
            raise ValueError("a header line is malformed")
        key, text = name.decode("latin-1").lower(), value.strip().decode("utf-8", "surrogateescape")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    wishes = headers.get("connection", "").lower()
    keeps_alive = "close" not in wishes if version == b"HTTP/1.1" else "keep-alive" in wishes
    return Head(status=int(status), reason=reason.decode("latin-1"), headers=headers, keeps_alive=keeps_alive)


class BodyReader:
    """Takes the bytes after a head, gives the body's."""

    def __init__(self, head: Head, *, has_body: bool) -> None:
        """Raises ValueError for a head that does not say clearly where its body ends."""
        self.is_at_end = False
        self.has_more = False
        """More came than the body: what, nobody knows."""
        self._left = 0
        self._rest = b""
        self._is_chunked = False
        self._is_last = False
        """The last chunk has come; only trailers and the empty line are missing."""
        coding = head.headers.get("transfer-encoding", "").lower()
        length = head.headers.get("content-length")
        if not has_body or head.status in (204, 304):
            self.is_at_end = True
        elif coding:
            if coding != "chunked":
                raise ValueError(f"the transfer coding {coding!r} is not known")
            self._is_chunked = True
        elif length is not None:
            values = {value.strip() for value in length.split(",")}
            text = values.pop()
            if values or not text.isdigit() or len(text) > _MAX_LENGTH_DIGITS:
                raise ValueError("its content-length is no number")
            self._left = int(text)
            self.is_at_end = self._left == 0
        else:
            self._left = -1  # to the end of the connection

    def feed(self, data: bytes) -> list[bytes]:
        """The pieces of the body in these bytes. Raises ValueError."""
        if not data:
            return []
        if self.is_at_end:
            self.has_more = True
            return []
        if self._is_chunked:
            return self._chunks(self._rest + data if self._rest else data)
        if self._left < 0:
            return [data]
        piece = data[: self._left]
        self.has_more = len(data) > self._left
        self._left -= len(piece)
        self.is_at_end = self._left == 0
        return [piece]

    def end(self) -> None:
        """The connection has ended: so has a body that goes on to there."""
        if not self._is_chunked and self._left < 0:
            self.is_at_end = True

    def _chunks(self, data: bytes) -> list[bytes]:
        """`_left` counts what is missing of the current chunk with its line end, two bytes."""
        line_end, size = data.find(b"\r\n"), len(data)
        if not self._left and 0 < line_end <= 4 and not self._is_last:  # nearly all of a stream: one chunk, and nothing else
            digits = data[:line_end]
            if digits.isalnum() and _HEX.issuperset(digits) and 0 < (length := int(digits, 16)) == size - line_end - 4:
                self._rest = b""
                return [data[line_end + 2 : size - 2]]
        found: list[bytes] = []
        position = 0
        while position < size:
            if self._left:
                if self._left > 2:
                    found.append(data[position : position + self._left - 2])
                taken = min(self._left, size - position)
                position += taken
                self._left -= taken
                continue
            line_end = data.find(b"\r\n", position)
            if line_end < 0:
                if size - position > MAX_CHUNK_LINE:
                    raise ValueError("the length of a chunk is too long")
                break
            line = data[position:line_end]
            position = line_end + 2
            if self._is_last:
                if not line:
                    self.is_at_end = True
                    self.has_more = position < size
                    position = size
                continue
            length = _chunk_length(line)
            self._is_last = length == 0
            self._left = length + 2 if length else 0
        self._rest = data[position:]
        return found


def _chunk_length(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits or len(digits) > _MAX_LENGTH_DIGITS or not _HEX.issuperset(digits):
        raise ValueError("the length of a chunk is no number")
    return int(digits, 16)


def unpacker(coding: str, place: str) -> Callable[[bytes], bytes]:
    """Unpacks the pieces of a body, for a server that packs although it was asked not to.

    Raises HttpUnusable for codings other than gzip and deflate, and for a piece that unpacks to more than MAX_UNPACKED_BYTES.
    """
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise HttpUnusable(f"{place} sends its answer in the coding {coding!r}, which was not asked for")
    state = zlib.decompressobj(wbits=47)

    def unpack(piece: bytes) -> bytes:
        try:
            data = state.decompress(piece, MAX_UNPACKED_BYTES)
        except zlib.error as error:
            raise HttpFailed(f"{place} sent an answer that cannot be unpacked") from error
        if state.unconsumed_tail:
            raise HttpUnusable(f"{place} sent an answer that unpacks to more than {MAX_UNPACKED_BYTES} bytes at once")
        return data

    return unpack
