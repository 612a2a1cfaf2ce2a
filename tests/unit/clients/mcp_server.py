"""A small MCP server on loopback, for both transports."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from aiohttp import web

TOOLS = [
    {"name": "add", "description": "adds", "inputSchema": {"type": "object", "properties": {"a": {"type": "number"}}}},
    {"name": "fail", "description": "fails"},
]


class McpServer:
    """`streams` answers with event streams, `old` takes only the older transport. `seen` keeps methods and headers."""

    def __init__(self, *, streams: bool = False, old: bool = False) -> None:
        self.streams = streams
        self.old = old
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.url = ""
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> McpServer:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/mcp"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def methods(self) -> list[str]:
        return [method for method, _ in self.seen]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if request.method == "DELETE":
            self.seen.append(("DELETE", headers))
            return web.Response()
        if request.method == "GET":
            return await self._open_events(request) if self.old else web.Response(status=405)
        if self.old and request.path == "/mcp":
            return web.Response(status=405, text="use GET")
        message = orjson.loads(await request.read())
        self.seen.append((message["method"], headers))
        if "id" not in message:
            return web.Response(status=202)
        answer = {"jsonrpc": "2.0", "id": message["id"], **self._answer(message)}
        if self.old:
            self._events.put_nowait(answer)
            return web.Response(status=202)
        own = {"mcp-session-id": "s-1"}
        if not self.streams:
            return web.Response(body=orjson.dumps(answer), headers={"content-type": "application/json", **own})
        note = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {}}
        response = web.StreamResponse(headers={"content-type": "text/event-stream", **own})
        await response.prepare(request)
        for item in (note, answer):
            await response.write(b"event: message\r\ndata: " + orjson.dumps(item) + b"\r\n\r\n")
        return response

    async def _open_events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"event: endpoint\ndata: /messages?session=1\n\n")
        while True:
            item = await self._events.get()
            await response.write(b"data: " + orjson.dumps(item) + b"\n\n")

    @staticmethod
    def _answer(message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "initialize":
            return {"result": {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "t", "version": "1"}}}
        if message["method"] == "tools/list":
            last = message["params"].get("cursor") == "next"
            return {"result": {"tools": TOOLS[1:]} if last else {"tools": TOOLS[:1], "nextCursor": "next"}}
        if message["params"]["name"] == "fail":
            return {"result": {"isError": True, "content": [{"type": "text", "text": "it broke"}]}}
        if message["params"]["name"] == "gone":
            return {"error": {"code": -32602, "message": "no such tool"}}
        return {"result": {"content": [{"type": "text", "text": str(message["params"]["arguments"])}]}}
