from __future__ import annotations

import asyncio

import pytest

from flowisectl.database import chat_flow, chat_message, chat_message_feedback, upsert_history
from flowisectl.database.column_types import new_id
from flowisectl.database.connection import Database
from flowisectl.database.message_listing import list_messages

API_ORDER = [
    "id", "name", "flowData", "deployed", "isPublic", "apikeyid", "chatbotConfig", "apiConfig", "analytic", "speechToText",
    "textToSpeech", "followUpPrompts", "category", "type", "createdDate", "updatedDate", "mcpServerConfig", "webhookSecretConfigured",
    "workspaceId",
]  # fmt: skip


async def test_inserted_flow_comes_back_in_the_order_of_the_api(database: Database) -> None:
    made = await chat_flow.insert_flow(database, {"name": "Gruß 🎈", "flowData": '{"nodes":[]}', "isPublic": True, "unknown": 1})

    row = await chat_flow.get_flow_row(database, made["id"])

    assert row is not None
    assert list(row) == API_ORDER
    assert row["name"] == "Gruß 🎈"
    assert row["isPublic"] is True
    assert row["deployed"] is None
    assert row["type"] == "CHATFLOW"
    assert row["createdDate"] == made["createdDate"]
    assert row["createdDate"][10] == "T" and row["createdDate"].endswith("Z") and len(row["createdDate"]) == 24


@pytest.mark.parametrize("flow_id", ["", "no-uuid", "00000000-0000-4000-8000-000000000000"])
async def test_unknown_flow_is_none_whatever_its_id_looks_like(database: Database, flow_id: str) -> None:
    assert await chat_flow.get_flow_row(database, flow_id) is None
    assert await chat_flow.flow_version(database, flow_id) is None
    assert await chat_flow.update_flow(database, flow_id, {"name": "x"}) is None
    assert await chat_flow.delete_flow(database, flow_id) == 0


async def test_every_change_gives_a_later_version(database: Database) -> None:
    flow_id = (await chat_flow.insert_flow(database, {"name": "a", "flowData": "{}"}))["id"]
    versions: list[str | None] = [await chat_flow.flow_version(database, flow_id)]

    for number in range(20):
        changed = await chat_flow.update_flow(database, flow_id, {"name": f"a{number}", "id": "not taken"})
        versions.append(changed["updatedDate"] if changed else None)

    assert versions == sorted(set(map(str, versions)))
    assert await chat_flow.flow_version(database, flow_id) == versions[-1]


async def test_concurrent_changes_all_get_their_own_version(database: Database) -> None:
    flow_id = (await chat_flow.insert_flow(database, {"name": "a", "flowData": "{}"}))["id"]

    changed = await asyncio.gather(*[chat_flow.update_flow(database, flow_id, {"name": str(n)}) for n in range(8)])

    assert len({row["updatedDate"] for row in changed if row}) == 8


async def test_flows_are_listed_by_workspace_type_and_page_last_changed_first(database: Database) -> None:
    ids = [(await chat_flow.insert_flow(database, {"name": f"f{n}", "flowData": "{}"}))["id"] for n in range(3)]
    agent = (await chat_flow.insert_flow(database, {"name": "agent", "flowData": "{}", "type": "AGENTFLOW"}))["id"]
    await chat_flow.update_flow(database, ids[0], {"category": "first"})

    everything, total = await chat_flow.list_flow_rows(database, None)
    chatflows, chatflow_total = await chat_flow.list_flow_rows(database, None, "CHATFLOW", page=1, limit=2)

    assert everything[0]["id"] == ids[0]
    assert {row["id"] for row in everything} == {*ids, agent} and total == 4
    assert len(chatflows) == 2 and chatflow_total == 3
    assert await chat_flow.list_flow_rows(database, new_id()) == ([], 0)


async def test_flows_are_found_by_exact_name(database: Database) -> None:
    wanted = await chat_flow.insert_flow(database, {"name": "Support", "flowData": "{}"})
    await chat_flow.insert_flow(database, {"name": "Support 2", "flowData": "{}"})

    found = await chat_flow.find_flows_by_name(database, "Support")

    assert [row["id"] for row in found] == [wanted["id"]]


async def test_deleting_a_flow_takes_messages_feedback_and_history_along(database: Database) -> None:
    flow_id = (await chat_flow.insert_flow(database, {"name": "a", "flowData": "{}"}))["id"]
    other = (await chat_flow.insert_flow(database, {"name": "b", "flowData": "{}"}))["id"]
    for id in (flow_id, other):
        message = {"id": new_id(), "role": "apiMessage", "chatflowid": id, "content": "x", "chatId": "c", "sessionId": "s"}
        await chat_message.insert_messages(database, [message])
        feedback = {"chatflowid": id, "chatId": "c", "messageId": message["id"], "rating": "THUMBS_UP"}
        await chat_message_feedback.insert_feedback(database, feedback)
        await upsert_history.insert_upsert_history(database, {"chatflowid": id, "result": {"numAdded": 1}, "flowData": {}})

    deleted = await chat_flow.delete_flow(database, flow_id)

    assert deleted == 1
    assert await list_messages(database, flow_id) == []
    assert await chat_message_feedback.list_feedback(database, flow_id) == []
    assert await upsert_history.list_upsert_history(database, flow_id) == []
    assert len(await list_messages(database, other)) == 1
    assert (await upsert_history.list_upsert_history(database, other))[0]["result"] == {"numAdded": 1}


async def test_webhook_secret_is_read_by_itself_alone(database: Database) -> None:
    made = await chat_flow.insert_flow(database, {"name": "a", "flowData": "{}"})
    bare = await chat_flow.webhook_secret(database, made["id"])

    changed = await chat_flow.update_flow(database, made["id"], {"webhookSecret": "U2Fsd", "webhookSecretConfigured": True})

    assert bare is None and await chat_flow.webhook_secret(database, made["id"]) == "U2Fsd"
    assert changed is not None and "webhookSecret" not in changed and changed["webhookSecretConfigured"] is True


async def test_flows_of_a_key_are_the_bound_ones_and_the_free_ones(database: Database) -> None:
    key = new_id()
    await chat_flow.insert_flow(database, {"name": "b-bound", "flowData": "{}", "apikeyid": key})
    await chat_flow.insert_flow(database, {"name": "a-free", "flowData": "{}"})
    await chat_flow.insert_flow(database, {"name": "c-other", "flowData": "{}", "apikeyid": new_id()})

    both = await chat_flow.flows_of_key(database, key, None)
    bound = await chat_flow.flows_of_key(database, key, None, only_bound=True)
    shown = await chat_flow.flows_bound_to(database, [key])

    assert [row["name"] for row in both] == ["a-free", "b-bound"]
    assert [row["name"] for row in bound] == ["b-bound"]
    assert [row["flowName"] for row in shown[key]] == ["b-bound"]
