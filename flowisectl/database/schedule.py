"""Tables `schedule_record` and `schedule_trigger_log`: which flows start at set times, and each of those starts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now
from flowisectl.database.execution import Execution
from flowisectl.database.lookup import Row
from flowisectl.database.rows import delete_rows, id_list, insert_row, paged_rows, table_of, update_row
from flowisectl.errors import InvalidRequest

AGENTFLOW = "AGENTFLOW"
QUEUED, RUNNING, SUCCEEDED, FAILED, SKIPPED = STATUSES = ("QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "SKIPPED")


class ScheduleRecord(SQLModel, table=True):
    __tablename__ = "schedule_record"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    triggerType: str = Field(default=AGENTFLOW, max_length=32)
    targetId: str
    """The id of the flow."""
    nodeId: str | None = Field(default=None, sa_type=sa.Text)
    cronExpression: str = Field(sa_type=sa.Text)
    timezone: str = Field(default="UTC", max_length=64)
    enabled: bool = True
    scheduleInputMode: str = Field(max_length=16)
    """`text`, `form` or `none`."""
    defaultInput: str | None = Field(default=None, sa_type=sa.Text)
    defaultForm: str | None = Field(default=None, sa_type=sa.Text)
    """JSON text."""
    lastRunAt: str | None = Field(default=None, sa_type=UtcDate)
    nextRunAt: str | None = Field(default=None, sa_type=UtcDate)
    endDate: str | None = Field(default=None, sa_type=UtcDate)
    workspaceId: str
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)


class ScheduleTriggerLog(SQLModel, table=True):
    __tablename__ = "schedule_trigger_log"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    scheduleRecordId: str
    triggerType: str = Field(default=AGENTFLOW, max_length=32)
    targetId: str
    executionId: str | None = None
    status: str = Field(max_length=32)
    """QUEUED, RUNNING, SUCCEEDED, FAILED or SKIPPED."""
    error: str | None = Field(default=None, sa_type=sa.Text)
    elapsedTimeMs: int | None = None
    scheduledAt: str = Field(sa_type=UtcDate)
    workspaceId: str
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)


RECORDS, LOGS = table_of(ScheduleRecord), table_of(ScheduleTriggerLog)


def has_schedules(database: Database) -> bool:
    """Whether this database has the tables: a Flowise before 3.1.3 has none."""
    return RECORDS.name in database.columns and LOGS.name in database.columns


async def schedule_of(database: Database, flow_id: str) -> Row | None:
    """The schedule of a flow, or None."""
    if not has_schedules(database):
        return None
    rows = await database.fetch(database.selection(RECORDS).where(RECORDS.c.targetId == flow_id).order_by(RECORDS.c.createdDate).limit(1))
    return rows[0] if rows else None


async def insert_schedule(database: Database, values: Mapping[str, Any]) -> Row:
    return await insert_row(database, RECORDS, {"triggerType": AGENTFLOW, **values})


async def update_schedule(database: Database, record_id: str, changes: Mapping[str, Any]) -> Row | None:
    return await update_row(database, RECORDS, record_id, changes)


async def delete_schedule_of(database: Database, flow_id: str) -> int:
    """Delete a flow's schedule with the log of its starts; how many there were."""
    if not has_schedules(database):
        return 0
    await delete_rows(database, LOGS, LOGS.c.targetId == flow_id)
    return await delete_rows(database, RECORDS, RECORDS.c.targetId == flow_id)


async def due_schedules(database: Database, now: str) -> list[Row]:
    """Enabled schedules whose time has come, or was never computed; the most overdue first."""
    if not has_schedules(database):
        return []
    due = sa.or_(RECORDS.c.nextRunAt.is_(None), RECORDS.c.nextRunAt <= now)
    statement = database.selection(RECORDS).where(RECORDS.c.enabled.is_(True), due).order_by(RECORDS.c.nextRunAt).limit(500)
    return await database.fetch(statement)


