"""Agentflow traces in the database, as the engine asks for them."""

from __future__ import annotations

from typing import Any

import orjson

from flowisectl.database.connection import Database
from flowisectl.database.execution import insert_execution, latest_execution, update_execution
from flowisectl.engine.context import StoredExecution
from flowisectl.runs.attempt import Attempt


class DatabaseExecutions:
    """`engine.context.Executions` over `execution`, for one workspace. An attempt that does not count any more writes nothing."""

    def __init__(self, database: Database, workspace_id: str, attempt: Attempt) -> None:
        self._database = database
        self._workspace_id = workspace_id
        self._attempt = attempt

    async def latest(self, flow_id: str, session_id: str) -> StoredExecution | None:
        row = await latest_execution(self._database, flow_id, session_id)
        if row is None:
            return None
        return StoredExecution(id=row["id"], state=row["state"], data=orjson.loads(row["executionData"] or "[]"))

    async def create(self, flow_id: str, session_id: str) -> str:
        await self._attempt.confirm()
        values = {"agentflowId": flow_id, "sessionId": session_id, "workspaceId": self._workspace_id}
        return str((await insert_execution(self._database, values))["id"])

    async def save(self, execution_id: str, data: list[dict[str, Any]], state: str) -> None:
        await self._attempt.confirm()
        await update_execution(self._database, execution_id, {"executionData": orjson.dumps(data, default=str).decode(), "state": state})
