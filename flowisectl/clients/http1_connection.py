"""One connection to a model server: what the transport tells becomes the head and the pieces of an answer."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextvars import copy_context
from typing import cast

from flowisectl.clients.http1_beat import ReadingBeat
from flowisectl.clients.http1_framing import BodyReader, Head, read_head
from flowisectl.clients.http_hop import Hop, too_large
from flowisectl.interfaces.http import HttpFailed, Wanted

MAX_HEAD_BYTES = 64 * 1024
MAX_UNREAD_BYTES = 1024 * 1024
"""What may wait for the reader; beyond it the server is not read."""


class Http1Connection(asyncio.Protocol):
    """One connection, which has one call at a time."""

    def __init__(self, connection: socket.socket, beat: ReadingBeat) -> None:
        self.kept_at = 0.0
        self.socket: socket.socket | None = connection
        self.quiet_beats = 0
        self._beat = beat
        self.place = ""
        """The server, as errors name it."""
        self._head: Head | None = None
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._seconds = 0.0
        self._has_body = True
        self._start = bytearray()
        """Of the head, until it is complete."""
        self._body: BodyReader | None = None
        self._pieces: list[bytes] = []
        self._unread = 0
        self._is_paused = False
        self._failure: HttpFailed | None = None
        self._is_idle = True
        self._is_lost = False
        self._is_ended = False
        self._has_heard = False
        self._waiter: asyncio.Future[None] | None = None
        self._heard = 0.0
        self._silence: asyncio.TimerHandle | None = None
        self._take: Callable[[bytes], Wanted] | None = None
        """Who is handed pieces as they come; then none of them waits."""
        self._is_sated = False
        """Who was handed the last piece wants no more."""
        self._refusal: Exception | None = None
        """What went wrong with the piece that was handed on."""

    @property
    def is_usable(self) -> bool:
        return not self._is_lost and self._transport is not None and not self._transport.is_closing()

    @property
    def is_at_end(self) -> bool:
        """The whole body has come and was read."""
        return self._body is not None and self._body.is_at_end and not self._pieces

    @property
    def was_closed_unheard(self) -> bool:
        """The server has closed the connection without a byte of an answer to this call."""
        return self._is_ended and not self._has_heard

    def begin(self, hop: Hop) -> None:
        """A new call."""
        self._has_heard = False
        self._head, self._body, self._failure = None, None, None
        self.place, self._seconds, self._has_body = hop.place, hop.timeout_seconds, hop.method != "HEAD"
        self._is_idle = False
        self._start.clear()
        self._pieces.clear()
        self._unread = 0
        self._heard = self._loop.time()
        self._silence = self._loop.call_later(self._seconds, self._check_silence)

    def finish(self) -> bool:
        """The call is over; whether the connection may have another."""
        self._stop_watching()
        self._is_idle = True
        return self._head is not None and self._head.keeps_alive and self._body is not None and not self._body.has_more

    def write(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)

    async def read_head(self) -> Head:
        """Raises HttpFailed."""
        while self._head is None:
            if self._failure is not None:
                raise self._failure
            await self._wait()
        return self._head

    async def read_piece(self) -> bytes:
        while True:
            if self._pieces:
                return self._unread_piece()
            if self._body is not None and self._body.is_at_end:
                return b""
            if self._failure is not None:
                raise self._failure
            await self._wait()

    async def pour(self, take: Callable[[bytes], Wanted], max_bytes: int) -> None:
        """See `clients.http_hop.Answer.pour`."""
        run, received = copy_context().run, 0

        def hand(piece: bytes) -> Wanted:
            nonlocal received
            received += len(piece)
            if received > max_bytes:
                raise too_large(self.place, max_bytes)
            return run(take, piece)  # the transport calls in the context of whoever opened the connection

        while True:
            if self._pieces:
                if hand(self._unread_piece()) is Wanted.NOTHING:
                    return
            elif self._body is not None and self._body.is_at_end:
                return
            elif self._failure is not None:
                raise self._failure
            else:
                self._take, self._is_sated, self._refusal = hand, False, None
                try:
                    await self._wait()
                finally:
                    self._take = None
                    self._beat.forget(self)
                if self._refusal is not None:
                    raise self._refusal
                if self._is_sated:
                    return

    def abort(self) -> None:
        self._beat.forget(self)
        self._stop_watching()
        if self._transport is not None:
            self._transport.abort()

    def _unread_piece(self) -> bytes:
        piece = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._unread = 0
        if self._is_paused and self._transport is not None:
            self._is_paused = False
            self._heard = self._loop.time()
            self._transport.resume_reading()
        return piece

    async def _wait(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, text: str) -> None:
        if self._failure is None:
            self._failure = HttpFailed(text)
        self._wake()

    def _check_silence(self) -> None:
        left = self._heard + self._seconds - self._loop.time()
        if left > 0 or self._is_paused:
            self._silence = self._loop.call_later(max(left, 0.1), self._check_silence)
        else:
            self._fail(f"no answer from {self.place} for {self._seconds:g} s")

    def _stop_watching(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    # ---- what the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._is_idle:
            self.abort()  # nobody asked: such a connection cannot be trusted to have the next answer
            return
        self._heard = self._loop.time()
        self._has_heard = True
        try:
            if self._body is None:
                data = self._take_head(data)
                if self._body is None:
                    return
            pieces = self._body.feed(data)
        except ValueError as error:
            self._fail(f"{self.place} sent what is no HTTP: {error}")
            self.abort()
            return
        if not pieces:
            self._wake()  # it may be the end
            return
        if self._take is not None:
            self._hand(self._take, pieces[0] if len(pieces) == 1 else b"".join(pieces))
        else:
            self._pieces += pieces
            self._unread += len(data)
            if self._unread > MAX_UNREAD_BYTES and not self._is_paused and self._transport is not None:
                self._is_paused = True
                self._transport.pause_reading()
            self._wake()

    def _hand(self, take: Callable[[bytes], Wanted], piece: bytes) -> None:
        """Hand a piece on at once. The task that waits is woken only by the last one: a turn of the task for each token
        would cost as much as all the rest of a token's way."""
        try:
            wanted = take(piece)
        except Exception as error:  # it is the waiting task's own
            self._refusal = error
        else:
            if wanted is not Wanted.NOTHING and not self._body.is_at_end:  # type: ignore[union-attr]
                if wanted is Wanted.SOON:
                    self._beat.heard(self, self._heard)
                return
            self._is_sated = wanted is Wanted.NOTHING
        self._take = None
        self._wake()

    def _take_head(self, data: bytes) -> bytes:
        """Look for the end of the head; gives what follows it."""
        self._start += data
        while (end := self._start.find(b"\r\n\r\n")) >= 0:
            head = read_head(bytes(self._start[:end]))
            rest = bytes(self._start[end + 4 :])
            if head.status >= 200:
                self._head, self._body = head, BodyReader(head, has_body=self._has_body)
                return rest
            self._start[:] = rest  # 100 Continue and the like
        if len(self._start) > MAX_HEAD_BYTES:
            raise ValueError(f"a head of more than {MAX_HEAD_BYTES} bytes")
        return b""

    def eof_received(self) -> None:
        self._end()

    def connection_lost(self, error: Exception | None) -> None:
        self._is_lost = True
        self._beat.forget(self)
        self.socket = None
        self._end()

    def _end(self) -> None:
        self._is_ended = True
        if self._body is not None and not self._body.is_at_end:
            self._body.end()
        if self._body is None or not self._body.is_at_end:
            self._fail(f"the connection to {self.place} was cut")
        self._wake()
