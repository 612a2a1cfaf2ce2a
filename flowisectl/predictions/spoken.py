"""What a run has said so far, kept beside its events for the case that it is stopped."""

from __future__ import annotations

from flowisectl.engine.events import EventKind, EventSink, FlowEvent

MAX_CHARACTERS = 1_000_000


class Spoken:
    """An event sink before another one: it remembers the tokens."""

    def __init__(self, events: EventSink) -> None:
        self._events = events
        self._parts: list[str] = []
        self._size = 0

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def emit(self, event: FlowEvent) -> None:
        if event.kind is EventKind.TOKEN and isinstance(event.data, str) and self._size < MAX_CHARACTERS:
            self._parts.append(event.data)
            self._size += len(event.data)
        self._events.emit(event)
