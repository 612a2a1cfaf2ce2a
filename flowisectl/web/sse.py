"""A run's events → `text/event-stream`.

A frame is `message:`, a line end, `data:` and the event's JSON, an empty line. Everything that came since the last write
goes out in one write; a client that asks for it gets an `id:` line before each frame; a `:heartbeat` comment goes to every
stream each 30 seconds; `end` is always the last frame.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from quart import Response

from flowisectl.errors import FlowisectlError
from flowisectl.predictions.error_text import shown_error
from flowisectl.predictions.submission import HandingSubmission, Submission
from flowisectl.web.connections.chunks import ChunkWriter, chunk_writer
from flowisectl.web.errors import outside_text
from flowisectl.web.json_text import to_json
from flowisectl.web.source import SEND_KEY, current_scope
from flowisectl.web.streams.open_streams import OpenStreams

log = logging.getLogger(__name__)

HEARTBEAT = b":heartbeat\n\n"
HEARTBEAT_SECONDS = 30.0
BUFFERED_BYTES = 1024 * 1024
"""How much may wait for a slow reader here; beyond it the submission's own bounded buffer fills, while the run goes on."""
STALLED_SECONDS = 60.0
"""A client that has taken nothing for so long, although there is something for it, is cut off."""
_HEAD, _TAIL = b"message:\ndata:", b"\n\n"
_BETWEEN = _TAIL + _HEAD
_ERROR = b'{"event":"error"'
END = _HEAD + b'{"event":"end","data":"[DONE]"}' + _TAIL
STOPPING = "The server is stopping: the run goes on where it was queued, its answer is kept with the chat"


def event_stream(
    submission: Submission,
    streams: OpenStreams,
    *,
    error_prefix: str,
    is_http1: bool,
    with_ids: bool = False,
    on_left: Callable[[], None] | None = None,
) -> Response:
    """The answer that streams a submission to its end. `error_prefix` stands before error texts that are made here.

    `with_ids`: each frame has an `id:` line first. `on_left` is called when the client leaves before the end.
    """
    scope = current_scope()
    writer = chunk_writer(scope[SEND_KEY], scope["http_version"]) if SEND_KEY in scope else None
    body = _Stream(submission, error_prefix, writer, with_ids=with_ids, on_left=on_left).frames(streams)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    if is_http1:
        headers["Connection"] = "keep-alive"
    response = Response(body, 200, headers, content_type="text/event-stream")
    response.timeout = None
    return response


def frame(event: bytes) -> bytes:
    return _HEAD + event + _TAIL


def frames(events: Sequence[bytes]) -> bytes:
    """Several events' JSON texts as frames, in one piece."""
    return _HEAD + _BETWEEN.join(events) + _TAIL


def numbered_frames(events: Sequence[tuple[str, bytes]]) -> bytes:
    """Events with their ids, as clients want them that asked for ids."""
    return b"".join([b"id:%b\n%b" % (place.encode(), frame(event)) if place else frame(event) for place, event in events])


def error_frame(text: str) -> bytes:
    return frame(to_json({"event": "error", "data": shown_error(text)}))


class _Stalled(Exception):
    """The client takes nothing although there is something for it."""


async def _taken(done: asyncio.Future[None] | None) -> None:
    """Wait until the client has taken what there is. Raises _Stalled."""
    if done is not None:
        await asyncio.wait([done], timeout=STALLED_SECONDS)
        if not done.done():
            raise _Stalled


