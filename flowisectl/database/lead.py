"""Table `lead`: contact data that visitors of a chat left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now
from flowisectl.database.lookup import Row
from flowisectl.database.rows import insert_row, table_of


class Lead(SQLModel, table=True):
    __tablename__ = "lead"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    name: str | None = Field(default=None, sa_type=sa.Text)
    email: str | None = Field(default=None, sa_type=sa.Text)
    phone: str | None = Field(default=None, sa_type=sa.Text)
    chatflowid: str
    chatId: str
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)


TABLE = table_of(Lead)


async def insert_lead(database: Database, values: Mapping[str, Any]) -> Row:
    """Keep a lead; a chat id is made when it is missing."""
    return await insert_row(database, TABLE, {**values, "chatId": values.get("chatId") or new_id()})


async def list_leads(database: Database, flow_id: str) -> list[Row]:
    return await database.fetch(database.selection(TABLE).where(TABLE.c.chatflowid == flow_id).order_by(TABLE.c.createdDate, TABLE.c.id))
