"""The nodes that offer the tools of one certain MCP server."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import FlowError, InvalidFlow, MissingInput, ProviderError, Unavailable
from flowisectl.interfaces.http import HttpCall, HttpResponse, Reach
from flowisectl.interfaces.local_programs import LocalPrograms
from flowisectl.nodes.tools.brave_search_mcp import BraveSearchMCP
from flowisectl.nodes.tools.browserless_mcp import BrowserlessMCP
from flowisectl.nodes.tools.github_mcp import GithubMCP
from flowisectl.nodes.tools.pipedream_mcp import PipedreamMCP
from flowisectl.nodes.tools.postgre_sqlmcp import PostgreSQLMCP
from flowisectl.nodes.tools.sequential_thinking_mcp import SequentialThinkingMCP
from flowisectl.nodes.tools.supergateway_mcp import SupergatewayMCP
from flowisectl.nodes.tools.teradata_mcp import TeradataMCP
from flowisectl.testing import ScriptedHttp, run_context

SECRET = "tk-very-secret"
PROGRAM = Path(__file__).parents[2] / "clients" / "mcp_program_server.py"


def answer(body: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(status=status, reason="Reason", headers={"content-type": "application/json"}, body=orjson.dumps(body))


class McpWire:
    """An MCP server at the wire; `refusal` is what it says to everything."""

    def __init__(self, refusal: HttpResponse | None = None, login: HttpResponse | None = None) -> None:
        self.refusal = refusal
        self.login = login
        self.calls: list[HttpCall] = []

    async def request(self, call: HttpCall) -> HttpResponse:
        self.calls.append(call)
        if call.url.endswith("/oauth/token") and self.login is not None:
            return self.login
        return answer({}, 202)

    def stream(self, call: HttpCall) -> Any:
        self.calls.append(call)
        return _Stream(self.refusal or answer(self._said(orjson.loads(call.body or b"{}"))))

    @staticmethod
    def _said(message: dict[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        if message["method"] == "tools/list":
            result = {"tools": [{"name": "look", "description": "looks", "inputSchema": {"type": "object", "properties": {}}}]}
        if message["method"] == "tools/call":
            result = {"content": [{"type": "text", "text": "seen"}]}
        return {"jsonrpc": "2.0", "id": message["id"], "result": result}


class _Stream:
    def __init__(self, response: HttpResponse) -> None:
        self.status, self.headers, self._body = response.status, response.headers, response.body

    async def __aenter__(self) -> _Stream:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def read(self) -> bytes:
        return self._body


async def build(node: Node, http: Any, *, credential: Any = None, programs: LocalPrograms | None = None, **inputs: Any) -> list[Any]:
    context = run_context(http=http, **({"local_programs": programs} if programs else {}))
    tools = await node.build(NodeInputs(inputs, node_id="t_0", label="Tool", credential=credential), context)
    assert isinstance(tools, list)
    return tools


REMOTE: list[tuple[Node, dict[str, Any], dict[str, Any], str]] = [
    (BrowserlessMCP(), {}, {"browserlessApiToken": SECRET}, "https://mcp.browserless.io/mcp"),
    (GithubMCP(), {}, {"accessToken": SECRET}, "https://api.githubcopilot.com/mcp/"),
    (GithubMCP(), {"githubEnterpriseUrl": "https://octo.ghe.com/"}, {"accessToken": SECRET}, "https://copilot-api.octo.ghe.com/mcp"),
    (TeradataMCP(), {"mcpUrl": "http://td.test:8001/mcp"}, {"token": SECRET}, "http://td.test:8001/mcp"),
    (TeradataMCP(), {"mcpUrl": "http://td.test:8001/mcp", "bearerToken": SECRET}, {}, "http://td.test:8001/mcp"),
    (SupergatewayMCP(), {"arguments": f"--sse https://s.test/sse --oauth2Bearer {SECRET} --logLevel none"}, {}, "https://s.test/sse"),
    (SupergatewayMCP(), {"arguments": f'--streamableHttp=https://s.test/mcp --header "Authorization: Bearer {SECRET}"'}, {}, "https://s.test/mcp"),
]  # fmt: skip


@pytest.mark.parametrize(("node", "inputs", "credential", "url"), REMOTE)
class TestServersOnTheWeb:
    async def test_the_chosen_tools_are_offered_and_called(self, node: Node, inputs: Any, credential: Any, url: str) -> None:
        http = McpWire()

        (tool,) = await build(node, http, credential=credential, mcpActions='["look", "gone"]', **inputs)
        outcome = await tool.call({"at": "it"}, {})

        assert (tool.spec.name, orjson.loads(outcome.text)) == ("look", [{"type": "text", "text": "seen"}])
        assert {call.url for call in http.calls} == {url}
        assert {name.lower(): text for name, text in http.calls[0].headers.items()}["authorization"] == f"Bearer {SECRET}"
        assert http.calls[0].reach is Reach.ENDPOINT

    async def test_nothing_is_asked_when_nothing_is_chosen(self, node: Node, inputs: Any, credential: Any, url: str) -> None:
        http = McpWire()

        assert await build(node, http, credential=credential, **inputs) == []
        assert http.calls == []

    async def test_a_refusal_is_told_without_the_key(self, node: Node, inputs: Any, credential: Any, url: str) -> None:
        with pytest.raises(ProviderError, match="401") as caught:
            await build(node, McpWire(answer({"error": "bad key"}, 401)), credential=credential, mcpActions=["look"], **inputs)

        assert SECRET not in str(caught.value)

    async def test_an_editor_is_told_all_tools(self, node: Any, inputs: Any, credential: Any, url: str) -> None:
        offered = await node.available(NodeInputs(inputs, node_id="t_0", label="Tool", credential=credential), McpWire())

        assert [(tool.name, tool.description) for tool in offered] == [("look", "looks")]


@pytest.mark.parametrize("node", [BrowserlessMCP(), GithubMCP(), PipedreamMCP()])
async def test_a_server_on_the_web_needs_its_key(node: Node) -> None:
    with pytest.raises(MissingInput):
        await build(node, McpWire(), mcpActions=["look"])


async def test_another_github_of_ones_own_is_refused() -> None:
    with pytest.raises(InvalidFlow, match="no MCP server on the web"):
        await build(
            GithubMCP(), McpWire(), credential={"accessToken": SECRET}, mcpActions=["x"], githubEnterpriseUrl="https://evil.test/.ghe.com"
        )


async def test_teradata_takes_a_name_and_a_password() -> None:
    http = McpWire()

    await build(TeradataMCP(), http, credential={"tdUsername": "u", "tdPassword": SECRET}, mcpActions=["look"], mcpUrl="http://td.test/mcp")

    assert http.calls[0].headers["authorization"] == "Basic " + base64.b64encode(f"u:{SECRET}".encode()).decode()
    with pytest.raises(MissingInput, match="URL"):
        await build(TeradataMCP(), McpWire(), mcpActions=["look"])


class TestPipedream:
    KEY = {"clientId": "c", "clientSecret": SECRET, "projectId": "proj_1"}  # noqa: RUF012

    async def test_it_logs_in_and_names_the_user_and_the_app(self) -> None:
        http = McpWire(login=answer({"access_token": "at-1"}))

        (tool,) = await build(PipedreamMCP(), http, credential=self.KEY, mcpActions=["look"], appSlug="slack", externalUserId="ann@a.test")

        assert tool.spec.name == "look"
        assert orjson.loads(http.calls[0].body or b"") == {"grant_type": "client_credentials", "client_id": "c", "client_secret": SECRET}
        headers = http.calls[1].headers
        assert http.calls[1].url == "https://remote.mcp.pipedream.net"
        assert {name: text for name, text in headers.items() if name.startswith(("x-pd", "auth"))} == {
            "authorization": "Bearer at-1", "x-pd-project-id": "proj_1", "x-pd-environment": "development",
            "x-pd-external-user-id": "ann@a.test", "x-pd-app-slug": "slack", "x-pd-tool-mode": "tools-only",
        }  # fmt: skip

    async def test_a_refused_login_shows_no_secret(self) -> None:
        http = McpWire(login=answer({"error": f"wrong {SECRET}"}, 401))

        with pytest.raises(ProviderError, match="401") as caught:
            await build(PipedreamMCP(), http, credential=self.KEY, mcpActions=["look"], appSlug="slack", externalUserId="u")
        assert SECRET not in str(caught.value)


class TestSupergateway:
    RULES = LocalPrograms(is_allowed=True, commands=frozenset((sys.executable,)), scripts=frozenset((str(PROGRAM),)))

    async def test_a_program_is_started_only_where_it_may_be(self) -> None:
        arguments = f'--stdio "{sys.executable} {PROGRAM}"'

        (tool,) = await build(SupergatewayMCP(), McpWire(), programs=self.RULES, mcpActions=["look"], arguments=arguments)

        assert tool.spec.name == "look"
        with pytest.raises(InvalidFlow, match="not started here"):
            await build(SupergatewayMCP(), McpWire(), mcpActions=["look"], arguments=arguments)

    @pytest.mark.parametrize("arguments", ["", "--sse file:///etc/passwd", "--sse", '--header "unclosed', "--inject code"])
    async def test_arguments_that_name_no_server_are_told(self, arguments: str) -> None:
        with pytest.raises(InvalidFlow):
            await build(SupergatewayMCP(), McpWire(), mcpActions=["look"], arguments=arguments)


class TestBrave:
    KEY = {"braveApiKey": SECRET}  # noqa: RUF012

    async def test_pages_are_found(self) -> None:
        http = ScriptedHttp(answer({"web": {"results": [{"title": "T", "url": "https://a.test", "description": "d", "profile": {}}]}}))
        (tool,) = await build(BraveSearchMCP(), http, credential=self.KEY, mcpActions='["brave_web_search"]')

        outcome = await tool.call({"query": "why", "count": 2, "country": None}, {})

        (part,) = orjson.loads(outcome.text)
        assert orjson.loads(part["text"]) == [{"title": "T", "url": "https://a.test", "description": "d"}]
        assert parse_qs(urlsplit(http.calls[0].url).query) == {"q": ["why"], "count": ["2"]}
        assert http.calls[0].headers["x-subscription-token"] == SECRET

    async def test_places_come_with_what_they_are(self) -> None:
        http = ScriptedHttp(
            answer({"locations": {"results": [{"id": "p1"}, {"id": "p2"}]}}),
            answer({"results": [{"id": "p1", "name": "Café"}]}),
            answer({"results": [{"id": "p1", "description": "good"}]}),
        )
        (tool,) = await build(BraveSearchMCP(), http, credential=self.KEY, mcpActions=["brave_local_search"])

        outcome = await tool.call({"query": "coffee"}, {})

        assert orjson.loads(orjson.loads(outcome.text)[0]["text"]) == [{"id": "p1", "name": "Café", "description": "good"}]
        assert parse_qs(urlsplit(http.calls[1].url).query) == {"ids": ["p1", "p2"]}

    @pytest.mark.parametrize(
        ("name", "path"), [("brave_news_search", "news"), ("brave_image_search", "images"), ("brave_video_search", "videos")]
    )
    async def test_other_searches_have_their_own_address(self, name: str, path: str) -> None:
        http = ScriptedHttp(answer({"results": [{"title": "T"}]}))
        (tool,) = await build(BraveSearchMCP(), http, credential=self.KEY, mcpActions=[name])

        outcome = await tool.call({"query": "q"}, {})

        assert orjson.loads(outcome.text)[0]["text"] == '[{"title":"T"}]'
        assert urlsplit(http.calls[0].url).path == f"/res/v1/{path}/search"

    async def test_a_wrong_key_a_missing_text_and_an_unknown_action_are_told(self) -> None:
        (tool, summary) = await build(
            BraveSearchMCP(), ScriptedHttp(answer({"error": {"message": f"{SECRET} is wrong"}}, 422)), credential=self.KEY,
            mcpActions=["brave_web_search", "brave_summarizer"],
        )  # fmt: skip

        with pytest.raises(FlowError, match="lacks query"):
            await tool.call({}, {})
        with pytest.raises(FlowError, match="lacks key"):
            await summary.call({}, {})
        with pytest.raises(ProviderError, match="422") as caught:
            await tool.call({"query": "q"}, {})
        assert SECRET not in str(caught.value)
        with pytest.raises(InvalidFlow, match="no action 'fly'"):
            await build(BraveSearchMCP(), ScriptedHttp(), credential=self.KEY, mcpActions=["fly"])


class TestSequentialThinking:
    async def test_a_thought_is_counted(self) -> None:
        (tool,) = await build(SequentialThinkingMCP(), ScriptedHttp(), mcpActions=["sequentialthinking"])

        outcome = await tool.call(
            {"thought": "so", "nextThoughtNeeded": True, "thoughtNumber": 4, "totalThoughts": 3, "branchFromThought": 1, "branchId": "b"},
            {},
        )

        assert orjson.loads(orjson.loads(outcome.text)[0]["text"]) == {
            "thoughtNumber": 4, "totalThoughts": 4, "nextThoughtNeeded": True, "branches": ["b"], "thoughtHistoryLength": 1
        }  # fmt: skip

    async def test_what_is_missing_or_no_number_is_told(self) -> None:
        (tool,) = await build(SequentialThinkingMCP(), ScriptedHttp(), mcpActions=["sequentialthinking"])

        with pytest.raises(FlowError, match="lacks thoughtNumber"):
            await tool.call({"thought": "x", "nextThoughtNeeded": False, "totalThoughts": 1}, {})
        with pytest.raises(FlowError, match="whole numbers"):
            await tool.call({"thought": "x", "nextThoughtNeeded": False, "totalThoughts": 1, "thoughtNumber": "first"}, {})


async def test_a_database_that_is_not_there_is_told_without_its_password() -> None:
    (tool,) = await build(
        PostgreSQLMCP(), ScriptedHttp(), credential={"postgresUrl": f"postgresql://u:{SECRET}@127.0.0.1:1/db"}, mcpActions=["query"]
    )

    with pytest.raises(Unavailable, match="cannot be reached") as caught:
        await tool.call({"sql": "SELECT 1"}, {})
    assert SECRET not in str(caught.value)
    with pytest.raises(FlowError, match="lacks sql"):
        await tool.call({}, {})
