"""The schedule of a flow over HTTP: made with the flow, on and off, the log of its starts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from quart.testing import QuartClient

from flowisectl.database.connection import Database
from flowisectl.database.schedule import claim_tick, schedule_of

INTERNAL = {"x-request-from": "internal"}


def flow_data(**inputs: Any) -> str:
    values = {"startInputType": "scheduleInput", "scheduleFrequency": "daily", "scheduleOnTime": "09:30", "scheduleDefaultInput": "go"}
    data = {"id": "s", "name": "startAgentflow", "label": "Start", "category": "Agent Flows", "inputs": {**values, **inputs}}
    return json.dumps({"nodes": [{"id": "s", "data": data}], "edges": []})


@pytest.fixture
async def flow_id(make_flow: Callable[..., Any]) -> str:
    return str((await make_flow(flowData=flow_data(), type="AGENTFLOW"))["id"])


async def status_of(client: QuartClient, flow_id: str) -> Any:
    return await (await client.get(f"/api/v1/chatflows/{flow_id}/schedule/status", headers=INTERNAL)).get_json()


async def switch(client: QuartClient, flow_id: str, body: Any) -> Any:
    return await client.patch(f"/api/v1/chatflows/{flow_id}/schedule/enabled", json=body, headers=INTERNAL)


async def test_saving_a_scheduled_flow_makes_its_schedule(admin: QuartClient, flow_id: str) -> None:
    found = await status_of(admin, flow_id)

    assert found["enabled"] is True and found["canEnable"] is True and "reason" not in found
    assert found["record"]["cronExpression"] == "30 9 * * *" and found["record"]["nextRunAt"].endswith("T09:30:00.000Z")


async def test_a_schedule_is_switched_off_and_on(admin: QuartClient, flow_id: str) -> None:
    off = await switch(admin, flow_id, {"enabled": False})
    assert (await off.get_json())["enabled"] is False
    await admin.put(f"/api/v1/chatflows/{flow_id}", json={"flowData": flow_data(scheduleOnTime="10:00")}, headers=INTERNAL)
    between = await status_of(admin, flow_id)
    on = await switch(admin, flow_id, {"enabled": True})

    assert between["enabled"] is False and between["record"]["cronExpression"] == "0 10 * * *"
    assert (await on.get_json())["enabled"] is True
    assert (await switch(admin, flow_id, {"enabled": "yes"})).status_code == 400


async def test_a_schedule_that_cannot_be_used_is_not_switched_on(admin: QuartClient, make_flow: Callable[..., Any]) -> None:
    row = await make_flow(flowData=flow_data(scheduleOnTime="noon"), type="AGENTFLOW")

    found = await status_of(admin, row["id"])
    answer = await switch(admin, row["id"], {"enabled": True})

    assert found["enabled"] is False and found["canEnable"] is False and "On Time" in found["reason"]
    assert answer.status_code == 400 and "On Time" in (await answer.get_json())["message"]


async def test_a_flow_without_schedule_has_none(admin: QuartClient, make_flow: Callable[..., Any]) -> None:
    row = await make_flow()

    found = await status_of(admin, row["id"])

    assert found["record"] is None and found["enabled"] is False and (await switch(admin, row["id"], {"enabled": True})).status_code == 404


async def test_starts_are_listed_and_forgotten(admin: QuartClient, database: Database, flow_id: str) -> None:
    record = await schedule_of(database, flow_id)
    assert record is not None
    for number in (1, 2):
        record = await schedule_of(database, flow_id)
        assert record is not None
        tick = f"2030-01-0{number}T09:30:00.000Z"
        await claim_tick(database, record, tick, next_run=record["nextRunAt"], now=tick, status="SKIPPED" if number == 1 else "FAILED")
    url = f"/api/v1/chatflows/{flow_id}/schedule/trigger-logs"

    every = await (await admin.get(url, headers=INTERNAL)).get_json()
    failed = await (await admin.get(f"{url}?status=FAILED&limit=1&page=1", headers=INTERNAL)).get_json()
    gone = await admin.delete(url, json={"logIds": [row["id"] for row in every["data"]]}, headers=INTERNAL)

    assert every["total"] == 2 and every["page"] == 1 and every["limit"] == 20
    assert [row["status"] for row in every["data"]] == ["FAILED", "SKIPPED"] and [row["status"] for row in failed["data"]] == ["FAILED"]
    assert await gone.get_json() == {"success": True, "deletedLogs": 2, "deletedExecutions": 0}
    assert (await admin.delete(url, json={}, headers=INTERNAL)).status_code == 400


async def test_deleting_the_flow_deletes_its_schedule(admin: QuartClient, database: Database, flow_id: str) -> None:
    await admin.delete(f"/api/v1/chatflows/{flow_id}", headers=INTERNAL)

    assert await schedule_of(database, flow_id) is None
