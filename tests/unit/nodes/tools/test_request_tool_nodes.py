"""The tools that send HTTP requests."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import FlowError, InvalidFlow, MissingInput
from flowisectl.interfaces.http import HttpDenied, HttpFailed, HttpResponse, Reach
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._requests import RequestFailed, filled_url
from flowisectl.nodes.tools.requests_delete import RequestsDelete
from flowisectl.nodes.tools.requests_get import RequestsGet
from flowisectl.nodes.tools.requests_post import RequestsPost
from flowisectl.nodes.tools.requests_put import RequestsPut
from flowisectl.testing import ScriptedHttp, run_context

FIELDS = '{"id": {"type": "number", "in": "path", "required": true, "description": "which"}, "q": {"type": "string", "in": "query"}}'


def ok(body: bytes = b"fine", status: int = 200) -> HttpResponse:
    return HttpResponse(status=status, reason="Some Reason", headers={}, body=body)


async def tool_of(node: Node, http: ScriptedHttp | None = None, **inputs: Any) -> Tool:
    tool: Tool = await node.build(NodeInputs(inputs, node_id="r_0", label="Requests"), run_context(http=http or ScriptedHttp()))
    return tool


@pytest.mark.parametrize(
    ("node", "prefix", "method", "name"),
    [
        (RequestsGet(), "requestsGet", "GET", "requests_get"),
        (RequestsPost(), "requestsPost", "POST", "requests_post"),
        (RequestsPut(), "requestsPut", "PUT", "requests_put"),
        (RequestsDelete(), "requestsDelete", "DELETE", "requests_delete"),
    ],
)
async def test_each_sends_its_kind_of_request(node: Node, prefix: str, method: str, name: str) -> None:
    http = ScriptedHttp(ok())
    tool = await tool_of(node, http, **{f"{prefix}Url": "<p>https://e.org/x</p>", f"{prefix}Headers": '{"x-a": "<b>1</b>"}'})

    assert (await tool.call({}, {})).text == "fine"
    assert tool.spec.name == name
    assert tool.spec.description
    call = http.calls[0]
    assert (call.method, call.url, call.headers["x-a"], call.reach) == (method, "https://e.org/x", "1", Reach.PUBLIC)


async def test_the_model_may_fill_in_path_and_query() -> None:
    http = ScriptedHttp(ok())
    tool = await tool_of(RequestsGet(), http, requestsGetUrl="https://e.org/items/:id?fixed=1", requestsGetQueryParamsSchema=FIELDS)

    await tool.call({"queryParams": {"id": 7, "q": "a b&c"}}, {})

    assert http.calls[0].url == "https://e.org/items/7?fixed=1&q=a+b%26c"
    assert tool.spec.parameters["properties"]["queryParams"]["required"] == ["id"]
    assert "required" not in tool.spec.parameters
    assert tool.spec.parameters["properties"]["queryParams"]["description"] == "Query parameters for the request"


async def test_without_a_schema_any_query_may_be_given() -> None:
    http = ScriptedHttp(ok())
    tool = await tool_of(RequestsDelete(), http, requestsDeleteUrl="https://e.org/")

    await tool.call({"queryParams": {"a": "1"}}, {})

    assert http.calls[0].url == "https://e.org/?a=1"
    assert tool.spec.parameters["properties"]["queryParams"]["additionalProperties"] == {"type": "string"}


@pytest.mark.parametrize(
    ("url", "given", "expected"),
    [
        ("https://e.org/:id/x", {"id": "a/b"}, "https://e.org/a%2Fb/x"),
        ("https://e.org/:idea", {"id": "1"}, "https://e.org/:idea/1"),
        ("https://e.org/base/", {"id": "1"}, "https://e.org/base/1"),
        ("https://e.org", {}, "https://e.org"),
    ],
)
def test_path_values_cannot_leave_their_place(url: str, given: dict[str, str], expected: str) -> None:
    assert filled_url(url, given, {"id": {"in": "path"}}) == expected


class TestBodies:
    async def test_the_models_body_is_laid_over_the_nodes_when_there_is_a_schema(self) -> None:
        http = ScriptedHttp(ok())
        tool = await tool_of(
            RequestsPost(),
            http,
            requestsPostUrl="https://e.org",
            requestPostBody='{"a": 1, "b": 2}',
            requestsPostBodySchema='{"b": {"type": "number"}}',
        )

        await tool.call({"body": {"b": 3}}, {})

        assert orjson.loads(http.calls[0].body or b"") == {"a": 1, "b": 3}
        assert http.calls[0].headers["content-type"] == "application/json"

    async def test_without_a_schema_the_models_body_is_not_used(self) -> None:
        http = ScriptedHttp(ok())
        tool = await tool_of(RequestsPut(), http, requestsPutUrl="https://e.org", requestPostBody='{"a": 1}')

        await tool.call({"body": {"a": 2}}, {})

        assert orjson.loads(http.calls[0].body or b"") == {"a": 1}
        assert tool.spec.parameters["properties"]["body"]["additionalProperties"] == {}
        assert "required" not in tool.spec.parameters

    async def test_a_body_with_a_schema_has_to_be_given(self) -> None:
        tool = await tool_of(RequestsPut(), requestsPutUrl="https://e.org", requestsPutBodySchema='{"b": {"type": "number"}}')

        assert tool.spec.parameters["required"] == ["body"]
        assert tool.spec.parameters["properties"]["body"]["properties"] == {"b": {"type": "number"}}

    @pytest.mark.parametrize(
        ("node", "url", "body"),
        [(RequestsPost(), "requestsPostUrl", "requestPostBody"), (RequestsPut(), "requestsPutUrl", "requestPutBody")],
        ids=["post", "put"],
    )
    async def test_the_nodes_own_body_is_sent_and_that_of_an_older_node_wins(self, node: Any, url: str, body: str) -> None:
        for inputs, sent in [({body: '{"a": 1}'}, {"a": 1}), ({body: '{"a": 1}', "body": '{"old": true}'}, {"old": True})]:
            http = ScriptedHttp(ok())
            tool = await tool_of(node, http, **{url: "https://e.org"}, **inputs)

            await tool.call({}, {})

            assert orjson.loads(http.calls[0].body or b"") == sent


async def test_long_answers_are_cut() -> None:
    tool = await tool_of(RequestsGet(), ScriptedHttp(ok(b"x" * 5000)), requestsGetUrl="https://e.org", requestsGetMaxOutputLength="10")

    assert (await tool.call({}, {})).text == "x" * 10


@pytest.mark.parametrize(
    ("answer", "text"),
    [(ok(status=404), "HTTP Error 404: Some Reason"), (HttpFailed("no connection"), "no connection"), (HttpDenied("denied"), "denied")],
)
async def test_failures_are_told(answer: Any, text: str) -> None:
    tool = await tool_of(RequestsGet(), ScriptedHttp(answer), requestsGetUrl="https://e.org")

    with pytest.raises(RequestFailed, match=f"^Failed to make GET request: {text}$"):
        await tool.call({}, {})


@pytest.mark.parametrize(
    ("given", "name"), [("Fetch It!", "fetch_it"), ("Ünïcode", "ncode"), ("!!!", "requests_get"), ("", "requests_get")]
)
async def test_names_are_made_fit_for_models(given: str, name: str) -> None:
    assert (await tool_of(RequestsGet(), requestsGetUrl="https://e.org", requestsGetName=given)).spec.name == name


async def test_names_of_older_nodes_win() -> None:
    tool = await tool_of(
        RequestsGet(), requestsGetUrl="https://new.org", url="https://old.org", name="old", requestsGetName="new", description="o"
    )

    assert (tool.spec.name, tool.spec.description) == ("old", "o")


async def test_a_missing_url_and_broken_headers_are_told_with_the_nodes_name() -> None:
    with pytest.raises(MissingInput, match="'r_0'"):
        await tool_of(RequestsGet())
    with pytest.raises(InvalidFlow, match=r"'r_0'.*headers"):
        await tool_of(RequestsGet(), requestsGetUrl="https://e.org", requestsGetHeaders="no json")


async def test_a_path_piece_of_the_model_does_not_lead_to_another_place() -> None:
    http = ScriptedHttp(ok())
    tool = await tool_of(RequestsGet(), http, requestsGetUrl="https://e.org/items/:id/private", requestsGetQueryParamsSchema=FIELDS)

    with pytest.raises(FlowError, match="would lead elsewhere"):
        await tool.call({"queryParams": {"id": ".."}}, {})

    assert http.calls == []
