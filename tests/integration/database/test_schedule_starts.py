"""Scheduled flows on a real database: each start is taken once, noted, and not lost when a process ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.settings import DatabaseSettings
from flowisectl.database.accounts import register_account
from flowisectl.database.chat_flow import insert_flow, update_flow
from flowisectl.database.connection import Database, open_database
from flowisectl.database.lookup import Row
from flowisectl.database.schedule import claim_tick, list_ticks, schedule_of, update_schedule
from flowisectl.errors import RedisUnavailable
from flowisectl.predictions.request import PredictionRequest, PredictionResult
from flowisectl.predictions.schedule_clock import ScheduleClock
from flowisectl.runs.flows import FlowStore
from flowisectl.web.flows.schedules import keep_schedule

NOON = datetime(2030, 5, 4, 12, 0, tzinfo=UTC)
DONE = PredictionResult(body=b'{"text":"ok","executionId":"6f2f2c1e-8c4c-4f0f-9d1c-2a8f7e0b1c11"}')


@dataclass
class Submissions:
    """Takes every run, and ends it as told."""

    outcome: PredictionResult | Exception = DONE
    refusal: Exception | None = None
    gate: asyncio.Event | None = None
    requests: list[PredictionRequest] = field(default_factory=list)
    job_id: str = "job"

    async def submit(self, request: PredictionRequest) -> Submissions:
        self.requests.append(request)
        if self.refusal is not None:
            raise self.refusal
        return self

    async def stop(self, flow_id: str, chat_id: str) -> int:
        return 0

    async def events(self) -> AsyncIterator[list[bytes]]:
        yield []

    async def result(self) -> PredictionResult:
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def flow_data(**inputs: Any) -> str:
    values = {
        "startInputType": "scheduleInput",
        "scheduleType": "cronExpression",
        "scheduleCronExpression": "*/5 * * * *",
        "scheduleDefaultInput": "report",
        **inputs,
    }
    data = {"id": "start", "name": "startAgentflow", "label": "Start", "category": "Agent Flows", "inputs": values}
    return json.dumps({"nodes": [{"id": "start", "data": data}], "edges": []})


async def make_flow(database: Database, **inputs: Any) -> Row:
    """A scheduled flow whose next start is at noon."""
    rows = await register_account(database, name="Ada", email="ada@example.com", password_hash="x")
    values = {"name": "nightly", "flowData": flow_data(**inputs), "type": "AGENTFLOW", "workspaceId": rows["workspace"]["id"]}
    row = await insert_flow(database, values)
    await keep_schedule(database, row, min_seconds=60)
    record = await schedule_of(database, row["id"])
    assert record is not None
    await update_schedule(database, record["id"], {"nextRunAt": "2030-05-04T12:00:00.000Z"})
    return row


async def starts_of(database: Database, flow_id: str) -> list[Row]:
    return (await list_ticks(database, flow_id, [], 1, 100))[0]


def clock_of(database: Database, submissions: Submissions, now: Clock) -> ScheduleClock:
    return ScheduleClock(database, FlowStore(database), submissions, run_seconds=300, now=now)


async def test_a_due_schedule_starts_its_flow_once_and_moves_on(database: Database) -> None:
    row, submissions, now = await make_flow(database), Submissions(), Clock()
    clock = clock_of(database, submissions, now)

    first, second = await clock.tick(), await clock.tick()
    await clock.drain()

    assert (first, second) == (1, 0) and len(submissions.requests) == 1
    request = submissions.requests[0]
    assert request.chat_type == "SCHEDULED" and request.body["question"] == "report" and not request.wants_stream
    record, logs = await schedule_of(database, row["id"]), await starts_of(database, row["id"])
    assert record is not None and record["nextRunAt"] == "2030-05-04T12:05:00.000Z" and record["lastRunAt"] == "2030-05-04T12:00:00.000Z"
    assert [(log["status"], log["scheduledAt"]) for log in logs] == [("SUCCEEDED", "2030-05-04T12:00:00.000Z")]
    assert logs[0]["executionId"] == "6f2f2c1e-8c4c-4f0f-9d1c-2a8f7e0b1c11"


async def test_of_many_processes_one_starts_each_tick(empty_settings: DatabaseSettings) -> None:
    async with AsyncExitStack() as opened:
        databases = [await opened.enter_async_context(open_database(empty_settings)) for _ in range(4)]
        row, submissions, now = await make_flow(databases[0]), Submissions(), Clock()
        clocks = [clock_of(database, submissions, now) for database in databases]

        for _ in range(5):
            taken = await asyncio.gather(*(clock.tick() for clock in clocks for _ in range(3)))
            assert sum(taken) == 1
            now.now += timedelta(minutes=5)
        for clock in clocks:
            await clock.drain()

        assert len(submissions.requests) == 5
        moments = [log["scheduledAt"] for log in await starts_of(databases[0], row["id"])]
        assert moments == [f"2030-05-04T12:{minute:02d}:00.000Z" for minute in (20, 15, 10, 5, 0)]


async def test_a_failed_run_is_noted_with_its_reason(database: Database) -> None:
    row, now = await make_flow(database), Clock()
    clock = clock_of(database, Submissions(outcome=PredictionResult(error="no model", status=500)), now)

    await clock.tick()
    await clock.drain()
    now.now += timedelta(minutes=5)
    refused = clock_of(database, Submissions(refusal=RedisUnavailable("Redis is away")), now)
    await refused.tick()
    await refused.drain()

    logs = await starts_of(database, row["id"])
    assert [(log["status"], log["error"]) for log in logs] == [("FAILED", "Redis is away"), ("FAILED", "no model")]
    record = await schedule_of(database, row["id"])
    assert record is not None and record["lastRunAt"] is None


async def test_a_start_whose_process_died_before_queueing_is_taken_over_once(database: Database) -> None:
    row, submissions, now = await make_flow(database), Submissions(), Clock()
    record = await schedule_of(database, row["id"])
    assert record is not None
    noon = "2030-05-04T12:00:00.000Z"
    claimed = await claim_tick(database, record, noon, next_run="2030-05-04T12:05:00.000Z", now=noon)
    assert claimed is not None
    now.now += timedelta(seconds=31)
    clocks = [clock_of(database, submissions, now) for _ in range(3)]

    taken = await asyncio.gather(*(clock.tick() for clock in clocks))
    for clock in clocks:
        await clock.drain()

    assert sum(taken) == 1 and len(submissions.requests) == 1
    assert [log["status"] for log in await starts_of(database, row["id"])] == ["SUCCEEDED"]


async def test_a_run_whose_server_ended_is_closed_after_its_time(database: Database) -> None:
    row, now = await make_flow(database), Clock()
    first = clock_of(database, Submissions(gate=asyncio.Event()), now)
    await first.tick()
    async with asyncio.timeout(10):
        while [log["status"] for log in await starts_of(database, row["id"])] != ["RUNNING"]:
            await asyncio.sleep(0)
    await first.close()
    now.now += timedelta(seconds=400)

    await clock_of(database, Submissions(), now).tick()

    logs = await starts_of(database, row["id"])
    assert logs[-1]["status"] == "FAILED" and "the server that waited for this run ended" in logs[-1]["error"]


@pytest.mark.parametrize(
    ("inputs", "changes", "late", "reason"),
    [
        ({}, {}, timedelta(hours=2), "no server was running"),
        ({}, {"endDate": "2030-05-04T11:59:00.000Z"}, timedelta(0), "end date"),
        ({"scheduleDefaultInput": "later emptied"}, {"defaultInput": " "}, timedelta(0), "text input is empty"),
    ],
)
async def test_starts_that_are_left_out_are_noted(
    database: Database, inputs: dict[str, Any], changes: dict[str, Any], late: timedelta, reason: str
) -> None:
    row, submissions, now = await make_flow(database, **inputs), Submissions(), Clock()
    record = await schedule_of(database, row["id"])
    assert record is not None
    await update_schedule(database, record["id"], changes)
    now.now += late

    clock = clock_of(database, submissions, now)
    await clock.tick()
    await clock.drain()

    logs = await starts_of(database, row["id"])
    assert not submissions.requests and [log["status"] for log in logs] == ["SKIPPED"] and reason in logs[0]["error"]


async def test_a_schedule_that_was_switched_off_does_not_start(database: Database) -> None:
    row, submissions, now = await make_flow(database), Submissions(), Clock()
    record = await schedule_of(database, row["id"])
    assert record is not None
    await update_schedule(database, record["id"], {"enabled": False})

    assert await clock_of(database, submissions, now).tick() == 0 and not submissions.requests


async def test_a_flow_that_starts_otherwise_from_now_on_loses_its_schedule(database: Database) -> None:
    row = await make_flow(database)

    changed = await update_flow(database, row["id"], {"flowData": flow_data(startInputType="chatInput")})
    assert changed is not None
    await keep_schedule(database, changed, min_seconds=60)

    assert await schedule_of(database, row["id"]) is None


async def test_a_form_is_given_as_it_was_set(database: Database) -> None:
    await make_flow(database, scheduleInputMode="form", scheduleFormDefaults='{"city":"Rome"}')
    submissions = Submissions()

    clock = clock_of(database, submissions, Clock())
    await clock.tick()
    await clock.drain()

    assert submissions.requests[0].body["form"] == {"city": "Rome"} and "question" not in submissions.requests[0].body
