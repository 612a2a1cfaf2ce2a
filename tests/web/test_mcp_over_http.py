"""A flow as an MCP server: its settings, its token, its one tool."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from quart.testing import QuartClient

from flowisectl.predictions.request import PredictionResult

INTERNAL = {"x-request-from": "internal"}


@pytest.fixture
def make_server(admin: QuartClient, make_flow: Callable[..., Any]) -> Callable[..., Any]:
    async def make(body: dict[str, Any] | None = None, **members: Any) -> tuple[str, dict[str, Any]]:
        row = await make_flow(**members)
        answer = await admin.post(f"/api/v1/mcp-server/{row['id']}", json=body or {}, headers=INTERNAL)
        assert answer.status_code == 201
        return row["id"], await answer.get_json()

    return make


async def call(client: QuartClient, flow_id: str, token: str, message: Any) -> Any:
    return await client.post(f"/api/v1/mcp/{flow_id}", json=message, headers={"Authorization": f"Bearer {token}"})


def message(method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


async def test_settings_are_kept_and_switching_on_twice_keeps_the_token(admin: QuartClient, make_server: Callable[..., Any]) -> None:
    flow_id, settings = await make_server({"toolName": "ask", "description": "Asks"})
    url = f"/api/v1/mcp-server/{flow_id}"

    again = await (await admin.post(url, headers=INTERNAL)).get_json()
    renewed = await (await admin.post(f"{url}/refresh", headers=INTERNAL)).get_json()
    off = await (await admin.delete(url, headers=INTERNAL)).get_json()

    assert len(settings["token"]) == 32 and settings["enabled"] is True and again == settings
    assert renewed["token"] != settings["token"] and off == {"message": "MCP server config disabled"}
    assert (await (await admin.get(url, headers=INTERNAL)).get_json())["enabled"] is False


@pytest.mark.parametrize("body", [{"toolName": ""}, {"toolName": "a b"}, {"toolName": "a" * 65}, {"description": " "}, {"enabled": "yes"}])
async def test_settings_that_cannot_be_used_are_refused(admin: QuartClient, make_server: Callable[..., Any], body: Any) -> None:
    flow_id, _ = await make_server()

    assert (await admin.put(f"/api/v1/mcp-server/{flow_id}", json=body, headers=INTERNAL)).status_code == 400


async def test_a_client_finds_one_tool_and_calls_it(anybody: QuartClient, submitter: Any, make_server: Callable[..., Any]) -> None:
    flow_id, settings = await make_server(name="My Flow!")
    token = settings["token"]

    hello = await (await call(anybody, flow_id, token, message("initialize", protocolVersion="2025-03-26"))).get_json()
    noted = await call(anybody, flow_id, token, {"jsonrpc": "2.0", "method": "notifications/initialized"})
    tools = await (await call(anybody, flow_id, token, message("tools/list"))).get_json()
    answer = await (await call(anybody, flow_id, token, message("tools/call", name="my_flow", arguments={"question": "hi"}))).get_json()

    assert hello["result"]["protocolVersion"] == "2025-03-26" and hello["result"]["serverInfo"]["name"] == "flowise-my_flow"
    assert noted.status_code == 202 and await noted.get_data() == b""
    assert tools["result"]["tools"][0]["inputSchema"]["required"] == ["question"]
    assert answer["result"] == {"content": [{"type": "text", "text": "hello"}]}
    request = submitter.requests[0]
    assert request.chat_type == "MCP" and request.body["question"] == "hi" and request.is_internal


async def test_a_failed_run_is_told_without_its_inside(anybody: QuartClient, submitter: Any, make_server: Callable[..., Any]) -> None:
    flow_id, settings = await make_server({"toolName": "ask"})
    submitter.submission.outcome = PredictionResult(error="key sk-123 was refused", status=500)

    asked = message("tools/call", name="ask", arguments={"question": "x"})
    answer = await (await call(anybody, flow_id, settings["token"], asked)).get_json()

    assert answer["result"]["isError"] is True and "sk-123" not in json.dumps(answer)


async def test_a_form_becomes_the_tools_schema(anybody: QuartClient, submitter: Any, make_server: Callable[..., Any]) -> None:
    fields = [{"name": "city", "label": "City", "type": "string"}, {"name": "size", "type": "options", "addOptions": [{"option": "S"}]}]
    inputs = {"startInputType": "formInput", "formInputTypes": fields}
    data = {"id": "s", "name": "startAgentflow", "label": "Start", "category": "Agent Flows", "inputs": inputs}
    flow_id, settings = await make_server({"toolName": "t"}, flowData=json.dumps({"nodes": [{"id": "s", "data": data}]}), type="AGENTFLOW")

    tools = await (await call(anybody, flow_id, settings["token"], message("tools/list"))).get_json()
    await call(anybody, flow_id, settings["token"], message("tools/call", name="t", arguments={"form": {"city": "Rome"}}))

    form = tools["result"]["tools"][0]["inputSchema"]["properties"]["form"]
    assert form["required"] == ["city", "size"] and form["properties"]["size"]["enum"] == ["S"]
    assert submitter.requests[0].body["form"] == {"city": "Rome"}


async def test_without_its_token_nobody_gets_in(admin: QuartClient, anybody: QuartClient, make_server: Callable[..., Any]) -> None:
    flow_id, settings = await make_server()
    url = f"/api/v1/mcp/{flow_id}"

    bare = await anybody.post(url, json=message("tools/list"))
    wrong = await call(anybody, flow_id, "0" * 32, message("tools/list"))
    unknown = await call(anybody, "6f2f2c1e-8c4c-4f0f-9d1c-2a8f7e0b1c11", settings["token"], message("tools/list"))
    await admin.delete(f"/api/v1/mcp-server/{flow_id}", headers=INTERNAL)
    off = await call(anybody, flow_id, settings["token"], message("tools/list"))

    assert (bare.status_code, wrong.status_code, unknown.status_code, off.status_code) == (401, 401, 404, 404)
    assert (await bare.get_json())["error"]["code"] == -32001 and (await wrong.get_json())["error"]["message"] == "Unauthorized"
    assert (await anybody.delete(url)).status_code == 405


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"jsonrpc": "1.0", "id": 1, "method": "ping"}, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": 7}, -32600),
        ([], -32600),
        ("text", -32600),
        (message("nothing"), -32601),
        (message("tools/call", name="other", arguments={"question": "x"}), -32602),
        (message("tools/call", name="t", arguments={}), -32602),
        (message("tools/call", name="t", arguments={"question": 7}), -32602),
    ],
    ids=str,
)
async def test_messages_that_are_wrong_are_told_so(anybody: QuartClient, make_server: Callable[..., Any], sent: Any, code: int) -> None:
    flow_id, settings = await make_server({"toolName": "t"})

    answer = await call(anybody, flow_id, settings["token"], sent)

    assert (await answer.get_json())["error"]["code"] == code


async def test_the_token_is_not_in_what_the_public_reads(anybody: QuartClient, admin: QuartClient, make_server: Callable[..., Any]) -> None:
    flow_id, settings = await make_server(isPublic=True)

    for path in (f"public-chatflows/{flow_id}", f"public-chatbotConfig/{flow_id}"):
        assert settings["token"] not in await (await anybody.get(f"/api/v1/{path}")).get_data(as_text=True)


async def test_mcp_has_its_own_list_of_origins(make_app: Callable[..., Any], make_server: Callable[..., Any]) -> None:
    flow_id, settings = await make_server()
    client = QuartClient(make_app(cors_origins="*", mcp_cors_origins="https://tools.example"))
    headers = {"Authorization": f"Bearer {settings['token']}"}

    async def allowed(origin: str) -> str | None:
        answer = await client.post(f"/api/v1/mcp/{flow_id}", json=message("ping"), headers={**headers, "Origin": origin})
        found: str | None = answer.headers.get("Access-Control-Allow-Origin")
        return found

    assert await allowed("https://tools.example") == "https://tools.example" and await allowed("https://other.example") is None
