"""A server that answers from a script, and the real HTTP client to ask it with."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from scripted_server import Pauses, ScriptedServer

from flowisectl.clients.http import open_http
from flowisectl.interfaces.http import HttpClient


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    app = web.Application(client_max_size=64 * 1024 * 1024)
    runner = web.AppRunner(app)
    made: list[ScriptedServer] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        return await made[0].handle(request)

    app.router.add_route("*", "/{tail:.*}", handle)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.append(ScriptedServer(runner.addresses[0][1]))
    try:
        yield made[0]
    finally:
        await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with open_http() as client:
        yield client


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()
