"""The traces of agentflow runs: list, read, publish, delete."""

from __future__ import annotations

from quart import Blueprint, Response, request

from flowisectl.database.execution import delete_executions, get_execution, update_execution
from flowisectl.database.execution_listing import list_executions
from flowisectl.database.lookup import Row
from flowisectl.errors import NotFound
from flowisectl.web.access.callers import needs, workspace_id
from flowisectl.web.answers import json_answer
from flowisectl.web.errors import HttpError, service
from flowisectl.web.flows.entity import public_flow
from flowisectl.web.flows.sanitised import without_credentials
from flowisectl.web.requests.body import body_object, typed_members
from flowisectl.web.requests.dates import date_of
from flowisectl.web.requests.pagination import page_of
from flowisectl.web.services import current_services

blueprint = Blueprint("executions", __name__)

STATES = ("INPROGRESS", "FINISHED", "ERROR", "TERMINATED", "TIMEOUT", "STOPPED")


async def _own_row(execution_id: str) -> Row:
    row = await get_execution(current_services().database, execution_id)
    if row is None or row["workspaceId"] != workspace_id():
        raise NotFound(f"Execution {execution_id} not found")
    return row


@blueprint.get("/executions")
@needs("executions:view")
async def listing() -> Response:
    query = request.args
    page = page_of(query, default=(1, 12))
    rows, total = await list_executions(
        current_services().database,
        workspace_id=workspace_id(),
        execution_id=query.get("id"),
        agentflow_id=query.get("agentflowId"),
        agentflow_name=query.get("agentflowName"),
        session_id=query.get("sessionId"),
        state=query.get("state"),
        start_date=date_of(query.get("startDate")),
        end_date=date_of(query.get("endDate")),
        page=page.page or 1,
        limit=page.limit or 12,
    )
    return json_answer({"data": [_shown(row) for row in rows], "total": total})


def _shown(row: Row) -> Row:
    flow = row.get("agentflow")
    return {**row, "agentflow": public_flow(flow)} if flow else row


@blueprint.get("/executions/<execution_id>")
@needs("executions:view")
async def read(execution_id: str) -> Response:
    with service("executionsService.getExecutionById"):
        return json_answer(await _own_row(execution_id))


@blueprint.put("/executions/<execution_id>")
@needs("executions:update")
async def update(execution_id: str) -> Response:
    members = typed_members(await body_object(), {"isPublic": bool, "state": str, "action": str})
    given = {name: value for name, value in members.items() if value is not None}
    if given.get("state", STATES[0]) not in STATES:
        raise HttpError(400, f"state must be one of {', '.join(STATES)}")
    with service("executionsService.updateExecution"):
        row = await _own_row(execution_id)
        await update_execution(current_services().database, row["id"], given)
        return json_answer(await _own_row(execution_id))


@blueprint.delete("/executions/<execution_id>")
@needs("executions:delete")
async def delete(execution_id: str) -> Response:
    return await _delete([execution_id])


@blueprint.delete("/executions")
@needs("executions:delete")
async def delete_many() -> Response:
    ids = (await body_object()).get("executionIds")
    if not isinstance(ids, list):
        raise HttpError(400, "", body={"success": False, "message": "No execution IDs provided"})
    return await _delete([item for item in ids if isinstance(item, str)])


async def _delete(ids: list[str]) -> Response:
    count = await delete_executions(current_services().database, ids, workspace_id())
    return json_answer({"success": True, "deletedCount": count})


@blueprint.get("/public-executions/<execution_id>")
async def public(execution_id: str) -> Response:
    """A published run, without the ids of credentials."""
    with service("executionsService.getPublicExecutionById"):
        row = await get_execution(current_services().database, execution_id)
        if row is None or not row["isPublic"]:
            raise NotFound(f"Execution {execution_id} not found")
        return json_answer({**row, "executionData": without_credentials(row["executionData"])})
