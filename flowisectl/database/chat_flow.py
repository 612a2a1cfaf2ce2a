"""Table `chat_flow`: chatflows, agentflows and the flows of assistants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import HIDDEN, Database
from flowisectl.database.chat_message import ChatMessage
from flowisectl.database.chat_message_feedback import ChatMessageFeedback
from flowisectl.database.column_types import Id, UtcDate, iso_of, moment_of, new_id, utc_now
from flowisectl.database.lookup import Lookup, Row
from flowisectl.database.rows import can_hold, get_row, in_workspace, insert_row, paged_rows, table_of
from flowisectl.database.upsert_history import UpsertHistory
from flowisectl.errors import InvalidRequest


class ChatFlow(SQLModel, table=True):
    """The columns in the order of the API."""

    __tablename__ = "chat_flow"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    name: str
    flowData: str = Field(sa_type=sa.Text)
    deployed: bool | None = None
    isPublic: bool | None = None
    apikeyid: str | None = None
    chatbotConfig: str | None = Field(default=None, sa_type=sa.Text)
    apiConfig: str | None = Field(default=None, sa_type=sa.Text)
    analytic: str | None = Field(default=None, sa_type=sa.Text)
    speechToText: str | None = Field(default=None, sa_type=sa.Text)
    textToSpeech: str | None = Field(default=None, sa_type=sa.Text)
    followUpPrompts: str | None = Field(default=None, sa_type=sa.Text)
    category: str | None = Field(default=None, sa_type=sa.Text)
    type: str = Field(default="CHATFLOW", max_length=20)
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    mcpServerConfig: str | None = Field(default=None, sa_type=sa.Text)
    webhookSecret: str | None = Field(default=None, sa_type=sa.Text, repr=False, sa_column_kwargs={"info": HIDDEN})
    # No default here: it would be inserted, also into a database whose table lacks the column.
    webhookSecretConfigured: bool | None = None
    workspaceId: str | None = Field(default=None, sa_type=Id)


TABLE = table_of(ChatFlow)
LATER_COLUMNS = ("mcpServerConfig", "webhookSecret", "webhookSecretConfigured")
"""Columns that Flowise added after 3.1.2; a database of that version does not have them."""

_VERSION = Lookup(sa.select(TABLE.c.updatedDate).where(TABLE.c.id == sa.bindparam("flow_id", type_=Id)))
_VERSIONS = sa.select(TABLE.c.id, TABLE.c.updatedDate).where(TABLE.c.id.in_(sa.bindparam("flow_ids", type_=Id, expanding=True)))


async def get_flow_row(database: Database, flow_id: str) -> Row | None:
    """The row as the API shows it (without `webhookSecret`), or None."""
    return await get_row(database, TABLE, flow_id)


async def webhook_secret(database: Database, flow_id: str) -> str | None:
    """The flow's webhook secret, encrypted (secrets.cipher); None when it has none."""
    if not can_hold(database, flow_id) or not database.has_column(TABLE.name, "webhookSecret"):
        return None
    rows = await database.fetch(sa.select(TABLE.c.webhookSecret).where(TABLE.c.id == flow_id))
    return rows[0]["webhookSecret"] if rows else None


async def flow_version(database: Database, flow_id: str) -> str | None:
    """The row's `updatedDate`, which every change moves forward; None when there is no such flow."""
    if not can_hold(database, flow_id):
        return None
    row = await database.find(_VERSION, {"flow_id": flow_id})
    return str(row["updatedDate"]) if row else None


async def flow_versions(database: Database, flow_ids: Sequence[str]) -> dict[str, str]:
    """Id → `updatedDate` of those flows that are there, by one query. Ids are taken as they are: see `rows.can_hold`."""
    rows = await database.fetch(_VERSIONS, {"flow_ids": list(flow_ids)}) if flow_ids else []
    return {row["id"]: row["updatedDate"] for row in rows}


