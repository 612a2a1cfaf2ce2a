"""What a client gets back for a row it saves, and what stays readable when a flow is not."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from quart.testing import QuartClient

from flowisectl.database.chat_flow import update_flow
from flowisectl.database.chat_message import insert_messages
from flowisectl.web.services import WebServices

INTERNAL = {"x-request-from": "internal"}
MakeFlow = Callable[..., Awaitable[dict[str, Any]]]


def loader_flow(value: str, *, category: str = "Document Loaders") -> str:
    data = {"id": "text_0", "name": "textFile", "label": "Text", "category": category, "inputs": {"txtFile": value, "metadata": ""}}
    return json.dumps({"nodes": [{"id": "text_0", "position": {"x": 0, "y": 0}, "data": data}], "edges": [], "viewport": {}})


def data_uri(text: str, name: str, media_type: str = "text/plain") -> str:
    return f"data:{media_type};base64,{base64.b64encode(text.encode()).decode()},filename:{name}"


def input_of(row: dict[str, Any]) -> str:
    return str(json.loads(row["flowData"])["nodes"][0]["data"]["inputs"]["txtFile"])


async def stored(services: WebServices, admin: QuartClient, flow_id: str, name: str) -> bytes:
    user = await (await admin.get("/api/v1/user", headers=INTERNAL)).get_json()
    return await services.blobs.of_organization(user["activeOrganizationId"]).read(flow_id, "", name)


async def test_a_file_in_a_loader_is_stored_with_the_flow(services: WebServices, admin: QuartClient, make_flow: MakeFlow) -> None:
    made = await make_flow(flowData=loader_flow(data_uri("first", "a.txt")))
    two = json.dumps([data_uri("second", "b.txt"), data_uri("third", "c.txt")])

    changed = await admin.put(f"/api/v1/chatflows/{made['id']}", json={"flowData": loader_flow(two)}, headers=INTERNAL)

    assert input_of(made) == 'FILE-STORAGE::["a.txt"]'
    assert input_of(await changed.get_json()) == 'FILE-STORAGE::["b.txt","c.txt"]'
    assert [await stored(services, admin, made["id"], name) for name in ("a.txt", "b.txt", "c.txt")] == [b"first", b"second", b"third"]


@pytest.mark.parametrize(
    "flow_data",
    [
        loader_flow('FILE-STORAGE::["a.txt"]'),
        loader_flow(data_uri("x", "a.txt"), category="Tools"),
        '{"nodes": {"a": ",filename:"}}',
        '[",filename:"]',
    ],
)
async def test_other_flow_data_is_kept_to_the_letter(make_flow: MakeFlow, flow_data: str) -> None:
    made = await make_flow(flowData=flow_data)

    assert made["flowData"] == flow_data


@pytest.mark.parametrize("uri", [data_uri("x", "a.exe"), data_uri("x", "../../a.txt"), data_uri("x", "a.pdf")])
async def test_a_file_that_may_not_be_stored_is_refused(admin: QuartClient, uri: str) -> None:
    body = {"name": "f", "type": "CHATFLOW", "flowData": loader_flow(uri)}

    answer = await admin.post("/api/v1/chatflows", json=body, headers=INTERNAL)

    assert answer.status_code == 400
    assert (await (await admin.get("/api/v1/chatflows", headers=INTERNAL)).get_json()) == []


async def test_columns_without_a_value_are_answered_as_null(admin: QuartClient, make_flow: MakeFlow) -> None:
    flow = await make_flow()
    tool = {"name": "t", "description": "d", "color": "#fff"}

    made = await (await admin.post("/api/v1/tools", json=tool, headers=INTERNAL)).get_json()
    read = await (await admin.get(f"/api/v1/tools/{made['id']}", headers=INTERNAL)).get_json()
    flow_read = await (await admin.get(f"/api/v1/chatflows/{flow['id']}", headers=INTERNAL)).get_json()

    assert made == read
    assert made["func"] is made["schema"] is made["iconSrc"] is None
    assert flow == flow_read
    assert "webhookSecret" not in flow


async def test_a_saved_lead_has_the_members_that_were_given(anybody: QuartClient, make_flow: MakeFlow) -> None:
    flow = await make_flow()

    made = await (await anybody.post("/api/v1/leads", json={"chatflowid": flow["id"], "name": "N"})).get_json()

    assert set(made) == {"id", "chatflowid", "chatId", "name", "createdDate"}


async def test_what_a_flow_collected_is_shown_and_deleted_though_the_flow_cannot_be_read(
    services: WebServices, admin: QuartClient, key: dict[str, str], make_flow: MakeFlow
) -> None:
    flow_id = (await make_flow())["id"]
    said = {"role": "userMessage", "chatflowid": flow_id, "content": "hello", "chatType": "EXTERNAL", "chatId": "c"}
    await insert_messages(services.database, [said])
    await admin.post("/api/v1/leads", json={"chatflowid": flow_id, "email": "a@example.com"})
    await update_flow(services.database, flow_id, {"flowData": '{"nodes":['})
    services.flows.forget(flow_id)

    async def answers(path: str) -> Any:
        answer = await admin.get(f"/api/v1/{path}/{flow_id}", headers={**INTERNAL, **key})
        assert answer.status_code == 200, f"{path}: {await answer.get_data(as_text=True)}"
        return await answer.get_json()

    seen = {path: len(await answers(path)) for path in ("chatmessage", "internal-chatmessage", "feedback", "leads", "upsert-history")}
    counted = await answers("stats")
    deleted = await (await admin.delete(f"/api/v1/chatmessage/{flow_id}", headers=INTERNAL)).get_json()

    assert seen == {"chatmessage": 1, "internal-chatmessage": 0, "feedback": 0, "leads": 1, "upsert-history": 0}
    assert counted["totalMessages"] == 1
    assert deleted == {"raw": [], "affected": 1}


async def test_pages_of_keys_count_the_keys_that_the_caller_sees(anybody: QuartClient, admin: QuartClient, key: dict[str, str]) -> None:
    more = {"keyName": "more", "permissions": ["users:manage"]}
    await admin.post("/api/v1/apikey", json=more, headers=INTERNAL)

    page = await (await anybody.get("/api/v1/apikey?page=1&limit=1", headers=key)).get_json()
    beyond = await (await anybody.get("/api/v1/apikey?page=2&limit=1", headers=key)).get_json()

    assert page["total"] == 1
    assert [row["keyName"] for row in page["data"]] == ["tests"]
    assert beyond == {"data": [], "total": 1}


async def test_the_organizations_keys_are_listed_without_their_secrets(
    anybody: QuartClient, admin: QuartClient, key: dict[str, str]
) -> None:
    for_admin = await (await admin.get("/api/v1/apikey?type=organization", headers=INTERNAL)).get_json()
    for_a_key = await (await anybody.get("/api/v1/apikey?type=organization", headers=key)).get_json()

    assert [set(row) for row in for_admin] == [{"keyName", "permissions"}]
    assert for_admin[0]["keyName"] == "tests"
    assert "apiKey" in for_a_key[0]


async def test_a_flow_that_cannot_be_read_is_told_in_the_words_of_the_service(
    services: WebServices, anybody: QuartClient, make_flow: MakeFlow
) -> None:
    flow_id = (await make_flow())["id"]
    await update_flow(services.database, flow_id, {"flowData": '{"nodes":['})
    services.flows.forget(flow_id)

    answers = [
        await anybody.post(f"/api/v1/prediction/{flow_id}", json={"question": "hi"}),
        await anybody.post(f"/api/v1/prediction/{flow_id}", json={"question": "hi", "streaming": True}),
        await anybody.get(f"/api/v1/chatflows-streaming/{flow_id}"),
        await anybody.get(f"/api/v1/chatflows-uploads/{flow_id}"),
        await anybody.get(f"/api/v1/public-chatbotConfig/{flow_id}"),
    ]

    assert [answer.status_code for answer in answers] == [500] * 5
    messages = [(await answer.get_json())["message"] for answer in answers]
    assert all(message.startswith("Error: chatflowsService.") and flow_id in message for message in messages), messages


async def test_components_tell_where_their_icons_are(anybody: QuartClient, key: dict[str, str]) -> None:
    kinds = await (await anybody.get("/api/v1/components-credentials", headers=key)).get_json()
    one = await (await anybody.get("/api/v1/components-credentials/openAIApi", headers=key)).get_json()
    icon = await anybody.get(one["icon"])

    assert all(kind["icon"].startswith("/api/v1/") for kind in kinds)
    assert icon.status_code == 200
    assert icon.content_type.startswith("image/")


@pytest.mark.parametrize("body", [{}, {"name": "v"}, {"value": "x"}, {"name": "v", "value": None}, {"name": "", "value": "x"}])
async def test_a_variable_needs_a_name_and_a_value(anybody: QuartClient, key: dict[str, str], body: dict[str, Any]) -> None:
    refused = await anybody.post("/api/v1/variables", json=body, headers=key)
    empty = await anybody.post("/api/v1/variables", json={"name": "v", "value": ""}, headers=key)

    assert refused.status_code == 400
    assert (await empty.get_json())["value"] == ""
