"""Keeps the schedule of a flow in step with its Start node."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from flowisectl.database.column_types import iso_of
from flowisectl.database.connection import Database
from flowisectl.database.lookup import Row
from flowisectl.database.schedule import delete_schedule_of, has_schedules, insert_schedule, schedule_of, update_schedule
from flowisectl.engine.flow import parse_flow
from flowisectl.errors import InvalidFlow
from flowisectl.predictions.schedule_times import Schedule, next_run, schedule_in


def schedule_of_row(row: Row, *, min_seconds: int) -> Schedule | None:
    """The schedule that a stored flow says it has; None for another kind of flow, or one that cannot be read."""
    try:
        return schedule_in(parse_flow(row["flowData"], id=row["id"]), min_seconds=min_seconds)
    except InvalidFlow:
        return None


async def keep_schedule(database: Database, row: Row, *, min_seconds: int) -> None:
    """After a flow was saved: make, renew or remove its schedule. One that was switched off by hand stays off."""
    if not has_schedules(database):
        return
    found = schedule_of_row(row, min_seconds=min_seconds)
    if found is None:
        if await schedule_of(database, row["id"]):
            await delete_schedule_of(database, row["id"])
        return
    values = _values(found)
    earlier = await schedule_of(database, row["id"])
    if earlier is None:
        new = {**values, "targetId": row["id"], "workspaceId": row["workspaceId"] or "", "enabled": not found.problem}
        await insert_schedule(database, {**new, "nextRunAt": upcoming(found)})
        return
    if found.problem:
        values["enabled"] = False
    if earlier["cronExpression"] != found.cron or earlier["timezone"] != found.timezone or earlier["nextRunAt"] is None:
        values["nextRunAt"] = upcoming(found)
    await update_schedule(database, earlier["id"], values)


async def switch_schedule(database: Database, record: Row, found: Schedule, *, enabled: bool) -> Row | None:
    """Switch a schedule on or off; switched on it goes on from now."""
    changes: dict[str, Any] = {"enabled": enabled}
    if enabled:
        changes["nextRunAt"] = upcoming(found)
    return await update_schedule(database, record["id"], changes)


def why_not(found: Schedule) -> str:
    """Why a schedule cannot be switched on; empty when it can."""
    if found.problem:
        return found.problem
    return "The schedule's end date has passed" if found.end is not None and found.end <= datetime.now(UTC) else ""


def upcoming(found: Schedule) -> str | None:
    return None if found.problem else iso_of(next_run(found.cron, found.timezone, datetime.now(UTC)))


def _values(found: Schedule) -> dict[str, Any]:
    return {
        "nodeId": found.node_id,
        "cronExpression": found.cron,
        "timezone": found.timezone,
        "scheduleInputMode": found.input_mode,
        "defaultInput": found.default_input or None,
        "defaultForm": orjson.dumps(dict(found.default_form)).decode() if found.default_form is not None else None,
        "endDate": iso_of(found.end) if found.end is not None else None,
    }
