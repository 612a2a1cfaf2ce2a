"""The schedule of a flow: how it stands, on and off, and the log of its starts."""

from __future__ import annotations

from quart import Blueprint, Response, request

from flowisectl.database.schedule import STATUSES, delete_ticks, list_ticks, schedule_of
from flowisectl.web.access.callers import needs
from flowisectl.web.answers import json_answer
from flowisectl.web.errors import HttpError
from flowisectl.web.flows.own import own_flow_row
from flowisectl.web.flows.schedules import schedule_of_row, switch_schedule, why_not
from flowisectl.web.requests.body import body_object
from flowisectl.web.requests.message_filter import several
from flowisectl.web.requests.pagination import page_of
from flowisectl.web.services import current_services

blueprint = Blueprint("schedules", __name__)

_VIEWS = ("chatflows:view", "chatflows:update", "agentflows:view", "agentflows:update")
_UPDATES = ("chatflows:update", "agentflows:update")
DEFAULT_LIMIT, LARGEST_LIMIT = 20, 100


@blueprint.get("/chatflows/<flow_id>/schedule/status")
@needs(*_VIEWS)
async def status(flow_id: str) -> Response:
    """`{enabled, canEnable, reason?, record}`."""
    services, row = current_services(), await own_flow_row(flow_id)
    record = await schedule_of(services.database, row["id"])
    found = schedule_of_row(row, min_seconds=services.min_schedule_seconds)
    reason = "The flow does not start by a schedule" if found is None or record is None else why_not(found)
    answer = {"enabled": bool(record and record["enabled"]), "canEnable": not reason, "record": record}
    return json_answer({**answer, "reason": reason} if reason else answer)


@blueprint.patch("/chatflows/<flow_id>/schedule/enabled")
@needs(*_UPDATES)
async def switch(flow_id: str) -> Response:
    """Switch the schedule on or off: `{enabled: bool}`."""
    services, row = current_services(), await own_flow_row(flow_id)
    enabled = (await body_object()).get("enabled")
    if not isinstance(enabled, bool):
        raise HttpError(400, '"enabled" must be a boolean')
    record = await schedule_of(services.database, row["id"])
    found = schedule_of_row(row, min_seconds=services.min_schedule_seconds)
    if record is None or found is None:
        raise HttpError(404, f"Flow {row['id']} has no schedule: let its Start node begin by a schedule, and save it")
    if enabled and (reason := why_not(found)):
        raise HttpError(400, reason)
    return json_answer(await switch_schedule(services.database, record, found, enabled=enabled))


@blueprint.get("/chatflows/<flow_id>/schedule/trigger-logs")
@needs(*_VIEWS)
async def starts(flow_id: str) -> Response:
    """The log of the schedule's starts, the newest first."""
    row = await own_flow_row(flow_id)
    page = page_of(request.args, default=(1, DEFAULT_LIMIT))
    number, limit = page.page or 1, min(page.limit or DEFAULT_LIMIT, LARGEST_LIMIT)
    wanted = [item for text in several(request.args, "status") for item in text.split(",") if item in STATUSES]
    rows, total = await list_ticks(current_services().database, row["id"], wanted, number, limit)
    return json_answer({"data": rows, "total": total, "page": number, "limit": limit})


@blueprint.delete("/chatflows/<flow_id>/schedule/trigger-logs")
@needs(*_UPDATES, "executions:delete")
async def forget_starts(flow_id: str) -> Response:
    """Delete starts and the runs that they made: `{logIds: [...]}`."""
    row = await own_flow_row(flow_id)
    given = (await body_object()).get("logIds")
    ids = [item for item in given if isinstance(item, str)] if isinstance(given, list) else []
    if not ids:
        raise HttpError(400, "logIds must be a list of ids, and not empty")
    logs, runs = await delete_ticks(current_services().database, row["id"], ids)
    return json_answer({"success": True, "deletedLogs": logs, "deletedExecutions": runs})
