"""Agentflow traces in the database, as the engine asks for them."""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import Any

import orjson

from flowisectl.database.connection import Database
from flowisectl.database.execution import insert_execution, latest_execution, update_execution
from flowisectl.engine.context import StoredExecution
from flowisectl.runs.attempt import Attempt
from flowisectl.runs.outage import through_outage


class DatabaseExecutions:
    """`engine.context.Executions` over `execution`, for one workspace. An attempt that does not count any more writes nothing."""

    def __init__(self, database: Database, workspace_id: str, message_id: str, attempt: Attempt) -> None:
        """`message_id` is the answer's: however often a run is tried, it has one row."""
        self._database = database
        self._workspace_id = workspace_id
        self._message_id = message_id
        self._attempt = attempt

    @cached_property
    def _own_id(self) -> str:
        return execution_id_of(self._message_id)

    async def latest(self, flow_id: str, session_id: str) -> StoredExecution | None:
        row = await latest_execution(self._database, flow_id, session_id, but=self._own_id)
        if row is None:
            return None
        return StoredExecution(id=row["id"], state=row["state"], data=orjson.loads(row["executionData"] or "[]"))

    async def create(self, flow_id: str, session_id: str) -> str:
        await self._attempt.confirm()
        values = {"id": self._own_id, "agentflowId": flow_id, "sessionId": session_id, "workspaceId": self._workspace_id}
        return str((await insert_execution(self._database, values, self._attempt.fence))["id"])

    async def save(self, execution_id: str, data: list[dict[str, Any]], state: str) -> None:
        row = {"executionData": orjson.dumps(data, default=str).decode(), "state": state}

        async def write() -> None:
            await self._attempt.confirm()
            await update_execution(self._database, execution_id, row, self._attempt.fence)

        await through_outage(write)


def execution_id_of(message_id: str) -> str:
    """The id of the row of the run that a message answers; a version 4 UUID like all others."""
    return str(uuid.UUID(bytes=uuid.uuid5(uuid.UUID(message_id), "execution").bytes, version=4))
