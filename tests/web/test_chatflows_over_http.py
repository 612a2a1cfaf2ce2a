from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from quart.testing import QuartClient

from flowisectl.database.chat_flow import get_flow_row, update_flow, webhook_secret
from flowisectl.database.workspace import TABLE as WORKSPACES
from flowisectl.web.services import WebServices

INTERNAL = {"x-request-from": "internal"}
UNKNOWN = "00000000-0000-4000-8000-000000000000"
MakeFlow = Callable[..., Awaitable[dict[str, Any]]]


async def foreign_flow(services: WebServices, flow: dict[str, Any]) -> None:
    """Move a flow to a workspace of its own."""
    row = {"id": UNKNOWN, "name": "other", "organizationId": UNKNOWN, "createdBy": UNKNOWN, "updatedBy": UNKNOWN}
    row |= {"createdDate": flow["createdDate"], "updatedDate": flow["createdDate"]}
    async with services.database.write() as connection:
        await connection.execute(WORKSPACES.insert(), row)
    await update_flow(services.database, flow["id"], {"workspaceId": UNKNOWN})
    services.flows.forget(flow["id"])


async def test_a_flow_is_made_read_listed_changed_and_deleted(anybody: QuartClient, key: dict[str, str], make_flow: MakeFlow) -> None:
    made = await make_flow(name="one", deployed=False)
    route = f"/api/v1/chatflows/{made['id']}"

    read = await (await anybody.get(route, headers=key)).get_json()
    changed = await (await anybody.put(route, json={"name": "two", "id": UNKNOWN, "workspaceId": UNKNOWN}, headers=key)).get_json()
    listed = await (await anybody.get("/api/v1/chatflows", headers=key)).get_json()
    paged = await (await anybody.get("/api/v1/chatflows?page=1&limit=10&type=CHATFLOW", headers=key)).get_json()
    others = await (await anybody.get("/api/v1/chatflows?type=AGENTFLOW", headers=key)).get_json()
    deleted = await (await anybody.delete(route, headers=key)).get_json()
    gone = await anybody.get(route, headers=key)
    again = await anybody.delete(route, headers=key)

    assert read["flowData"] == made["flowData"]
    assert list(read) == [
        "id",
        "name",
        "flowData",
        "deployed",
        "isPublic",
        "apikeyid",
        "chatbotConfig",
        "apiConfig",
        "analytic",
        "speechToText",
        "textToSpeech",
        "followUpPrompts",
        "category",
        "type",
        "createdDate",
        "updatedDate",
        "workspaceId",
    ]
    assert (changed["name"], changed["id"], changed["workspaceId"]) == ("two", made["id"], made["workspaceId"])
    assert changed["updatedDate"] > made["updatedDate"]
    assert listed == [changed]
    assert paged == {"data": [changed], "total": 1}
    assert others == []
    assert deleted == {"raw": [], "affected": 1}
    assert (gone.status_code, (await gone.get_json())["message"]) == (404, f"Chatflow {made['id']} not found in the database!")
    assert again.status_code == 500
    assert "not found" in (await again.get_json())["message"]


@pytest.mark.parametrize("kind", [None, "", "chatflow", "OTHER", 5])
async def test_a_new_flow_needs_a_known_type(admin: QuartClient, kind: object) -> None:
    answer = await admin.post("/api/v1/chatflows", json={"name": "x", "flowData": "{}", "type": kind}, headers=INTERNAL)

    assert answer.status_code == 400


async def test_changing_keeps_the_type_unless_a_known_one_is_given(admin: QuartClient, make_flow: MakeFlow) -> None:
    flow = await make_flow()
    route = f"/api/v1/chatflows/{flow['id']}"

    empty = await admin.put(route, json={"type": ""}, headers=INTERNAL)
    kept = await admin.put(route, json={"name": "n"}, headers=INTERNAL)

    assert (empty.status_code, (await empty.get_json())["message"]) == (400, "Invalid Chatflow Type")
    assert (await kept.get_json())["type"] == "CHATFLOW"


