"""Flows of the caller's own workspace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flowisectl.database.chat_flow import get_flow_row
from flowisectl.database.lookup import Row
from flowisectl.errors import FlowNotFound
from flowisectl.runs.flows import StoredFlow
from flowisectl.web.access.callers import workspace_id
from flowisectl.web.errors import HttpError, service_text
from flowisectl.web.requests.ids import InvalidFlowId, flow_id_of
from flowisectl.web.services import current_services


@contextmanager
def missing_flow_of(function: str, text: str = "") -> Iterator[None]:
    """An id that names no flow is an error of this service function, as clients know it: status 500. `text` replaces what is said of it."""
    try:
        yield
    except (FlowNotFound, InvalidFlowId) as error:
        raise HttpError(500, service_text(function, text or error.message)) from error


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
