"""Bodies that are handed on piece by piece, from inside of the transport's own calls. The server here is written byte by byte."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextvars import ContextVar

import pytest

from flowisectl.clients.http import open_http
from flowisectl.clients.http1_beat import FREE_PIECES
from flowisectl.clients.http_hop import HttpUnusable
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpFailed, Reach, Wanted

HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
READER: ContextVar[str] = ContextVar("reader", default="nobody")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Speaker:
    """Answers every request with what the test says, when the test says it."""

    def __init__(self) -> None:
        self.port = 0
        self.connections = 0
        self.asked: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
        self.hung_up = asyncio.Event()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await reader.readuntil(b"\r\n\r\n{}"):
                self.asked.put_nowait(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.hung_up.set()
        writer.close()

    def call(self, max_bytes: int = 1000) -> HttpCall:
        return HttpCall(method="POST", url=f"http://127.0.0.1:{self.port}/", body=b"{}", reach=Reach.ENDPOINT, max_bytes=max_bytes)


@pytest.fixture
async def speaker() -> AsyncIterator[Speaker]:
    speaker = Speaker()
    listener = await asyncio.start_server(speaker.handle, "127.0.0.1", 0)
    speaker.port = listener.sockets[0].getsockname()[1]
    yield speaker
    listener.close()


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    async with open_http() as http:
        yield http


class Reader:
    """Takes pieces; each wait for one has a time-out."""

    def __init__(self, wanted: Wanted = Wanted.AT_ONCE, last: bytes = b"") -> None:
        self.text = b""
        self.pieces = 0
        self.failure: Exception | None = None
        self.seen_by = ""
        self._wanted = wanted
        self._last = last
        self._came = asyncio.Event()

    def take(self, piece: bytes) -> Wanted:
        if self.failure is not None:
            raise self.failure
        self.text += piece
        self.pieces += 1
        self.seen_by = READER.get()
        self._came.set()
        return Wanted.NOTHING if self._last and self.text.endswith(self._last) else self._wanted

    async def until(self, end: bytes) -> None:
        async with asyncio.timeout(10):
            while not self.text.endswith(end):
                self._came.clear()
                await self._came.wait()


async def pour(client: HttpClient, call: HttpCall, reader: Reader, name: str = "somebody") -> None:
    READER.set(name)
    async with client.stream(call) as answer:
        await answer.pour(reader.take)


async def asked(speaker: Speaker) -> asyncio.StreamWriter:
    return await asyncio.wait_for(speaker.asked.get(), 10)


async def test_pieces_come_as_they_are_sent_and_the_connection_is_kept(speaker: Speaker, client: HttpClient) -> None:
    for _ in range(2):
        reader = Reader()
        pouring = asyncio.create_task(pour(client, speaker.call(), reader))
        writer = await asked(speaker)

        writer.write(HEAD + chunk(b"one"))
        await reader.until(b"one")
        writer.write(chunk(b" two"))
        await reader.until(b" two")
        writer.write(END)

        await asyncio.wait_for(pouring, 10)
    assert speaker.connections == 1


async def test_what_came_with_the_head_is_handed_on_first(speaker: Speaker, client: HttpClient) -> None:
    reader = Reader()
    pouring = asyncio.create_task(pour(client, speaker.call(), reader))

    (await asked(speaker)).write(HEAD + chunk(b"all") + chunk(b" of it") + END)

    await asyncio.wait_for(pouring, 10)
    assert reader.text == b"all of it"


async def test_a_reader_that_has_enough_need_not_wait_for_the_end(speaker: Speaker, client: HttpClient) -> None:
    reader = Reader(last=b"done")
    pouring = asyncio.create_task(pour(client, speaker.call(), reader))
    writer = await asked(speaker)

    writer.write(HEAD + chunk(b"almost "))
    await reader.until(b"almost ")
    writer.write(chunk(b"done"))

    await asyncio.wait_for(pouring, 10)


async def test_what_the_reader_raises_reaches_whoever_waits_and_ends_the_call(speaker: Speaker, client: HttpClient) -> None:
    reader = Reader()
    pouring = asyncio.create_task(pour(client, speaker.call(), reader))
    writer = await asked(speaker)
    writer.write(HEAD + chunk(b"good"))
    await reader.until(b"good")

    reader.failure = ValueError("cannot be read")
    writer.write(chunk(b"bad"))

    with pytest.raises(ValueError, match="cannot be read"):
        await asyncio.wait_for(pouring, 10)
    await asyncio.wait_for(speaker.hung_up.wait(), 10)


async def test_each_reader_runs_in_its_own_context_though_the_connection_is_anothers(speaker: Speaker, client: HttpClient) -> None:
    seen = []
    for name in ("first", "second"):
        reader = Reader()
        pouring = asyncio.create_task(pour(client, speaker.call(), reader, name))
        writer = await asked(speaker)
        writer.write(HEAD)
        writer.write(chunk(b"x"))
        await reader.until(b"x")
        writer.write(END)
        await asyncio.wait_for(pouring, 10)
        seen.append(reader.seen_by)

    assert seen == ["first", "second"] and speaker.connections == 1


async def test_an_answer_that_breaks_off_is_told(speaker: Speaker, client: HttpClient) -> None:
    reader = Reader()
    pouring = asyncio.create_task(pour(client, speaker.call(), reader))
    writer = await asked(speaker)
    writer.write(HEAD + chunk(b"half"))
    await reader.until(b"half")

    writer.transport.abort()

    with pytest.raises(HttpFailed, match="was cut"):
        await asyncio.wait_for(pouring, 10)


async def test_an_answer_that_grows_too_large_is_refused(speaker: Speaker, client: HttpClient) -> None:
    reader = Reader()
    pouring = asyncio.create_task(pour(client, speaker.call(max_bytes=5), reader))
    writer = await asked(speaker)
    writer.write(HEAD + chunk(b"four"))
    await reader.until(b"four")

    writer.write(chunk(b"more"))

    with pytest.raises(HttpUnusable, match="larger than 5 bytes"):
        await asyncio.wait_for(pouring, 10)


async def test_who_stops_waiting_hears_no_more(speaker: Speaker, client: HttpClient) -> None:
    reader = Reader()
    pouring = asyncio.create_task(pour(client, speaker.call(), reader))
    writer = await asked(speaker)
    writer.write(HEAD + chunk(b"heard"))
    await reader.until(b"heard")

    pouring.cancel()
    await asyncio.wait([pouring])
    writer.write(chunk(b"not heard"))

    await asyncio.wait_for(speaker.hung_up.wait(), 10)
    assert reader.text == b"heard"


async def test_a_packed_answer_is_handed_on_unpacked(speaker: Speaker, client: HttpClient) -> None:
    reader = Reader()
    pouring = asyncio.create_task(pour(client, speaker.call(), reader))

    head = HEAD.replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n")
    (await asked(speaker)).write(head + chunk(gzip.compress(b"packed")) + END)

    await asyncio.wait_for(pouring, 10)
    assert reader.text == b"packed"


async def test_a_crowd_of_streams_is_read_whole_and_in_order_and_its_connections_are_kept(speaker: Speaker, client: HttpClient) -> None:
    """Many streams at once are held and read on a beat; three rounds, so that connections which were held serve again."""
    crowd, words = 2 * FREE_PIECES + 4, 12
    for _ in range(3):
        readers = [Reader(Wanted.SOON) for _ in range(crowd)]
        pourings = [asyncio.create_task(pour(client, speaker.call(), reader)) for reader in readers]
        writers = [await asked(speaker) for _ in range(crowd)]

        for number in range(words):
            for writer in writers:
                writer.write((b"" if number else HEAD) + chunk(b"w%d " % number))
            await readers[number % crowd].until(b"w%d " % number)
        for writer in writers:
            writer.write(END)

        await asyncio.wait_for(asyncio.gather(*pourings), 20)
        assert {reader.text for reader in readers} == {b"".join(b"w%d " % number for number in range(words))}
    assert speaker.connections == crowd
