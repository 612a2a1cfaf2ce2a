"""Table `upsert_history`: what was written into vector stores, by chatflow or document store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.attempt import Fence, fenced_insert, fenced_rows
from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now
from flowisectl.database.inserts import insert_once
from flowisectl.database.lookup import Row
from flowisectl.database.rows import delete_rows, id_list, json_text, json_value, table_of


class UpsertHistory(SQLModel, table=True):
    __tablename__ = "upsert_history"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    chatflowid: str
    """The id of a chatflow or of a document store."""
    result: str = Field(sa_type=sa.Text)
    flowData: str = Field(sa_type=sa.Text)
    date: str = Field(default_factory=utc_now, sa_type=UtcDate)


TABLE = table_of(UpsertHistory)


async def insert_upsert_history(database: Database, values: Mapping[str, Any], fence: Fence | None = None) -> Row:
    """Keep one upsert; `result` and `flowData` may be JSON data or text. The same id a second time changes nothing.

    With a fence, a run that was overtaken keeps nothing.
    """
    row = {
        "id": values.get("id") or new_id(),
        "chatflowid": values["chatflowid"],
        "result": json_text(values.get("result", {})),
        "flowData": json_text(values.get("flowData", {})),
        "date": values.get("date") or utc_now(),
    }
    async with database.write() as connection:
        if fence is None:
            await connection.execute(insert_once(TABLE, database.dialect), row)
        else:
            await connection.execute(fenced_insert(TABLE, database.dialect), fenced_rows([row], fence))
    return row


async def list_upsert_history(
    database: Database, flow_id: str, *, order: str = "ASC", start_date: str | None = None, end_date: str | None = None
) -> list[Row]:
    """A flow's upserts by date, `result` and `flowData` parsed. The dates may each be left out."""
    conditions: list[sa.ColumnElement[bool]] = [TABLE.c.chatflowid == flow_id]
    if start_date:
        conditions.append(TABLE.c.date >= start_date)
    if end_date:
        conditions.append(TABLE.c.date <= end_date)
    date = TABLE.c.date.desc() if order == "DESC" else TABLE.c.date
    rows = await database.fetch(database.selection(TABLE).where(*conditions).order_by(date))
    return [{**row, "result": json_value(row["result"]), "flowData": json_value(row["flowData"])} for row in rows]


async def upsert_targets(database: Database, ids: Sequence[str]) -> dict[str, str]:
    """Id of an upsert → the flow or the document store that it filled; ids that there are not are left out."""
    rows = await database.fetch(sa.select(TABLE.c.id, TABLE.c.chatflowid).where(TABLE.c.id.in_(id_list(database, ids))))
    return {row["id"]: row["chatflowid"] for row in rows}


async def delete_upsert_history(database: Database, ids: Sequence[str]) -> int:
    return await delete_rows(database, TABLE, TABLE.c.id.in_(id_list(database, ids)))
