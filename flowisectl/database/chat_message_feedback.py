"""Table `chat_message_feedback`: thumbs up or down for an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now
from flowisectl.database.lookup import Row
from flowisectl.database.rows import can_hold, get_row, insert_row, table_of, update_row


class ChatMessageFeedback(SQLModel, table=True):
    __tablename__ = "chat_message_feedback"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    chatflowid: str = Field(sa_type=Id)
    chatId: str
    messageId: str = Field(sa_type=Id)
    rating: str
    """`THUMBS_UP` or `THUMBS_DOWN`."""
    content: str | None = Field(default=None, sa_type=sa.Text)
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)


TABLE = table_of(ChatMessageFeedback)


async def get_feedback(database: Database, feedback_id: str) -> Row | None:
    return await get_row(database, TABLE, feedback_id)


async def list_feedback(
    database: Database,
    flow_id: str,
    *,
    chat_id: str | None = None,
    order: str = "ASC",
    start_date: str | None = None,
    end_date: str | None = None,
) -> list[Row]:
    """A flow's feedback by date (`order` is `DESC` or else ascending). The dates count only together."""
    if not can_hold(database, flow_id):
        return []
    conditions: list[sa.ColumnElement[bool]] = [TABLE.c.chatflowid == flow_id]
    if chat_id:
        conditions.append(TABLE.c.chatId == chat_id)
    if start_date and end_date:
        conditions.append(TABLE.c.createdDate.between(start_date, end_date))
    date = TABLE.c.createdDate
    return await database.fetch(database.selection(TABLE).where(*conditions).order_by(date.desc() if order == "DESC" else date))


async def insert_feedback(database: Database, values: Mapping[str, Any]) -> Row:
    """Keep the feedback for a message; what was said about that message before is replaced, its id stays."""
    if can_hold(database, str(values.get("messageId", ""))):
        earlier = await database.fetch(sa.select(TABLE.c.id).where(TABLE.c.messageId == values["messageId"]))
        if earlier:
            said = {name: values[name] for name in ("rating", "content") if name in values}
            changed = await update_row(database, TABLE, earlier[0]["id"], said)
            if changed:
                return changed
    return await insert_row(database, TABLE, values)


async def update_feedback(database: Database, feedback_id: str, changes: Mapping[str, Any]) -> Row | None:
    return await update_row(database, TABLE, feedback_id, changes)