@pytest.mark.parametrize("text", ["", "no JSON", '{"nodes": [{"data": ",filename:'])
async def test_a_flow_whose_data_is_no_json_is_neither_made_nor_changed(admin: QuartClient, make_flow: MakeFlow, text: str) -> None:
    row = await make_flow()
    route = f"/api/v1/chatflows/{row['id']}"

    made = await admin.post("/api/v1/chatflows", json={"name": "n", "type": "CHATFLOW", "flowData": text}, headers=INTERNAL)
    changed = await admin.put(route, json={"flowData": text}, headers=INTERNAL)

    assert (made.status_code, changed.status_code) == (400, 400)
    assert (await changed.get_json())["message"].startswith("flowData must be JSON: ")
    assert (await (await admin.get(route, headers=INTERNAL)).get_json())["flowData"] == row["flowData"]


async def test_a_chatbot_configuration_must_be_json_and_loses_types_that_are_not_allowed(admin: QuartClient, make_flow: MakeFlow) -> None:
    flow = await make_flow()
    route = f"/api/v1/chatflows/{flow['id']}"
    config = {"welcome": "hi", "fullFileUpload": {"status": True, "allowedUploadFileTypes": "text/csv,application/x-sh,application/pdf"}}

    broken = await admin.put(route, json={"chatbotConfig": "{broken"}, headers=INTERNAL)
    kept = await (await admin.put(route, json={"chatbotConfig": json.dumps(config)}, headers=INTERNAL)).get_json()

    assert broken.status_code == 400
    assert (await broken.get_json())["message"].startswith("Invalid chatbotConfig: ")
    assert json.loads(kept["chatbotConfig"])["fullFileUpload"]["allowedUploadFileTypes"] == "text/csv,application/pdf"
    assert json.loads(kept["chatbotConfig"])["welcome"] == "hi"


async def test_the_webhook_secret_never_leaves_the_server(
    anybody: QuartClient, key: dict[str, str], make_flow: MakeFlow, services: WebServices
) -> None:
    flow = await make_flow(isPublic=True, webhookSecret="sent")
    await update_flow(services.database, flow["id"], {"webhookSecret": "U2FsdGVkX1-stored", "webhookSecretConfigured": True})

    texts = [
        await (await anybody.get(route, headers=key)).get_data(as_text=True)
        for route in (f"/api/v1/chatflows/{flow['id']}", "/api/v1/chatflows", f"/api/v1/public-chatflows/{flow['id']}")
    ]

    assert await webhook_secret(services.database, flow["id"]) == "U2FsdGVkX1-stored"
    assert not any("U2FsdGVkX1" in text for text in texts)
    assert '"webhookSecretConfigured":true' in texts[0]


async def test_flows_of_another_workspace_are_not_there(
    anybody: QuartClient, admin: QuartClient, key: dict[str, str], make_flow: MakeFlow, services: WebServices
) -> None:
    flow = await make_flow()
    await foreign_flow(services, flow)
    route = f"/api/v1/chatflows/{flow['id']}"

    answers = [
        await anybody.get(route, headers=key),
        await anybody.put(route, json={"name": "mine"}, headers=key),
        await anybody.delete(f"/api/v1/chatmessage/{flow['id']}", headers=key),
        await admin.post(f"/api/v1/internal-prediction/{flow['id']}", json={}, headers=INTERNAL),
    ]
    deleted = await anybody.delete(route, headers=key)
    messages = await anybody.get(f"/api/v1/chatmessage/{flow['id']}", headers=key)
    listed = await (await anybody.get("/api/v1/chatflows", headers=key)).get_json()
    history = await (await anybody.get(f"/api/v1/upsert-history/{flow['id']}", headers=key)).get_json()

    row = await get_flow_row(services.database, flow["id"])
    assert [answer.status_code for answer in answers] == [404, 404, 404, 404]
    assert deleted.status_code == 500
    assert messages.status_code == 500
    assert "Unauthorized access" in (await messages.get_json())["message"]
    assert (listed, history) == ([], [])
    assert row is not None and row["name"] == "greeter"