async def list_flow_rows(
    database: Database, workspace_id: str | None, type: str | None = None, page: int | None = None, limit: int | None = None
) -> tuple[list[Row], int]:
    """The workspace's flows, the last changed first, and how many there are in all."""
    conditions = [in_workspace(TABLE, workspace_id)]
    if type:
        conditions.append(TABLE.c.type == type)
    return await paged_rows(database, TABLE, *conditions, order=(TABLE.c.updatedDate.desc(), TABLE.c.id), page=page, limit=limit)


async def find_flows_by_name(database: Database, name: str) -> list[Row]:
    """Flows of exactly this name, in all workspaces, the last changed first."""
    return await database.fetch(database.selection(TABLE).where(TABLE.c.name == name).order_by(TABLE.c.updatedDate.desc()))


async def insert_flow(database: Database, values: Mapping[str, Any]) -> Row:
    """Insert a flow; see rows.insert_row. `type` is CHATFLOW when it is missing."""
    return await insert_row(database, TABLE, values if values.get("type") else {**values, "type": "CHATFLOW"})


async def update_flow(database: Database, flow_id: str, changes: Mapping[str, Any]) -> Row | None:
    """Change columns and give the whole row; None when there is no such flow. The new `updatedDate` is later than the old one."""
    if not can_hold(database, flow_id):
        return None
    row = {name: value for name, value in changes.items() if name in TABLE.c and name != "id" and database.has_column(TABLE.name, name)}
    async with database.write() as connection:
        old = (await connection.execute(_VERSION.statement.with_for_update(), {"flow_id": flow_id})).scalar()
        if old is None:
            return None
        row["updatedDate"] = max(utc_now(), iso_of(moment_of(old) + timedelta(milliseconds=1)))
        await connection.execute(TABLE.update().where(TABLE.c.id == flow_id).values(row))
        found = (await connection.execute(database.selection(TABLE).where(TABLE.c.id == flow_id))).mappings().one()
        return dict(found)


async def set_webhook_secret(database: Database, flow_id: str, encrypted: str | None) -> Row | None:
    """Keep or take away the flow's webhook secret (encrypted); None when there is no such flow.

    Raises InvalidRequest where the database, of a Flowise before 3.1.3, has no column for it.
    """
    if not database.has_column(TABLE.name, "webhookSecret"):
        raise InvalidRequest("this database has no column for webhook secrets: start Flowise 3.1.3 on it once")
    return await update_flow(database, flow_id, {"webhookSecret": encrypted, "webhookSecretConfigured": encrypted is not None})


async def delete_flow(database: Database, flow_id: str) -> int:
    """Delete a flow with its messages, their feedback and its upsert history; tells whether there was one (1 or 0)."""
    if not can_hold(database, flow_id):
        return 0
    async with database.write() as connection:
        for model in (ChatMessageFeedback, ChatMessage, UpsertHistory):
            table = table_of(model)
            await connection.execute(table.delete().where(table.c.chatflowid == flow_id))
        return int((await connection.execute(TABLE.delete().where(TABLE.c.id == flow_id))).rowcount)


async def flows_of_key(database: Database, key_id: str, workspace_id: str | None, *, only_bound: bool = False) -> list[Row]:
    """Flows that are bound to an API key and, unless `only_bound`, those of the workspace that are bound to none; by name."""
    bound = TABLE.c.apikeyid == key_id
    if not only_bound:
        bound = bound | TABLE.c.apikeyid.is_(None) | (TABLE.c.apikeyid == "")
    statement = database.selection(TABLE).where(in_workspace(TABLE, workspace_id), bound).order_by(TABLE.c.name, TABLE.c.id)
    return await database.fetch(statement)


async def flows_bound_to(database: Database, key_ids: Sequence[str]) -> dict[str, list[Row]]:
    """API key id → `{flowName, category, updatedDate}` of the flows that are bound to it."""
    statement = sa.select(TABLE.c.apikeyid, TABLE.c.name.label("flowName"), TABLE.c.category, TABLE.c.updatedDate)
    rows = await database.fetch(statement.where(TABLE.c.apikeyid.in_(list(key_ids))).order_by(TABLE.c.name))
    found: dict[str, list[Row]] = {id: [] for id in key_ids}
    for row in rows:
        found[row.pop("apikeyid")].append(row)
    return found
