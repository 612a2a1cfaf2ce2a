"""A closed-loop HTTP client: so many connections, each sends its next request when the last is answered."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import cast


@dataclass(kw_only=True)
class Sample:
    """One answered request. Times are seconds."""

    took: float
    first_token: float | None = None
    status: int = 0
    tokens: int = 0
    text: str = ""
    events: list[str] = field(default_factory=list)


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

    async def post(self, host: str, path: str, body: bytes, timeout: float) -> Sample:
        self.done = asyncio.get_running_loop().create_future()
        self.first_token_at = None
        head = f"POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        started = time.perf_counter()
        self.transport.write(head.encode() + body)
        async with asyncio.timeout(timeout):
            status, answer = await self.done
        ended = time.perf_counter()
        sample = Sample(took=ended - started, status=status)
        if self.first_token_at is not None:
            sample.first_token = self.first_token_at - started
        if answer.startswith(b"message:"):
            frames = [json.loads(line[5:]) for line in answer.split(b"\n") if line.startswith(b"data:")]
            tokens = [frame["data"] for frame in frames if frame["event"] == "token" and frame["data"]]
            sample.tokens, sample.text = len(tokens), "".join(tokens)
            sample.events = [frame["event"] for frame in frames if frame["event"] != "token"]
        elif status == 200:
            sample.text = json.loads(answer).get("text", "")
        return sample


def dechunk(data: bytes) -> bytes:
    parts, position = [], 0
    while True:
        end = data.index(b"\r\n", position)
        size = int(data[position:end], 16)
        if size == 0:
            return b"".join(parts)
        parts.append(data[end + 2 : end + 2 + size])
        position = end + 2 + size + 2


@dataclass(kw_only=True)
class Round:
    """What one round of load gave."""

    samples: list[Sample]
    errors: list[str]
    seconds: float


async def run_round(host: str, port: int, path: str, body: dict, *, clients: int, requests: int, timeout: float = 120) -> Round:
    """`requests` in all, over `clients` connections that are open before the clock starts."""
    loop = asyncio.get_running_loop()
    connections = []
    for _ in range(clients):
        _, connection = await loop.create_connection(Connection, host, port)
        connections.append(connection)
    left, samples, errors, payload = requests, [], [], json.dumps(body).encode()

    async def work(connection: Connection) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            try:
                samples.append(await connection.post(f"{host}:{port}", path, payload, timeout))
            except (TimeoutError, ConnectionError, ValueError) as error:
                errors.append(f"{type(error).__name__}: {error}")
                return

    started = time.perf_counter()
    await asyncio.gather(*(work(connection) for connection in connections))
    seconds = time.perf_counter() - started
    for connection in connections:
        connection.transport.close()
    return Round(samples=samples, errors=errors, seconds=seconds)
