"""A small model server: every text becomes the vector of its length and its number of blanks, every chat gets one answer.

A test may hold the embeddings or break them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


class EmbeddingServer:
    def __init__(self) -> None:
        self.texts: list[list[str]] = []
        """The texts of each request."""
        self.asked = asyncio.Event()
        self.gate = asyncio.Event()
        """Closed, requests wait for it."""
        self.gate.set()
        self.status = 200
        self.url = ""
        self.chats: list[str] = []
        """The last message of each chat."""
        self.reply = "Finds bridges."
        """What every chat is answered."""

    async def embed(self, request: web.Request) -> web.Response:
        body = await request.json()
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        self.texts.append(texts)
        self.asked.set()
        await self.gate.wait()
        if self.status != 200:
            return web.json_response({"error": {"message": "no vectors today"}}, status=self.status)
        data = [{"index": index, "embedding": [float(len(text)), float(text.count(" "))]} for index, text in enumerate(texts)]
        return web.json_response({"data": data, "model": body["model"], "usage": {"prompt_tokens": 1, "total_tokens": 1}})

    async def chat(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.chats.append(body["messages"][-1]["content"])
        message = {"role": "assistant", "content": self.reply}
        return web.json_response({"id": "c", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})


@asynccontextmanager
async def open_embedding_server() -> AsyncIterator[EmbeddingServer]:
    server = EmbeddingServer()
    app = web.Application()
    app.router.add_post("/v1/embeddings", server.embed)
    app.router.add_post("/v1/chat/completions", server.chat)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield server
    finally:
        server.gate.set()
        await runner.cleanup()
