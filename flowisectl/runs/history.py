"""The session's messages, as the engine asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

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
    return StoredMessage(
        role=row["role"],
        content=row["content"] or "",
        file_uploads=_decoded(row["fileUploads"]) or (),
        artifacts=_decoded(row["artifacts"]),
        file_annotations=_decoded(row["fileAnnotations"]),
        used_tools=_decoded(row["usedTools"]),
    )


def _decoded(column: Any) -> Any:
    """The data in a JSON text column; text that is no JSON stays as it is."""
    if not isinstance(column, str) or not column:
        return None if column == "" else column
    try:
        return orjson.loads(column)
    except ValueError:
        return column
