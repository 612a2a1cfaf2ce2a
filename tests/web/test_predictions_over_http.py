from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

import pytest
from quart import Quart
from quart.datastructures import FileStorage
from quart.testing import QuartClient

from flowisectl.database.chat_flow import update_flow
from flowisectl.errors import DeadlinePassed, RedisUnavailable
from flowisectl.predictions.request import PredictionResult
from flowisectl.web.services import WebServices

INTERNAL = {"x-request-from": "internal"}
PREFIX = "Error: predictionsServices.buildChatflow - "
MakeFlow = Callable[..., Awaitable[dict[str, Any]]]


def path(flow: dict[str, Any]) -> str:
    return f"/api/v1/prediction/{flow['id']}"


async def test_the_result_is_forwarded_byte_for_byte(anybody: QuartClient, make_flow: MakeFlow, submitter: Any) -> None:
    flow = await make_flow()
    submitter.submission.outcome = PredictionResult(body='{ "text": "größe",  "n":1.0}'.encode())

    answer = await anybody.post(path(flow), json={"question": "hi", "chatId": "c+1"})

    request = submitter.requests[0]
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert await answer.get_data(as_text=False) == '{ "text": "größe",  "n":1.0}'.encode()
    assert request.flow_id == flow["id"]
    assert request.flow_version == flow["updatedDate"]
    assert (request.chat_id, request.chat_type, request.is_internal, request.wants_stream) == ("c+1", "EXTERNAL", False, False)
    assert uuid.UUID(request.message_id).version == 4
    assert request.workspace_id == flow["workspaceId"]
    assert uuid.UUID(request.organization_id)
    assert request.base_url == "http://localhost"
    assert request.accepted_ms > 1_700_000_000_000
    assert request.body == {"question": "hi", "chatId": "c+1"}


async def test_a_proxys_scheme_and_the_tool_header_reach_the_run(anybody: QuartClient, make_flow: MakeFlow, submitter: Any) -> None:
    flow = await make_flow()

    await anybody.post(
        path(flow), json={"question": "hi"}, headers={"x-forwarded-proto": "https", "Host": "flows.example", "flowise-tool": "true"}
    )

    assert submitter.requests[0].base_url == "https://flows.example"
    assert submitter.requests[0].is_tool_call is True


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"json": [1]}, {}),
        ({"json": {}}, {}),
        ({"json": {"question": None}}, {"question": None}),
        ({"json": {"question": {"a": 1}}}, {"question": {"a": 1}}),
        ({"data": b"", "headers": {"Content-Type": "application/json"}}, {}),
        ({"data": b"", "headers": {"Content-Type": "text/plain"}}, {}),
        ({"data": b"{", "headers": {"Content-Type": "text/plain"}}, {}),
        ({"data": b"question=a+b&overrideConfig[sessionId]=s", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
         {"question": "a b", "overrideConfig": {"sessionId": "s"}}),
        ({"data": b'{"question":"\\ud83d"}', "headers": {"Content-Type": "application/json"}}, {"question": "\ufffd"}),
    ],
)  # fmt: skip
async def test_every_form_of_body_is_read(
    anybody: QuartClient, make_flow: MakeFlow, submitter: Any, sent: dict[str, Any], kept: object
) -> None:
    flow = await make_flow()

    answer = await anybody.post(path(flow), **sent)

    assert answer.status_code == 200
    assert submitter.requests[0].body == kept


@pytest.mark.parametrize(
    ("flow_id", "status", "message"),
    [
        ("not-a-uuid", 400, "Invalid Chatflow ID"),
        ("00000000-0000-4000-8000-000000000000", 404, "Chatflow 00000000-0000-4000-8000-000000000000 not found in the database!"),
        ("", 412, "Error: predictionsController.createPrediction - id not provided!"),
    ],
)
@pytest.mark.parametrize("streaming", [False, True])
async def test_an_id_that_names_no_flow_is_answered_at_once(
    anybody: QuartClient, submitter: Any, flow_id: str, status: int, message: str, streaming: bool
) -> None:
    answer = await anybody.post(f"/api/v1/prediction/{flow_id}", json={"question": "x", "streaming": streaming})

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert await answer.get_json() == {"statusCode": status, "success": False, "message": message, "stack": {}}
    assert submitter.requests == []


