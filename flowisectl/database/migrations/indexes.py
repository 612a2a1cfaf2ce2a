"""Indexes that Flowise's tables lack although they are searched all the time. They carry our prefix and alter nothing of Flowise's."""

from __future__ import annotations

INDEXES = {
    "flowisectl_message_session": ("chat_message", ("chatflowid", "sessionId", "createdDate")),
    "flowisectl_message_chat": ("chat_message", ("chatId",)),
    "flowisectl_feedback_message": ("chat_message_feedback", ("messageId",)),
    "flowisectl_execution_session": ("execution", ("agentflowId", "sessionId", "createdDate")),
    "flowisectl_apikey_text": ("apikey", ("apiKey",)),
    "flowisectl_upsert_flow": ("upsert_history", ("chatflowid",)),
    "flowisectl_lead_flow": ("lead", ("chatflowid",)),
}

EXISTING = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'flowisectl%'",
    "postgresql": "SELECT indexname AS name FROM pg_indexes WHERE schemaname = current_schema() AND indexname LIKE 'flowisectl%'",
    "mysql": "SELECT DISTINCT index_name AS name FROM information_schema.statistics WHERE table_schema = DATABASE() "
    "AND index_name LIKE 'flowisectl%'",
}
TEXT_COLUMNS = (
    'SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns '
    "WHERE table_schema = DATABASE() AND data_type LIKE '%text'"
)
"""Columns of MySQL of which an index takes only the first characters."""
_PREFIX = 64


def create_statements() -> list[str]:
    """One statement for each index; nothing happens where it exists."""
    return [
        f'CREATE INDEX IF NOT EXISTS "{name}" ON "{table}" ({", ".join(f"{chr(34)}{column}{chr(34)}" for column in columns)})'
        for name, (table, columns) in INDEXES.items()
    ]


def create_mysql_statements(existing: set[str], texts: set[tuple[str, str]]) -> list[str]:
    """The statements for those that do not exist yet. `texts` are the `(table, column)` whose type is a text."""
    return [
        f'CREATE INDEX "{name}" ON "{table}" ({", ".join(_part(table, column, texts) for column in columns)})'
        for name, (table, columns) in INDEXES.items()
        if name not in existing
    ]


def _part(table: str, column: str, texts: set[tuple[str, str]]) -> str:
    return f'"{column}"({_PREFIX})' if (table, column) in texts else f'"{column}"'
