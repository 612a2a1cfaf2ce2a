"""A workspace out of one server and into another, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from quart.testing import QuartClient

from flowisectl.database.chat_message import insert_messages
from flowisectl.database.chat_message_feedback import insert_feedback
from flowisectl.database.column_types import new_id
from flowisectl.database.connection import Database

INTERNAL = {"x-request-from": "internal"}
EVERYTHING = {name: True for name in ("chatflow", "agentflowv2", "chat_message", "tool", "variable", "execution", "document_store")}


async def post(client: QuartClient, path: str, body: Any) -> Any:
    return await client.post(f"/api/v1/export-import/{path}", json=body, headers=INTERNAL)


@pytest.fixture
async def filled(admin: QuartClient, database: Database, make_flow: Callable[..., Any]) -> dict[str, Any]:
    """A workspace with a flow that names a tool, a message and a secret variable; gives the flow's row."""
    tool = await (await admin.post("/api/v1/tools", json={"name": "t", "description": "d", "color": "c"}, headers=INTERNAL)).get_json()
    await admin.post("/api/v1/variables", json={"name": "v", "value": "hush", "type": "static"}, headers=INTERNAL)
    row: dict[str, Any] = await make_flow(flowData=json.dumps({"nodes": [], "edges": [], "uses": tool["id"]}))
    ids = {"chatflowid": row["id"], "chatId": "c", "sessionId": "s"}
    await insert_messages(database, [{**ids, "role": "userMessage", "content": "hi"}, {**ids, "role": "apiMessage", "content": "ho"}])
    return {**row, "tool": tool["id"]}


async def test_export_holds_what_was_asked_for_and_no_secret(admin: QuartClient, filled: dict[str, Any]) -> None:
    found = await (await post(admin, "export", EVERYTHING)).get_json()
    nothing = await (await post(admin, "export", {})).get_json()

    assert found["FileDefaultName"] == "ExportData.json" and [row["id"] for row in found["ChatFlow"]] == [filled["id"]]
    assert len(found["ChatMessage"]) == 2 and len(found["Tool"]) == 1 and found["Variable"][0]["value"] == ""
    assert "hush" not in json.dumps(found) and "mcpServerConfig" not in found["ChatFlow"][0]
    assert all(rows == [] for name, rows in nothing.items() if name != "FileDefaultName")


async def test_import_into_the_same_workspace_makes_new_ids_everywhere(admin: QuartClient, filled: dict[str, Any]) -> None:
    data = await (await post(admin, "export", EVERYTHING)).get_json()

    answer = await post(admin, "import", data)

    assert await answer.get_json() == {"message": "success"}
    after = await (await post(admin, "export", EVERYTHING)).get_json()
    copy = next(row for row in after["ChatFlow"] if row["id"] != filled["id"])
    new_tool = next(row["id"] for row in after["Tool"] if row["id"] != filled["tool"])
    assert len(after["ChatFlow"]) == 2 and len(after["ChatMessage"]) == 4 and len(after["Variable"]) == 2
    assert json.loads(copy["flowData"])["uses"] == new_tool
    assert sorted(row["content"] for row in after["ChatMessage"] if row["chatflowid"] == copy["id"]) == ["hi", "ho"]


@pytest.mark.parametrize(
    "data",
    [
        {"ChatFlow": "no list"},
        {"ChatFlow": [7]},
        {"ChatFlow": [{"id": "x", "name": "n"}]},
        {"ChatFlow": [{"name": "n", "flowData": 7}]},
        {"ChatFlow": [{"name": "n", "flowData": "{}", "createdDate": "someday"}]},
        {"ChatMessage": [{"role": "userMessage", "content": "x", "chatId": "c", "chatflowid": "6f2f2c1e-8c4c-4f0f-9d1c-2a8f7e0b1c11"}]},
        {"ChatMessage": [{"role": "userMessage", "content": "x", "chatId": "c"}]},
        {"Tool": [{"name": "a\x00b", "description": "d", "color": ""}]},
    ],
    ids=lambda data: json.dumps(data)[:60],
)
async def test_an_import_that_cannot_be_used_changes_nothing(admin: QuartClient, database: Database, data: dict[str, Any]) -> None:
    good = {"Variable": [{"name": "before", "value": "", "type": "static"}]}

    answer = await post(admin, "import", {**good, **data})

    assert answer.status_code == 400
    assert await (await admin.get("/api/v1/variables", headers=INTERNAL)).get_json() == []