class _Stream:
    """One client's stream: a pump writes frames to the socket; what it cannot write now it leaves in a buffer, of which the
    response takes all at a time."""

    def __init__(
        self,
        submission: Submission,
        error_prefix: str,
        writer: ChunkWriter | None = None,
        *,
        with_ids: bool = False,
        on_left: Callable[[], None] | None = None,
    ) -> None:
        self._submission = submission
        self._chunks = writer
        self._is_direct = False
        """Nothing is on the long way, so the next chunk may take the short one."""
        self._with_ids = with_ids
        self._on_left = on_left
        self._prefix = error_prefix
        self._parts: list[bytes] = []
        self._size = 0
        self._has_error = False
        """The run's own `error` event has gone out."""
        self._is_ended = False
        self._filled: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._finished: asyncio.Future[None] | None = None
        self._writer: asyncio.Task[object] | None = None

    async def frames(self, streams: OpenStreams) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        self._writer = asyncio.current_task()
        self._finished = loop.create_future()
        pump = loop.create_task(self._run())
        beat = loop.call_later(HEARTBEAT_SECONDS, self._beat, loop)
        self._next_beat = beat
        streams.add(self)
        try:
            while True:
                while not self._parts and not self._is_ended:
                    self._is_direct = self._chunks is not None
                    self._filled = loop.create_future()
                    await self._filled
                self._is_direct = False
                data, ended = self._take(), self._is_ended
                if data:
                    yield data
                if ended and not self._parts:
                    return
        finally:
            if self._on_left is not None and not self._is_ended:
                self._on_left()
            streams.discard(self)
            self._next_beat.cancel()
            self._finished.cancel()
            pump.cancel()

    def stop(self) -> None:
        """End the stream now: the server is stopping."""
        if not self._is_ended:
            self._put(error_frame(self._prefix + STOPPING))
            self._end()

    async def _run(self) -> None:
        """Fill the buffer until the last frame, and see that it is taken."""
        try:
            await self._pump()
            await _taken(self._finished)
        except _Stalled:
            log.info("the client of job %s reads nothing and is cut off; the run goes on", self._submission.job_id)
            if self._writer is not None:
                self._writer.cancel("the client reads nothing")

    async def _pump(self) -> None:
        """Raises _Stalled for a client that takes nothing."""
        if isinstance(self._submission, HandingSubmission) and not self._with_ids:
            self._submission.hand_to(self._write_at_once)
        try:
            batches: AsyncIterator[list[Any]] = self._submission.numbered() if self._with_ids else self._submission.events()
            async for events in batches:
                if self._is_ended:
                    return
                if not events:
                    continue
                last, data = (events[-1][1], numbered_frames(events)) if self._with_ids else (events[-1], frames(events))
                self._has_error = self._has_error or last.startswith(_ERROR)
                self._put(data)
                if self._size > BUFFERED_BYTES:
                    self._drained = asyncio.get_running_loop().create_future()
                    await _taken(self._drained)
            result = await self._submission.result()
            if not result.is_ok and not self._has_error:
                self._put(error_frame(self._prefix + result.error))
        except _Stalled:
            raise
        except FlowisectlError as error:
            self._put(error_frame(self._prefix + outside_text(error)))
        except Exception:
            log.exception("the stream of job %s failed unexpectedly", self._submission.job_id)
            self._put(error_frame(f"{self._prefix}Internal Server Error: the server's log has the cause"))
        self._end()

    def _write_at_once(self, events: list[bytes]) -> bool:
        """Write events to the socket while the pump sleeps; False when they have to take the long way."""
        if not self._is_direct or self._is_ended or self._chunks is None or not self._chunks.write(frames(events)):
            return False
        self._has_error = self._has_error or events[-1].startswith(_ERROR)
        return True

    def _put(self, data: bytes) -> None:
        if self._is_direct and self._chunks is not None and self._chunks.write(data):
            return
        self._is_direct = False
        self._parts.append(data)
        self._size += len(data)
        self._wake()

    def _end(self) -> None:
        if not self._is_ended:
            self._is_ended = True
            self._put(END)
            self._wake()

    def _take(self) -> bytes:
        data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        return data

    def _wake(self) -> None:
        if self._filled is not None and not self._filled.done():
            self._filled.set_result(None)

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._is_ended:
            self._put(HEARTBEAT)
            self._next_beat = loop.call_later(HEARTBEAT_SECONDS, self._beat, loop)
