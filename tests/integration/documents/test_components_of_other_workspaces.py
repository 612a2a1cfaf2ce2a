"""Bodies of document stores that name what belongs to another workspace: to the job it is not there."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from embedding_server import EmbeddingServer

from flowisectl.database.chat_flow import insert_flow
from flowisectl.database.connection import Database
from flowisectl.database.credential import insert_credential
from flowisectl.database.rows import insert_row
from flowisectl.database.workspace_shared import WorkspaceShared
from flowisectl.documents.local import LocalUpserts
from flowisectl.documents.request import UpsertRequest, UpsertResult
from flowisectl.documents.runner import UpsertRunner
from flowisectl.documents.store import DocumentStores
from flowisectl.runs.context import RunServices
from flowisectl.secrets.vault import CredentialVault

MINE, THEIRS = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


async def ask(runner: UpsertRunner, task: str, store_id: str, body: Mapping[str, Any]) -> UpsertResult:
    request = UpsertRequest(task=task, target_id=store_id, upsert_id=str(uuid.uuid4()), body=body, workspace_id=MINE)
    return await (await LocalUpserts(runner, job_timeout_seconds=30).submit(request)).result()


async def stored_credential(database: Database, owner: str) -> str:
    sealed = CredentialVault(database, "key").seal({"openAIApiKey": "sk-of-somebody"})
    row = {"name": "c", "credentialName": "openAIApi", "encryptedData": sealed, "workspaceId": owner}
    return str((await insert_credential(database, row))["id"])


@pytest.fixture
async def store_id(services: RunServices) -> str:
    return str((await DocumentStores(services.database, MINE).create({"name": "mine"}))["id"])


def bodies(credential_id: str, url: str) -> dict[str, dict[str, Any]]:
    """Task → a body that names the credential in the one place where this task takes one."""
    settings = {"credential": credential_id, "modelName": "m", "basepath": url}
    loader = {"name": "plainText", "config": {"text": "Hi."}}
    embedding = {"name": "openAIEmbeddings", "config": settings}
    vectors = {"vectorStoreName": "memoryVectorStore", "vectorStoreConfig": {}}
    return {
        "upsert": {"loader": loader, "embedding": embedding, "vectorStore": {"name": "memoryVectorStore"}},
        "insert": {**vectors, "embeddingName": "openAIEmbeddings", "embeddingConfig": settings},
        "describe": {"selectedChatModel": {"name": "chatOpenAI", "inputs": {**settings, "streaming": False}}},
    }


async def prepared(runner: UpsertRunner, services: RunServices, store_id: str) -> None:
    """The store has one chunk."""
    loader = {"loaderId": "plainText", "loaderConfig": {"text": "One bridge is blue."}}
    saved = await DocumentStores(services.database, MINE).save_loader(store_id, loader)
    request = UpsertRequest(
        task="process",
        target_id=store_id,
        upsert_id=str(uuid.uuid4()),
        body={},
        workspace_id=MINE,
        options={"loader_id": saved["id"]},
    )
    assert (await (await LocalUpserts(runner, job_timeout_seconds=30).submit(request)).result()).error == ""


@pytest.mark.parametrize("task", ["upsert", "insert", "describe"])
async def test_a_credential_of_another_workspace_is_refused_as_a_missing_one(
    services: RunServices, runner: UpsertRunner, embedding_server: EmbeddingServer, store_id: str, task: str
) -> None:
    await prepared(runner, services, store_id)
    theirs = await stored_credential(services.database, THEIRS)

    refused = await ask(runner, task, store_id, bodies(theirs, embedding_server.url)[task])
    missing = await ask(runner, task, store_id, bodies(str(uuid.uuid4()), embedding_server.url)[task])

    assert not refused.is_ok
    assert refused.error == missing.error
    assert embedding_server.texts == [] and embedding_server.chats == []


@pytest.mark.parametrize("task", ["upsert", "insert", "describe"])
async def test_an_own_credential_and_one_that_is_lent_are_used(
    services: RunServices, runner: UpsertRunner, embedding_server: EmbeddingServer, store_id: str, task: str
) -> None:
    await prepared(runner, services, store_id)
    mine, lent = await stored_credential(services.database, MINE), await stored_credential(services.database, THEIRS)
    share = {"workspaceId": MINE, "sharedItemId": lent, "itemType": "credential"}
    await insert_row(services.database, WorkspaceShared.__table__, share)  # type: ignore[attr-defined]

    answers = [await ask(runner, task, store_id, bodies(id, embedding_server.url)[task]) for id in (mine, lent)]

    assert [answer.error for answer in answers] == ["", ""]


async def test_a_loader_reads_no_store_and_no_flow_of_another_workspace(services: RunServices, runner: UpsertRunner, store_id: str) -> None:
    theirs = await DocumentStores(services.database, THEIRS).create({"name": "theirs"})
    body = {"loaderId": "documentStore", "loaderConfig": {"selectedStore": theirs["id"]}}

    result = await ask(runner, "preview", store_id, body)

    assert f"Document store {theirs['id']} not found" in result.error


async def test_a_store_does_not_tell_the_names_of_flows_of_another_workspace(services: RunServices, store_id: str) -> None:
    stores = DocumentStores(services.database, MINE)
    ids = []
    for owner, name in ((MINE, "my flow"), (THEIRS, "a secret project")):
        row = {"name": name, "flowData": '{"nodes": [], "edges": []}', "type": "CHATFLOW", "workspaceId": owner}
        ids.append((await insert_flow(services.database, row))["id"])
    await stores.update(store_id, {"whereUsed": ids})

    view = await stores.view(store_id)

    assert view["whereUsed"] == [{"id": ids[0], "name": "my flow"}]
