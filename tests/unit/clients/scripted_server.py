"""A server on loopback that answers from a script."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web


@dataclass
class Answer:
    """One answer: a body at once, or `pieces` one after the other. `gate` is waited for before the first byte."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: list[bytes] | None = None
    is_cut: bool = False
    """The connection breaks after the last piece."""
    gate: asyncio.Event | None = None


@dataclass
class Seen:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


class ScriptedServer:
    """Gives its answers in order, the last one again and again, and keeps what it was asked."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.answers: list[Answer] = []
        self.seen: list[Seen] = []
        self.hung_up = asyncio.Event()
        self.connections: set[object] = set()
        self._arrival = asyncio.Condition()

    async def wait_seen(self, count: int = 1) -> None:
        """Wait until so many requests have arrived."""
        async with asyncio.timeout(30), self._arrival:
            await self._arrival.wait_for(lambda: len(self.seen) >= count)

    def script(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def json(self, data: Any, status: int = 200, **headers: str) -> None:
        self.answers.append(Answer(status=status, body=orjson.dumps(data), headers={"content-type": "application/json", **headers}))

    def events(self, *data: Any, is_cut: bool = False, done: bool = True) -> None:
        """A stream of server-sent events, one piece each."""
        pieces = [b"data: " + (item if isinstance(item, bytes) else orjson.dumps(item)) + b"\n\n" for item in data]
        self.answers.append(Answer(pieces=[*pieces, *([b"data: [DONE]\n\n"] if done else [])], is_cut=is_cut))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.connections.add(request.transport)
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.seen.append(Seen(method=request.method, path=request.path_qs, headers=headers, body=body))
        answer = self.answers[min(len(self.seen), len(self.answers)) - 1]
        async with self._arrival:
            self._arrival.notify_all()
        if answer.gate:
            await answer.gate.wait()
        if answer.pieces is None:
            return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
        response = web.StreamResponse(status=answer.status, headers={"content-type": "text/event-stream", **answer.headers})
        await response.prepare(request)
        try:
            for piece in answer.pieces:
                await response.write(piece)
        except ConnectionError:
            self.hung_up.set()
            return response
        if answer.is_cut:
            assert request.transport is not None
            request.transport.abort()
        return response


class Pauses:
    """Stands in for sleeping between attempts: keeps how long each pause would have been."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
