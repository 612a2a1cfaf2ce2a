"""Short predictions: the short way answers as Hypercorn's, and gives way to it at any time."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from quart import Quart

from flowisectl.errors import FlowisectlError
from flowisectl.web import sse
from flowisectl.web.connections.chunks import ChunkWriter
from flowisectl.web.connections.short_way import ShortAnswer
from flowisectl.web.services import WebServices

MakeFlow = Callable[..., Awaitable[dict[str, Any]]]
PING = b"GET /api/v1/ping HTTP/1.1\r\nhost: x\r\n\r\n"


def ask(flow_id: str, *lines: str, body: bytes = b'{"question":"x"}') -> bytes:
    head = [f"POST /api/v1/prediction/{flow_id} HTTP/1.1", "Host: x", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, *lines, "", ""]).encode() + body


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> tuple[bytes, bytes]:
        """Head without its date, and body."""
        async with asyncio.timeout(20):
            head = await self.reader.readuntil(b"\r\n\r\n")
            if b"transfer-encoding: chunked" in head.lower():
                return head, await self.reader.readuntil(b"\r\n0\r\n\r\n")
            body = await self.reader.readexactly(int(re.findall(rb"content-length: (\d+)", head)[0]))
        return re.sub(rb"date: [^\r]*\r\n", b"", head), body

    async def ask(self, data: bytes) -> tuple[bytes, bytes]:
        await self.send(data)
        return await self.answer()

    async def ask_in_pieces(self, data: bytes) -> tuple[bytes, bytes]:
        """What goes the long way."""
        await self.send(data[:30])
        await asyncio.sleep(0.02)  # two packets
        return await self.ask(data[30:])


@pytest.fixture
async def client(port: int) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield Client(reader, writer)
    writer.close()


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> list[ShortAnswer]:
    """The answers that went the short way."""
    answers: list[ShortAnswer] = []
    receive = ShortAnswer.receive

    async def noted(answer: ShortAnswer) -> dict[str, Any]:
        if answer not in answers:
            answers.append(answer)
        return await receive(answer)

    monkeypatch.setattr(ShortAnswer, "receive", noted)
    return answers


async def test_the_requests_of_a_connection_go_the_short_way(client: Client, make_flow: MakeFlow, short: list[ShortAnswer]) -> None:
    flow = await make_flow()

    answers = [await client.ask(ask(flow["id"])) for _ in range(3)]

    assert len(short) == 3
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0].startswith(b"HTTP/1.1 200 \r\n")


@pytest.mark.parametrize(
    ("flow_id", "lines", "body"),
    [
        ("{id}", [], b'{"question":'),
        ("{id}", [], b"[]"),
        ("{id}", ["Origin: https://example.com"], b'{"question":"x"}'),
        ("{id}", ["Authorization: Bearer nothing"], b'{"question":"x"}'),
        ("{id}", ["Prefer: respond-async"], b'{"question":"x"}'),
        ("{id}", ["Connection: close"], b'{"question":"x"}'),
        ("{id}", ["Connection: keep-alive"], b'{"question":"x"}'),
        ("00000000-0000-4000-8000-000000000000", [], b'{"question":"x"}'),
        ("nothing", [], b'{"question":"x"}'),
    ],
)
async def test_both_ways_give_the_same_answer(
    client: Client, port: int, make_flow: MakeFlow, short: list[ShortAnswer], flow_id: str, lines: list[str], body: bytes
) -> None:
    flow = await make_flow()
    asked = ask(flow_id.format(id=flow["id"]), *lines, body=body)
    other = Client(*await asyncio.open_connection("127.0.0.1", port))

    long_way = await other.ask_in_pieces(asked)
    short_way = await client.ask(asked)
    other.writer.close()

    assert len(short) == 1
    assert short_way == long_way


async def test_a_failed_run_answers_the_same_both_ways(
    client: Client, make_flow: MakeFlow, submitter: Any, short: list[ShortAnswer]
) -> None:
    flow = await make_flow()
    submitter.submission.outcome = FlowisectlError("the run failed")

    answers = [await client.ask(ask(flow["id"])), await client.ask_in_pieces(ask(flow["id"]))]

    assert len(short) == 1
    assert answers[0] == answers[1]
    assert answers[0][0].startswith(b"HTTP/1.1 500 ")


async def test_ways_alternate_on_one_connection(client: Client, make_flow: MakeFlow, submitter: Any, short: list[ShortAnswer]) -> None:
    flow = await make_flow()
    submitter.submission.batches = [[b'{"event":"token","data":"a"}']]
    stream = ask(flow["id"], body=b'{"question":"x","streaming":true}')
    plain = ask(flow["id"])

    for data in (plain, plain, PING, plain, stream, plain, plain, stream, PING, plain):
        head, body = await client.ask(data)
        assert head.startswith(b"HTTP/1.1 200 ")
        assert (b'"token"' in body) == (data is stream)

    assert len(short) == 8


async def test_a_request_in_pieces_goes_the_long_way_and_the_next_the_short_one(
    client: Client, make_flow: MakeFlow, short: list[ShortAnswer]
) -> None:
    flow = await make_flow()
    asked = ask(flow["id"])

    for cut in (1, 30, len(asked) - 1):
        await client.send(asked[:cut])
        await asyncio.sleep(0.02)  # two packets
        head, _ = await client.ask(asked[cut:])
        assert head.startswith(b"HTTP/1.1 200 ")
    assert short == []
    await client.ask(asked)

    assert len(short) == 1


async def test_requests_that_come_before_their_turn_are_answered_in_order(
    client: Client, make_flow: MakeFlow, submitter: Any, short: list[ShortAnswer]
) -> None:
    flow = await make_flow()
    await client.ask(PING)
    gate = submitter.submission.gate = asyncio.Event()
    await client.send(ask(flow["id"]))
    async with asyncio.timeout(20):
        while not submitter.requests:
            await asyncio.sleep(0.01)
    await client.send(PING)
    await client.send(PING + ask(flow["id"]))

    gate.set()
    bodies = [(await client.answer())[1] for _ in range(4)]

    assert [b"pong" in body for body in bodies] == [False, True, True, False]
    assert len(short) == 1


async def test_a_connection_is_closed_when_its_client_wants_that(client: Client, make_flow: MakeFlow, short: list[ShortAnswer]) -> None:
    flow = await make_flow()

    head, _ = await client.ask(ask(flow["id"], "Connection: close"))
    async with asyncio.timeout(20):
        rest = await client.reader.read()

    assert head.startswith(b"HTTP/1.1 200 ") and b"Connection: close" in head
    assert rest == b""
    assert len(short) == 1


async def test_a_client_that_sends_nothing_more_still_gets_its_answer(
    client: Client, make_flow: MakeFlow, submitter: Any, short: list[ShortAnswer]
) -> None:
    flow = await make_flow()
    await client.ask(PING)
    gate = submitter.submission.gate = asyncio.Event()
    await client.send(ask(flow["id"]))
    async with asyncio.timeout(20):
        while not submitter.requests:
            await asyncio.sleep(0.01)
    client.writer.write_eof()
    await asyncio.sleep(0.05)  # it has arrived

    gate.set()
    head, _ = await client.answer()
    async with asyncio.timeout(20):
        rest = await client.reader.read()

    assert head.startswith(b"HTTP/1.1 200 ")
    assert rest == b""
    assert len(short) == 1


async def test_many_early_requests_wait_outside_and_are_all_answered(
    client: Client, make_flow: MakeFlow, submitter: Any, short: list[ShortAnswer]
) -> None:
    flow = await make_flow()
    gate = submitter.submission.gate = asyncio.Event()
    asked = ask(flow["id"], body=b'{"question":"%b"}' % (b"x" * 9000))
    await client.send(asked)
    async with asyncio.timeout(20):
        while not submitter.requests:
            await asyncio.sleep(0.01)

    sending = asyncio.create_task(client.send(asked * 200))
    await asyncio.sleep(0.05)  # more than is taken early
    assert len(submitter.requests) == 1
    gate.set()
    heads = [(await client.answer())[0] for _ in range(201)]
    await sending

    assert all(head.startswith(b"HTTP/1.1 200 ") for head in heads)
    assert len(submitter.requests) == 201


async def test_a_run_goes_on_when_its_client_leaves(client: Client, make_flow: MakeFlow, submitter: Any, short: list[ShortAnswer]) -> None:
    flow = await make_flow()
    await client.ask(PING)
    gate = submitter.submission.gate = asyncio.Event()
    await client.send(ask(flow["id"]))
    async with asyncio.timeout(20):
        while not submitter.requests:
            await asyncio.sleep(0.01)

    client.writer.close()
    await client.writer.wait_closed()
    gate.set()

    async with asyncio.timeout(20):
        await short[0].over.wait()
    assert submitter.stopped == []


async def test_an_application_that_breaks_is_answered_with_500_and_the_connection_ends(
    app: Quart, client: Client, make_flow: MakeFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = await make_flow()
    await client.ask(PING)

    async def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(app, "asgi_app", broken)
    head, body = await client.ask(ask(flow["id"]))
    async with asyncio.timeout(20):
        rest = await client.reader.read()

    assert head.startswith(b"HTTP/1.1 500 ")
    assert (body, rest) == (b"", b"")


@pytest.mark.parametrize("length", [[], [(b"content-length", b"10")]])
async def test_an_answer_that_breaks_off_ends_the_connection_and_says_nothing_more(
    app: Quart, client: Client, make_flow: MakeFlow, monkeypatch: pytest.MonkeyPatch, length: list[tuple[bytes, bytes]]
) -> None:
    flow = await make_flow()
    await client.ask(PING)

    async def broken(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": b"12345", "more_body": True})
        raise RuntimeError("broken")

    monkeypatch.setattr(app, "asgi_app", broken)
    await client.send(ask(flow["id"]))
    with suppress(ConnectionResetError):
        async with asyncio.timeout(20):
            while piece := await client.reader.read(65_536):
                assert b" 500 " not in piece

    assert client.reader.at_eof() or client.reader.exception() is not None


async def test_a_header_with_a_line_end_never_leaves(
    app: Quart, client: Client, make_flow: MakeFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = await make_flow()
    await client.ask(PING)

    async def splitting(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"1\r\nx-b: 2")]})
        await send({"type": "http.response.body", "body": b"hello"})

    monkeypatch.setattr(app, "asgi_app", splitting)
    head, body = await client.ask(ask(flow["id"]))

    assert head.startswith(b"HTTP/1.1 500 ")
    assert b"x-b" not in head
    assert body == b""


async def test_a_body_in_parts_is_sent_in_chunks(app: Quart, client: Client, make_flow: MakeFlow, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = await make_flow()
    await client.ask(PING)

    async def parted(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for part in (b"ab", b"", b"cde"):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    monkeypatch.setattr(app, "asgi_app", parted)
    _, body = await client.ask(ask(flow["id"]))

    assert body == b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"


async def test_a_server_that_stops_answers_what_it_has_and_closes(
    client: Client, make_flow: MakeFlow, submitter: Any, stopping: asyncio.Event, short: list[ShortAnswer]
) -> None:
    flow = await make_flow()
    await client.ask(PING)
    gate = submitter.submission.gate = asyncio.Event()
    await client.send(ask(flow["id"]))
    async with asyncio.timeout(20):
        while not submitter.requests:
            await asyncio.sleep(0.01)

    stopping.set()
    await asyncio.sleep(0.05)  # the server says so to its connections
    gate.set()
    head, _ = await client.answer()
    async with asyncio.timeout(20):
        rest = await client.reader.read()

    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"Connection: close" in head
    assert rest == b""
    assert len(short) == 1


async def test_a_waiting_prediction_learns_that_its_client_has_left(
    client: Client, make_flow: MakeFlow, services: WebServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = await make_flow()
    await client.ask(PING)
    left, answers = asyncio.Event(), []
    receive = ShortAnswer.receive

    async def noted(answer: ShortAnswer) -> dict[str, Any]:
        answers.append(answer)
        message = await receive(answer)
        if message["type"] == "http.disconnect":
            left.set()
        return message

    monkeypatch.setattr(ShortAnswer, "receive", noted)
    services.submitter.submission.gate = asyncio.Event()  # type: ignore[attr-defined]
    await client.send(ask(flow["id"]))
    async with asyncio.timeout(20):
        while not services.submitter.requests:  # type: ignore[attr-defined]
            await asyncio.sleep(0.01)

    listening = asyncio.create_task(answers[0].receive())
    client.writer.close()
    async with asyncio.timeout(20):
        await left.wait()
    listening.cancel()


async def test_a_stream_is_the_same_both_ways_and_its_tokens_go_straight_to_the_socket(
    client: Client, make_flow: MakeFlow, submitter: Any, short: list[ShortAnswer], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bool] = []
    write = ChunkWriter.write
    monkeypatch.setattr(ChunkWriter, "write", lambda self, data: written.append(write(self, data)) or written[-1])
    flow = await make_flow()

    async def tokens() -> AsyncIterator[list[bytes]]:
        for number in range(200):
            await asyncio.sleep(0)
            yield [b'{"event":"token","data":"%d"}' % number]

    monkeypatch.setattr(submitter.submission, "events", tokens)
    stream = ask(flow["id"], body=b'{"question":"x","streaming":true}')

    answers = []
    for asking in (client.ask, client.ask, client.ask_in_pieces, client.ask):
        written.clear()
        head, body = await asking(stream)
        answers.append((re.sub(rb"date: [^\r]*\r\n", b"", head), b"".join(re.split(rb"\r\n[0-9a-f]+\r\n", b"\r\n" + body))))
        assert any(written)

    assert len(short) == 3
    assert all(answer == answers[0] for answer in answers)


async def test_a_client_that_reads_nothing_is_cut_on_the_short_way_too(
    client: Client, make_flow: MakeFlow, submitter: Any, services: WebServices, monkeypatch: pytest.MonkeyPatch, short: list[ShortAnswer]
) -> None:
    monkeypatch.setattr(sse, "BUFFERED_BYTES", 100_000)
    monkeypatch.setattr(sse, "STALLED_SECONDS", 0.2)
    flow = await make_flow()
    await client.ask(PING)
    submitter.submission.batches = [[b'{"event":"token","data":"' + b"x" * 100_000 + b'"}'] for _ in range(300)]
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]

    await client.send(ask(flow["id"], body=b'{"question":"x","streaming":true}'))
    async with asyncio.timeout(20):
        while not short or not short[0].over.is_set():
            await asyncio.sleep(0.01)

    assert len(services.streams) == 0
    assert submitter.stopped == []
