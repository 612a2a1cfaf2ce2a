"""The assistants of a workspace, as a run's nodes get them, and the threads of its chats."""

from __future__ import annotations

import uuid
from typing import Any

import orjson
import pytest

from flowisectl.database.accounts import register_account
from flowisectl.database.assistant import insert_assistant
from flowisectl.database.chat_message import insert_messages
from flowisectl.database.connection import Database
from flowisectl.errors import NotFound
from flowisectl.runs.assistants import WorkspaceAssistants

CREDENTIAL = "11111111-1111-4111-8111-111111111111"
FLOW, OTHER = str(uuid.uuid4()), str(uuid.uuid4())


@pytest.fixture
async def workspace_id(database: Database) -> str:
    made = await register_account(database, name="A", email="a@example.com", password_hash="hash")
    return str(made["workspace"]["id"])


async def stored(database: Database, **values: Any) -> str:
    details = orjson.dumps({"id": "asst_1", "name": "Helper"}).decode()
    row = {"details": details, "credential": CREDENTIAL, "type": "OPENAI", **values}
    return str((await insert_assistant(database, row))["id"])


def message(session: str, created: str, flow: str = FLOW, chat: str = "chat-1") -> dict[str, Any]:
    return {
        "role": "apiMessage", "content": "x", "chatflowid": flow, "chatId": chat, "sessionId": session, "chatType": "EXTERNAL",
        "createdDate": created,
    }  # fmt: skip


async def test_an_assistant_comes_with_its_details_and_credential(database: Database, workspace_id: str) -> None:
    plain, azure = await stored(database, workspaceId=workspace_id), await stored(database, type="AZURE", details="broken")
    assistants = WorkspaceAssistants(database, workspace_id)

    first, second = await assistants.get(plain), await assistants.get(azure)

    assert (first.details["id"], first.credential_id, first.is_azure) == ("asst_1", CREDENTIAL, False)
    assert (second.details, second.is_azure) == ({}, True)


async def test_others_assistants_and_those_of_this_server_are_not_found(database: Database, workspace_id: str) -> None:
    foreign, custom = await stored(database, workspaceId=workspace_id), await stored(database, type="CUSTOM")

    for assistant_id in (foreign, custom, str(uuid.uuid4()), "no id"):
        with pytest.raises(NotFound, match="choose an assistant"):
            await WorkspaceAssistants(database, "w").get(assistant_id)


async def test_a_chat_keeps_its_last_thread(database: Database) -> None:
    rows = [
        message("chat-1", "2026-01-01T00:00:00.000Z"), message("thread_1", "2026-01-02T00:00:00.000Z"),
        message("thread_2", "2026-01-03T00:00:00.000Z"), message("threadless", "2026-01-04T00:00:00.000Z"),
        message("thread_3", "2026-01-05T00:00:00.000Z", chat="chat-2"), message("thread_4", "2026-01-06T00:00:00.000Z", flow=OTHER),
    ]  # fmt: skip
    await insert_messages(database, rows)
    assistants = WorkspaceAssistants(database, "w")

    assert await assistants.thread_of(FLOW, "chat-1") == "thread_2"
    assert await assistants.thread_of(FLOW, "chat-3") == ""
    assert await assistants.thread_of("no id", "chat-1") == ""
