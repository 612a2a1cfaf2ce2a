"""A database that Flowise itself made, opened and used without changing what is Flowise's. Needs a sample beside the project."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from config.settings import DatabaseSettings
from flowisectl.database import api_key, chat_flow, credential, execution, user
from flowisectl.database.accounts import key_owner, login_profile
from flowisectl.database.chat_message import insert_messages, session_messages
from flowisectl.database.column_types import new_id
from flowisectl.database.connection import open_database
from flowisectl.database.message_listing import list_messages
from flowisectl.secrets.api_keys import ApiKeyChecker
from flowisectl.secrets.passwords import check_password
from flowisectl.secrets.vault import CredentialVault

SAMPLE = Path(__file__).resolve().parents[4] / "shared" / "flowise" / "dropin"

pytestmark = pytest.mark.skipif(not (SAMPLE / "database.sqlite").is_file(), reason="no sample of a Flowise database beside the project")


@pytest.fixture
def settings(tmp_path: Path) -> DatabaseSettings:
    shutil.copyfile(SAMPLE / "database.sqlite", tmp_path / "database.sqlite")
    return DatabaseSettings(path=tmp_path)


@pytest.fixture(scope="module")
def samples() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SAMPLE / "samples.json").read_text(encoding="utf8"))
    return loaded


def contents(file: Path) -> tuple[list[Any], dict[str, list[Any]]]:
    """Everything that is Flowise's: its schema, and the rows of every table."""
    with closing(sqlite3.connect(file)) as connection:
        everything = connection.execute("SELECT name, tbl_name, sql FROM sqlite_master ORDER BY name").fetchall()
        schema = [(name, sql) for name, table, sql in everything if not (name.startswith("flowisectl") or table.startswith("flowisectl"))]
        tables = [name for name, sql in schema if sql and sql.startswith("CREATE TABLE")]
        return schema, {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables}


async def test_adopting_changes_nothing_of_flowises(settings: DatabaseSettings) -> None:
    before = contents(settings.sqlite_file)

    async with open_database(settings):
        pass

    assert contents(settings.sqlite_file) == before


async def test_its_credentials_keys_and_passwords_work(settings: DatabaseSettings, samples: dict[str, Any]) -> None:
    async with open_database(settings) as database:
        vault, checker = CredentialVault(database, samples["secret_key"]), ApiKeyChecker(database)
        account = await user.user_by_email(database, samples["user_passwords"][0]["email"].upper())
        assert account is not None
        workspace_id = (await login_profile(database, account["id"]) or {})["activeWorkspaceId"]

        opened = {row["name"]: await vault.fields(row["id"]) for row in await credential.list_credentials(database, workspace_id)}
        key = await checker.check(samples["api_keys"][0]["apiKey"])
        owner = await key_owner(database, await api_key.get_api_key(database, key["id"]) or {})
        checker.close()

        assert opened == {sample["name"]: sample["plain"] for sample in samples["credentials"]}
        assert await check_password(samples["user_passwords"][0]["password"], account["credential"])
        assert owner is not None and owner["workspaceId"] == workspace_id
        assert key["permissions"] == json.loads(samples["api_keys"][0]["permissions"])


async def test_its_flows_runs_and_messages_are_read_and_added_to(settings: DatabaseSettings) -> None:
    async with open_database(settings) as database:
        async with database.read() as connection:
            workspace_id = (await connection.exec_driver_sql("SELECT id FROM workspace")).scalar_one()
        flows, total = await chat_flow.list_flow_rows(database, workspace_id)
        messages = [row for flow in flows for row in await list_messages(database, flow["id"])]
        runs = [row["execution"] for row in messages if row["execution"]]
        talk = messages[0]
        before = await session_messages(database, talk["chatflowid"], talk["sessionId"])

        answer = {"role": "apiMessage", "chatflowid": talk["chatflowid"], "chatId": talk["chatId"], "sessionId": talk["sessionId"]}
        await insert_messages(database, [{"id": new_id(), "content": "ours", **answer}])

        assert total == len(flows) > 0 and len(messages) > 0 and len(runs) > 0
        assert all(json.loads(flow["flowData"])["nodes"] and flow["webhookSecretConfigured"] is None for flow in flows)
        assert all(row["createdDate"].endswith("Z") and len(row["createdDate"]) == 24 for row in (*flows, *messages, *runs))
        after = await session_messages(database, talk["chatflowid"], talk["sessionId"])
        assert [row["content"] for row in after] == [row["content"] for row in before] + ["ours"]
        latest = await execution.latest_execution(database, runs[0]["agentflowId"], runs[0]["sessionId"])
        assert latest is not None and isinstance(json.loads(latest["executionData"]), list)
