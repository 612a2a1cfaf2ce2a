"""A scripted OpenAI-compatible model server, fast enough not to be what is measured.

The last user message tells how to answer, by words of the form `name=value`: `tokens=200` (that many tokens, `w0 w1 …`),
`first_ms=1000` (silence before the first token), `every_ms=20` (silence between tokens). Without `tokens` the answer is
`ok`. Equal requests get equal answers. `/embeddings` gives vectors of 1,536 numbers, `GET /peak` the most answers that were in
the making at once since it was last asked.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import random
import re
import struct
import sys
import zlib
from functools import lru_cache
from typing import Any, cast

DIMENSION = 1536
EMBEDDING_MS = 5
"""How long a request for embeddings takes, whatever its size."""

_ORDER = re.compile(r"\b(tokens|first_ms|every_ms)=(\d+)")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\ntransfer-encoding: chunked\r\n\r\n"
_SLICE = struct.Struct("<96f")


class Peak:
    """How many answers are in the making, and how many there were at most."""

    def __init__(self) -> None:
        self.now = self.most = 0

    def begin(self) -> None:
        self.now += 1
        self.most = max(self.most, self.now)

    def end(self) -> None:
        self.now -= 1

    def take(self) -> int:
        most, self.most = self.most, self.now
        return most


class ModelServer(asyncio.Protocol):
    """One connection; requests on it are answered one after another."""

    peak = Peak()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.buffer = bytearray()
        self.task: asyncio.Task[None] | None = None

    def connection_lost(self, error: Exception | None) -> None:
        if self.task:
            self.task.cancel()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self._next()

    def _next(self) -> None:
        if self.task and not self.task.done():
            return
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.buffer[:end])
        length = _LENGTH.search(head)
        size = end + 4 + (int(length.group(1)) if length else 0)
        if len(self.buffer) < size:
            return
        body = bytes(self.buffer[end + 4 : size])
        del self.buffer[:size]
        path = head.split(b" ", 2)[1].decode()
        if path.endswith("/peak"):
            self._send(b"application/json", json.dumps({"peak": self.peak.take()}).encode())
            self._next()
            return
        self.task = asyncio.create_task(self._answer(path, json.loads(body or b"{}")))
        self.task.add_done_callback(lambda task: None if task.cancelled() else self._next())

    async def _answer(self, path: str, request: dict[str, Any]) -> None:
        self.peak.begin()
        try:
            await (self._embed(request) if path.endswith("/embeddings") else self._speak(request))
        finally:
            self.peak.end()

    async def _embed(self, request: dict[str, Any]) -> None:
        await asyncio.sleep(EMBEDDING_MS / 1000)
        texts = request["input"] if isinstance(request["input"], list) else [request["input"]]
        rows = [{"object": "embedding", "index": place, "embedding": embedding(text)} for place, text in enumerate(texts)]
        self._send(b"application/json", json.dumps({"object": "list", "model": request.get("model"), "data": rows}).encode())

    async def _speak(self, request: dict[str, Any]) -> None:
        content = request["messages"][-1]["content"] if request.get("messages") else ""
        orders = {name: int(value) for name, value in _ORDER.findall(content if isinstance(content, str) else json.dumps(content))}
        words = [f"w{number} " for number in range(orders["tokens"])] if "tokens" in orders else ["ok"]
        model, usage = str(request.get("model")), {"prompt_tokens": 1, "completion_tokens": len(words), "total_tokens": len(words) + 1}
        if wait := orders.get("first_ms"):
            await asyncio.sleep(wait / 1000)
        if not request.get("stream"):
            message = {"role": "assistant", "content": "".join(words)}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            answer = {"id": "chatcmpl-0", "object": "chat.completion", "created": 0, "model": model, "choices": [choice], "usage": usage}
            self._send(b"application/json", json.dumps(answer).encode())
            return
        first = _HEAD % b"text/event-stream" + chunk(event(model, {"role": "assistant", "content": ""}))
        frames = [token(model, word) for word in words]
        if pause := orders.get("every_ms"):
            self.transport.write(first)
            for place, frame in enumerate(frames):
                if place:
                    await asyncio.sleep(pause / 1000)
                self.transport.write(frame)
        else:
            self.transport.write(first + b"".join(frames))
        total = {"id": "chatcmpl-0", "object": "chat.completion.chunk", "created": 0, "model": model, "choices": [], "usage": usage}
        tail = event(model, {}, "stop") + b"data: " + json.dumps(total).encode() + b"\n\ndata: [DONE]\n\n"
        self.transport.write(chunk(tail) + b"0\r\n\r\n")

    def _send(self, kind: bytes, body: bytes) -> None:
        self.transport.write(_HEAD % kind + chunk(body) + b"0\r\n\r\n")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def event(model: str, delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    frame = {"id": "chatcmpl-0", "object": "chat.completion.chunk", "created": 0, "model": model, "choices": [choice]}
    return b"data: " + json.dumps(frame).encode() + b"\n\n"


@lru_cache(maxsize=4096)
def token(model: str, word: str) -> bytes:
    """Made once: two hundred of them would take this server longer than anything that is measured takes."""
    return chunk(event(model, {"content": word}))


def embedding(text: str) -> str:
    """A vector that follows from the text, in base64: 96 drawn numbers, repeated with a turn of signs."""
    drawn = random.Random(zlib.crc32(text.encode()))
    numbers = [drawn.gauss(0, 1) for _ in range(96)]
    part, turned = _SLICE.pack(*numbers), _SLICE.pack(*(-number for number in numbers))
    return base64.b64encode((part + turned) * (DIMENSION // 192)).decode()


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(ModelServer, "127.0.0.1", port, backlog=4096)
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(ImportError):
        import uvloop

        uvloop.install()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
