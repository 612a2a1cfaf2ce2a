"""The MCP client, and the node over it, against a server on loopback."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from mcp_server import McpServer

from flowisectl.clients.mcp import open_mcp
from flowisectl.engine.context import StoredMcpServer
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidFlow, MissingInput, ProviderError
from flowisectl.interfaces.http import HttpClient, Reach
from flowisectl.nodes.tools.custom_mcp import CustomMCP
from flowisectl.nodes.tools.custom_mcp_server_tool import CustomMcpServerTool
from flowisectl.testing import InMemoryVariables, RecordingTrace, run_context

KINDS: list[dict[str, bool]] = [{}, {"streams": True}, {"old": True}]


@pytest.mark.parametrize("kind", KINDS, ids=["json", "event stream", "older transport"])
async def test_tools_are_listed_and_called(http: HttpClient, kind: dict[str, bool]) -> None:
    async with McpServer(**kind) as server:
        async with open_mcp(http, server.url, headers={"x-key": "k"}, reach=Reach.ENDPOINT) as session:
            tools = await session.tools()
            content = await session.call("add", {"a": 1})

        assert [(tool.name, tool.description) for tool in tools] == [("add", "adds"), ("fail", "fails")]
        assert tools[1].schema == {"type": "object", "properties": {}}
        assert content == [{"type": "text", "text": "{'a': 1}"}]
        assert [method for method in server.methods if method != "DELETE"] == [
            "initialize", "notifications/initialized", "tools/list", "tools/list", "tools/call",
        ]  # fmt: skip
        assert all(headers["x-key"] == "k" for _, headers in server.seen)
        if not kind.get("old"):
            assert server.seen[1][1]["mcp-session-id"] == "s-1"
            assert server.methods[-1] == "DELETE", "the session is ended"


@pytest.mark.parametrize("kind", KINDS, ids=["json", "event stream", "older transport"])
async def test_failures_of_tools_and_of_the_server_are_told(http: HttpClient, kind: dict[str, bool]) -> None:
    async with McpServer(**kind) as server, open_mcp(http, server.url, reach=Reach.ENDPOINT) as session:
        with pytest.raises(ProviderError, match="it broke"):
            await session.call("fail", {})
        with pytest.raises(ProviderError, match="no such tool") as caught:
            await session.call("gone", {})
        place, _, path = server.url.rpartition("/")
        assert f"the MCP server {place} refused tools/call" in str(caught.value) and f"/{path}" not in str(caught.value)


async def test_a_server_that_is_not_there_is_told_without_the_headers(http: HttpClient) -> None:
    with pytest.raises(ProviderError, match="cannot be reached") as caught:
        async with open_mcp(http, "http://127.0.0.1:9/mcp", headers={"authorization": "Bearer secret"}, reach=Reach.ENDPOINT):
            pass

    assert "secret" not in str(caught.value)


async def test_a_service_that_is_no_mcp_server_is_told(http: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(McpServer, "_answer", lambda self, message: {"path": "/mcp"})

    async with McpServer() as server:
        with pytest.raises(ProviderError, match="did not answer initialize as an MCP server does"):
            async with open_mcp(http, server.url, reach=Reach.ENDPOINT):
                pass


async def test_an_address_of_a_stranger_passes_the_deny_list(http: HttpClient) -> None:
    async with McpServer() as server:
        with pytest.raises(ProviderError, match="denied by policy"):
            async with open_mcp(http, server.url, reach=Reach.PUBLIC):
                pass


class TestNode:
    async def build(self, http: HttpClient, config: Any, actions: Any = '["add"]', **context: Any) -> list[Any]:
        values = {"mcpServerConfig": config, "mcpActions": actions}
        return await CustomMCP().build(NodeInputs(values, node_id="m_0", label="MCP"), run_context(http=http, **context))

    async def test_chosen_tools_are_offered_and_called(self, http: HttpClient) -> None:
        async with McpServer() as server:
            trace = RecordingTrace()
            config = '{"url": "%s", headers: {"x-key": "{{$vars.key}}"}}' % server.url  # noqa: UP031
            tools = await self.build(http, config, '["add", "missing"]', variables=InMemoryVariables({"key": "k1"}), trace=trace)

            outcome = await tools[0].call({"a": 2}, {})

            assert [tool.spec.name for tool in tools] == ["add"]
            assert orjson.loads(outcome.text) == [{"type": "text", "text": "{'a': 2}"}]
            assert server.seen[0][1]["x-key"] == "k1"
            assert "missing" in trace.lines[0][1]

    async def test_no_chosen_tool_asks_nobody(self, http: HttpClient) -> None:
        assert await self.build(http, "", "") == []

    @pytest.mark.parametrize(
        ("config", "error", "text"),
        [
            ("", MissingInput, "has no MCP server"),
            ("{", InvalidFlow, "no JSON"),
            ("[1]", InvalidFlow, "no JSON object"),
            ('{"command": "npx"}', InvalidFlow, "not started here"),
            ('{"url": "file:///x"}', MissingInput, "no url"),
        ],
    )
    async def test_what_cannot_be_used_is_told(self, http: HttpClient, config: str, error: type[Exception], text: str) -> None:
        with pytest.raises(error, match=text):
            await self.build(http, config)


async def test_a_stored_server_is_asked_with_its_headers(http: HttpClient) -> None:
    class Servers:
        def __init__(self, url: str) -> None:
            self.url = url

        async def get(self, server_id: str) -> StoredMcpServer:
            return StoredMcpServer(url=self.url, headers={"x-key": server_id})

    async with McpServer() as server:
        inputs = NodeInputs({"mcpServerId": "s1", "mcpActions": '["add"]'}, node_id="m_0")
        tools = await CustomMcpServerTool().build(inputs, run_context(http=http, mcp_servers=Servers(server.url)))

        outcome = await tools[0].call({"a": 2}, {})

    assert orjson.loads(outcome.text) == [{"type": "text", "text": "{'a': 2}"}]
    assert server.seen[0][1]["x-key"] == "s1"
