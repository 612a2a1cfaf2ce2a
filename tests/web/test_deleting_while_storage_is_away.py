"""What is deleted is deleted, also while its files cannot be: the log says what is left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from quart.testing import QuartClient

from flowisectl.database.chat_flow import get_flow_row
from flowisectl.errors import StorageUnavailable
from flowisectl.storage.local import LocalBlobs
from flowisectl.web.app import create_app
from flowisectl.web.services import WebServices

INTERNAL = {"x-request-from": "internal"}


class BlobsAway(LocalBlobs):
    """Files of which none can be deleted."""

    def of_organization(self, organization_id: str) -> BlobsAway:
        return self

    async def delete_flow(self, flow_id: str) -> None:
        raise StorageUnavailable("the bucket does not answer")

    async def delete_chat(self, flow_id: str, chat_id: str) -> None:
        raise StorageUnavailable("the bucket does not answer")


@pytest.fixture
def client(services: WebServices, admin: QuartClient, tmp_path: Path) -> QuartClient:
    made = QuartClient(create_app(replace(services, blobs=BlobsAway(tmp_path / "storage"))), use_cookies=False)
    made.cookie_jar = admin.cookie_jar
    return made


async def test_a_flow_is_gone_and_its_files_are_named(
    client: QuartClient, services: WebServices, make_flow: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    row = await make_flow()

    answer = await client.delete(f"/api/v1/chatflows/{row['id']}", headers=INTERNAL)

    assert answer.status_code == 200 and await get_flow_row(services.database, row["id"]) is None
    assert f"files of flow {row['id']} are left behind" in caplog.text


async def test_a_document_store_is_gone_and_its_files_are_named(client: QuartClient, caplog: pytest.LogCaptureFixture) -> None:
    store = await (await client.post("/api/v1/document-store/store", json={"name": "s"}, headers=INTERNAL)).get_json()

    answer = await client.delete(f"/api/v1/document-store/store/{store['id']}", headers=INTERNAL)

    assert answer.status_code == 200 and f"document store {store['id']} are left behind" in caplog.text