@pytest.mark.parametrize("streaming", [False, True])
async def test_a_flow_that_cannot_end_says_so(anybody: QuartClient, make_flow: MakeFlow, streaming: bool) -> None:
    model = {"id": "m", "data": {"id": "m", "name": "chatOpenAI", "category": "Chat Models", "inputs": {}}}
    flow = await make_flow(flowData=json.dumps({"nodes": [model], "edges": []}))

    answer = await anybody.post(path(flow), json={"question": "x", "streaming": streaming})

    body = await answer.get_json()
    assert answer.status_code == 500
    assert body["message"].startswith("Error: chatflowsService.checkIfChatflowIsValidForStreaming - Ending node must be")


@pytest.mark.parametrize(
    ("outcome", "status", "message"),
    [
        (PredictionResult(error="boom", error_kind="NodeError", status=500), 500, PREFIX + "boom"),
        (PredictionResult(error="who?", error_kind="InvalidApiKey", status=401), 401, PREFIX + "who?"),
        (PredictionResult(error="odd", error_kind="X", status=200), 500, PREFIX + "odd"),
        (PredictionResult(error="401 Incorrect API key provided: sk-1", status=500), 500, "401 Unauthorized \u2013 check your API key"),
        (DeadlinePassed("Job 1 took too long"), 504, "Job 1 took too long"),
        (RedisUnavailable("Redis at localhost:1 is away"), 503, "The queue cannot be reached now"),
    ],
)
async def test_a_run_that_failed_is_the_standard_error(
    anybody: QuartClient, make_flow: MakeFlow, submitter: Any, outcome: Any, status: int, message: str
) -> None:
    flow = await make_flow()
    submitter.submission.outcome = outcome

    answer = await anybody.post(path(flow), json={"question": "x"})

    body = await answer.get_json()
    assert answer.status_code == status
    assert body["message"].startswith(message)
    assert "sk-1" not in body["message"] and "localhost" not in body["message"]
    assert set(body) == {"statusCode", "success", "message", "stack"}
    assert answer.headers["X-Job-Id"] == submitter.submission.job_id


async def test_redis_away_at_submit_asks_to_come_again(anybody: QuartClient, make_flow: MakeFlow, submitter: Any) -> None:
    flow = await make_flow()
    submitter.refusal = RedisUnavailable("Redis at localhost:1 does not answer")

    answer = await anybody.post(path(flow), json={"question": "x", "streaming": True})

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "localhost:1" not in await answer.get_data(as_text=True)


async def test_an_unexpected_error_tells_nothing_of_its_inside(anybody: QuartClient, make_flow: MakeFlow, submitter: Any) -> None:
    flow = await make_flow()
    submitter.refusal = RuntimeError("password=hunter2")

    answer = await anybody.post(path(flow), json={"question": "x"})

    assert answer.status_code == 500
    assert "hunter2" not in await answer.get_data(as_text=True)


@pytest.mark.parametrize("sent", ["none", "bad", "other"])
@pytest.mark.parametrize("streaming", [False, True])
async def test_a_flow_bound_to_a_key_runs_only_with_that_key(
    admin: QuartClient, anybody: QuartClient, make_flow: MakeFlow, key_row: dict[str, Any], sent: str, streaming: bool, submitter: Any
) -> None:
    flow = await make_flow(apikeyid=key_row["id"])
    made = await admin.post("/api/v1/apikey", json={"keyName": "other", "permissions": ["chatflows:view"]}, headers=INTERNAL)
    other = next(row for row in await made.get_json() if row["keyName"] == "other")
    headers = {"none": {}, "bad": {"Authorization": "Bearer nope"}, "other": {"Authorization": f"Bearer {other['apiKey']}"}}[sent]

    refused = await anybody.post(path(flow), json={"question": "x", "streaming": streaming}, headers=headers)
    good = await anybody.post(path(flow), json={"question": "x"}, headers={"Authorization": f"Bearer {key_row['apiKey']}"})

    assert refused.status_code == 401
    assert (await refused.get_json())["message"] == PREFIX + "Unauthorized"
    assert good.status_code == 200
    assert len(submitter.requests) == 1


