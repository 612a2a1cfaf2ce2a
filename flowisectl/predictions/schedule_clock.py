"""Starts scheduled flows: every main process looks at the clock, and each start is taken by exactly one of them.

A start is taken by writing its log row, whose id is made of the schedule and the moment, and by moving the schedule on in the
same transaction: two processes cannot both do that, whatever happens to Redis. Format of both tables: Flowise's own.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from flowisectl.database.column_types import iso_of, moment_of
from flowisectl.database.connection import Database
from flowisectl.database.lookup import Row
from flowisectl.database.schedule import (
    FAILED,
    QUEUED,
    RUNNING,
    SKIPPED,
    SUCCEEDED,
    claim_tick,
    delete_schedule_of,
    due_schedules,
    end_tick,
    next_schedule,
    schedule_of,
    stale_ticks,
    take_over_tick,
    update_schedule,
)
from flowisectl.database.workspace import get_workspace
from flowisectl.errors import FlowisectlError, FlowNotFound, Unavailable
from flowisectl.predictions.request import PredictionRequest
from flowisectl.predictions.schedule_times import next_run, schedule_in
from flowisectl.predictions.submission import Submitter
from flowisectl.runs.flows import FlowStore

LONGEST_PAUSE_SECONDS = 5.0
"""How soon a schedule is noticed that another process has saved."""
MISSED_AFTER = timedelta(minutes=5)
"""A start that is later than this was missed while no server ran: it is noted, and left out."""
TAKE_OVER_AFTER = timedelta(seconds=30)
NONE_TEXT = " "
"""The question of a run without input."""

log = logging.getLogger(__name__)


class ScheduleClock:
    """One for each main process; `tick` starts what is due."""

    def __init__(
        self,
        database: Database,
        flows: FlowStore,
        submitter: Submitter,
        *,
        run_seconds: float,
        base_url: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`run_seconds` is the longest that a run and its wait may take; a start that is older has lost its process."""
        self._database = database
        self._flows = flows
        self._submitter = submitter
        self._run_time = timedelta(seconds=run_seconds) + TAKE_OVER_AFTER
        self._base_url = base_url
        self._now = now
        self._runs: set[asyncio.Task[None]] = set()

    async def run_for_ever(self) -> None:
        while True:
            try:
                await self.tick()
                await asyncio.sleep(await self._pause())
            except Unavailable as error:
                log.warning("schedules wait: %s", error)
                await asyncio.sleep(LONGEST_PAUSE_SECONDS)
            except Exception:
                log.exception("schedules could not be looked at")
                await asyncio.sleep(LONGEST_PAUSE_SECONDS)

    async def tick(self) -> int:
        """Start what is due; gives how many starts this process has taken. Raises DatabaseUnavailable."""
        taken = 0
        for record in await due_schedules(self._database, iso_of(self._now())):
            taken += await self._start(record)
        return taken + await self._recover()

    async def drain(self) -> None:
        """Wait until the runs that were started here have ended."""
        while self._runs:
            await asyncio.wait(self._runs)

    async def close(self) -> None:
        """Stop waiting; what runs in workers goes on, and its start is noted as lost by the next server."""
        for task in [*self._runs]:
            task.cancel()
        await asyncio.gather(*self._runs, return_exceptions=True)

    async def _pause(self) -> float:
        upcoming = await next_schedule(self._database)
        if upcoming is None:
            return LONGEST_PAUSE_SECONDS
        return min(max((moment_of(upcoming) - self._now()).total_seconds(), 0.02), LONGEST_PAUSE_SECONDS)

    async def _start(self, record: Row) -> int:
        now = self._now()
        upcoming = self._upcoming(record, now)
        if record["nextRunAt"] is None:
            await update_schedule(self._database, record["id"], {"nextRunAt": upcoming, **({} if upcoming else {"enabled": False})})
            return 0
        tick = str(record["nextRunAt"])
        if now - moment_of(tick) > MISSED_AFTER:
            missed = "no server was running when this start was due"
            await claim_tick(self._database, record, tick, next_run=upcoming, now=iso_of(now), status=SKIPPED, error=missed)
            return 0
        try:
            request = await self._request(record)
        except FlowNotFound:
            await delete_schedule_of(self._database, record["targetId"])
            return 0
        except FlowisectlError as error:
            await claim_tick(self._database, record, tick, next_run=upcoming, now=iso_of(now), status=SKIPPED, error=error.message)
            return 0
        if isinstance(request, str):
            await claim_tick(self._database, record, tick, next_run=upcoming, now=iso_of(now), status=SKIPPED, error=request)
            if self._has_ended(record):
                await update_schedule(self._database, record["id"], {"enabled": False})
            return 0
        claimed = await claim_tick(self._database, record, tick, next_run=upcoming, now=iso_of(now))
        if claimed is None:
            return 0
        self._spawn(claimed, request)
        return 1

    def _has_ended(self, record: Row) -> bool:
        return bool(record["endDate"]) and moment_of(record["endDate"]) <= self._now()

    def _upcoming(self, record: Row, now: datetime) -> str | None:
        try:
            return iso_of(next_run(record["cronExpression"], record["timezone"], now))
        except ValueError:
            return None

    async def _request(self, record: Row) -> PredictionRequest | str:
        """The run to ask for, or why there is none. Raises FlowNotFound, InvalidFlow."""
        if self._has_ended(record):
            return "the schedule has reached its end date"
        stored = await self._flows.get(record["targetId"])
        if schedule_in(stored.flow) is None:
            return "the flow no longer starts by a schedule"
        body: dict[str, Any] = {"streaming": False}
        mode = record["scheduleInputMode"]
        if mode == "form":
            body["form"] = _form(record["defaultForm"])
        elif mode == "text" and not (record["defaultInput"] or "").strip():
            return "the schedule's text input is empty"
        else:
            body["question"] = record["defaultInput"] if mode == "text" else NONE_TEXT
        chat_id = str(uuid.uuid4())
        workspace = await get_workspace(self._database, stored.workspace_id) if stored.workspace_id else None
        return PredictionRequest(
            flow_id=stored.flow.id,
            flow_version=stored.flow.version,
            chat_id=chat_id,
            message_id=str(uuid.uuid4()),
            body={**body, "chatId": chat_id},
            workspace_id=stored.workspace_id,
            organization_id=str(workspace["organizationId"]) if workspace else "",
            base_url=self._base_url,
            chat_type="SCHEDULED",
            accepted_ms=int(time.time() * 1000),
        )

    def _spawn(self, claimed: Row, request: PredictionRequest) -> None:
        task = asyncio.create_task(self._run(claimed, request), name=f"schedule {claimed['scheduleRecordId']}")
        self._runs.add(task)
        task.add_done_callback(self._runs.discard)

    async def _run(self, claimed: Row, request: PredictionRequest) -> None:
        began, record_id = time.monotonic(), claimed["scheduleRecordId"]
        try:
            submission = await self._submitter.submit(request)
            await end_tick(self._database, claimed["id"], record_id, {"status": RUNNING, "createdDate": iso_of(self._now())})
            result = await submission.result()
            changes: dict[str, Any] = {"elapsedTimeMs": int((time.monotonic() - began) * 1000)}
            if result.is_ok:
                answer = orjson.loads(result.body)
                execution = answer.get("executionId") if isinstance(answer, dict) else None
                changes |= {"status": SUCCEEDED, "executionId": execution}
                await end_tick(self._database, claimed["id"], record_id, changes, last_run=claimed["scheduledAt"])
            else:
                await end_tick(self._database, claimed["id"], record_id, {**changes, "status": FAILED, "error": result.error})
        except FlowisectlError as error:
            log.warning("scheduled start %s of flow %s failed: %s", claimed["id"], request.flow_id, error)
            await self._note_failure(claimed, error.message)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("scheduled start %s of flow %s failed unexpectedly", claimed["id"], request.flow_id)
            await self._note_failure(claimed, "Internal Server Error: the server's log has the cause")

    async def _note_failure(self, claimed: Row, text: str) -> None:
        try:
            await end_tick(self._database, claimed["id"], claimed["scheduleRecordId"], {"status": FAILED, "error": text})
        except FlowisectlError as error:
            log.warning("the end of scheduled start %s could not be noted: %s", claimed["id"], error)

    async def _recover(self) -> int:
        """Starts whose process ended: those not yet queued are taken over, those that ran are closed."""
        taken, now = 0, self._now()
        for stale in await stale_ticks(self._database, RUNNING, iso_of(now - self._run_time)):
            lost = {"status": FAILED, "error": "the server that waited for this run ended; the chat's messages have its answer"}
            await end_tick(self._database, stale["id"], stale["scheduleRecordId"], lost)
        for stale in await stale_ticks(self._database, QUEUED, iso_of(now - TAKE_OVER_AFTER)):
            if not await take_over_tick(self._database, stale, iso_of(now)):
                continue
            record = await schedule_of(self._database, stale["targetId"])
            try:
                request = await self._request(record) if record is not None else "the schedule is gone"
            except FlowisectlError as error:
                request = error.message
            if isinstance(request, str):
                await end_tick(self._database, stale["id"], stale["scheduleRecordId"], {"status": SKIPPED, "error": request})
            else:
                self._spawn(stale, request)
                taken += 1
        return taken


def _form(text: str | None) -> dict[str, Any]:
    try:
        form = orjson.loads(text or "{}")
    except ValueError:
        return {}
    return form if isinstance(form, dict) else {}


@asynccontextmanager
async def open_schedule_clock(clock: ScheduleClock) -> AsyncIterator[ScheduleClock]:
    """Let the clock run until the block ends."""
    task = asyncio.create_task(clock.run_for_ever(), name="schedules")
    try:
        yield clock
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await clock.close()
