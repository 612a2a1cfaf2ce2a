"""The session's messages, as the engine asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.database.chat_message import session_messages
from flowisectl.database.connection import Database
from flowisectl.engine.context import StoredMessage


class DatabaseHistory:
    """`engine.context.History` over `chat_message`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def messages(self, flow_id: str, session_id: str, limit: int | None = None) -> Sequence[StoredMessage]:
        rows = await session_messages(self._database, flow_id, session_id, limit)
        return [to_stored_message(row) for row in rows]


def to_stored_message(row: Mapping[str, Any]) -> StoredMessage:
    """A row as database/chat_message.py gives it: its JSON columns are parsed."""
    uploads = row["fileUploads"]
    return StoredMessage(
        role=row["role"],
        content=row["content"] or "",
        file_uploads=uploads if isinstance(uploads, list) else (),
        artifacts=row["artifacts"],
        file_annotations=row["fileAnnotations"],
        used_tools=row["usedTools"],
    )
