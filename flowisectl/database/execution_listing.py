"""Agentflow runs as the HTTP API lists them: filtered, page by page, each with its flow."""

from __future__ import annotations

import sqlalchemy as sa

from flowisectl.database.access import Database
from flowisectl.database.chat_flow import ChatFlow
from flowisectl.database.execution import Execution
from flowisectl.database.lookup import Row
from flowisectl.database.rows import can_hold, in_workspace, table_of

TABLE = table_of(Execution)
FLOWS = table_of(ChatFlow)
DEFAULT_LIMIT = 12


async def list_executions(
    database: Database,
    *,
    workspace_id: str | None,
    execution_id: str | None = None,
    agentflow_id: str | None = None,
    agentflow_name: str | None = None,
    session_id: str | None = None,
    state: str | None = None,
    start_date: str | None = None,
    end_date: str | None = None,
    page: int = 1,
    limit: int = DEFAULT_LIMIT,
) -> tuple[list[Row], int]:
    """One page of runs, the last changed first, each with its flow's row as `agentflow`; and how many there are in all.

    `agentflow_name` and `session_id` match a part of the text, whatever the case.
    """
    conditions: list[sa.ColumnElement[bool]] = [in_workspace(TABLE, workspace_id)]
    for column, value in ((TABLE.c.id, execution_id), (TABLE.c.agentflowId, agentflow_id)):
        if value:
            conditions.append(column == value if can_hold(database, value) else sa.false())
    if agentflow_name:
        named = sa.select(FLOWS.c.id).where(FLOWS.c.name.icontains(agentflow_name, autoescape=True))
        conditions.append(TABLE.c.agentflowId.in_(named))
    if session_id:
        conditions.append(TABLE.c.sessionId.icontains(session_id, autoescape=True))
    if state:
        conditions.append(TABLE.c.state == state)
    if start_date:
        conditions.append(TABLE.c.createdDate >= start_date)
    if end_date:
        conditions.append(TABLE.c.createdDate <= end_date)
    page, limit = max(page, 1), max(limit, 1)
    statement = database.selection(TABLE).where(*conditions).order_by(TABLE.c.updatedDate.desc(), TABLE.c.createdDate.desc(), TABLE.c.id)
    rows = await database.fetch(statement.limit(limit).offset((page - 1) * limit))
    counted = await database.fetch(sa.select(sa.func.count().label("total")).select_from(TABLE).where(*conditions))
    return await _with_flows(database, rows), int(counted[0]["total"])


async def _with_flows(database: Database, rows: list[Row]) -> list[Row]:
    ids = list({row["agentflowId"] for row in rows})
    found = {row["id"]: row for row in await database.fetch(database.selection(FLOWS).where(FLOWS.c.id.in_(ids)))} if ids else {}
    return [{**row, "agentflow": found.get(row["agentflowId"])} for row in rows]