async def test_messages_cannot_be_put_into_a_flow_of_another_workspace(
    admin: QuartClient, database: Database, filled: dict[str, Any]
) -> None:
    from flowisectl.database.chat_flow import update_flow

    await update_flow(database, filled["id"], {"workspaceId": None})
    message = {"role": "apiMessage", "content": "planted", "chatId": "c", "chatflowid": filled["id"]}

    answer = await post(admin, "import", {"ChatMessage": [message]})

    assert answer.status_code == 400 and "the workspace has no chat_flow" in (await answer.get_json())["message"]


async def test_conversations_come_as_a_file_by_session(admin: QuartClient, filled: dict[str, Any]) -> None:
    answer = await post(admin, "chatflow-messages", {"chatflowId": filled["id"]})

    assert answer.headers["Content-Disposition"] == f'attachment; filename="{filled["id"]}-Message.json"'
    sessions = await answer.get_json()
    assert [session["sessionId"] for session in sessions] == ["s"]
    assert sessions[0]["id"] == "s" and sessions[0]["memoryType"] == ""
    assert [(message["role"], message["content"]) for message in sessions[0]["messages"]] == [("user", "hi"), ("bot", "ho")]


async def test_conversations_in_the_file_begin_with_the_newest_and_carry_what_was_said_of_answers(
    admin: QuartClient, database: Database, filled: dict[str, Any]
) -> None:
    shared = {"chatflowid": filled["id"], "chatId": "later", "sessionId": "later", "chatType": "EXTERNAL"}
    said = [
        {"role": "userMessage", "content": "more", "createdDate": "2031-01-01T00:00:00.000Z", **shared},
        {"role": "apiMessage", "content": "this", "createdDate": "2031-01-01T00:00:01.000Z", **shared},
    ]
    answer_id = new_id()
    await insert_messages(database, [said[0], {"id": answer_id, **said[1]}])
    rating = {"chatflowid": filled["id"], "chatId": "later", "messageId": answer_id, "rating": "THUMBS_UP", "content": "gut"}
    await insert_feedback(database, rating)

    sessions = await (await post(admin, "chatflow-messages", {"chatflowId": filled["id"]})).get_json()

    assert [session["id"] for session in sessions] == ["later", "s"] and sessions[0]["source"] == "API/Embed"
    assert [message["content"] for message in sessions[0]["messages"]] == ["more", "this"]
    assert sessions[0]["messages"][1]["feedback"] == "gut" and "feedback" not in sessions[0]["messages"][0]


async def test_a_key_without_the_permission_takes_nothing_out(anybody: QuartClient, key: dict[str, str]) -> None:
    for path in ("export", "import"):
        assert (await anybody.post(f"/api/v1/export-import/{path}", json={}, headers=key)).status_code == 403


async def test_of_several_ratings_of_one_message_the_last_comes_in_and_those_here_stay(admin: QuartClient, filled: dict[str, Any]) -> None:
    rated, other = "7a6d9f39-3b5c-4a6c-8a1c-52f0c1a4d001", "7a6d9f39-3b5c-4a6c-8a1c-52f0c1a4d002"

    def rating(message_id: str, content: str) -> dict[str, Any]:
        return {"messageId": message_id, "chatflowid": filled["id"], "chatId": "c", "rating": "THUMBS_UP", "content": content}

    await post(admin, "import", {"ChatMessageFeedback": [rating(rated, "first"), rating(rated, "second")]})
    again = await post(admin, "import", {"ChatMessageFeedback": [rating(rated, "third"), rating(other, "other")]})

    assert await again.get_json() == {"message": "success"}
    after = await (await post(admin, "export", {"chat_feedback": True})).get_json()
    assert sorted(row["content"] for row in after["ChatMessageFeedback"]) == ["other", "second"]
