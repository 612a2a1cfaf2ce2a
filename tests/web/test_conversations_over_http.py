"""Messages, executions, feedback, leads, upsert history, uploaded files."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from quart.testing import QuartClient

from flowisectl.database.chat_message import insert_messages
from flowisectl.database.checkpoint import get_checkpoint, put_checkpoint
from flowisectl.database.execution import insert_execution
from flowisectl.database.upsert_history import insert_upsert_history
from flowisectl.web.services import WebServices
from flowisectl.web.workspace.organizations import organization_of

INTERNAL = {"x-request-from": "internal"}
UNKNOWN = "00000000-0000-4000-8000-000000000000"
MakeFlow = Callable[..., Awaitable[dict[str, Any]]]


def message(flow: dict[str, Any], number: int, **members: Any) -> dict[str, Any]:
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "role": "apiMessage" if number % 2 == 0 else "userMessage",
        "chatflowid": flow["id"],
        "content": f"m{number}",
        "chatType": "EXTERNAL",
        "chatId": "c1",
        "sessionId": "c1",
        "createdDate": f"2026-01-01T00:00:{number:02d}.000Z",
        **members,
    }


@pytest.fixture
async def flow(make_flow: MakeFlow, services: WebServices) -> dict[str, Any]:
    """A flow with two messages in each of two chats, one of them internal."""
    made = await make_flow()
    internal = {"chatId": "c2", "sessionId": "c2", "chatType": "INTERNAL"}
    rows = [message(made, 1), message(made, 2, usedTools=[{"tool": "t"}]), message(made, 3, **internal), message(made, 4, **internal)]
    await insert_messages(services.database, rows)
    return made


async def contents(client: QuartClient, route: str, headers: dict[str, str]) -> list[str]:
    rows = await (await client.get(f"/api/v1/{route}", headers=headers)).get_json()
    return [row["content"] for row in rows]


async def test_messages_are_listed_as_the_query_asks(anybody: QuartClient, key: dict[str, str], flow: dict[str, Any]) -> None:
    base = f"chatmessage/{flow['id']}"

    assert await contents(anybody, base, key) == ["m1", "m2", "m3", "m4"]
    assert await contents(anybody, f"{base}?order=DESC", key) == ["m4", "m3", "m2", "m1"]
    assert await contents(anybody, f"{base}?chatId=c1", key) == ["m1", "m2"]
    assert await contents(anybody, f'{base}?chatType=["INTERNAL"]', key) == ["m3", "m4"]
    assert await contents(anybody, f"{base}?chatType=INTERNAL&chatType=EXTERNAL", key) == ["m1", "m2", "m3", "m4"]
    assert await contents(anybody, f"{base}?startDate=2026-01-01T00:00:02.000Z&endDate=2026-01-01T00:00:03Z", key) == ["m2", "m3"]
    assert await contents(anybody, f"{base}?feedback=true&page=1&limit=1", key) == ["m1", "m2"]
    assert await contents(anybody, f"{base}?feedback=true&page=1&limit=1&order=DESC", key) == ["m4", "m3"]
    assert await contents(anybody, f"{base}?feedbackType=THUMBS_UP", key) == ["m1", "m2", "m3", "m4"]
    assert await contents(anybody, f"{base}?feedbackType=THUMBS_UP&feedback=true", key) == []
    assert await contents(anybody, f"internal-{base}", key) == ["m3", "m4"]


async def test_a_message_has_its_json_columns_parsed(anybody: QuartClient, key: dict[str, str], flow: dict[str, Any]) -> None:
    rows = await (await anybody.get(f"/api/v1/chatmessage/{flow['id']}?chatId=c1&feedback=true", headers=key)).get_json()

    assert rows[1]["usedTools"] == [{"tool": "t"}]
    assert (rows[0]["execution"], rows[0]["feedback"], rows[0]["sourceDocuments"]) == (None, None, None)


async def test_deleting_a_chat_takes_its_messages_and_files_only(
    anybody: QuartClient, key: dict[str, str], flow: dict[str, Any], services: WebServices
) -> None:
    from flowisectl.errors import NotFound

    blobs = services.blobs.of_organization(await organization_of(services.database, flow["workspaceId"]))
    for chat in ("c1", "c10"):
        await blobs.write(flow["id"], chat, "a.txt", b"x", "text/plain")

    deleted = await (await anybody.delete(f"/api/v1/chatmessage/{flow['id']}?chatId=c1", headers=key)).get_json()
    left = await contents(anybody, f"chatmessage/{flow['id']}", key)
    nothing = await (await anybody.delete(f"/api/v1/chatmessage/{flow['id']}?chatId=nope", headers=key)).get_json()
    rest = await (await anybody.delete(f"/api/v1/chatmessage/{flow['id']}", headers=key)).get_json()

    assert deleted == {"raw": [], "affected": 2}
    assert left == ["m3", "m4"]
    assert nothing == {"raw": [], "affected": 0}
    assert rest == {"raw": [], "affected": 2}
    assert await blobs.read(flow["id"], "c10", "a.txt") == b"x"
    with pytest.raises(NotFound):
        await blobs.read(flow["id"], "c1", "a.txt")


async def test_what_agents_remember_goes_with_the_chat_and_with_the_flow(
    anybody: QuartClient, key: dict[str, str], flow: dict[str, Any], services: WebServices
) -> None:
    for session in ("c1", "c10"):
        await put_checkpoint(services.database, flow["id"], session, "{}")

    await anybody.delete(f"/api/v1/chatmessage/{flow['id']}?chatId=c1", headers=key)
    after_chat = [await get_checkpoint(services.database, flow["id"], session) for session in ("c1", "c10")]
    await anybody.delete(f"/api/v1/chatflows/{flow['id']}", headers=key)

    assert after_chat == [None, "{}"]
    assert await get_checkpoint(services.database, flow["id"], "c10") is None


async def test_a_chat_id_that_is_no_folder_name_can_be_deleted(
    anybody: QuartClient, key: dict[str, str], flow: dict[str, Any], services: WebServices
) -> None:
    await insert_messages(services.database, [message(flow, 5, chatId="../up")])

    answer = await anybody.delete(f"/api/v1/chatmessage/{flow['id']}?chatId=..%2Fup", headers=key)

    assert await answer.get_json() == {"raw": [], "affected": 1}


async def test_page_and_limit_of_executions_stand_each_for_itself(
    anybody: QuartClient, key: dict[str, str], flow: dict[str, Any], services: WebServices
) -> None:
    values = {"executionData": "[]", "state": "FINISHED", "agentflowId": flow["id"], "sessionId": "s", "workspaceId": flow["workspaceId"]}
    for _ in range(14):
        await insert_execution(services.database, values)

    async def counts(query: str) -> tuple[int, int]:
        answer = await (await anybody.get(f"/api/v1/executions{query}", headers=key)).get_json()
        return len(answer["data"]), answer["total"]

    assert [await counts(query) for query in ("", "?limit=3", "?page=0&limit=5", "?page=2")] == [(12, 14), (3, 14), (5, 14), (2, 14)]


async def test_executions_are_listed_read_published_and_deleted(
    anybody: QuartClient, key: dict[str, str], flow: dict[str, Any], services: WebServices
) -> None:
    data = [{"nodeId": "n", "data": {"credential": "c-1", "input": {"config": {"FLOWISE_CREDENTIAL_ID": "c-2", "x": 1}}}}]
    row = await insert_execution(
        services.database,
        {
            "executionData": json.dumps(data),
            "state": "FINISHED",
            "agentflowId": flow["id"],
            "sessionId": "s",
            "workspaceId": flow["workspaceId"],
        },
    )
    route = f"/api/v1/executions/{row['id']}"

    listed = await (await anybody.get(f"/api/v1/executions?agentflowId={flow['id']}&state=FINISHED", headers=key)).get_json()
    other = await (await anybody.get("/api/v1/executions?state=ERROR", headers=key)).get_json()
    hidden = await anybody.get(f"/api/v1/public-executions/{row['id']}")
    changed = await (await anybody.put(route, json={"isPublic": True}, headers=key)).get_json()
    public = await (await anybody.get(f"/api/v1/public-executions/{row['id']}")).get_json()
    deleted = await (await anybody.delete("/api/v1/executions", json={"executionIds": [row["id"], "x"]}, headers=key)).get_json()
    gone = await anybody.get(route, headers=key)
    none = await anybody.delete("/api/v1/executions", json={}, headers=key)

    assert (listed["total"], listed["data"][0]["id"], listed["data"][0]["agentflow"]["id"]) == (1, row["id"], flow["id"])
    assert other == {"data": [], "total": 0}
    assert (hidden.status_code, "not found" in (await hidden.get_json())["message"]) == (500, True)
    assert changed["isPublic"] is True
    assert json.loads(public["executionData"]) == [{"nodeId": "n", "data": {"input": {"config": {"x": 1}}}}]
    assert deleted == {"success": True, "deletedCount": 1}
    assert (await gone.get_json())["message"] == f"Error: executionsService.getExecutionById - Execution {row['id']} not found"
    assert (none.status_code, await none.get_json()) == (400, {"success": False, "message": "No execution IDs provided"})


async def test_feedback_is_given_changed_and_shown_to_members_only(anybody: QuartClient, admin: QuartClient, flow: dict[str, Any]) -> None:
    answered = message(flow, 2)["id"]
    body = {"messageId": answered, "rating": "THUMBS_UP", "content": ""}

    made = await (await anybody.post(f"/api/v1/feedback/{flow['id']}", json=body)).get_json()
    changed = await (await anybody.put(f"/api/v1/feedback/{made['id']}", json={"content": "nice"})).get_json()
    stranger = await anybody.get(f"/api/v1/feedback/{flow['id']}")
    seen = await (await admin.get(f"/api/v1/feedback/{flow['id']}", headers=INTERNAL)).get_json()

    assert (made["chatflowid"], made["chatId"], made["rating"], made["content"]) == (flow["id"], "c1", "THUMBS_UP", "")
    assert changed == {"status": "OK"}
    assert (stranger.status_code, (await stranger.get_json())["message"]) == (401, "Unauthorized")
    assert [(row["id"], row["content"]) for row in seen] == [(made["id"], "nice")]


@pytest.mark.parametrize(
    ("change", "status", "message_start"),
    [
        ({"messageId": ""}, 400, "Message ID is required"),
        ({"messageId": UNKNOWN}, 404, f"Message with ID {UNKNOWN} not found"),
        ({"chatId": "other"}, 400, "Inconsistent chat ID: "),
        ({"chatflowid": UNKNOWN}, 400, "Inconsistent chatflow ID: "),
        ({"rating": "MEH"}, 400, "rating must be"),
    ],
)
async def test_feedback_that_fits_no_message_is_refused(
    anybody: QuartClient, flow: dict[str, Any], change: dict[str, Any], status: int, message_start: str
) -> None:
    body = {"messageId": message(flow, 2)["id"], "rating": "THUMBS_UP", **change}

    answer = await anybody.post("/api/v1/feedback", json=body)

    assert answer.status_code == status
    assert (await answer.get_json())["message"].startswith(message_start)


async def test_feedback_that_nobody_gave_cannot_be_changed(anybody: QuartClient) -> None:
    answer = await anybody.put(f"/api/v1/feedback/{UNKNOWN}", json={"content": "x"})

    assert (answer.status_code, (await answer.get_json())["message"]) == (404, f"Feedback with ID {UNKNOWN} not found")


async def test_a_lead_is_kept_and_shown_to_members_only(anybody: QuartClient, admin: QuartClient, flow: dict[str, Any]) -> None:
    made = await (await anybody.post("/api/v1/leads/", json={"chatflowid": flow["id"], "email": "b@example.com"})).get_json()
    stranger = await anybody.get(f"/api/v1/leads/{flow['id']}")
    seen = await (await admin.get(f"/api/v1/leads/{flow['id']}", headers=INTERNAL)).get_json()
    nowhere = await anybody.post("/api/v1/leads", json={"chatflowid": UNKNOWN})

    assert made["email"] == "b@example.com"
    assert made["chatId"]
    assert stranger.status_code == 401
    assert [row["id"] for row in seen] == [made["id"]]
    assert nowhere.status_code == 404


async def test_upserts_are_listed_parsed_and_deleted(
    anybody: QuartClient, key: dict[str, str], flow: dict[str, Any], services: WebServices
) -> None:
    row = await insert_upsert_history(services.database, {"chatflowid": flow["id"], "result": {"numAdded": 4}, "flowData": [{"id": "n"}]})

    listed = await (await anybody.get(f"/api/v1/upsert-history/{flow['id']}", headers=key)).get_json()
    deleted = await (await anybody.patch("/api/v1/upsert-history", json={"ids": [row["id"]]}, headers=key)).get_json()
    unknown = await anybody.patch("/api/v1/upsert-history", json={"ids": [UNKNOWN]}, headers=key)
    empty = await anybody.patch("/api/v1/upsert-history", json={"ids": []}, headers=key)

    assert [(item["result"], item["flowData"]) for item in listed] == [({"numAdded": 4}, [{"id": "n"}])]
    assert deleted == {"raw": [], "affected": 1}
    assert (await unknown.get_json(), empty.status_code) == ({"raw": [], "affected": 0}, 400)


async def test_an_uploaded_file_is_given_back_under_its_name(anybody: QuartClient, flow: dict[str, Any], services: WebServices) -> None:
    blobs = services.blobs.of_organization(await organization_of(services.database, flow["workspaceId"]))
    await blobs.write(flow["id"], "c1", "red.png", b"\x89PNG", "image/png")
    base = f"/api/v1/get-upload-file?chatflowId={flow['id']}&chatId=c1&fileName="

    found = await anybody.get(f"{base}red.png")
    unsafe = await anybody.get(f"{base}..%2Fx")
    missing = await anybody.get(f"{base}blue.png")
    no_flow = await anybody.get("/api/v1/get-upload-file?chatflowId=x&chatId=c1&fileName=a")
    nothing = await anybody.get("/api/v1/get-upload-file")

    assert (found.status_code, await found.get_data(as_text=False)) == (200, b"\x89PNG")
    assert found.headers["Content-Disposition"] == 'attachment; filename="red.png"'
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert (unsafe.status_code, await unsafe.get_data(as_text=True)) == (400, "Invalid path characters detected in filename")
    assert (missing.status_code, (await missing.get_json())["message"]) == (500, "File blue.png not found")
    assert missing.headers["Content-Disposition"] == 'attachment; filename="blue.png"'
    assert (no_flow.status_code, await no_flow.get_data(as_text=True)) == (400, "Invalid chatflowId format")
    assert (nothing.status_code, await nothing.get_data(as_text=True)) == (500, "Invalid file path")
