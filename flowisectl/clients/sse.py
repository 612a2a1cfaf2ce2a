"""Server-sent events, read from bytes as they come (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from __future__ import annotations

from typing import Protocol

from flowisectl.interfaces.http import HttpFailed

MAX_EVENT_BYTES = 16 * 1024 * 1024


class StreamParser(Protocol):
    """Takes the pieces of a streamed answer, gives the events that they complete."""

    def feed(self, piece: bytes) -> list[bytes]:
        """Raises HttpFailed when one event grows too large."""
        ...

    def close(self) -> list[bytes]:
        """What stands at the end without the mark that ends an event."""
        ...


class EventParser:
    """Takes bytes, gives the `data` of each event that is complete. Names and ids of events are dropped: no model wire needs them."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> list[bytes]:
        """The events that this piece completes. Raises HttpFailed when one event grows too large."""
        if piece.startswith(b"data: ") and piece.endswith(b"\n\n") and not self._rest and not self._data:
            events = piece[6:-2].split(b"\n\ndata: ")
            if piece.count(b"\n") == 2 * len(events) and b"\r" not in piece:
                return events  # nearly all of a stream: events of one line
        lines = (self._rest + piece if self._rest else piece).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > MAX_EVENT_BYTES:
            raise HttpFailed(f"one event of the answer is larger than {MAX_EVENT_BYTES} bytes")
        found: list[bytes] = []
        data = self._data
        for line in lines:
            if line.startswith(b"data:"):
                data.append(line[6:] if line.startswith(b"data: ") else line[5:])
            elif data and line in (b"", b"\r"):
                found.append(data[0].rstrip(b"\r") if len(data) == 1 else b"\n".join(item.rstrip(b"\r") for item in data))
                data.clear()
        return found

    def close(self) -> list[bytes]:
        """What a server left without the blank line that ends an event."""
        return self.feed(b"\n\n")
