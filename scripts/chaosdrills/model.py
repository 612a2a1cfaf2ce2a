"""The outside world of the drills, in their own process: a model that counts its calls, and a page that counts its visits."""

from __future__ import annotations

import asyncio
import collections
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmark.model_server import ModelServer

NAME = re.compile(r"\bid=([\w-]+)")


class Model:
    def __init__(self) -> None:
        self.calls: collections.Counter[str] = collections.Counter()
        """Model calls by the `id=…` of the question."""
        self.visits: collections.Counter[str] = collections.Counter()
        """Visits of the page by the id in its path."""
        self.port = 0
        self.page_port = 0
        self.slow_page = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def page_url(self) -> str:
        return f"http://127.0.0.1:{self.page_port}"


@asynccontextmanager
async def open_model() -> AsyncIterator[Model]:
    model = Model()

    class Counting(ModelServer):
        async def _speak(self, request: dict) -> None:
            text = json.dumps(request.get("messages", [])[-1:])
            if found := NAME.search(text):
                model.calls[found[1]] += 1
            await super()._speak(request)

    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if found := NAME.search(head.decode("latin-1")):
                model.visits[found[1]] += 1
            if b"slow" in head.split(b"\r\n", 1)[0]:
                await asyncio.sleep(30)
            writer.write(b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\nconnection: close\r\n\r\n{"ok":true}')
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    loop = asyncio.get_running_loop()
    server = await loop.create_server(Counting, "127.0.0.1", 0, backlog=4096)
    pages = await asyncio.start_server(page, "127.0.0.1", 0, backlog=1024)
    model.port, model.page_port = server.sockets[0].getsockname()[1], pages.sockets[0].getsockname()[1]
    try:
        yield model
    finally:
        server.close()
        pages.close()
