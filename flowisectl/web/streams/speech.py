"""Speech as `text/event-stream`, in the framing of its own that the chat widget reads: `event: <name>`, `data: <JSON>`."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import AsyncIterator
from typing import Any

from quart import Response

from flowisectl.errors import FlowisectlError
from flowisectl.web.json_text import to_json

Key = tuple[str, str]

log = logging.getLogger(__name__)


def event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: ".encode() + to_json({"event": name, "data": data}) + b"\n\n"


class OpenSpeeches:
    """The speeches that are being sent by this process, so that they can be cut off."""

    def __init__(self) -> None:
        self._open: dict[Key, asyncio.Event] = {}

    def begin(self, key: Key) -> asyncio.Event:
        stop = self._open[key] = asyncio.Event()
        return stop

    def end(self, key: Key, stop: asyncio.Event) -> None:
        if self._open.get(key) is stop:
            del self._open[key]

    def abort(self, key: Key) -> bool:
        """Cut a speech off; False when there is none."""
        stop = self._open.pop(key, None)
        if stop is not None:
            stop.set()
        return stop is not None


async def speech_events(pieces: AsyncIterator[bytes], message_id: str, stop: asyncio.Event) -> AsyncIterator[bytes]:
    """`tts_start`, `tts_data` for each piece, `tts_end`; `tts_abort` when it was cut off and `tts_error` when it failed."""
    started = False
    try:
        async for piece in pieces:
            if stop.is_set():
                yield event("tts_abort", {"chatMessageId": message_id})
                return
            if not started:
                started = True
                yield event("tts_start", {"chatMessageId": message_id, "format": "mp3"})
            yield event("tts_data", {"chatMessageId": message_id, "audioChunk": base64.b64encode(piece).decode()})
        yield event("tts_end", {"chatMessageId": message_id})
    except FlowisectlError as error:
        yield event("tts_error", {"error": error.message})
    except Exception:
        log.exception("the speech of message %s failed unexpectedly", message_id)
        yield event("tts_error", {"error": "Internal Server Error: the server's log has the cause"})


async def one_error(text: str) -> AsyncIterator[bytes]:
    yield event("tts_error", {"error": text})


def stream_response(body: AsyncIterator[bytes]) -> Response:
    response = Response(body, 200, {"Cache-Control": "no-cache", "Connection": "keep-alive"}, content_type="text/event-stream")
    response.timeout = None
    return response
