"""What may be chosen in a node's inputs, as the editor asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient

from flowisectl.database.assistant import insert_assistant
from flowisectl.database.credential import update_credential
from flowisectl.database.document_store import insert_store
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.testing import ScriptedHttp
from flowisectl.web.app import create_app
from flowisectl.web.services import WebServices

INTERNAL = {"x-request-from": "internal"}
Choices = Callable[..., Any]


@pytest.fixture
def app(services: WebServices) -> Quart:
    return create_app(replace(services, catalogue=load_catalogue(), outgoing=ScriptedHttp()))


@pytest.fixture
def choices(admin: QuartClient) -> Choices:
    async def ask(node: str, method: str, **body: Any) -> list[dict[str, Any]]:
        answer = await admin.post(f"/api/v1/node-load-method/{node}", json={"loadMethod": method, **body}, headers=INTERNAL)
        assert answer.status_code == 200, await answer.get_data(as_text=True)
        found: list[dict[str, Any]] = await answer.get_json()
        return found

    return ask


async def test_a_chat_model_offers_the_models_of_its_provider(choices: Choices) -> None:
    names = [choice["name"] for choice in await choices("chatOpenAI", "listModels")]

    assert "gpt-4o-mini" in names and len(names) == len(set(names))


async def test_an_agentflow_offers_components(choices: Choices) -> None:
    models = [choice["name"] for choice in await choices("llmAgentflow", "listModels")]
    tools = [choice["name"] for choice in await choices("toolAgentflow", "listTools")]
    embeddings = [choice["name"] for choice in await choices("agentAgentflow", "listEmbeddings")]
    stores = [choice["name"] for choice in await choices("agentAgentflow", "listVectorStores")]

    assert "chatOpenAI" in models and "chatOpenAI_LlamaIndex" not in models
    assert {"calculator", "customMCP"} <= set(tools) and "openAIEmbeddings" in embeddings and "memoryVectorStore" in stores


async def test_every_model_that_a_node_begins_with_can_be_chosen(choices: Choices) -> None:
    for node in load_catalogue():
        param = next((item for item in node.definition.inputs if item.load_method == "listModels"), None)
        offered = [choice["name"] for choice in await choices(node.definition.name, "listModels")] if param else []
        assert not offered or not param or not param.default or param.default in offered, node.definition.name


async def test_the_regions_of_a_cloud_are_offered(choices: Choices) -> None:
    aws = [choice["name"] for choice in await choices("awsChatBedrock", "listRegions")]
    google = [choice["name"] for choice in await choices("chatGoogleVertexAI", "listRegions")]

    assert "eu-west-1" in aws and "europe-west1" in google and not set(aws) & set(google)
    for node in load_catalogue():
        param = next((item for item in node.definition.inputs if item.load_method == "listRegions"), None)
        assert param is None or await choices(node.definition.name, "listRegions"), node.definition.name


async def test_names_that_a_service_cannot_be_asked_for_are_none(choices: Choices) -> None:
    assert await choices("awsSNS", "listTopics") == [], "nobody has chosen a credential"
    assert await choices("calculator", "listTopics") == []


async def test_rows_of_the_workspace_are_offered(
    choices: Choices, admin: QuartClient, make_flow: Callable[..., Any], services: WebServices
) -> None:
    flow = await make_flow(name="a flow")
    agentflow = await make_flow(name="an agent", type="AGENTFLOW")
    body = {"name": "t", "description": "adds", "color": "c", "schema": '[{"property":"x","type":"number","description":"a number"}]'}
    tool = await (await admin.post("/api/v1/tools", json=body, headers=INTERNAL)).get_json()
    mine = {"workspaceId": tool["workspaceId"], "description": "d"}
    ready = await insert_store(services.database, {"name": "ready", "status": "UPSERTED", **mine})
    await insert_store(services.database, {"name": "empty", "status": "EMPTY", **mine})
    await insert_store(services.database, {"name": "theirs", "status": "UPSERTED", "description": "d", "workspaceId": None})

    assert [choice["name"] for choice in await choices("customTool", "listTools")] == [tool["id"]]
    assert {choice["name"] for choice in await choices("executeFlowAgentflow", "listFlows")} == {flow["id"], agentflow["id"]}
    assert [choice["name"] for choice in await choices("ChatflowTool", "listChatflows")] == [flow["id"]]
    assert [choice["name"] for choice in await choices("agentAsTool", "listAgentflows")] == [agentflow["id"]]
    assert [choice["name"] for choice in await choices("documentStoreVS", "listStores")] == [ready["id"]]
    assert [choice["name"] for choice in await choices("retrieverAgentflow", "listStores")] == [f"{ready['id']}:ready"]
    node = {"inputs": {"toolAgentflowSelectedToolConfig": {"selectedTool": tool["id"]}}}
    found = await choices("toolAgentflow", "listToolInputArgs", currentNode=node)
    assert found == [{"label": "x", "name": "x", "description": "a number"}]


async def test_the_nodes_before_and_the_keys_of_the_state_are_offered(choices: Choices) -> None:
    start = {"id": "start_0", "name": "startAgentflow", "label": "Start", "inputs": {"startState": [{"key": "count", "value": "1"}]}}
    before = [start, {"id": "n", "data": {"id": "llm_0", "name": "llmAgentflow", "label": "LLM"}}, "x", {"label": "no id"}]

    nodes = await choices("loopAgentflow", "listPreviousNodes", previousNodes=before)
    keys = await choices("llmAgentflow", "listRuntimeStateKeys", previousNodes=before)

    assert [choice["name"] for choice in nodes] == ["start_0-Start", "llm_0-LLM"]
    assert [choice["name"] for choice in keys] == ["count"]


async def test_the_assistants_that_live_elsewhere_are_offered(choices: Choices, admin: QuartClient, services: WebServices) -> None:
    own = {"details": '{"name": "Own"}', "credential": "11111111-1111-4111-8111-111111111111", "type": "CUSTOM"}
    made = await (await admin.post("/api/v1/assistants", json=own, headers=INTERNAL)).get_json()
    details = '{"id": "asst_1", "name": "Helper", "instructions": "helps"}'
    await insert_assistant(services.database, {**own, "type": "OPENAI", "details": details, "workspaceId": made["workspaceId"]})

    found = await choices("openAIAssistant", "listAssistants")

    assert [(choice["label"], choice["description"]) for choice in found] == [("Helper", "helps")]


async def test_a_node_of_one_mcp_server_offers_its_tools(choices: Choices) -> None:
    assert [choice["name"] for choice in await choices("sequentialThinkingMCP", "listActions")] == ["sequentialthinking"]
    assert await choices("teradataMCP", "listActions") == [], "it names no server yet"


async def test_time_zones_are_offered(choices: Choices) -> None:
    assert "Europe/Berlin" in [choice["name"] for choice in await choices("startAgentflow", "listTimezones")]


@pytest.mark.parametrize(
    "body", [{}, {"loadMethod": "listNothing"}, {"loadMethod": 7}, {"loadMethod": "listPreviousNodes", "previousNodes": 1}]
)
async def test_what_cannot_be_loaded_is_an_empty_list(admin: QuartClient, body: dict[str, Any]) -> None:
    answer = await admin.post("/api/v1/node-load-method/loopAgentflow", json=body, headers=INTERNAL)

    assert (answer.status_code, await answer.get_json()) == (200, [])


async def test_a_key_without_the_right_to_change_flows_calls_no_address(anybody: QuartClient, admin: QuartClient) -> None:
    rows = await (
        await admin.post("/api/v1/apikey", json={"keyName": "reader", "permissions": ["chatflows:view"]}, headers=INTERNAL)
    ).get_json()
    key = next(row["apiKey"] for row in rows if row["keyName"] == "reader")
    body = {"loadMethod": "listActions", "inputs": {"mcpServerConfig": '{"url": "http://127.0.0.1:1/"}'}}

    answer = await anybody.post("/api/v1/node-load-method/customMCP", json=body, headers={"Authorization": f"Bearer {key}"})

    assert await answer.get_json() == []


async def test_an_unknown_node_and_a_foreign_credential_are_errors(admin: QuartClient, services: WebServices) -> None:
    body = {"name": "c", "credentialName": "openAIApi", "plainDataObj": {"openAIApiKey": "sk"}}
    credential = await (await admin.post("/api/v1/credentials", json=body, headers=INTERNAL)).get_json()
    await update_credential(services.database, credential["id"], {"workspaceId": None})

    unknown = await admin.post("/api/v1/node-load-method/nobody", json={"loadMethod": "x"}, headers=INTERNAL)
    asked = {"loadMethod": "listModels", "credential": credential["id"]}
    foreign = await admin.post("/api/v1/node-load-method/chatOpenAI", json=asked, headers=INTERNAL)

    assert (unknown.status_code, foreign.status_code) == (500, 404)
