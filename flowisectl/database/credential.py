"""Table `credential`: keys and passwords of outside services, encrypted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now
from flowisectl.database.lookup import Lookup, Row
from flowisectl.database.rows import can_hold, delete_row, get_row, in_workspace, insert_row, table_of, update_row
from flowisectl.database.workspace_shared import WorkspaceShared


class Credential(SQLModel, table=True):
    __tablename__ = "credential"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    name: str
    credentialName: str
    """The credential type, such as `openAIApi`."""
    encryptedData: str = Field(sa_type=sa.Text)
    """See secrets.cipher."""
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    workspaceId: str | None = Field(default=None, sa_type=Id)


TABLE = table_of(Credential)
SHARED = table_of(WorkspaceShared)
_ENCRYPTED = Lookup(sa.select(TABLE.c.encryptedData, TABLE.c.workspaceId).where(TABLE.c.id == sa.bindparam("credential_id", type_=Id)))
_LENT = "credential"


async def get_credential(database: Database, credential_id: str) -> Row | None:
    """The whole row, `encryptedData` included."""
    return await get_row(database, TABLE, credential_id)


async def encrypted_credential(database: Database, credential_id: str) -> Row | None:
    """Only `encryptedData` and `workspaceId`; None when there is no such credential."""
    if not can_hold(database, credential_id):
        return None
    return await database.find(_ENCRYPTED, {"credential_id": credential_id})


async def is_usable_in(database: Database, row: Row | None, workspace_id: str) -> bool:
    """Whether there is such a row and a caller of this workspace may name it: its own, or one that is lent to it."""
    if row is None:
        return False
    return (row["workspaceId"] or "") == workspace_id or await is_lent_to(database, row["id"], workspace_id)


async def is_lent_to(database: Database, credential_id: str, workspace_id: str) -> bool:
    """Whether its own workspace lends the credential to this one."""
    if not can_hold(database, workspace_id):
        return False
    condition = (SHARED.c.sharedItemId == credential_id, SHARED.c.workspaceId == workspace_id, SHARED.c.itemType == _LENT)
    return bool(await database.fetch(sa.select(SHARED.c.id).where(*condition).limit(1)))


async def list_credentials(database: Database, workspace_id: str | None, types: Sequence[str] = ()) -> list[Row]:
    """The workspace's credentials without `encryptedData`, then those shared with it (`shared` true), each by name."""
    selection = sa.select(*[column for column in TABLE.columns if column.name != "encryptedData"])
    if types:
        selection = selection.where(TABLE.c.credentialName.in_(list(types)))
    own = await database.fetch(selection.where(in_workspace(TABLE, workspace_id)).order_by(TABLE.c.name, TABLE.c.id))
    if not workspace_id:
        return own
    items = sa.select(SHARED.c.sharedItemId).where(SHARED.c.workspaceId == workspace_id, SHARED.c.itemType == _LENT)
    shared_ids = [row["sharedItemId"] for row in await database.fetch(items) if can_hold(database, row["sharedItemId"])]
    if not shared_ids:
        return own
    shared = await database.fetch(selection.where(TABLE.c.id.in_(shared_ids)).order_by(TABLE.c.name, TABLE.c.id))
    return own + [{**row, "shared": True} for row in shared]


async def insert_credential(database: Database, values: Mapping[str, Any]) -> Row:
    return await insert_row(database, TABLE, values)


async def update_credential(database: Database, credential_id: str, changes: Mapping[str, Any]) -> Row | None:
    return await update_row(database, TABLE, credential_id, changes)


async def delete_credential(database: Database, credential_id: str, workspace_id: str | None) -> int:
    return await delete_row(database, TABLE, credential_id, in_workspace(TABLE, workspace_id))
