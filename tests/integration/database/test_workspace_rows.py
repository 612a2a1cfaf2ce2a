from __future__ import annotations

import pytest

from flowisectl.database import api_key, credential, lead, tool, upsert_history, variable
from flowisectl.database.accounts import register_account
from flowisectl.database.column_types import new_id
from flowisectl.database.connection import Database
from flowisectl.database.rows import table_of
from flowisectl.database.workspace_shared import WorkspaceShared
from flowisectl.errors import InvalidRequest


@pytest.fixture
async def workspace_id(database: Database) -> str:
    made = await register_account(database, name="A", email="a@example.com", password_hash="hash")
    return str(made["workspace"]["id"])


async def test_variables_are_made_listed_changed_and_deleted(database: Database, workspace_id: str) -> None:
    made = await variable.insert_variable(database, {"name": "company", "value": "ACME", "type": "static", "workspaceId": workspace_id})
    await variable.insert_variable(database, {"name": "free", "value": "", "type": "runtime"})

    changed = await variable.update_variable(database, made["id"], {"value": "Globex"})
    listed, total = await variable.list_variables(database, workspace_id)

    assert list(made) == ["name", "value", "type", "workspaceId", "id", "createdDate", "updatedDate"]
    assert changed is not None and list(changed) == ["id", "name", "value", "type", "createdDate", "updatedDate", "workspaceId"]
    assert listed == [changed] and total == 1
    assert await variable.workspace_variables(database, workspace_id) == [{"name": "company", "value": "Globex", "type": "static"}]
    assert [row["name"] for row in await variable.workspace_variables(database, "")] == ["free"]
    assert await variable.delete_variable(database, made["id"], new_id()) == 0
    assert await variable.delete_variable(database, made["id"], workspace_id) == 1
    assert await variable.delete_variable(database, made["id"], workspace_id) == 0
    assert await variable.get_variable(database, made["id"]) is None


async def test_a_row_without_a_needed_value_is_refused_with_its_column(database: Database) -> None:
    with pytest.raises(InvalidRequest, match="name"):
        await variable.insert_variable(database, {})


@pytest.mark.parametrize("value", [{"a": 1}, ["a"], 10**30, "\ud800"])
async def test_a_value_of_the_wrong_kind_is_refused_and_the_next_works(database: Database, value: object) -> None:
    if database.dialect == "mysql" and isinstance(value, int):
        pytest.skip("MySQL takes a number for a text")
    with pytest.raises(InvalidRequest):
        await variable.insert_variable(database, {"name": "n", "value": value, "type": "static"})

    assert (await variable.insert_variable(database, {"name": "n", "value": "v", "type": "static"}))["value"] == "v"


async def test_credentials_are_listed_without_their_secret_own_before_shared(database: Database, workspace_id: str) -> None:
    own = await credential.insert_credential(
        database, {"name": "b", "credentialName": "openAIApi", "encryptedData": "U2F", "workspaceId": workspace_id}
    )
    lent = await credential.insert_credential(database, {"name": "a", "credentialName": "httpBearerToken", "encryptedData": "U2G"})
    async with database.write() as connection:
        row = {"workspaceId": workspace_id, "sharedItemId": lent["id"], "itemType": "credential"}
        await connection.execute(table_of(WorkspaceShared).insert(), row)

    listed = await credential.list_credentials(database, workspace_id)
    filtered = await credential.list_credentials(database, workspace_id, ["httpBearerToken"])

    assert [(row["id"], row.get("shared")) for row in listed] == [(own["id"], None), (lent["id"], True)]
    assert all("encryptedData" not in row for row in listed)
    assert [row["id"] for row in filtered] == [lent["id"]]
    assert (await credential.encrypted_credential(database, own["id"]) or {})["encryptedData"] == "U2F"
    assert await credential.encrypted_credential(database, "no-uuid") is None


async def test_tools_keep_their_schema_and_function(database: Database) -> None:
    made = await tool.insert_tool(
        database, {"name": "adder", "description": "adds", "color": "#fff", "schema": '[{"property":"a"}]', "func": "return 1"}
    )

    row = await tool.get_tool(database, made["id"])
    listed, total = await tool.list_tools(database, None, page=1, limit=10)

    assert row is not None
    assert list(row) == ["id", "name", "description", "color", "iconSrc", "schema", "func", "createdDate", "updatedDate", "workspaceId"]
    assert row["schema"] == '[{"property":"a"}]'
    assert listed == [row] and total == 1
    assert await tool.delete_tool(database, made["id"], None) == 1


async def test_api_keys_are_found_by_their_text(database: Database, workspace_id: str) -> None:
    made = await api_key.insert_api_key(
        database, {"apiKey": "text", "apiSecret": "x.y", "keyName": "k", "permissions": ["chatflows:view"], "workspaceId": workspace_id}
    )

    row = await api_key.api_key_by_text(database, "text")
    changed = await api_key.update_api_key(database, made["id"], {"keyName": "k2", "permissions": ["tools:view", "tools:create"]})

    assert row is not None and row["id"] == made["id"] and row["permissions"] == ["chatflows:view"]
    assert changed is not None and changed["permissions"] == ["tools:view", "tools:create"]
    assert [key["keyName"] for key in (await api_key.list_api_keys(database, workspace_id))[0]] == ["k2"]
    assert [key["keyName"] for key in await api_key.api_keys_of_workspaces(database, [workspace_id])] == ["k2"]
    assert await api_key.api_key_by_text(database, "Text") is None
    assert await api_key.api_key_by_text(database, "nul\x00") is None
    assert await api_key.delete_api_key(database, made["id"], workspace_id) == 1


async def test_leads_get_a_chat_id_when_they_have_none(database: Database) -> None:
    flow_id = new_id()

    made = await lead.insert_lead(database, {"chatflowid": flow_id, "name": "N", "email": "n@example.com"})

    assert made["chatId"]
    assert [row["email"] for row in await lead.list_leads(database, flow_id)] == ["n@example.com"]


async def test_upsert_history_is_parsed_and_deleted_by_ids(database: Database) -> None:
    flow_id = new_id()
    made = await upsert_history.insert_upsert_history(database, {"chatflowid": flow_id, "result": '{"numAdded":2}', "flowData": {"a": 1}})

    rows = await upsert_history.list_upsert_history(database, flow_id, order="DESC")
    none = await upsert_history.list_upsert_history(database, flow_id, end_date="2020-01-01T00:00:00.000Z")

    assert rows[0]["result"] == {"numAdded": 2} and rows[0]["flowData"] == {"a": 1}
    assert none == []
    assert await upsert_history.delete_upsert_history(database, [made["id"], "no-uuid"]) == 1
