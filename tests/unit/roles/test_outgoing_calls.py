"""The server's own calls: the client behind them is opened when it is needed, and closed in any case."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from aiohttp import web

from config.settings import EngineSettings
from flowisectl.errors import InvalidSetting
from flowisectl.interfaces.http import HttpCall, HttpDenied, Reach
from roles.outgoing import open_outgoing


async def answering() -> tuple[web.AppRunner, str]:
    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    application = web.Application()
    application.router.add_get("/", hello)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/"


async def test_calls_are_answered_whole_and_as_they_come() -> None:
    runner, url = await answering()
    try:
        async with open_outgoing(EngineSettings()) as http:
            calls = [http.request(HttpCall(method="GET", url=url, reach=Reach.ENDPOINT)) for _ in range(3)]

            assert [answer.body for answer in await asyncio.gather(*calls)] == [b"hello"] * 3
            async with http.stream(HttpCall(method="GET", url=url, reach=Reach.ENDPOINT)) as answer:
                assert b"".join([piece async for piece in answer]) == b"hello"
    finally:
        await runner.cleanup()


async def test_the_deny_list_holds() -> None:
    async with open_outgoing(EngineSettings()) as http:
        with pytest.raises(HttpDenied):
            await http.request(HttpCall(method="GET", url="http://127.0.0.1:1/"))


async def test_a_deny_list_that_cannot_be_read_is_told_at_once() -> None:
    with pytest.raises(InvalidSetting):
        async with open_outgoing(EngineSettings(http_deny_list=("not an address/99",))):
            pass


def test_a_server_with_a_queue_imports_nothing_that_runs_flows() -> None:
    code = (
        "from flowisectl.cli.quick_start import begin_quickly\nbegin_quickly()\nimport sys\nimport flowisectl.cli.app, roles.main\n"
        "from roles.outgoing import open_outgoing\nprint(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(done.stdout.split())

    assert {"roles.main", "quart", "flowisectl.web.app"} <= loaded
    assert not loaded & {
        "aiohttp", "alembic", "bcrypt", "croniter", "json5", "numpy", "opentelemetry.metrics", "opentelemetry.sdk.metrics", "quickjs",
        "saq", "sqlalchemy.dialects.mysql", "sqlalchemy.dialects.postgresql", "yarl", "flowisectl.clients.http",
        "flowisectl.documents.runner", "flowisectl.predictions.runner", "flowisectl.sandbox.pool", "roles.running",
    }  # fmt: skip
