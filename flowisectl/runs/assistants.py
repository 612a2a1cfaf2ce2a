"""The assistants of a workspace that live at OpenAI, as nodes ask for them."""

from __future__ import annotations

import sqlalchemy as sa

from flowisectl.database.assistant import get_assistant
from flowisectl.database.chat_message import TABLE
from flowisectl.database.connection import Database
from flowisectl.database.rows import can_hold, json_value
from flowisectl.engine.context import StoredAssistant
from flowisectl.errors import NotFound
from flowisectl.runs.workspace import is_of_another

THREAD = "thread_"
"""How the ids of threads begin."""


class WorkspaceAssistants:
    """Implements `engine.context.Assistants`."""

    def __init__(self, database: Database, workspace_id: str) -> None:
        self._database = database
        self._workspace_id = workspace_id

    async def get(self, assistant_id: str) -> StoredAssistant:
        row = await get_assistant(self._database, assistant_id) if can_hold(self._database, assistant_id) else None
        if row is None or row["type"] == "CUSTOM" or is_of_another(row["workspaceId"], self._workspace_id):
            raise NotFound(f"Assistant {assistant_id} not found: choose an assistant of this workspace in the node")
        details = json_value(row["details"])
        return StoredAssistant(
            details=details if isinstance(details, dict) else {}, credential_id=row["credential"], is_azure=row["type"] == "AZURE"
        )

    async def thread_of(self, flow_id: str, chat_id: str) -> str:
        """Messages that an assistant wrote have the thread's id as the id of their session."""
        if not can_hold(self._database, flow_id):
            return ""
        query = (
            sa.select(TABLE.c.sessionId)
            .where(TABLE.c.chatflowid == flow_id, TABLE.c.chatId == chat_id, TABLE.c.sessionId.startswith(THREAD, autoescape=True))
            .order_by(TABLE.c.createdDate.desc())
            .limit(1)
        )
        rows = await self._database.fetch(query)
        return str(rows[0]["sessionId"]) if rows else ""