async def test_an_origin_outside_the_flows_list_is_refused_in_words_of_its_owner(anybody: QuartClient, make_flow: MakeFlow) -> None:
    config = {"allowedOrigins": ["https://shop.example"], "allowedOriginsError": "Only on our shop"}
    flow = await make_flow(chatbotConfig=json.dumps(config))
    evil, shop = {"Origin": "https://evil.example"}, {"Origin": "https://shop.example"}

    as_json = await anybody.post(path(flow), json={"question": "x"}, headers=evil)
    as_stream = await anybody.post(path(flow), json={"question": "x", "streaming": True}, headers=evil)
    allowed = await anybody.post(path(flow), json={"question": "x"}, headers=shop)
    without_origin = await anybody.post(path(flow), json={"question": "x"})

    assert (as_json.status_code, (await as_json.get_json())["message"]) == (403, "Only on our shop")
    assert (as_stream.status_code, await as_stream.get_data(as_text=True)) == (403, "Only on our shop")
    assert as_stream.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Access-Control-Allow-Origin" not in as_json.headers
    assert allowed.status_code == without_origin.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://shop.example"


async def test_one_request_too_many_gets_the_owners_text(anybody: QuartClient, make_flow: MakeFlow, submitter: Any) -> None:
    limit = {"rateLimit": {"status": True, "limitMax": "2", "limitDuration": "60", "limitMsg": "Too many!"}}
    flow = await make_flow(apiConfig=json.dumps(limit))

    answers = [await anybody.post(path(flow), json={"question": "x"}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert await answers[2].get_data(as_text=True) == "Too many!"
    assert answers[2].headers["Content-Type"] == "text/html; charset=utf-8"
    assert answers[2].headers["Retry-After"] == "60"
    assert len(submitter.requests) == 2


async def test_switching_a_limit_off_counts_from_the_next_request_on(admin: QuartClient, anybody: QuartClient, make_flow: MakeFlow) -> None:
    limit = {"status": True, "limitMax": 1, "limitDuration": 60, "limitMsg": "Too many!"}
    flow = await make_flow(apiConfig=json.dumps({"rateLimit": limit}))
    await anybody.post(path(flow), json={})
    over = await anybody.post(path(flow), json={})

    await admin.put(
        f"/api/v1/chatflows/{flow['id']}", json={"apiConfig": json.dumps({"rateLimit": {**limit, "status": False}})}, headers=INTERNAL
    )
    after = await anybody.post(path(flow), json={})

    assert (over.status_code, after.status_code) == (429, 200)


async def test_a_form_with_files_becomes_an_override_and_stored_files(
    anybody: QuartClient, make_flow: MakeFlow, submitter: Any, services: WebServices
) -> None:
    flow = await make_flow()
    file = FileStorage(BytesIO("Grüße".encode()), filename="größe.txt", content_type="text/plain")
    fields = {"question": "what?", "vars": '{"a":1}', "streaming": "false", "chatId": "c"}

    answer = await anybody.post(path(flow), form=fields, files={"files": file})

    request = submitter.requests[0]
    assert answer.status_code == 200, await answer.get_data(as_text=True)
    assert request.chat_id == "c"
    assert request.body["question"] == "what?"
    assert request.body["overrideConfig"] == {**fields, "vars": {"a": 1}, "txtFile": 'FILE-STORAGE::["größe.txt"]'}
    blobs = services.blobs.of_organization(request.organization_id)
    assert await blobs.read(flow["id"], "", "größe.txt") == "Grüße".encode()


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("a.exe", "application/x-msdownload", "is not supported"),
        ("a.pdf", "text/plain", "MIME type mismatch"),
        ("plain", "text/plain", "has no extension"),
        ("../../a.txt", "text/plain", "Invalid path characters"),
    ],
)
async def test_a_file_that_is_not_what_it_says_is_refused(
    anybody: QuartClient, make_flow: MakeFlow, submitter: Any, name: str, kind: str, text: str
) -> None:
    flow = await make_flow()
    file = FileStorage(BytesIO(b"x"), filename=name, content_type=kind)

    answer = await anybody.post(path(flow), form={"question": "x"}, files={"files": file})

    assert answer.status_code == 400
    assert text in (await answer.get_json())["message"]
    assert submitter.requests == []


async def test_opening_the_address_in_a_browser_shows_the_page(anybody: QuartClient, make_flow: MakeFlow) -> None:
    flow = await make_flow()

    answer = await anybody.get(path(flow))

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=UTF-8"
    assert (await answer.get_data(as_text=True)).startswith("<!DOCTYPE html>")


