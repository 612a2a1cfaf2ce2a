"""The application behind the real server: what only sockets show."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from flowisectl.web import sse
from flowisectl.web.connections.chunks import ChunkWriter
from flowisectl.web.services import WebServices
from flowisectl.web.sse import END, frames

MakeFlow = Callable[..., Awaitable[dict[str, Any]]]
ASK = {"question": "x", "streaming": True}


@pytest.fixture
async def http(port: int) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False) as client:
        yield client


async def test_a_stream_has_the_headers_that_clients_compare(http: httpx.AsyncClient, make_flow: MakeFlow, submitter: Any) -> None:
    flow = await make_flow()
    submitter.submission.batches = [[b'{"event":"token","data":"a"}']]

    answer = await http.post(f"/api/v1/prediction/{flow['id']}", json=ASK)

    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["connection"] == "keep-alive"
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.content.endswith(END)


async def test_tokens_go_the_short_way_to_the_socket(
    http: httpx.AsyncClient, make_flow: MakeFlow, submitter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hypercorn's inside is known to web/connections/chunks.py: this fails when another version of it looks different."""
    written: list[bool] = []
    write = ChunkWriter.write
    monkeypatch.setattr(ChunkWriter, "write", lambda self, data: written.append(write(self, data)) or written[-1])
    flow = await make_flow()
    tokens = [b'{"event":"token","data":"%d"}' % number for number in range(20)]
    submitter.submission.batches = [[token] for token in tokens]

    answer = await http.post(f"/api/v1/prediction/{flow['id']}", json=ASK)

    assert answer.content == frames(tokens) + END
    assert any(written)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_a_client_that_begins_to_read_late_gets_every_token_in_order(
    port: int, make_flow: MakeFlow, submitter: Any, version: str
) -> None:
    flow = await make_flow()
    tokens = [b'{"event":"token","data":"%d %b"}' % (number, b"x" * 2000) for number in range(1000)]
    submitter.submission.batches = [[token] for token in tokens]
    body = b'{"streaming":true}'
    head = f"POST /api/v1/prediction/{flow['id']} HTTP/{version}\r\nHost: x\r\nContent-Type: application/json\r\n"
    late, loop = socket.socket(), asyncio.get_running_loop()
    late.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    late.setblocking(False)
    await loop.sock_connect(late, ("127.0.0.1", port))
    await loop.sock_sendall(late, head.encode() + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    await asyncio.sleep(0.3)  # meanwhile everything that the sockets hold is full

    got = b""
    async with asyncio.timeout(20):
        while piece := await loop.sock_recv(late, 65_536):
            got += piece
    late.close()

    rest = got.partition(b"\r\n\r\n")[2]
    assert (dechunked(rest) if version == "1.1" else rest) == frames(tokens) + END


def dechunked(data: bytes) -> bytes:
    body = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        body, data = body + data[: int(size, 16)], data[int(size, 16) + 2 :]
    return body


async def test_headers_arrive_before_the_first_event(http: httpx.AsyncClient, make_flow: MakeFlow, submitter: Any) -> None:
    flow = await make_flow()
    gate = submitter.submission.gate = asyncio.Event()

    async with http.stream("POST", f"/api/v1/prediction/{flow['id']}", json=ASK) as answer:
        status = answer.status_code
        gate.set()
        body = await answer.aread()

    assert (status, body) == (200, END)


async def test_a_body_of_60_mb_gets_its_answer_while_it_is_still_sent(http: httpx.AsyncClient, make_flow: MakeFlow, submitter: Any) -> None:
    flow = await make_flow()
    body = b'{"question":"' + b"x" * 60_000_000 + b'"}'

    answer = await http.post(f"/api/v1/prediction/{flow['id']}", content=body, headers={"content-type": "application/json"})
    after = await http.post(f"/api/v1/prediction/{flow['id']}", json={"question": "x"})

    assert answer.status_code == 413
    assert answer.json()["message"] == "request entity too large"
    assert after.status_code == 200
    assert len(submitter.requests) == 1


async def test_a_body_without_a_length_is_cut_at_the_limit(http: httpx.AsyncClient, make_flow: MakeFlow) -> None:
    flow = await make_flow()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 100_000

    answer = await http.post(f"/api/v1/prediction/{flow['id']}", content=endless(), headers={"content-type": "application/json"})

    assert answer.status_code == 413


async def test_a_client_that_leaves_frees_its_stream(
    http: httpx.AsyncClient, make_flow: MakeFlow, submitter: Any, services: WebServices
) -> None:
    flow = await make_flow()
    submitter.submission.batches = [[b'{"event":"token","data":"a"}']]
    submitter.submission.gate = asyncio.Event()

    async with http.stream("POST", f"/api/v1/prediction/{flow['id']}", json=ASK) as answer:
        await anext(answer.aiter_bytes())
        assert len(services.streams) == 1
    async with asyncio.timeout(10):
        while len(services.streams):
            await asyncio.sleep(0.01)

    assert submitter.stopped == []


async def test_a_client_that_does_not_read_is_cut_and_others_go_on(
    port: int, http: httpx.AsyncClient, make_flow: MakeFlow, submitter: Any, services: WebServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "BUFFERED_BYTES", 100_000)
    monkeypatch.setattr(sse, "STALLED_SECONDS", 0.2)
    flow = await make_flow()
    event = b'{"event":"token","data":"' + b"x" * 100_000 + b'"}'
    submitter.submission.batches = [[event] for _ in range(300)]
    body = b'{"streaming":true}'
    head = (
        f"POST /api/v1/prediction/{flow['id']} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )

    lazy = socket.socket()
    lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lazy.setblocking(False)
    await asyncio.get_running_loop().sock_connect(lazy, ("127.0.0.1", port))
    await asyncio.get_running_loop().sock_sendall(lazy, head.encode() + body)
    async with asyncio.timeout(10):
        while not len(services.streams):
            await asyncio.sleep(0.01)
    ping = await http.get("/api/v1/ping")
    async with asyncio.timeout(10):
        while len(services.streams):
            await asyncio.sleep(0.01)
    lazy.close()

    assert ping.text == "pong"
    assert submitter.stopped == []


async def test_draining_ends_an_open_stream_with_its_last_frames(
    http: httpx.AsyncClient, make_flow: MakeFlow, submitter: Any, services: WebServices
) -> None:
    flow = await make_flow()
    submitter.submission.batches = [[b'{"event":"token","data":"a"}']]
    submitter.submission.gate = asyncio.Event()

    async with http.stream("POST", f"/api/v1/prediction/{flow['id']}", json=ASK) as answer:
        pieces = answer.aiter_bytes()
        first = await anext(pieces)
        await services.streams.drain(0)
        rest = b"".join([piece async for piece in pieces])

    assert b'"token"' in first
    assert b"The server is stopping" in rest
    assert rest.endswith(END)


LIMITED = {"rateLimit": {"limitMax": 1, "limitDuration": 3600, "limitMsg": "Slow down"}}


LATE_BODIES = [("prediction/{flow}", 429), ("account/logout", 200), ("feedback/a/b/c", 404), ("prediction/x", 400)]


@pytest.mark.parametrize(
    ("path", "status", "is_chunked"),
    # A refused body of unknown length is awaited before the answer.
    [*((path, status, how) for path, status in LATE_BODIES for how in (False, True)), ("tools", 401, False), ("nowhere", 401, False)],
)
async def test_a_connection_is_kept_when_the_body_comes_after_the_answer(
    port: int, http: httpx.AsyncClient, make_flow: MakeFlow, path: str, status: int, is_chunked: bool
) -> None:
    """Many clients write a request's head and its body one after the other; an answer that needs no body may come in between."""
    flow = await make_flow(apiConfig=json.dumps(LIMITED))
    assert (await http.post(f"/api/v1/prediction/{flow['id']}", json={"question": "x"})).status_code == 200
    body, route = b'{"question":"x"}', "/api/v1/" + path.format(flow=flow["id"])
    length = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {len(body)}"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(20):
        writer.write(f"POST {route} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{length}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        answer = await reader.readexactly(int(re.findall(rb"content-length: (\d+)", head)[0]))
        writer.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if is_chunked else body)
        writer.write(b"GET /api/v1/ping HTTP/1.1\r\nHost: x\r\n\r\n")
        second = await reader.readuntil(b"\r\n\r\n")
    writer.close()

    assert head.startswith(b"HTTP/1.1 %d " % status) and len(answer) > 0
    assert second.startswith(b"HTTP/1.1 200 ")


async def test_a_client_that_hangs_up_instead_of_sending_its_body_leaves_nothing_behind(port: int, http: httpx.AsyncClient) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(20):
        writer.write(b"POST /api/v1/tools HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write_eof()
        rest = await reader.read()
    writer.close()

    assert head.startswith(b"HTTP/1.1 401 ") and rest == b'{"error":"Unauthorized Access"}'
    assert (await http.get("/api/v1/ping")).text == "pong"


async def test_a_stored_file_names_no_type_that_a_browser_could_act_on(http: httpx.AsyncClient, make_flow: MakeFlow) -> None:
    flow = await make_flow(chatbotConfig='{"fullFileUpload":{"status":true,"allowedUploadFileTypes":"text/html"}}')
    files = {"files": ("a.html", b"<script>alert(1)</script>", "text/html")}
    assert (await http.post(f"/api/v1/attachments/{flow['id']}/c", files=files)).status_code == 200

    answer = await http.get("/api/v1/get-upload-file", params={"chatflowId": flow["id"], "chatId": "c", "fileName": "a.html"})

    assert answer.content == b"<script>alert(1)</script>" and "content-type" not in answer.headers
    assert answer.headers["content-disposition"] == 'attachment; filename="a.html"'
    assert answer.headers["x-content-type-options"] == "nosniff"
