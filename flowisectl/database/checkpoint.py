"""Table `flowisectl_checkpoint`: what graphs of agents remember of a session. Ours, not Flowise's."""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.attempt import Fence, fenced_insert, fenced_rows, is_not_overtaken
from flowisectl.database.column_types import UtcDate, utc_now
from flowisectl.database.inserts import insert_or_change
from flowisectl.database.lookup import Lookup
from flowisectl.database.rows import delete_rows, table_of


class Checkpoint(SQLModel, table=True):
    __tablename__ = "flowisectl_checkpoint"

    flowId: str = Field(primary_key=True)
    sessionId: str = Field(primary_key=True)
    data: str = Field(sa_type=sa.Text)
    """JSON text, as `engine/legacy/opening.py` makes it."""
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)


TABLE = table_of(Checkpoint)

_ONE = Lookup(sa.select(TABLE.c.data).where(TABLE.c.flowId == sa.bindparam("flow_id"), TABLE.c.sessionId == sa.bindparam("session")))


async def get_checkpoint(database: Database, flow_id: str, session_id: str) -> str | None:
    """The JSON text that was kept last."""
    row = await database.find(_ONE, {"flow_id": flow_id, "session": session_id})
    return None if row is None else str(row["data"])


async def put_checkpoint(database: Database, flow_id: str, session_id: str, data: str, fence: Fence | None = None) -> None:
    """Keep this instead of what was kept before, unless the run behind the fence was overtaken. Raises DatabaseUnavailable."""
    row = {"flowId": flow_id, "sessionId": session_id, "data": data, "updatedDate": utc_now()}
    if fence is None:
        await database.commits.add(_upsert(database.dialect), [row])
    else:
        insert = fenced_insert(TABLE, database.dialect, key=("flowId", "sessionId"), replaces=True)
        await database.commits.add(insert, fenced_rows([row], fence))


async def delete_checkpoint(database: Database, flow_id: str, session_id: str, fence: Fence | None = None) -> None:
    parameters = {"flow_id": flow_id, "session": session_id}
    if fence is not None:
        parameters |= fence.parameters
    await database.commits.add(_delete(is_fenced=fence is not None), [parameters])


async def delete_checkpoints(database: Database, flow_id: str, session_id: str | None = None) -> int:
    """Forget one session of a flow, or all of them; how many there were."""
    conditions = [TABLE.c.flowId == flow_id]
    if session_id is not None:
        conditions.append(TABLE.c.sessionId == session_id)
    return await delete_rows(database, TABLE, *conditions)


@cache
def _upsert(dialect: str) -> sa.Executable:
    """The same object each time, so that commits can be grouped."""
    return insert_or_change(TABLE, dialect, key=("flowId", "sessionId"), changed=("data", "updatedDate"))


@cache
def _delete(*, is_fenced: bool) -> sa.Delete:
    conditions = [TABLE.c.flowId == sa.bindparam("flow_id"), TABLE.c.sessionId == sa.bindparam("session")]
    return TABLE.delete().where(*conditions, *([is_not_overtaken()] if is_fenced else []))