async def test_the_internal_route_needs_a_caller_of_the_flows_workspace(
    admin: QuartClient, anybody: QuartClient, make_flow: MakeFlow, submitter: Any, key: dict[str, str]
) -> None:
    flow = await make_flow()
    internal = f"/api/v1/internal-prediction/{flow['id']}"

    nobody = await anybody.post(internal, json={"question": "x"})
    user = await admin.post(internal, json={"question": "x", "chatId": "c", "streaming": "false"}, headers=INTERNAL)
    by_key = await anybody.post(internal, json={"question": "x"}, headers=key)

    assert (nobody.status_code, await nobody.get_json()) == (401, {"error": "Unauthorized Access"})
    assert (user.status_code, by_key.status_code) == (200, 200)
    assert (submitter.requests[0].chat_type, submitter.requests[0].is_internal, submitter.requests[0].wants_stream) == (
        "INTERNAL",
        True,
        False,
    )


async def test_errors_of_the_internal_route_carry_no_prefix(admin: QuartClient, make_flow: MakeFlow, submitter: Any) -> None:
    flow = await make_flow()
    submitter.submission.outcome = PredictionResult(error="boom", status=500)

    answer = await admin.post(f"/api/v1/internal-prediction/{flow['id']}", json={"question": "x"}, headers=INTERNAL)

    assert (await answer.get_json())["message"] == "boom"


async def test_abort_stops_the_chat_and_always_answers_the_same(anybody: QuartClient, make_flow: MakeFlow, submitter: Any) -> None:
    flow = await make_flow()

    answer = await anybody.put(f"/api/v1/chatmessage/abort/{flow['id']}/c%2B1")
    without = await anybody.put(f"/api/v1/chatmessage/abort/{flow['id']}/")

    assert await answer.get_json() == {"status": 200, "message": "Chat message aborted"}
    assert submitter.stopped == [(flow["id"], "c+1")]
    assert without.status_code == 412


async def test_a_waiting_request_is_answered_when_the_server_stops(
    app: Quart, make_flow: MakeFlow, submitter: Any, services: WebServices
) -> None:
    import asyncio

    flow = await make_flow()
    submitter.submission.gate = asyncio.Event()
    waiting = asyncio.ensure_future(app.test_client().post(path(flow), json={"question": "x"}))
    while not len(services.streams):
        await asyncio.sleep(0)

    await services.streams.drain(0)
    answer = await waiting

    assert answer.status_code == 503
    assert "stopping" in (await answer.get_json())["message"]


@pytest.mark.parametrize("form", [False, True])
@pytest.mark.parametrize("streaming", [False, True])
async def test_to_the_user_of_another_workspace_a_flow_is_not_there(
    admin: QuartClient, anybody: QuartClient, services: WebServices, make_flow: MakeFlow, submitter: Any, form: bool, streaming: bool
) -> None:
    flow = await make_flow()
    await update_flow(services.database, flow["id"], {"workspaceId": None})
    services.flows.forget(flow["id"])
    if form:
        sent: dict[str, Any] = {
            "form": {"question": "x"},
            "files": {"files": FileStorage(BytesIO(b"x"), "a.txt", content_type="text/plain")},
        }
    else:
        sent = {"json": {"question": "x", "streaming": streaming}}

    inside = await admin.post(path(flow), **sent)
    refused = list(submitter.requests)
    outside = await anybody.post(path(flow), json={"question": "x"})

    assert inside.status_code == 404
    assert (await inside.get_json())["message"] == f"Chatflow {flow['id']} not found in the database!"
    assert refused == [] and outside.status_code == 200


@pytest.mark.parametrize("cookie", ["connect.sid=s%3Awrong.signature", "connect.sid=; token=x", "a=b; c", "\xff=\xfe"])
async def test_a_cookie_that_is_no_session_changes_nothing(anybody: QuartClient, make_flow: MakeFlow, cookie: str) -> None:
    flow = await make_flow()

    assert (await anybody.post(path(flow), json={"question": "x"}, headers={"Cookie": cookie})).status_code == 200


async def test_a_member_asks_with_the_session(admin: QuartClient, make_flow: MakeFlow, submitter: Any) -> None:
    flow = await make_flow()

    answer = await admin.post(path(flow), json={"question": "x"})

    assert answer.status_code == 200 and submitter.requests[0].is_internal is False
