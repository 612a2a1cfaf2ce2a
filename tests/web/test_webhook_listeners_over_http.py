"""Watching webhook calls in one process: who may, what is seen, and that the call's own answer stays what it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient

from flowisectl.web.webhooks.listeners import LIFETIME_SECONDS, MAX_LISTENERS, LocalListeners, SharedSubmission

INTERNAL = {"x-request-from": "internal"}
BATCHES = [[b'{"event":"start","data":""}', b'{"event":"token","data":"a"}'], [b'{"event":"metadata","data":{}}']]


def hook(mode: str) -> str:
    inputs = {"startInputType": "webhookTrigger", "webhookResponseMode": mode}
    data = {"id": "startAgentflow_0", "name": "startAgentflow", "label": "Start", "category": "Agent Flows", "inputs": inputs}
    return json.dumps({"nodes": [{"id": data["id"], "data": data}], "edges": []})


async def frames(app: Quart, admin: QuartClient, path: str, *, count: int, after_first: Callable[[], Any]) -> list[dict[str, Any]]:
    """The first events of a stream; when the first has come, `after_first` is awaited."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in admin.cookie_jar or ())
    found: list[dict[str, Any]] = []
    async with app.test_client(use_cookies=False).request(path, headers={**INTERNAL, "Cookie": cookies}) as connection:
        await connection.send_complete()
        while len(found) < count:
            text = (await connection.receive()).decode()
            found += [json.loads(line[5:]) for line in text.splitlines() if line.startswith("data:")]
            if len(found) == 1:
                await after_first()
        await connection.disconnect()
    return found


@pytest.mark.parametrize(("mode", "status"), [("sync", 200), ("async", 202), ("stream", 200)])
async def test_a_listener_sees_a_call_and_the_caller_gets_its_own_answer(
    app: Quart, admin: QuartClient, anybody: QuartClient, make_flow: Callable[..., Any], submitter: Any, mode: str, status: int
) -> None:
    flow = await make_flow(type="AGENTFLOW", flowData=hook(mode))
    submitter.submission.batches = BATCHES
    listener = (await (await admin.post(f"/api/v1/webhook-listener/{flow['id']}/register", headers=INTERNAL)).get_json())["listenerId"]
    answers: list[Any] = []

    async def call() -> None:
        answers.append(await anybody.post(f"/api/v1/webhook/{flow['id']}", json={"chatId": "c"}))

    found = await frames(app, admin, f"/api/v1/webhook-listener/{flow['id']}/stream/{listener}", count=4, after_first=call)

    assert [event["event"] for event in found] == ["listenerReady", "token", "metadata", "executionEnd"]
    assert found[0]["data"]["listenerId"] == listener and found[-1]["data"] == {"chatId": "c"}
    assert answers[0].status_code == status and submitter.requests[0].wants_stream
    is_stream = answers[0].headers["content-type"].startswith("text/event-stream")
    assert is_stream == (mode == "stream")


async def test_without_a_listener_nothing_is_streamed(anybody: QuartClient, make_flow: Callable[..., Any], submitter: Any) -> None:
    flow = await make_flow(type="AGENTFLOW", flowData=hook("sync"))

    await anybody.post(f"/api/v1/webhook/{flow['id']}", json={})

    assert not submitter.requests[0].wants_stream


async def test_only_who_may_change_flows_listens_and_only_with_a_listener(
    admin: QuartClient, anybody: QuartClient, make_flow: Callable[..., Any]
) -> None:
    flow = await make_flow()
    given = {"keyName": "reader", "permissions": ["chatflows:view"]}
    rows = await (await admin.post("/api/v1/apikey", json=given, headers=INTERNAL)).get_json()
    reader = {"Authorization": f"Bearer {next(row['apiKey'] for row in rows if row['keyName'] == 'reader')}"}
    route = f"/api/v1/webhook-listener/{flow['id']}"

    assert (await anybody.post(f"{route}/register")).status_code == 401
    assert (await anybody.post(f"{route}/register", headers=reader)).status_code == 403
    assert (await admin.get(f"{route}/stream/wh-listener-guessed", headers=INTERNAL)).status_code == 404
    assert await (await admin.delete(f"{route}/listener/wh-listener-guessed", headers=INTERNAL)).get_json() == {"ok": True}
    assert (await admin.post(f"/api/v1/webhook-listener/{flow['id'][:-4]}0000/register", headers=INTERNAL)).status_code == 404


async def test_a_listener_that_nobody_keeps_is_forgotten_and_their_number_is_bounded() -> None:
    now = [0.0]
    listeners = LocalListeners(clock=lambda: now[0])
    first = await listeners.register("f")
    now[0] = LIFETIME_SECONDS - 1
    kept = await listeners.keep("f", first)
    now[0] += LIFETIME_SECONDS - 1
    assert kept and await listeners.is_heard("f")

    now[0] += 2

    assert not await listeners.is_heard("f") and not await listeners.keep("f", first)
    ids = [await listeners.register("f") for _ in range(MAX_LISTENERS + 5)]
    assert [await listeners.keep("f", item) for item in ids].count(True) == MAX_LISTENERS


async def test_several_readers_get_every_event(submitter: Any) -> None:
    submitter.submission.batches = BATCHES
    shared = SharedSubmission(submitter.submission)

    found = [[batch async for batch in shared.events()] for _ in range(2)]

    assert found == [BATCHES, BATCHES]
    assert (await anext(shared.numbered()))[0] == ("", BATCHES[0][0])
