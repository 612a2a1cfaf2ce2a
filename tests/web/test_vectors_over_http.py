"""POST /vector/upsert/:id and its internal twin."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

import pytest
from quart.datastructures import FileStorage
from quart.testing import QuartClient

from flowisectl.documents.request import UpsertResult
from flowisectl.errors import DeadlinePassed, RedisUnavailable
from flowisectl.web.services import WebServices

INTERNAL = {"x-request-from": "internal"}
PREFIX = "Error: vectorsService.upsertVector - "
MakeFlow = Callable[..., Awaitable[dict[str, Any]]]
Headers = dict[str, str]


def path(flow: dict[str, Any], kind: str = "upsert") -> str:
    return f"/api/v1/vector/{kind}/{flow['id']}"


async def test_an_upsert_goes_to_its_lane_and_its_answer_is_forwarded_byte_for_byte(
    anybody: QuartClient, key: Headers, make_flow: MakeFlow, upserts: Any
) -> None:
    flow = await make_flow()
    upserts.outcome = UpsertResult(body=b'{ "numAdded" : 2.0 }')

    answer = await anybody.post(path(flow), json={"stopNodeId": "s_0", "overrideConfig": {"text": "x"}}, headers=key)

    request = upserts.requests[0]
    assert (answer.status_code, await answer.get_data()) == (200, b'{ "numAdded" : 2.0 }')
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert (request.task, request.target_id, request.version) == ("flow", flow["id"], flow["updatedDate"])
    assert request.body == {"stopNodeId": "s_0", "overrideConfig": {"text": "x"}}
    assert request.workspace_id == flow["workspaceId"]
    assert uuid.UUID(request.organization_id)
    assert uuid.UUID(request.upsert_id).version == 4


async def test_the_chat_of_the_body_reaches_the_upsert(anybody: QuartClient, key: Headers, make_flow: MakeFlow, upserts: Any) -> None:
    flow = await make_flow()

    await anybody.post(path(flow), json={"chatId": "chat-1"}, headers=key)

    assert upserts.requests[0].chat_id == "chat-1"


async def test_without_a_key_the_gate_refuses(anybody: QuartClient, make_flow: MakeFlow, upserts: Any) -> None:
    flow = await make_flow()

    answer = await anybody.post(path(flow), json={})

    assert answer.status_code == 401
    assert await answer.get_json() == {"error": "Unauthorized Access"}
    assert upserts.requests == []


async def test_the_internal_route_takes_a_session(admin: QuartClient, make_flow: MakeFlow, upserts: Any) -> None:
    flow = await make_flow()

    answer = await admin.post(path(flow, "internal-upsert"), json={}, headers=INTERNAL)

    assert answer.status_code == 200
    assert upserts.requests[0].target_id == flow["id"]


@pytest.mark.parametrize("kind", ["upsert", "internal-upsert"])
async def test_a_flow_that_is_not_there_is_a_failure_of_the_service(anybody: QuartClient, key: Headers, kind: str) -> None:
    missing = str(uuid.uuid4())

    answer = await anybody.post(path({"id": missing}, kind), json={}, headers=key)

    assert answer.status_code == 500
    assert (await answer.get_json())["message"] == f"{PREFIX}Chatflow {missing} not found"


@pytest.mark.parametrize(("kind", "where"), [("upsert", "upsertVectorMiddleware"), ("internal-upsert", "createInternalUpsert")])
async def test_a_missing_id_is_named(anybody: QuartClient, key: Headers, kind: str, where: str) -> None:
    answer = await anybody.post(f"/api/v1/vector/{kind}/", json={}, headers=key)

    assert answer.status_code == 412
    assert (await answer.get_json())["message"] == f"Error: vectorsController.{where} - id not provided!"


async def test_a_flow_of_another_workspace_is_not_there(
    anybody: QuartClient, key: Headers, make_flow: MakeFlow, services: WebServices, upserts: Any
) -> None:
    flow = await make_flow()
    async with services.database.write() as connection:
        await connection.exec_driver_sql("UPDATE chat_flow SET workspaceId = ? WHERE id = ?", (str(uuid.uuid4()), flow["id"]))
    services.flows.forget(flow["id"])

    answer = await anybody.post(path(flow), json={}, headers=key)

    assert answer.status_code == 500
    assert "not found" in (await answer.get_json())["message"]
    assert upserts.requests == []


async def test_a_flow_that_is_bound_to_another_key_refuses(
    anybody: QuartClient, admin: QuartClient, key: Headers, make_flow: MakeFlow, upserts: Any
) -> None:
    made = await admin.post("/api/v1/apikey", json={"keyName": "other", "permissions": ["chatflows:view"]}, headers=INTERNAL)
    other = next(row for row in await made.get_json() if row["keyName"] == "other")
    flow = await make_flow(apikeyid=other["id"])

    refused = await anybody.post(path(flow), json={}, headers=key)
    taken = await anybody.post(path(flow), json={}, headers={"Authorization": f"Bearer {other['apiKey']}"})

    assert refused.status_code == 500
    assert (await refused.get_json())["message"] == f"{PREFIX}Unauthorized"
    assert taken.status_code == 200
    assert len(upserts.requests) == 1


async def test_a_failed_upsert_is_a_failure_of_the_service(anybody: QuartClient, key: Headers, make_flow: MakeFlow, upserts: Any) -> None:
    flow = await make_flow()
    upserts.outcome = UpsertResult(error="No vector node found", error_kind="NotFound", status=500)

    answer = await anybody.post(path(flow), json={}, headers=key)

    assert answer.status_code == 500
    assert await answer.get_json() == {"statusCode": 500, "success": False, "message": f"{PREFIX}No vector node found", "stack": {}}


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (RedisUnavailable("Redis is away"), 503),
        (DeadlinePassed("too late"), 504),
        (UpsertResult(error="Redis is away", error_kind="RedisUnavailable", status=503), 503),
        (UpsertResult(error="too late", error_kind="DeadlinePassed", status=504), 504),
    ],
)
async def test_what_is_away_or_late_keeps_its_status(
    anybody: QuartClient, key: Headers, make_flow: MakeFlow, upserts: Any, outcome: Any, status: int
) -> None:
    flow = await make_flow()
    upserts.outcome = outcome

    answer = await anybody.post(path(flow), json={}, headers=key)

    assert answer.status_code == status


async def test_broken_json_is_refused_before_anything_else(anybody: QuartClient, key: Headers, make_flow: MakeFlow, upserts: Any) -> None:
    flow = await make_flow()

    answer = await anybody.post(path(flow), data=b"{", headers={**key, "Content-Type": "application/json"})

    assert answer.status_code == 400
    assert upserts.requests == []


async def test_the_flows_rate_limit_counts_upserts(anybody: QuartClient, key: Headers, make_flow: MakeFlow) -> None:
    limit = {"rateLimit": {"status": True, "limitMax": "1", "limitDuration": "60", "limitMsg": "slow down"}}
    flow = await make_flow(apiConfig=json.dumps(limit))

    first = await anybody.post(path(flow), json={}, headers=key)
    second = await anybody.post(path(flow), json={}, headers=key)

    assert (first.status_code, first.headers["X-RateLimit-Remaining"]) == (200, "0")
    assert (second.status_code, await second.get_data(as_text=True)) == (429, "slow down")


def text_file(name: str, media_type: str = "text/plain") -> dict[str, FileStorage]:
    return {"files": FileStorage(BytesIO(b"hello"), filename=name, content_type=media_type)}


async def test_a_form_stores_its_files_and_becomes_overrides(
    anybody: QuartClient, key: Headers, make_flow: MakeFlow, upserts: Any, services: WebServices
) -> None:
    flow = await make_flow()

    answer = await anybody.post(path(flow), form={"chunkSize": "7", "stopNodeId": "s_0"}, files=text_file("a.txt"), headers=key)

    request = upserts.requests[0]
    assert answer.status_code == 200, await answer.get_data(as_text=True)
    assert request.body["stopNodeId"] == "s_0"
    assert request.body["overrideConfig"]["chunkSize"] == "7"
    assert request.body["overrideConfig"]["txtFile"] == 'FILE-STORAGE::["a.txt"]'
    assert await services.blobs.of_organization(request.organization_id).read(flow["id"], "", "a.txt") == b"hello"


async def test_a_file_whose_name_does_not_fit_its_type_is_a_failure_of_the_service(
    anybody: QuartClient, key: Headers, make_flow: MakeFlow, upserts: Any
) -> None:
    flow = await make_flow()

    answer = await anybody.post(path(flow), form={}, files=text_file("a.pdf"), headers=key)

    assert answer.status_code == 500
    assert (await answer.get_json())["message"].startswith(f"{PREFIX}MIME type mismatch")
    assert upserts.requests == []
