"""Flows of the caller's own workspace."""

from __future__ import annotations

from flowisectl.database.chat_flow import get_flow_row
from flowisectl.database.lookup import Row
from flowisectl.errors import FlowNotFound
from flowisectl.runs.flows import StoredFlow
from flowisectl.web.access.callers import workspace_id
from flowisectl.web.requests.ids import flow_id_of
from flowisectl.web.services import current_services


async def own_flow(flow_id: str) -> StoredFlow:
    """Raises FlowNotFound (404) for an unknown flow and for one of another workspace, HttpError 400 for no id."""
    stored = await current_services().flows.get(flow_id_of(flow_id))
    if stored.workspace_id != workspace_id():
        raise FlowNotFound(flow_id)
    return stored


async def own_flow_row(flow_id: str) -> Row:
    """The row of such a flow. Raises the same."""
    row = await get_flow_row(current_services().database, flow_id_of(flow_id))
    if row is None or row["workspaceId"] != workspace_id():
        raise FlowNotFound(flow_id)
    return row