async def test_an_agentflow_key_cannot_delete_a_chatflow(admin: QuartClient, anybody: QuartClient, make_flow: MakeFlow) -> None:
    flow = await make_flow()
    made = await admin.post("/api/v1/apikey", json={"keyName": "agents", "permissions": ["agentflows:delete"]}, headers=INTERNAL)
    key = next(row["apiKey"] for row in await made.get_json() if row["keyName"] == "agents")

    answer = await anybody.delete(f"/api/v1/chatflows/{flow['id']}", headers={"Authorization": f"Bearer {key}"})

    assert answer.status_code == 403


async def test_has_changed_compares_the_date_as_text(anybody: QuartClient, key: dict[str, str], make_flow: MakeFlow) -> None:
    flow = await make_flow()

    same = await anybody.get(f"/api/v1/chatflows/has-changed/{flow['id']}/{flow['updatedDate']}", headers=key)
    other = await anybody.get(f"/api/v1/chatflows/has-changed/{flow['id']}/2020-01-01T00:00:00.000Z", headers=key)

    assert (await same.get_json(), await other.get_json()) == ({"hasChanged": False}, {"hasChanged": True})


async def test_flows_by_key(anybody: QuartClient, make_flow: MakeFlow, key_row: dict[str, Any]) -> None:
    await make_flow(name="b")
    await make_flow(name="a", apikeyid=key_row["id"])
    await make_flow(name="c", apikeyid=UNKNOWN)
    route = f"/api/v1/chatflows/apikey/{key_row['apiKey']}"

    every = await (await anybody.get(route)).get_json()
    bound = await (await anybody.get(f"{route}?keyonly=true")).get_json()
    unknown = await anybody.get("/api/v1/chatflows/apikey/nope")

    assert [flow["name"] for flow in every] == ["a", "b"]
    assert [flow["name"] for flow in bound] == ["a"]
    assert (unknown.status_code, await unknown.get_data(as_text=True)) == (401, "Unauthorized")


async def test_what_anybody_may_ask_of_a_flow(anybody: QuartClient, admin: QuartClient, make_flow: MakeFlow) -> None:
    config = {"welcomeMessage": "hey", "allowedOrigins": ["https://a.example"], "allowedOriginsError": "no"}
    flow = await make_flow(chatbotConfig=json.dumps(config), isPublic=False)

    streams = await (await anybody.get(f"/api/v1/chatflows-streaming/{flow['id']}")).get_json()
    uploads = await (await anybody.get(f"/api/v1/chatflows-uploads/{flow['id']}")).get_json()
    shown = await (await anybody.get(f"/api/v1/public-chatbotConfig/{flow['id']}")).get_json()
    private = await anybody.get(f"/api/v1/public-chatflows/{flow['id']}")
    member = await admin.get(f"/api/v1/public-chatflows/{flow['id']}")
    missing = await anybody.get(f"/api/v1/chatflows-streaming/{UNKNOWN}")

    assert streams == {"isStreaming": True}
    assert uploads == {
        "isSpeechToTextEnabled": False,
        "isImageUploadAllowed": False,
        "isRAGFileUploadAllowed": False,
        "imgUploadSizeAndTypes": [],
        "fileUploadSizeAndTypes": [],
    }
    assert list(shown) == ["welcomeMessage", "uploads", "flowData", "isTTSEnabled"]
    assert json.loads(shown["flowData"])["nodes"][0]["data"]["name"] == "chatOpenAI"
    assert (private.status_code, await private.get_json()) == (401, {"message": "Unauthorized"})
    assert (member.status_code, (await member.get_json())["id"]) == (200, flow["id"])
    assert missing.status_code == 500
    assert (await missing.get_json())[
        "message"
    ] == f"Error: chatflowsService.checkIfChatflowIsValidForStreaming - Chatflow {UNKNOWN} not found"