async def next_schedule(database: Database) -> str | None:
    """When the next schedule comes; None for none."""
    if not has_schedules(database):
        return None
    newest = sa.select(RECORDS.c.nextRunAt).where(RECORDS.c.enabled.is_(True), RECORDS.c.nextRunAt.is_not(None))
    rows = await database.fetch(newest.order_by(RECORDS.c.nextRunAt).limit(1))
    return rows[0]["nextRunAt"] if rows else None


def tick_id(record_id: str, tick: str) -> str:
    """The id of the log row of one start: whoever writes it first has the start."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"flowisectl:schedule:{record_id}:{tick}"))


async def claim_tick(
    database: Database, record: Row, tick: str, *, next_run: str | None, now: str, status: str = QUEUED, error: str = ""
) -> Row | None:
    """Take one start for this process: its log row, or None when another process has it. The schedule moves on in the same step."""
    row: Row = {
        "id": tick_id(record["id"], tick), "scheduleRecordId": record["id"], "triggerType": record["triggerType"],
        "targetId": record["targetId"], "executionId": None, "status": status, "error": error or None, "elapsedTimeMs": None,
        "scheduledAt": tick, "workspaceId": record["workspaceId"], "createdDate": now,
    }  # fmt: skip
    same = (RECORDS.c.id == record["id"], RECORDS.c.nextRunAt == record["nextRunAt"], RECORDS.c.enabled.is_(True))
    try:
        async with database.write() as connection:
            moved = await connection.execute(RECORDS.update().where(*same).values(nextRunAt=next_run))
            if moved.rowcount != 1:
                return None
            await connection.execute(LOGS.insert(), row)
    except InvalidRequest:
        return None  # the row is there: another process was faster
    return row


async def take_over_tick(database: Database, log: Row, now: str) -> bool:
    """Take a start whose process ended before it could queue the run; False when another process did."""
    same = (LOGS.c.id == log["id"], LOGS.c.status == QUEUED, LOGS.c.createdDate == log["createdDate"])
    async with database.write() as connection:
        taken = await connection.execute(LOGS.update().where(*same).values(createdDate=now))
    return int(taken.rowcount) == 1


async def stale_ticks(database: Database, status: str, before: str) -> list[Row]:
    """Starts that have been in this state since before a moment."""
    if not has_schedules(database):
        return []
    return await database.fetch(database.selection(LOGS).where(LOGS.c.status == status, LOGS.c.createdDate < before).limit(500))


async def end_tick(database: Database, log_id: str, record_id: str, changes: Mapping[str, Any], *, last_run: str | None = None) -> None:
    """Note how a start went; `last_run` also goes to its schedule."""
    async with database.write() as connection:
        await connection.execute(LOGS.update().where(LOGS.c.id == log_id).values(dict(changes)))
        if last_run is not None:
            await connection.execute(RECORDS.update().where(RECORDS.c.id == record_id).values(lastRunAt=last_run))


async def list_ticks(database: Database, flow_id: str, statuses: Sequence[str], page: int, limit: int) -> tuple[list[Row], int]:
    """A flow's starts, the newest first, and how many there are in all."""
    if not has_schedules(database):
        return [], 0
    conditions: list[sa.ColumnElement[bool]] = [LOGS.c.targetId == flow_id]
    if statuses:
        conditions.append(LOGS.c.status.in_(list(statuses)))
    return await paged_rows(database, LOGS, *conditions, order=(LOGS.c.scheduledAt.desc(), LOGS.c.id), page=page, limit=limit)


async def delete_ticks(database: Database, flow_id: str, log_ids: Sequence[str]) -> tuple[int, int]:
    """Delete starts of a flow with the runs that they made; how many of each."""
    ids = id_list(database, log_ids)
    if not ids or not has_schedules(database):
        return 0, 0
    executions = table_of(Execution)
    mine = (LOGS.c.id.in_(ids), LOGS.c.targetId == flow_id)
    async with database.write() as connection:
        runs = [item for item in (await connection.execute(sa.select(LOGS.c.executionId).where(*mine))).scalars() if item]
        logs = int((await connection.execute(LOGS.delete().where(*mine))).rowcount)
        gone = await connection.execute(executions.delete().where(executions.c.id.in_(runs), executions.c.agentflowId == flow_id))
        return logs, int(gone.rowcount)
