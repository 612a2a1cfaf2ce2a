"""Takes in what another server has exported (POST /export-import/import): all of it in one transaction, or nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from flowisectl.database.column_types import Id, UtcDate, is_uuid, moment_of, new_id, utc_now
from flowisectl.database.connection import Database
from flowisectl.database.lookup import Row
from flowisectl.database.rows import in_workspace
from flowisectl.errors import InvalidRequest
from flowisectl.web.workspace.exported import FEEDBACK, KINDS, Kind

MAX_ROWS = 100_000
_REPLACED_PARTS = 500
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


async def import_rows(database: Database, workspace_id: str, data: Mapping[str, Any]) -> int:
    """Insert every row into the workspace; gives how many. An id that is taken is replaced by a new one wherever it stands.

    Raises InvalidRequest for rows that cannot be used, and for rows that hang on a flow or a store of another workspace.
    """
    rows = {kind.name: _objects(data, kind) for kind in KINDS}
    if sum(map(len, rows.values())) > MAX_ROWS:
        raise InvalidRequest(f"the import has more than {MAX_ROWS} rows: export it in parts")
    new_ids = await _new_ids(database, rows)
    if new_ids:
        rows = {name: [_renamed(row, new_ids) for row in listed] for name, listed in rows.items()}
    values = {kind.name: [_values(database, kind, row, workspace_id) for row in rows[kind.name]] for kind in KINDS}
    count = 0
    async with database.write() as connection:
        # A flow or a store comes before what hangs on it.
        for kind in sorted(KINDS, key=lambda kind: kind.parent is not None):
            if not values[kind.name]:
                continue
            if kind.table.name not in database.columns:
                raise InvalidRequest(f"{kind.name}: this database has no table {kind.table.name!r}")
            if kind.parent is not None:
                mine = set((await connection.execute(sa.select(kind.parent.c.id).where(in_workspace(kind.parent, workspace_id)))).scalars())
                for row in values[kind.name]:
                    if row[kind.parent_column] not in mine:
                        raise InvalidRequest(f"{kind.name} {row['id']}: the workspace has no {kind.parent.name} {row[kind.parent_column]}")
            for row in await _insertable(connection, kind, values[kind.name]):
                await connection.execute(kind.table.insert(), row)
                count += 1
    return count


async def _insertable(connection: AsyncConnection, kind: Kind, rows: list[Row]) -> list[Row]:
    """The rows; of feedback, which only SQLite keeps several times for a message, the last for each message that has none yet."""
    if kind.table is not FEEDBACK:
        return rows
    latest = {row.get("messageId"): row for row in rows}
    ids = [message_id for message_id in latest if message_id]
    for start in range(0, len(ids), _REPLACED_PARTS):
        part = ids[start : start + _REPLACED_PARTS]
        for message_id in (await connection.execute(sa.select(FEEDBACK.c.messageId).where(FEEDBACK.c.messageId.in_(part)))).scalars():
            latest.pop(message_id, None)
    return list(latest.values())


def _objects(data: Mapping[str, Any], kind: Kind) -> list[Row]:
    listed = data.get(kind.name)
    if listed is None:
        return []
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise InvalidRequest(f"{kind.name} must be a list of objects")
    return [dict(item) for item in listed]


async def _new_ids(database: Database, rows: Mapping[str, list[Row]]) -> dict[str, str]:
    """Id of the import → new id, for those that a row of this database has."""
    taken: dict[str, str] = {}
    for kind in KINDS:
        if kind.table.name not in database.columns:
            continue
        ids = [row["id"] for row in rows[kind.name] if isinstance(row.get("id"), str) and is_uuid(row["id"])]
        for start in range(0, len(ids), _REPLACED_PARTS):
            part = ids[start : start + _REPLACED_PARTS]
            for found in await database.fetch(sa.select(kind.table.c.id).where(kind.table.c.id.in_(part))):
                taken[found["id"]] = new_id()
    return taken


def _renamed(value: Any, new_ids: Mapping[str, str]) -> Any:
    """The value with every taken id replaced, also inside texts (a flow's JSON names tools and stores by id)."""
    if isinstance(value, dict):
        return {name: _renamed(item, new_ids) for name, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, new_ids) for item in value]
    if not isinstance(value, str) or len(value) < 36:
        return value
    return _UUID.sub(lambda found: new_ids.get(found[0], found[0]), value)


def _values(database: Database, kind: Kind, row: Row, workspace_id: str) -> Row:
    """The columns of a row. Raises InvalidRequest for a value of another type."""
    table, values = kind.table, {}
    for column in table.columns:
        if column.name in row and database.has_column(table.name, column.name) and column.name != "webhookSecret":
            values[column.name] = _value(kind, column, row[column.name])
    if not is_uuid(str(values.get("id", ""))):
        values["id"] = new_id()
    for name in ("createdDate", "updatedDate"):
        if name in table.c and not values.get(name):
            values[name] = utc_now()
    if kind.type:
        values["type"] = kind.type
    if "workspaceId" in table.c:
        values["workspaceId"] = workspace_id
    for column in table.columns:
        if not column.nullable and values.get(column.name) is None and column.name in ("name", "flowData", "chatflowid", "content"):
            raise InvalidRequest(f"{kind.name} {values['id']} has no {column.name}")
    if kind.parent is not None and not values.get(kind.parent_column):
        raise InvalidRequest(f"{kind.name} {values['id']} has no {kind.parent_column}")
    return values


def _value(kind: Kind, column: sa.Column[Any], value: Any) -> Any:
    if value is None:
        return None
    problem = f"{kind.name}.{column.name}"
    if isinstance(column.type, UtcDate):
        try:
            moment_of(value)
        except (ValueError, TypeError) as error:
            raise InvalidRequest(f"{problem} must be a date") from error
    elif isinstance(column.type, Id):
        if not isinstance(value, str) or not is_uuid(value):
            raise InvalidRequest(f"{problem} must be a UUID")
    elif isinstance(column.type, sa.Boolean):
        if not isinstance(value, bool):
            raise InvalidRequest(f"{problem} must be true or false")
    elif isinstance(column.type, sa.Integer):
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 2**31 - 1:
            raise InvalidRequest(f"{problem} must be a whole number")
    elif not isinstance(value, str):
        raise InvalidRequest(f"{problem} must be a text")
    elif "\x00" in value:
        raise InvalidRequest(f"{problem} contains a NUL character")
    return value
