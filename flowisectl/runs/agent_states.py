"""The states of graphs of agents in the database, as the engine asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.database.checkpoint import delete_checkpoint, get_checkpoint, put_checkpoint
from flowisectl.database.connection import Database
from flowisectl.runs.attempt import Attempt, OnlyAttempt


class DatabaseAgentStates:
    """`engine.context.AgentStates` over `flowisectl_checkpoint`."""

    def __init__(self, database: Database, attempt: Attempt | None = None) -> None:
        """An attempt that does not count any more changes nothing."""
        self._database = database
        self._attempt = attempt or OnlyAttempt()

    async def load(self, flow_id: str, session_id: str) -> Mapping[str, Any] | None:
        text = await get_checkpoint(self._database, flow_id, session_id)
        data: Mapping[str, Any] | None = None if text is None else orjson.loads(text)
        return data

    async def save(self, flow_id: str, session_id: str, data: Mapping[str, Any]) -> None:
        text = orjson.dumps(data, default=str).decode()
        await put_checkpoint(self._database, flow_id, session_id, text, self._attempt.fence)

    async def forget(self, flow_id: str, session_id: str) -> None:
        await delete_checkpoint(self._database, flow_id, session_id, self._attempt.fence)
