"""A server on loopback that speaks MongoDB's wire protocol and answers commands from a script.

Messages: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ (OP_MSG; the greeting may come as OP_QUERY).
"""

from __future__ import annotations

import asyncio
import itertools
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import bson

_REPLY, _QUERY, _MESSAGE = 1, 2004, 2013
_HEADER = struct.Struct("<iiii")
_GREETINGS = ("hello", "isMaster", "ismaster")
_ABOUT = {
    "isWritablePrimary": True,
    "ismaster": True,
    "helloOk": True,
    "maxBsonObjectSize": 16_777_216,
    "maxMessageSizeBytes": 48_000_000,
    "maxWriteBatchSize": 100_000,
    "minWireVersion": 0,
    "maxWireVersion": 21,
    "ok": 1.0,
}


class MongoServer:
    """Gives its answers in order; `commands` keeps what was asked, without greetings and farewells."""

    def __init__(self) -> None:
        self.port = 0
        self.answers: list[dict[str, Any]] = []
        self.commands: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)

    def script(self, *answers: dict[str, Any]) -> None:
        self.answers = [{"ok": 1.0, **answer} for answer in answers]

    def url(self, user: str = "") -> str:
        return f"mongodb://{user}127.0.0.1:{self.port}/?directConnection=true"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                length, number, _, kind = _HEADER.unpack(await reader.readexactly(16))
                body = await reader.readexactly(length - 16)
                answer = bson.encode(self._answer(_command(kind, body)))
                if kind == _QUERY:
                    self._send(writer, number, _REPLY, struct.pack("<iqii", 8, 0, 0, 1) + answer)
                else:
                    self._send(writer, number, _MESSAGE, struct.pack("<i", 0) + b"\0" + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _send(self, writer: asyncio.StreamWriter, number: int, kind: int, body: bytes) -> None:
        writer.write(_HEADER.pack(16 + len(body), next(self._numbers), number, kind) + body)

    def _answer(self, command: dict[str, Any]) -> dict[str, Any]:
        name = next(iter(command))
        if name in _GREETINGS:
            return _ABOUT
        if name == "endSessions":
            return {"ok": 1.0}
        self.commands.append(command)
        return self.answers[len(self.commands) - 1] if len(self.commands) <= len(self.answers) else {"ok": 0.0, "errmsg": "no answer left"}


def _command(kind: int, body: bytes) -> dict[str, Any]:
    """The command of a message; documents of its further sections stand under their names, as the protocol has it."""
    if kind == _QUERY:
        start = body.index(b"\0", 4) + 1 + 8
        return dict(bson.decode(body[start:]))
    found: dict[str, Any] = {}
    place = 4
    while place < len(body):
        section, place = body[place], place + 1
        (length,) = struct.unpack_from("<i", body, place)
        if section == 0:
            found = {**dict(bson.decode(body[place : place + length])), **found}
        else:
            end = body.index(b"\0", place + 4)
            found[body[place + 4 : end].decode()] = [dict(item) for item in bson.decode_all(body[end + 1 : place + length])]
        place += length
    return found


@asynccontextmanager
async def open_mongo_server() -> AsyncIterator[MongoServer]:
    made = MongoServer()
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(made.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
