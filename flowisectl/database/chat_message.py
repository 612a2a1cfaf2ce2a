"""Table `chat_message`: what users asked and what flows answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.attempt import Fence, fenced_insert, fenced_rows, is_not_overtaken
from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now
from flowisectl.database.inserts import insert_once
from flowisectl.database.lookup import Lookup, Row
from flowisectl.database.rows import can_hold, get_row, json_text, json_value, table_of


class ChatMessage(SQLModel, table=True):
    __tablename__ = "chat_message"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    role: str
    """`userMessage` or `apiMessage`."""
    chatflowid: str = Field(sa_type=Id)
    executionId: str | None = Field(default=None, sa_type=Id)
    content: str = Field(sa_type=sa.Text)
    sourceDocuments: str | None = Field(default=None, sa_type=sa.Text)
    usedTools: str | None = Field(default=None, sa_type=sa.Text)
    fileAnnotations: str | None = Field(default=None, sa_type=sa.Text)
    agentReasoning: str | None = Field(default=None, sa_type=sa.Text)
    reasonContent: str | None = Field(default=None, sa_type=sa.Text)
    fileUploads: str | None = Field(default=None, sa_type=sa.Text)
    artifacts: str | None = Field(default=None, sa_type=sa.Text)
    action: str | None = Field(default=None, sa_type=sa.Text)
    chatType: str = "INTERNAL"
    chatId: str
    memoryType: str | None = None
    sessionId: str | None = None
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    leadEmail: str | None = Field(default=None, sa_type=sa.Text)
    followUpPrompts: str | None = Field(default=None, sa_type=sa.Text)


TABLE = table_of(ChatMessage)
JSON_COLUMNS = ("sourceDocuments", "usedTools", "fileAnnotations", "agentReasoning", "reasonContent", "fileUploads", "artifacts", "action")
"""Columns that hold JSON text and that the API shows as data. `followUpPrompts` holds JSON text too, and is shown as text."""

_COLUMNS = tuple(column.name for column in TABLE.columns)
_TEXTS = frozenset((*JSON_COLUMNS, "followUpPrompts"))
_REQUIRED = {"id", "role", "chatflowid", "content", "chatType", "chatId", "createdDate"}
_OPTIONAL = tuple(name for name in _COLUMNS if name not in _REQUIRED)

# Rows of one moment: the question comes before its answer.
OLDEST_FIRST = (TABLE.c.createdDate, TABLE.c.role.desc(), TABLE.c.id)
NEWEST_FIRST = (TABLE.c.createdDate.desc(), TABLE.c.role, TABLE.c.id.desc())

_IN_SESSION = (TABLE.c.chatflowid == sa.bindparam("flow_id", type_=Id), TABLE.c.sessionId == sa.bindparam("session", type_=sa.String))
_ANY = Lookup(sa.select(TABLE.c.id).where(*_IN_SESSION))
_SESSION = sa.select(TABLE).where(*_IN_SESSION)
_WHOLE_SESSION = _SESSION.order_by(*OLDEST_FIRST)
_END_OF_SESSION = _SESSION.order_by(*NEWEST_FIRST).limit(sa.bindparam("newest", type_=sa.Integer))


async def insert_messages(database: Database, rows: Sequence[Mapping[str, Any]], fence: Fence | None = None) -> None:
    """Insert messages, all or none; returns when they are stored. A row whose id is there already is left as it is.

    With a fence, a run that was overtaken stores nothing, and one that overtook another replaces what that had stored.
    JSON columns take data or text. id and `createdDate` are made when missing. Raises InvalidRequest, DatabaseUnavailable.
    """
    stored = [_stored(row, database.dialect) for row in rows]
    if fence is None:
        await database.commits.add(insert_once(TABLE, database.dialect), stored)
    else:
        await database.commits.add(fenced_insert(TABLE, database.dialect, replaces=fence.run > 1), fenced_rows(stored, fence))


async def get_message(database: Database, message_id: str) -> Row | None:
    """One row, JSON columns parsed."""
    row = await get_row(database, TABLE, message_id)
    return parsed(row) if row else None


async def session_messages(database: Database, flow_id: str, session_id: str, limit: int | None = None) -> list[Row]:
    """A session's messages of one flow, oldest first, JSON columns parsed; with a limit the newest so many."""
    if not can_hold(database, flow_id):
        return []
    if database.dialect != "mysql" and await database.find(_ANY, {"flow_id": flow_id, "session": session_id}) is None:
        return []  # most sessions are new, and this costs a thirtieth of the whole read
    if limit is None:
        rows = await database.fetch(_WHOLE_SESSION, {"flow_id": flow_id, "session": session_id})
    else:
        rows = await database.fetch(_END_OF_SESSION, {"flow_id": flow_id, "session": session_id, "newest": limit})
        rows.reverse()
    return [parsed(row) for row in rows]


async def clear_action(
    database: Database, flow_id: str, *, chat_id: str | None = None, session_id: str | None = None, fence: Fence | None = None
) -> int:
    """Take away the questions that waited for a human in this chat or session; how many there were."""
    if not can_hold(database, flow_id) or not (chat_id or session_id):
        return 0
    conditions = [TABLE.c.chatflowid == flow_id, TABLE.c.action.is_not(None)]
    if chat_id:
        conditions.append(TABLE.c.chatId == chat_id)
    if session_id:
        conditions.append(TABLE.c.sessionId == session_id)
    if not await database.fetch(sa.select(TABLE.c.id).where(*conditions).limit(1)):
        return 0
    async with database.write() as connection:
        if fence is not None:
            conditions.append(is_not_overtaken(fence))
        return int((await connection.execute(TABLE.update().where(*conditions).values(action=None))).rowcount)


def parsed(row: Row) -> Row:
    """The row with its JSON columns parsed, in place."""
    for name in JSON_COLUMNS:
        if row[name] is not None:
            row[name] = json_value(row[name])
    return row


def _stored(row: Mapping[str, Any], dialect: str) -> Row:
    content = row["content"]
    if dialect == "postgresql" and content and "\x00" in content:
        content = content.replace("\x00", "")  # PostgreSQL stores no NUL; without it the answer is kept rather than lost
    stored: Row = {
        "id": row.get("id") or new_id(),
        "role": row["role"],
        "chatflowid": row["chatflowid"],
        "content": content,
        "chatType": row.get("chatType") or "INTERNAL",
        "chatId": row["chatId"],
        "createdDate": row.get("createdDate") or utc_now(),
    }
    for name in _OPTIONAL:
        value = row.get(name)
        if name == "leadEmail" and dialect == "postgresql" and isinstance(value, str):
            value = value.replace("\x00", "")
        stored[name] = json_text(value) if value is not None and name in _TEXTS else value
    return stored
