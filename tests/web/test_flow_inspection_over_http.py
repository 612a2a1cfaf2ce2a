"""What a flow is like, over HTTP: overridable inputs, validation, statistics, icons, templates, assistants."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from quart.testing import QuartClient

from flowisectl.database.chat_message import insert_messages
from flowisectl.database.connection import Database
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.web.app import create_app
from flowisectl.web.services import WebServices

INTERNAL = {"x-request-from": "internal"}


def node(name: str, inputs: dict[str, Any], params: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    data = {"id": f"{name}_0", "name": name, "label": name.title(), "category": "Chains", "inputs": inputs, "inputParams": params, **more}
    return {"id": data["id"], "data": data}


def flow_of(*nodes: dict[str, Any], edges: list[dict[str, Any]] | None = None) -> str:
    return json.dumps({"nodes": list(nodes), "edges": edges or []})


async def test_flow_config_lists_inputs_with_the_values_that_they_may_have(admin: QuartClient, make_flow: Callable[..., Any]) -> None:
    params = [
        {"name": "mode", "label": "Mode", "type": "options", "options": [{"name": "fast"}, {"name": "slow"}]},
        {"name": "secret", "label": "Secret", "type": "credential"},
        {"name": "doc", "label": "Doc", "type": "file", "fileType": ".txt, .md"},
        {"name": "rows", "label": "Rows", "type": "array", "array": [{"name": "key", "type": "string"}, {"name": "n", "type": "number"}]},
    ]
    row = await make_flow(flowData=flow_of(node("chain", {}, params)))

    answer = await admin.get(f"/api/v1/flow-config/{row['id']}", headers=INTERNAL)

    found = await answer.get_json()
    assert [(item["name"], item["type"]) for item in found] == [("mode", "fast, slow"), ("doc", ".txt, .md"), ("rows", "array")]
    assert found[2]["schema"] == {"key": "string", "n": "number"}
    assert {item["nodeId"] for item in found} == {"chain_0"} and found[0]["node"] == "Chain"


async def test_flow_config_names_the_fields_of_credentials_and_the_members_of_configurations(
    admin: QuartClient, make_flow: Callable[..., Any]
) -> None:
    params = [
        {"name": "credential", "label": "Connect", "type": "credential", "credentialNames": ["openAIApi"]},
        {"name": "modelName", "label": "Model Name", "type": "asyncOptions"},
        {"name": "model", "label": "Model", "type": "asyncOptions", "loadConfig": True},
        {"name": "unset", "label": "Unset", "type": "asyncOptions", "loadConfig": True},
        {"name": "rows", "type": "array", "array": [{"name": "role", "type": "options", "options": [{"name": "a"}, {"name": "b"}]}]},
    ]
    config = {"temperature": 0.5, "streaming": True, "topP": "", "model": "chatOpenAI", "FLOWISE_CREDENTIAL_ID": "x"}
    row = await make_flow(flowData=flow_of(node("chain", {"modelConfig": config}, params)))

    answer = await admin.get(f"/api/v1/flow-config/{row['id']}", headers=INTERNAL)

    found = await answer.get_json()
    kinds = [("openAIApiKey", "string"), ("modelName", "asyncOptions"), ("modelConfig", "json"), ("rows", "array")]
    assert [(item["name"], item["type"]) for item in found] == kinds
    assert found[2]["label"] == "Model Config"
    assert found[2]["schema"] == {"temperature": "number", "streaming": "boolean", "topP": "string"}
    assert found[3]["schema"] == {"role": "(a, b)"}


async def test_flow_of_another_workspace_is_not_inspected(admin: QuartClient, database: Database, make_flow: Callable[..., Any]) -> None:
    from flowisectl.database.chat_flow import update_flow

    row = await make_flow()
    await update_flow(database, row["id"], {"workspaceId": None})

    where = "validationService.checkFlowValidation"
    for path, text in (
        ("flow-config", f"Error: flowConfigService.getSingleFlowConfig - Chatflow {row['id']} not found in the database!"),
        ("validation", f"Error: {where} - Error: {where} - flow not found!"),
        ("stats", "Error: statsService.getChatflowStats - Unauthorized access"),
    ):
        answer = await admin.get(f"/api/v1/{path}/{row['id']}", headers=INTERNAL)
        assert (answer.status_code, (await answer.get_json())["message"]) == (500, text)


async def test_validation_names_what_is_missing(admin: QuartClient, make_flow: Callable[..., Any]) -> None:
    params = [
        {"name": "prompt", "label": "Prompt", "type": "string"},
        {"name": "extra", "label": "Extra", "type": "string", "optional": True},
        {"name": "hidden", "label": "Hidden", "type": "string", "show": {"mode": "slow"}},
        {"name": "credential", "label": "Credential", "type": "credential"},
        {"name": "rows", "label": "Rows", "type": "array", "array": [{"name": "key", "label": "Key", "type": "string"}]},
    ]
    edges = [{"id": "e1", "source": "ghost", "target": "chain_0"}, {"id": "e2", "source": "ghost", "target": "gone"}]
    data = flow_of(
        node("chain", {"mode": "fast", "rows": [{"key": "a"}, {}]}, params, inputAnchors=[{"name": "model", "label": "Model"}]),
        node("alone", {}, []),
        edges=edges,
    )
    row = await make_flow(flowData=data)

    found = await (await admin.get(f"/api/v1/validation/{row['id']}", headers=INTERNAL)).get_json()

    by_name = {item["id"]: item["issues"] for item in found}
    assert by_name["chain_0"] == ["Prompt is required", "Credential is required", "Rows item #2: Key is required", "Model is required"]
    assert by_name["alone_0"] == ["This node is not connected to anything"]
    assert by_name["e1"] == ["Connected to non-existent source node ghost"]
    assert by_name["e2"] == ["Disconnected edge - both source and target nodes do not exist"]


async def test_a_flow_in_order_has_no_issues(admin: QuartClient, make_flow: Callable[..., Any]) -> None:
    prompted = node("chain", {"prompt": "hi"}, [{"name": "prompt", "label": "Prompt", "type": "string"}])
    row = await make_flow(flowData=flow_of(prompted, node("end", {}, []), edges=[{"id": "e", "source": "chain_0", "target": "end_0"}]))

    assert await (await admin.get(f"/api/v1/validation/{row['id']}", headers=INTERNAL)).get_json() == []


async def test_stats_count_messages_sessions_and_ratings(
    admin: QuartClient, anybody: QuartClient, database: Database, make_flow: Callable[..., Any]
) -> None:
    row = await make_flow()
    base = {"chatflowid": row["id"], "chatType": "EXTERNAL"}
    rows = [
        {**base, "role": role, "content": "x", "chatId": f"c{chat}", "sessionId": f"s{chat}"}
        for chat in (1, 2)
        for role in ("userMessage", "apiMessage")
    ]
    rows.append({**base, "role": "userMessage", "content": "x", "chatId": "c3", "sessionId": "s3", "chatType": "INTERNAL"})
    for number, message in enumerate(rows):
        message["id"] = f"{number:08d}-0000-4000-8000-000000000000"
    await insert_messages(database, rows)
    for number, rating in ((1, "THUMBS_UP"), (3, "THUMBS_DOWN")):
        await anybody.post("/api/v1/feedback", json={"messageId": rows[number]["id"], "rating": rating})

    every = await (await admin.get(f"/api/v1/stats/{row['id']}", headers=INTERNAL)).get_json()
    external = await (await admin.get(f"/api/v1/stats/{row['id']}?chatType=EXTERNAL", headers=INTERNAL)).get_json()
    liked = await (await admin.get(f"/api/v1/stats/{row['id']}?feedbackType=THUMBS_UP", headers=INTERNAL)).get_json()

    assert every == {"totalMessages": 5, "totalSessions": 3, "totalFeedback": 2, "positiveFeedback": 1}
    assert external == {"totalMessages": 4, "totalSessions": 2, "totalFeedback": 2, "positiveFeedback": 1}
    assert liked == {"totalMessages": 2, "totalSessions": 1, "totalFeedback": 1, "positiveFeedback": 1}


@pytest.fixture
def full(services: WebServices) -> QuartClient:
    """A client of an application with every node."""
    return QuartClient(create_app(replace(services, catalogue=load_catalogue())))


async def test_icons_are_drawn_for_every_known_name_and_for_no_other(full: QuartClient) -> None:
    for path in ("node-icon/chatOpenAI", "components-credentials-icon/openAIApi"):
        answer = await full.get(f"/api/v1/{path}")
        text = await answer.get_data(as_text=True)
        assert answer.status_code == 200 and answer.content_type == "image/svg+xml" and text.startswith("<svg") and "<script" not in text
    for path in ("node-icon/nothing", "components-credentials-icon/nothing"):
        assert (await full.get(f"/api/v1/{path}")).status_code == 500


@pytest.mark.parametrize(
    ("inputs", "beside", "issues"),
    [
        ({"credential": "an-id"}, {}, []),
        ({}, {"credential": "an-id"}, ["Connect is required", "Credential is required"]),
        ({"FLOWISE_CREDENTIAL_ID": "an-id"}, {}, ["Connect is required", "Credential is required"]),
    ],
)
async def test_validation_wants_the_credential_among_the_inputs(
    admin: QuartClient, make_flow: Callable[..., Any], inputs: dict[str, Any], beside: dict[str, Any], issues: list[str]
) -> None:
    params = [{"name": "credential", "label": "Connect", "type": "credential"}]
    row = await make_flow(flowData=flow_of(node("chain", inputs, params, **beside)))

    [found] = await (await admin.get(f"/api/v1/validation/{row['id']}", headers=INTERNAL)).get_json()

    assert found["issues"] == ["This node is not connected to anything", *issues]


async def test_validation_looks_into_the_configuration_of_a_chosen_component(full: QuartClient, make_flow: Callable[..., Any]) -> None:
    params = [{"name": name, "label": name.upper(), "type": "asyncOptions", "loadConfig": True} for name in ("bare", "full", "odd")]
    inputs = {
        "bare": "chatOpenAI",
        "bareConfig": {"chatOpenAI": ""},
        "full": "chatOpenAI",
        "fullConfig": {"modelName": "m", "FLOWISE_CREDENTIAL_ID": "an-id"},
        "odd": "nothingOfThisName",
        "oddConfig": {},
    }
    row = await make_flow(flowData=flow_of(node("chain", inputs, params)))
    await full.post("/api/v1/auth/login", json={"email": "ada@example.com", "password": "Correct-horse-9"})

    [found] = await (await full.get(f"/api/v1/validation/{row['id']}", headers=INTERNAL)).get_json()

    assert found["issues"][1:] == ["BARE configuration: Model Name is required", "BARE requires a credential"]


async def test_validation_takes_no_default_for_a_value_but_zero_and_false(admin: QuartClient, make_flow: Callable[..., Any]) -> None:
    params = [{"name": name, "label": name, "type": "string", "default": "x"} for name in ("zero", "no", "blank", "empty", "unsaid")]
    row = await make_flow(flowData=flow_of(node("chain", {"zero": 0, "no": False, "blank": " ", "empty": ""}, params)))

    [found] = await (await admin.get(f"/api/v1/validation/{row['id']}", headers=INTERNAL)).get_json()

    assert found["issues"][1:] == ["empty is required", "unsaid is required"]


async def test_a_kept_tool_is_listed_by_its_members_and_not_as_a_flow(admin: QuartClient) -> None:
    tool = {"name": "t", "iconSrc": "", "schema": "[]", "func": "return 1"}

    await admin.post("/api/v1/marketplaces/custom", json={"name": "adder", "type": "Tool", "tool": tool}, headers=INTERNAL)
    [entry] = await (await admin.get("/api/v1/marketplaces/custom", headers=INTERNAL)).get_json()

    assert (entry["name"], entry["func"], entry["schema"], entry["framework"], entry["categories"]) == ("adder", "return 1", "[]", "", [])
    assert not {"flowData", "templateName"} & set(entry)


async def test_templates_are_flows_that_this_version_runs(admin: QuartClient) -> None:
    catalogue = load_catalogue()

    found = await (await admin.get("/api/v1/marketplaces/templates", headers=INTERNAL)).get_json()

    kinds = [entry["type"] for entry in found]
    assert kinds == sorted(kinds, key=["AgentflowV2", "Chatflow", "Tool"].index) and set(kinds) == {"AgentflowV2", "Chatflow", "Tool"}
    for entry in found:
        if entry["type"] == "Tool":
            assert entry["func"] and json.loads(entry["schema"])
            continue
        nodes = json.loads(entry["flowData"])["nodes"]
        assert nodes and all(item["data"]["name"] in catalogue for item in nodes)
        assert all(not item["data"].get("credential") for item in nodes)


async def test_a_kept_template_has_no_credential(admin: QuartClient, make_flow: Callable[..., Any]) -> None:
    row = await make_flow(flowData=flow_of(node("chain", {"key": "hush"}, [{"name": "key", "type": "password"}], credential="some-id")))

    kept = await admin.post("/api/v1/marketplaces/custom", json={"name": "mine", "chatflowId": row["id"]}, headers=INTERNAL)
    listed = await (await admin.get("/api/v1/marketplaces/custom", headers=INTERNAL)).get_json()

    assert kept.status_code == 200 and [(entry["name"], entry["framework"]) for entry in listed] == [("mine", "")]
    assert "hush" not in listed[0]["flowData"] and "some-id" not in listed[0]["flowData"] and listed[0]["categories"] == ["Chains"]
    gone = await admin.delete(f"/api/v1/marketplaces/custom/{listed[0]['id']}", headers=INTERNAL)
    assert (await gone.get_json())["affected"] == 1


async def test_custom_assistants_are_kept_changed_and_deleted(admin: QuartClient) -> None:
    body = {"details": '{"name":"Ada"}', "credential": "6f2f2c1e-8c4c-4f0f-9d1c-2a8f7e0b1c11", "type": "CUSTOM"}

    made = await (await admin.post("/api/v1/assistants", json=body, headers=INTERNAL)).get_json()
    changed = await admin.put(f"/api/v1/assistants/{made['id']}", json={"details": '{"name":"Eve"}'}, headers=INTERNAL)
    listed = await (await admin.get("/api/v1/assistants?type=CUSTOM", headers=INTERNAL)).get_json()
    none = await (await admin.get("/api/v1/assistants?type=OPENAI", headers=INTERNAL)).get_json()

    assert (await changed.get_json())["details"] == '{"name":"Eve"}' and [row["id"] for row in listed] == [made["id"]] and none == []
    assert (await admin.delete(f"/api/v1/assistants/{made['id']}", headers=INTERNAL)).status_code == 200
    assert (await admin.get(f"/api/v1/assistants/{made['id']}", headers=INTERNAL)).status_code == 500


@pytest.mark.parametrize(
    "change", [{"details": "no json"}, {"credential": "x"}, {"type": "OTHER"}, {"type": "OPENAI"}, {"details": "[1]"}], ids=str
)
async def test_assistants_that_cannot_be_used_are_refused(admin: QuartClient, change: dict[str, str]) -> None:
    body = {"details": "{}", "credential": "6f2f2c1e-8c4c-4f0f-9d1c-2a8f7e0b1c11", "type": "CUSTOM", **change}

    assert (await admin.post("/api/v1/assistants", json=body, headers=INTERNAL)).status_code == 400


async def test_document_stores_are_offered_once_their_vectors_are_written(admin: QuartClient, database: Database) -> None:
    from flowisectl.database.document_store import DocumentStore
    from flowisectl.database.rows import insert_row, table_of
    from flowisectl.database.workspace import first_workspace

    workspace = await first_workspace(database)
    assert workspace is not None
    for name, status in (("ready", "UPSERTED"), ("new", "EMPTY")):
        await insert_row(database, table_of(DocumentStore), {"name": name, "status": status, "workspaceId": workspace["id"]})

    found = await (await admin.get("/api/v1/assistants/components/docstores", headers=INTERNAL)).get_json()

    assert [entry["label"] for entry in found] == ["ready"]