async def test_a_public_flow_is_shown_without_its_secrets(anybody: QuartClient, make_flow: MakeFlow) -> None:
    params = [{"name": "key", "type": "password"}, {"name": "doc", "type": "file"}, {"name": "text", "type": "string"}]
    inputs = {"key": "sk-1", "doc": "FILE-STORAGE::[]", "text": "hi", "headers": {"Authorization": "sk-2", "X-Mine": "1"}}
    data = {"id": "n", "name": "n", "category": "Chains", "credential": "cred-3", "inputParams": params, "inputs": inputs}
    flow = await make_flow(
        isPublic=True, flowData=json.dumps({"nodes": [{"id": "n", "data": data}], "edges": []}), mcpServerConfig='{"token":"t-4"}'
    )

    text = await (await anybody.get(f"/api/v1/public-chatflows/{flow['id']}")).get_data(as_text=True)

    assert not [secret for secret in ("sk-1", "sk-2", "cred-3", "t-4", "FILE-STORAGE") if secret in text]
    assert "X-Mine" in text


async def test_deleting_a_flow_deletes_its_files(
    anybody: QuartClient, key: dict[str, str], make_flow: MakeFlow, services: WebServices
) -> None:
    from flowisectl.errors import NotFound
    from flowisectl.web.workspace.organizations import organization_of

    flow = await make_flow()
    blobs = services.blobs.of_organization(await organization_of(services.database, flow["workspaceId"]))
    await blobs.write(flow["id"], "chat", "a.txt", b"x", "text/plain")

    await anybody.delete(f"/api/v1/chatflows/{flow['id']}", headers=key)

    with pytest.raises(NotFound):
        await blobs.read(flow["id"], "chat", "a.txt")


@pytest.mark.parametrize(
    ("permission", "kind", "body", "status"),
    [
        ("assistants:update", "CHATFLOW", {"name": "mine"}, 403),
        ("assistants:update", "ASSISTANT", {"name": "mine"}, 200),
        ("assistants:update", "ASSISTANT", {"type": "AGENTFLOW"}, 403),
        ("chatflows:config", "CHATFLOW", {"chatbotConfig": "{}"}, 200),
        ("chatflows:domains", "CHATFLOW", {"chatbotConfig": "{}", "apiConfig": "{}"}, 200),
        ("chatflows:config", "CHATFLOW", {"chatbotConfig": "{}", "flowData": "{}"}, 403),
        ("chatflows:config", "CHATFLOW", {"isPublic": True}, 403),
        ("chatflows:config", "CHATFLOW", {"apikeyid": None}, 403),
        ("agentflows:update", "AGENTFLOW", {"name": "mine"}, 200),
        ("chatflows:view", "CHATFLOW", {"name": "mine"}, 403),
    ],
)
async def test_a_key_changes_of_a_flow_what_its_permissions_say(
    admin: QuartClient, anybody: QuartClient, make_flow: Callable[..., Any], permission: str, kind: str, body: dict[str, Any], status: int
) -> None:
    flow = await make_flow(type=kind)
    key = await key_with(admin, permission)

    answer = await anybody.put(f"/api/v1/chatflows/{flow['id']}", json=body, headers=key)

    assert answer.status_code == status
    after = await (await admin.get(f"/api/v1/chatflows/{flow['id']}", headers=INTERNAL)).get_json()
    assert status == 200 or after == flow


@pytest.mark.parametrize(("kind", "status"), [("ASSISTANT", 200), ("CHATFLOW", 403), ("AGENTFLOW", 403)])
async def test_who_makes_assistants_makes_no_other_flows(admin: QuartClient, anybody: QuartClient, kind: str, status: int) -> None:
    key = await key_with(admin, "assistants:create")

    answer = await anybody.post("/api/v1/chatflows", json={"name": "f", "flowData": "{}", "type": kind}, headers=key)

    assert answer.status_code == status


async def key_with(admin: QuartClient, permission: str) -> dict[str, str]:
    given = {"keyName": permission, "permissions": [permission]}
    rows = await (await admin.post("/api/v1/apikey", json=given, headers=INTERNAL)).get_json()
    return {"Authorization": f"Bearer {next(row['apiKey'] for row in rows if row['keyName'] == permission)}"}
