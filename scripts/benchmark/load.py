"""A closed-loop HTTP client: so many connections, each sends its next request when the last is answered."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

Address = tuple[str, int]


@dataclass(kw_only=True)
class Sample:
    """One answered request. Times are seconds."""

    took: float
    first_token: float | None = None
    status: int = 0
    tokens: int = 0
    """How many token events came."""
    text: str = ""
    """The tokens put together, or the answer's `text`."""
    events: list[str] = field(default_factory=list)
    """The kinds of the events that are no tokens, in order."""


@dataclass(kw_only=True)
class Round:
    """What one round of load gave."""

    samples: list[Sample]
    errors: list[str]
    seconds: float


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request at a time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.buffer = bytearray()
        self.done: asyncio.Future[tuple[int, bytes]] | None = None
        self.head_end = -1
        self.first_token_at: float | None = None

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.first_token_at is None and b'"event":"token"' in data:
            self.first_token_at = time.perf_counter()
        if self.head_end < 0:
            self.head_end = self.buffer.find(b"\r\n\r\n")
            if self.head_end < 0:
                return
            self.head = bytes(self.buffer[: self.head_end]).lower()
        self._try_finish()

    def _try_finish(self) -> None:
        if b"transfer-encoding: chunked" in self.head:
            if self.buffer.endswith(b"0\r\n\r\n"):
                self._finish(dechunk(bytes(self.buffer[self.head_end + 4 :])))
        else:
            position = self.head.find(b"content-length:")
            size = int(self.head[position + 15 :].split(b"\r\n", 1)[0]) if position >= 0 else 0
            if len(self.buffer) >= self.head_end + 4 + size:
                self._finish(bytes(self.buffer[self.head_end + 4 :]))

    def _finish(self, body: bytes) -> None:
        status = int(self.head.split(b" ", 2)[1])
        self.buffer.clear()
        self.head_end = -1
        if self.done and not self.done.done():
            self.done.set_result((status, body))

    def connection_lost(self, error: Exception | None) -> None:
        if self.done and not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed the connection"))

    async def post(self, address: Address, path: str, body: bytes, timeout: float, key: str = "") -> Sample:
        self.done = asyncio.get_running_loop().create_future()
        self.first_token_at = None
        host = f"{address[0]}:{address[1]}"
        bearer = f"authorization: Bearer {key}\r\n" if key else ""
        head = f"POST {path} HTTP/1.1\r\nhost: {host}\r\n{bearer}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        started = time.perf_counter()
        self.transport.write(head.encode() + body)
        async with asyncio.timeout(timeout):
            status, answer = await self.done
        ended = time.perf_counter()
        return read_answer(Sample(took=ended - started, status=status), answer, self.first_token_at and self.first_token_at - started)


def read_answer(sample: Sample, answer: bytes, first_token: float | None) -> Sample:
    """Fill in what an answer says: the events of a stream, or the text of a JSON object."""
    if answer.startswith(b"message:"):
        frames = [orjson.loads(line[5:]) for line in answer.split(b"\n") if line.startswith(b"data:")]
        tokens = [frame["data"] for frame in frames if frame["event"] == "token" and frame["data"]]
        sample.first_token, sample.tokens, sample.text = first_token, len(tokens), "".join(tokens)
        sample.events = [frame["event"] for frame in frames if frame["event"] != "token"]
    elif sample.status == 200:
        sample.text = orjson.loads(answer).get("text", "")
    return sample


def dechunk(data: bytes) -> bytes:
    """The body of a chunked answer. Raises ValueError for one that is cut."""
    parts: list[bytes] = []
    position = 0
    while True:
        end = data.index(b"\r\n", position)
        size = int(data[position:end], 16)
        if size == 0:
            return b"".join(parts)
        parts.append(data[end + 2 : end + 2 + size])
        position = end + 2 + size + 2


async def run_round(
    addresses: Sequence[Address],
    path: str | Callable[[int], str],
    body: dict[str, Any] | Callable[[int], dict[str, Any]],
    *,
    clients: int,
    requests: int,
    timeout: float = 120,
    stagger: float = 0.0,
    key: str = "",
) -> Round:
    """`requests` in all, over `clients` connections, shared out among the addresses and open before the clock starts.

    `path` and `body` may be functions of the request's number. The connections begin at once, or spread evenly over `stagger` seconds.
    """
    loop = asyncio.get_running_loop()
    connections: list[tuple[Address, Connection]] = []
    for number in range(clients):
        address = addresses[number % len(addresses)]
        connections.append((address, (await loop.create_connection(Connection, *address))[1]))
    numbers = iter(range(requests))
    samples: list[Sample] = []
    errors: list[str] = []
    fixed = b"" if callable(body) else orjson.dumps(body)

    async def work(address: Address, connection: Connection, wait: float) -> None:
        if wait:
            await asyncio.sleep(wait)
        for number in numbers:
            payload = orjson.dumps(body(number)) if callable(body) else fixed
            try:
                samples.append(await connection.post(address, path(number) if callable(path) else path, payload, timeout, key))
            except (TimeoutError, ConnectionError, ValueError) as error:
                errors.append(f"{type(error).__name__}: {error}")
                return

    started = time.perf_counter()
    await asyncio.gather(*(work(*one, stagger * place / clients) for place, one in enumerate(connections)))
    seconds = time.perf_counter() - started
    for _, connection in connections:
        with contextlib.suppress(Exception):
            connection.transport.close()
    return Round(samples=samples, errors=errors, seconds=seconds)
