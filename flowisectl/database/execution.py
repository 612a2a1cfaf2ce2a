"""Table `execution`: the traces of agentflow runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.attempt import Fence, fenced_insert, fenced_rows, is_not_overtaken
from flowisectl.database.chat_message import ChatMessage
from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now
from flowisectl.database.inserts import insert_once
from flowisectl.database.lookup import Lookup, Row
from flowisectl.database.rows import can_hold, get_row, id_list, in_workspace, json_text, table_of


class Execution(SQLModel, table=True):
    __tablename__ = "execution"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    executionData: str = Field(sa_type=sa.Text)
    """JSON text: the list of executed nodes."""
    state: str
    """INPROGRESS, FINISHED, ERROR, TERMINATED, TIMEOUT or STOPPED."""
    agentflowId: str = Field(sa_type=Id)
    sessionId: str
    action: str | None = Field(default=None, sa_type=sa.Text)
    isPublic: bool | None = None
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    stoppedDate: str | None = Field(default=None, sa_type=UtcDate)
    workspaceId: str | None = Field(default=None, sa_type=Id)


TABLE = table_of(Execution)

_LATEST = Lookup(
    sa.select(TABLE)
    .where(
        TABLE.c.agentflowId == sa.bindparam("flow_id", type_=Id),
        TABLE.c.sessionId == sa.bindparam("session"),
        TABLE.c.id != sa.bindparam("but", type_=Id),
    )
    .order_by(TABLE.c.createdDate.desc(), TABLE.c.updatedDate.desc())
)
_NONE = "00000000-0000-0000-0000-000000000000"


async def insert_execution(database: Database, values: Mapping[str, Any], fence: Fence | None = None) -> Row:
    """Insert a row and give it whole; id and dates are made when missing, `executionData` (text or data) is `[]`, state INPROGRESS.

    With a fence, a run that was overtaken inserts nothing.
    """
    now = utc_now()
    row: Row = {
        "id": values.get("id") or new_id(),
        "executionData": json_text(values.get("executionData", "[]")),
        "state": values.get("state") or "INPROGRESS",
        "agentflowId": values["agentflowId"],
        "sessionId": values["sessionId"],
        "action": json_text(values.get("action")),
        "isPublic": values.get("isPublic"),
        "createdDate": values.get("createdDate") or now,
        "updatedDate": values.get("updatedDate") or now,
        "stoppedDate": values.get("stoppedDate"),
        "workspaceId": values.get("workspaceId") or None,
    }
    if fence is None:
        await database.commits.add(insert_once(TABLE, database.dialect), [row])
    else:
        await database.commits.add(fenced_insert(TABLE, database.dialect), fenced_rows([row], fence))
    return row


async def update_execution(database: Database, execution_id: str, changes: Mapping[str, Any], fence: Fence | None = None) -> None:
    """Change columns of a row; nothing happens when there is none, or when the run behind the fence was overtaken.

    `updatedDate` becomes now; state STOPPED also sets `stoppedDate`.
    """
    row = {name: value for name, value in changes.items() if name in TABLE.c and name != "id"}
    row["updatedDate"] = utc_now()
    for name in ("executionData", "action"):
        if name in row:
            row[name] = json_text(row[name])
    if row.get("state") == "STOPPED":
        row.setdefault("stoppedDate", row["updatedDate"])
    names = tuple(sorted(row))
    parameters = {f"new_{name}": row[name] for name in names}
    if can_hold(database, execution_id):
        if fence is not None:
            parameters |= fence.parameters
        await database.commits.add(_update(names, is_fenced=fence is not None), [{"row_id": execution_id, **parameters}])


async def latest_execution(database: Database, flow_id: str, session_id: str, *, but: str = _NONE) -> Row | None:
    """The session's newest run of this flow, another one than `but`; `executionData` is JSON text."""
    if not can_hold(database, flow_id):
        return None
    return await database.find(_LATEST, {"flow_id": flow_id, "session": session_id, "but": but})


async def get_execution(database: Database, execution_id: str) -> Row | None:
    return await get_row(database, TABLE, execution_id)


async def delete_executions(database: Database, execution_ids: Sequence[str], workspace_id: str | None = None) -> int:
    """Delete runs (with a workspace id, only that workspace's) and forget them in their messages; how many there were."""
    messages = table_of(ChatMessage)
    ids = id_list(database, execution_ids)
    conditions: list[sa.ColumnElement[bool]] = [TABLE.c.id.in_(ids)]
    if workspace_id:
        conditions.append(in_workspace(TABLE, workspace_id))
    async with database.write() as connection:
        found = list((await connection.execute(sa.select(TABLE.c.id).where(*conditions))).scalars())
        await connection.execute(messages.update().where(messages.c.executionId.in_(found)).values(executionId=None))
        return int((await connection.execute(TABLE.delete().where(TABLE.c.id.in_(found)))).rowcount)


@cache
def _update(names: tuple[str, ...], *, is_fenced: bool) -> sa.Update:
    """One statement object for each set of columns: group commit puts writes with the same statement together."""
    values: dict[str, sa.BindParameter[Any]] = {name: sa.bindparam(f"new_{name}") for name in names}
    conditions = [TABLE.c.id == sa.bindparam("row_id"), *([is_not_overtaken()] if is_fenced else [])]
    return TABLE.update().where(*conditions).values(values)
