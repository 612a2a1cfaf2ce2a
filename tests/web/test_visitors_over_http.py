"""What visitors of a chat may leave without an account, how much of it, and who reads it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from quart.testing import QuartClient

from flowisectl.database.chat_flow import TABLE as FLOWS
from flowisectl.database.chat_message import insert_messages
from flowisectl.database.rows import delete_row
from flowisectl.errors import RedisUnavailable
from flowisectl.web.access.rate_limit import Count, LocalCounters
from flowisectl.web.app import create_app
from flowisectl.web.flows import visitors
from flowisectl.web.services import WebServices

INTERNAL = {"x-request-from": "internal"}
ANSWER = "00000000-0000-4000-8000-000000000002"
MakeFlow = Callable[..., Awaitable[dict[str, Any]]]


class NoCounters(LocalCounters):
    async def count(self, flow_id: str, address: str, window_seconds: int) -> Count:
        raise RedisUnavailable("Redis is away")


@pytest.fixture
async def flow(make_flow: MakeFlow, services: WebServices) -> dict[str, Any]:
    """A flow with one answer."""
    made = await make_flow()
    row = {"id": ANSWER, "role": "apiMessage", "chatflowid": made["id"], "content": "m", "chatType": "EXTERNAL", "chatId": "c"}
    await insert_messages(services.database, [row])
    return made


@pytest.mark.parametrize("name", ["name", "email", "phone", "chatId"])
async def test_a_lead_that_is_too_long_is_refused(anybody: QuartClient, flow: dict[str, Any], name: str) -> None:
    answers = [await anybody.post("/api/v1/leads", json={"chatflowid": flow["id"], name: "x" * length}) for length in (1000, 1025)]

    assert [answer.status_code for answer in answers] == [200, 400]
    assert name in (await answers[1].get_json())["message"]


async def test_feedback_that_is_too_long_is_refused_when_it_is_given_and_when_it_is_changed(
    anybody: QuartClient, flow: dict[str, Any]
) -> None:
    rating = {"messageId": ANSWER, "rating": "THUMBS_UP"}
    made = await (await anybody.post("/api/v1/feedback", json={**rating, "content": "x" * 20_000})).get_json()

    given = await anybody.post("/api/v1/feedback", json={**rating, "content": "x" * 20_001})
    changed = await anybody.put(f"/api/v1/feedback/{made['id']}", json={"content": "x" * 20_001})

    assert (given.status_code, changed.status_code) == (400, 400)
    assert "content has more than 20000 characters" in (await changed.get_json())["message"]


async def test_a_visitor_writes_so_many_rows_a_minute_and_members_any_number(
    anybody: QuartClient, key: dict[str, str], flow: dict[str, Any], make_flow: MakeFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "ROWS_A_MINUTE", 3)
    other, lead = await make_flow(), {"chatflowid": flow["id"], "name": "N"}
    for _ in range(3):
        assert (await anybody.post("/api/v1/leads", json=lead)).status_code == 200

    refused = await anybody.post("/api/v1/leads", json=lead)
    feedback = await anybody.post("/api/v1/feedback", json={"messageId": ANSWER, "rating": "THUMBS_UP"})
    member = await anybody.post("/api/v1/leads", json=lead, headers=key)
    elsewhere = await anybody.post("/api/v1/leads", json={**lead, "chatflowid": other["id"]})

    assert [answer.status_code for answer in (refused, feedback, member, elsewhere)] == [429, 429, 200, 200]
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert flow["id"] in (await refused.get_json())["message"]


async def test_what_visitors_say_is_kept_while_redis_is_away(services: WebServices, flow: dict[str, Any]) -> None:
    client = QuartClient(create_app(replace(services, counters=NoCounters())), use_cookies=False)

    answer = await client.post("/api/v1/feedback", json={"messageId": ANSWER, "rating": "THUMBS_DOWN"})

    assert answer.status_code == 200


async def test_nothing_is_written_for_a_flow_that_is_gone(anybody: QuartClient, services: WebServices, flow: dict[str, Any]) -> None:
    await delete_row(services.database, FLOWS, flow["id"])
    services.flows.forget(flow["id"])

    lead = await anybody.post("/api/v1/leads", json={"chatflowid": flow["id"], "name": "N"})
    feedback = await anybody.post("/api/v1/feedback", json={"messageId": ANSWER, "rating": "THUMBS_UP"})

    assert (lead.status_code, feedback.status_code) == (404, 404)


@pytest.mark.parametrize("path", ["leads/{}", "leads/{}/", "LEADS/{}", "feedback/{}", "feedback/{}?chatId=c", "feedback/{}?order=DESC"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH"])
async def test_nobody_reads_what_others_left_without_a_login(
    anybody: QuartClient, admin: QuartClient, flow: dict[str, Any], method: str, path: str
) -> None:
    await anybody.post("/api/v1/leads", json={"chatflowid": flow["id"], "email": "left@example.com"})
    await anybody.post("/api/v1/feedback", json={"messageId": ANSWER, "rating": "THUMBS_UP", "content": "left by somebody"})
    route = f"/api/v1/{path.format(flow['id'])}"

    answers = [await anybody.open(route, method=method, headers=headers) for headers in ({}, INTERNAL, {"Authorization": "Bearer wrong"})]

    assert not [answer for answer in answers if "left" in await answer.get_data(as_text=True)]
    assert all(answer.status_code != 200 for answer in answers)
    if method == "GET" and path in ("leads/{}", "feedback/{}"):
        assert "left" in await (await admin.get(route, headers=INTERNAL)).get_data(as_text=True)
