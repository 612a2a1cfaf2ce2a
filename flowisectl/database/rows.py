"""Reading, inserting, changing and deleting rows, as every table of this room does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlmodel import SQLModel

from flowisectl.database.access import Database
from flowisectl.database.column_types import is_uuid, new_id, utc_now
from flowisectl.database.lookup import Row

# Rows are read and written by Core statements: pydantic's validators of the tables are built when somebody uses one, not at each start.
SQLModel.model_config["defer_build"] = True


def table_of(model: type[SQLModel]) -> sa.Table:
    """The SQLAlchemy table behind a table class, for Core statements."""
    return SQLModel.metadata.tables[str(model.__tablename__)]


def in_workspace(table: sa.Table, workspace_id: str | None) -> sa.ColumnElement[bool]:
    """Rows of one workspace; of none (made before the first account) when the id is empty."""
    column = table.c.workspaceId
    return column == workspace_id if workspace_id else column.is_(None)


def can_hold(database: Database, id: str) -> bool:
    """Whether a row can have this id: PostgreSQL refuses to compare a `uuid` with other text."""
    return bool(id) and (database.dialect != "postgresql" or is_uuid(id))


async def get_row(database: Database, table: sa.Table, id: str) -> Row | None:
    if not can_hold(database, id):
        return None
    rows = await database.fetch(database.selection(table).where(table.c.id == id))
    return rows[0] if rows else None


async def paged_rows(
    database: Database, table: sa.Table, *conditions: sa.ColumnElement[bool], order: Sequence[Any], page: int | None, limit: int | None
) -> tuple[list[Row], int]:
    """One page of rows (the first is 1) and how many there are in all; every row without a page and a limit."""
    selection = database.selection(table).where(*conditions).order_by(*order)
    if not page or not limit or page < 1 or limit < 1:
        rows = await database.fetch(selection)
        return rows, len(rows)
    rows = await database.fetch(selection.limit(limit).offset((page - 1) * limit))
    counted = await database.fetch(sa.select(sa.func.count().label("total")).select_from(table).where(*conditions))
    return rows, int(counted[0]["total"])


async def insert_row(database: Database, table: sa.Table, values: Mapping[str, Any]) -> Row:
    """Insert a row and give its values as they are stored, in the order in which they came; id and dates are made when missing.

    Columns that were given no value come last, as null. Values for columns that the table does not have are left out. Raises
    InvalidRequest for a row that the database refuses.
    """
    row = {name: value for name, value in values.items() if name in table.c and database.has_column(table.name, name)}
    now = utc_now()
    for name, value in (("id", None), ("createdDate", now), ("updatedDate", now)):
        if name in table.c and not row.get(name) and database.has_column(table.name, name):
            row.pop(name, None)
            row[name] = value or new_id()
    async with database.write() as connection:
        await connection.execute(table.insert(), row)
    return {**row, **{column.name: None for column in _unset(database, table, row)}}


def _unset(database: Database, table: sa.Table, row: Row) -> list[sa.Column[Any]]:
    """The columns that a row leaves empty, as far as they are shown."""
    empty = (column for column in table.columns if column.nullable and column.name not in row and not column.info.get("hidden"))
    return [column for column in empty if database.has_column(table.name, column.name)]


async def update_row(database: Database, table: sa.Table, id: str, changes: Mapping[str, Any]) -> Row | None:
    """Change columns of a row and give the whole row; None when there is none. `updatedDate` becomes now."""
    if not can_hold(database, id):
        return None
    row = {name: value for name, value in changes.items() if name in table.c and name != "id" and database.has_column(table.name, name)}
    if "updatedDate" in table.c and "updatedDate" not in row:
        row["updatedDate"] = utc_now()
    async with database.write() as connection:
        if row:
            await connection.execute(table.update().where(table.c.id == id).values(row))
        found = (await connection.execute(database.selection(table).where(table.c.id == id))).mappings().first()
        return dict(found) if found else None


async def delete_rows(database: Database, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
    """Delete rows and tell how many there were."""
    async with database.write() as connection:
        return int((await connection.execute(table.delete().where(*conditions))).rowcount)


async def delete_row(database: Database, table: sa.Table, id: str, *conditions: sa.ColumnElement[bool]) -> int:
    return await delete_rows(database, table, table.c.id == id, *conditions) if can_hold(database, id) else 0


def json_text(value: Any) -> str | None:
    """A value of a JSON column as text; text is taken as it is."""
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def json_value(text: Any) -> Any:
    """The data in a JSON column; text that is no JSON comes back as it is."""
    if not isinstance(text, str) or not text:
        return text
    try:
        return orjson.loads(text)
    except ValueError:
        return text


def id_list(database: Database, ids: Sequence[str]) -> list[str]:
    """Those ids that a row can have, without duplicates."""
    return [id for id in dict.fromkeys(ids) if can_hold(database, id)]
