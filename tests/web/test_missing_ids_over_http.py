"""Routes asked for without their id: a 412 that names what is missing; other paths that no route takes stay what they were."""

from __future__ import annotations

import pytest
from quart.testing import QuartClient

INTERNAL = {"x-request-from": "internal"}


@pytest.mark.parametrize(
    ("method", "path", "text"),
    [
        ("GET", "chatmessage", "Error: chatMessageController.getAllChatMessages - id not provided!"),
        ("GET", "stats/", "Error: statsController.getChatflowStats - id not provided!"),
        ("PUT", "variables", "Error: variablesController.updateVariable - id not provided!"),
        ("DELETE", "chatflows/", "Error: chatflowsController.deleteChatflow - id not provided!"),
        ("POST", "document-store/upsert", "Error: documentStoreController.upsertDocStoreMiddleware - storeId not provided!"),
        ("POST", "node-load-method", "Error: nodesController.getSingleNodeAsyncOptions - name not provided!"),
    ],
)
async def test_a_path_without_its_id_says_so(admin: QuartClient, method: str, path: str, text: str) -> None:
    answer = await admin.open(f"/api/v1/{path}", method=method, json={} if method != "GET" else None, headers=INTERNAL)

    assert (answer.status_code, (await answer.get_json())["message"]) == (412, text)


@pytest.mark.parametrize("path", ["leads", "feedback", "chatflows-streaming", "public-chatflows"])
async def test_public_paths_say_it_to_anybody(anybody: QuartClient, path: str) -> None:
    answer = await anybody.get(f"/api/v1/{path}")

    assert answer.status_code == 412 and (await answer.get_json())["message"].endswith("id not provided!")


async def test_a_stranger_is_told_nothing_and_other_paths_are_unknown(admin: QuartClient, anybody: QuartClient) -> None:
    stranger = await anybody.put("/api/v1/variables", json={})
    unknown = await admin.get("/api/v1/validation", headers=INTERNAL)
    wrong = await admin.patch("/api/v1/variables", json={}, headers=INTERNAL)

    assert (stranger.status_code, unknown.status_code, wrong.status_code) == (401, 404, 405)
