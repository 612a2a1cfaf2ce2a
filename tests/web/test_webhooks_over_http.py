"""Flows that are started by a call of another program: checks, modes, callbacks, and that no other door leads in."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from quart.testing import QuartClient

from flowisectl.clients.http import open_http
from flowisectl.interfaces.http import HttpClient
from flowisectl.predictions.request import PredictionResult
from flowisectl.predictions.runner import to_run_request
from flowisectl.web.app import create_app
from flowisectl.web.services import WebServices
from flowisectl.web.webhooks.callback import Callback, deliver

INTERNAL = {"x-request-from": "internal"}


def webhook_flow(**inputs: Any) -> str:
    data = {
        "id": "startAgentflow_0",
        "name": "startAgentflow",
        "label": "Start",
        "category": "Agent Flows",
        "inputs": {"startInputType": "webhookTrigger", **inputs},
    }
    return json.dumps({"nodes": [{"id": data["id"], "data": data}], "edges": []})


@pytest.fixture
def make_webhook(make_flow: Callable[..., Any]) -> Callable[..., Any]:
    async def make(**inputs: Any) -> str:
        row = await make_flow(flowData=webhook_flow(**inputs), type="AGENTFLOW")
        return f"/api/v1/webhook/{row['id']}"

    return make


async def test_a_call_starts_the_flow_with_what_it_brought(anybody: QuartClient, submitter: Any, make_webhook: Callable[..., Any]) -> None:
    url = await make_webhook()

    headers = {"X-Event": "push", "Authorization": "Bearer secret", "Cookie": "a=b"}
    answer = await anybody.post(f"{url}?page=2", json={"text": "hi", "chatId": "c1"}, headers=headers)

    assert answer.status_code == 200 and await answer.get_json() == {"text": "hello"}
    request = submitter.requests[0]
    payload = request.body["webhook"]
    assert request.chat_type == "WEBHOOK" and request.chat_id == "c1" and not request.wants_stream
    assert payload["body"] == {"text": "hi", "chatId": "c1"} and payload["query"] == {"page": "2"}
    assert payload["headers"]["x-event"] == "push"
    assert payload["headers"]["authorization"] == payload["headers"]["cookie"] == "[REDACTED]"
    assert "secret" not in json.dumps(request.to_json())


async def test_a_form_whose_payload_is_json_stands_for_that_json(
    anybody: QuartClient, submitter: Any, make_webhook: Callable[..., Any]
) -> None:
    url = await make_webhook(webhookContentType="application/x-www-form-urlencoded")

    await anybody.post(url, form={"payload": '{"action":"opened"}'})

    assert submitter.requests[0].body["webhook"]["body"] == {"action": "opened"}


@pytest.mark.parametrize(
    ("inputs", "call", "status", "text"),
    [
        ({"webhookMethod": "POST"}, {"method": "PUT", "json": {}}, 405, "Method PUT not allowed. Expected POST"),
        ({"webhookContentType": "application/json"}, {"method": "POST", "form": {"a": "b"}}, 415, "Expected application/json"),
        (
            {"webhookEnableValidation": True, "webhookHeaderParams": [{"name": "X-Event", "required": True}]},
            {"method": "POST", "json": {}},
            400,
            "Missing required headers: X-Event",
        ),
        (
            {"webhookEnableValidation": True, "webhookBodyParams": [{"name": "id", "type": "number", "required": True}]},
            {"method": "POST", "json": {}},
            400,
            "Missing required webhook body parameters: id",
        ),
        (
            {"webhookEnableValidation": True, "webhookBodyParams": [{"name": "tags", "type": "array[string]"}]},
            {"method": "POST", "json": {"tags": ["a", 1]}},
            400,
            "Invalid type for parameter(s): tags",
        ),
        (
            {"webhookEnableValidation": True, "webhookQueryParams": [{"name": "page", "required": True}]},
            {"method": "POST", "json": {}},
            400,
            "Missing required query parameters: page",
        ),
    ],
)
async def test_calls_that_do_not_fit_are_refused(
    anybody: QuartClient, submitter: Any, make_webhook: Callable[..., Any], inputs: Any, call: Any, status: int, text: str
) -> None:
    url = await make_webhook(**inputs)

    answer = await anybody.open(url, **call)

    assert answer.status_code == status and text in (await answer.get_json())["message"] and not submitter.requests


async def test_a_flow_that_starts_otherwise_has_no_webhook(anybody: QuartClient, make_flow: Callable[..., Any]) -> None:
    row = await make_flow()

    answer = await anybody.post(f"/api/v1/webhook/{row['id']}", json={})

    assert answer.status_code == 404 and "is not configured as a webhook trigger" in (await answer.get_json())["message"]


async def test_signed_calls_pass_and_others_do_not(
    admin: QuartClient, anybody: QuartClient, submitter: Any, make_webhook: Callable[..., Any]
) -> None:
    url = await make_webhook(webhookEnableAuth=True)
    body = b'{"n": 1}'
    json_type = {"Content-Type": "application/json"}
    assert (await anybody.post(url, data=body, headers=json_type)).status_code == 500  # no secret is stored yet
    made = await admin.post(f"/api/v1/chatflows/{url.rpartition('/')[2]}/webhook-secret", headers=INTERNAL)
    secret = (await made.get_json())["webhookSecret"]

    async def status(signature: str) -> int:
        headers = {**json_type, **({"X-Webhook-Signature": signature} if signature else {})}
        return int((await anybody.post(url, data=body, headers=headers)).status_code)

    digest = {name: hmac.new(secret.encode(), body, name).hexdigest() for name in ("sha256", "sha1")}
    assert len(secret) == 64
    assert await status("") == 401 and await status("sha256=00") == 401
    assert await status("sha256=" + hmac.new(b"other", body, hashlib.sha256).hexdigest()) == 401
    assert await status(digest["sha1"]) == 401  # without its name it is read as SHA-256
    assert not submitter.requests
    assert await status(digest["sha256"]) == await status("sha256=" + digest["sha256"]) == await status("sha1=" + digest["sha1"]) == 200


async def test_a_plain_token_in_a_header_of_its_own(admin: QuartClient, anybody: QuartClient, make_webhook: Callable[..., Any]) -> None:
    url = await make_webhook(webhookEnableAuth=True, webhookSignatureType="plain-token", webhookSignatureHeader="X-Token")
    flow_id = url.rpartition("/")[2]
    secret = (await (await admin.post(f"/api/v1/chatflows/{flow_id}/webhook-secret", headers=INTERNAL)).get_json())["webhookSecret"]

    assert (await anybody.post(url, json={}, headers={"X-Token": secret})).status_code == 200
    assert (await anybody.post(url, json={}, headers={"X-Token": secret[:-1]})).status_code == 401
    assert (await admin.delete(f"/api/v1/chatflows/{flow_id}/webhook-secret", headers=INTERNAL)).status_code == 204
    assert (await anybody.post(url, json={}, headers={"X-Token": secret})).status_code == 500


async def test_the_secret_is_never_shown_again(admin: QuartClient, make_webhook: Callable[..., Any]) -> None:
    flow_id = (await make_webhook()).rpartition("/")[2]

    made = await (await admin.post(f"/api/v1/chatflows/{flow_id}/webhook-secret", headers=INTERNAL)).get_json()
    shown = await (await admin.get(f"/api/v1/chatflows/{flow_id}", headers=INTERNAL)).get_data(as_text=True)

    assert made["webhookSecret"] not in shown and '"webhookSecret"' not in shown and '"webhookSecretConfigured":true' in shown


async def test_a_prediction_cannot_pretend_to_be_a_webhook(anybody: QuartClient, submitter: Any, make_webhook: Callable[..., Any]) -> None:
    flow_id = (await make_webhook()).rpartition("/")[2]

    await anybody.post(f"/api/v1/prediction/{flow_id}", json={"question": "x", "webhook": {"body": {"admin": True}}})

    request = submitter.requests[0]
    assert request.chat_type == "EXTERNAL"
    assert to_run_request("AGENTFLOW", request.body, (), "", chat_type=request.chat_type).webhook is None
    assert to_run_request("AGENTFLOW", request.body, (), "", chat_type="WEBHOOK").webhook == {"body": {"admin": True}}


async def test_a_resumed_run_skips_the_checks_of_a_first_call(
    anybody: QuartClient, submitter: Any, make_webhook: Callable[..., Any]
) -> None:
    url = await make_webhook(
        webhookMethod="PUT", webhookEnableValidation=True, webhookBodyParams=[{"name": "id", "type": "string", "required": True}]
    )

    answer = await anybody.post(url, json={"chatId": "c", "humanInput": {"type": "proceed"}})

    assert answer.status_code == 200 and submitter.requests[0].body["humanInput"] == {"type": "proceed"}


async def test_stream_mode_streams(anybody: QuartClient, submitter: Any, make_webhook: Callable[..., Any]) -> None:
    submitter.submission.batches = [[b'{"event":"token","data":"a"}']]
    url = await make_webhook(webhookResponseMode="stream")

    answer = await anybody.post(url, json={})

    text = await answer.get_data(as_text=True)
    assert answer.content_type == "text/event-stream" and '{"event":"token","data":"a"}' in text and text.rstrip().endswith('"[DONE]"}')


class Receiver:
    """A server that takes callbacks; it answers with the given statuses, then with 200."""

    def __init__(self) -> None:
        self.calls: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()
        self.statuses: list[int] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.calls.put_nowait((dict(request.headers), await request.read()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    application = web.Application()
    application.router.add_post("/done", found.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/done"
    yield found
    await runner.cleanup()


@pytest.fixture
async def way_out() -> AsyncIterator[HttpClient]:
    async with open_http(security_check=False) as client:
        yield client


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (PredictionResult(body=b'{"text":"done"}'), {"status": "SUCCESS", "data": {"text": "done"}}),
        (
            PredictionResult(body=b'{"text":"?","executionId":"e","action":{"id":"a"},"chatId":"x"}'),
            {"status": "STOPPED", "data": {"text": "?", "executionId": "e", "action": {"id": "a"}}},
        ),
        (PredictionResult(error="broken", status=500), {"status": "ERROR", "error": "broken"}),
    ],
)
async def test_async_mode_answers_at_once_and_calls_back(
    services: WebServices,
    way_out: HttpClient,
    receiver: Receiver,
    submitter: Any,
    make_webhook: Callable[..., Any],
    outcome: PredictionResult,
    told: dict[str, Any],
) -> None:
    client = QuartClient(create_app(replace(services, outgoing=way_out)))
    submitter.submission.outcome, submitter.submission.gate = outcome, asyncio.Event()
    url = await make_webhook(webhookResponseMode="async", callbackUrl=receiver.url, callbackSecret="s3cret")

    answer = await client.post(url, json={"chatId": "c7"})
    assert answer.status_code == 202 and await answer.get_json() == {"chatId": "c7", "status": "PROCESSING"}
    assert receiver.calls.empty()
    submitter.submission.gate.set()

    headers, body = await asyncio.wait_for(receiver.calls.get(), 5)
    assert json.loads(body) == {**told, "chatId": "c7"}
    assert headers["X-Flowise-Signature"] == "sha256=" + hmac.new(b"s3cret", body, "sha256").hexdigest()


async def test_a_callback_is_tried_three_times(way_out: HttpClient, receiver: Receiver) -> None:
    receiver.statuses = [500, 503]

    assert await deliver(Callback(url=receiver.url), b"{}", way_out, pauses=(0, 0, 0))
    assert receiver.calls.qsize() == 3

    receiver.statuses = [500, 500, 500]
    assert not await deliver(Callback(url=receiver.url), b"{}", way_out, pauses=(0, 0, 0))


async def test_a_callback_to_a_private_address_is_refused(receiver: Receiver) -> None:
    async with open_http() as guarded:
        assert not await deliver(Callback(url=receiver.url), b"{}", guarded, pauses=(0, 0, 0))

    assert receiver.calls.empty()


async def test_a_callback_address_that_is_none_is_refused_before_the_run(
    anybody: QuartClient, submitter: Any, make_webhook: Callable[..., Any]
) -> None:
    url = await make_webhook(webhookResponseMode="async", callbackUrl="ftp://x")

    answer = await anybody.post(url, json={})

    assert answer.status_code == 400 and "Invalid callback URL" in (await answer.get_json())["message"] and not submitter.requests
