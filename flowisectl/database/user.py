"""Table `user`: who may log in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now
from flowisectl.database.lookup import Row
from flowisectl.database.rows import get_row, table_of, update_row


class User(SQLModel, table=True):
    __tablename__ = "user"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    name: str = Field(max_length=100)
    email: str = Field(max_length=255, unique=True)
    credential: str | None = Field(default=None, sa_type=sa.Text, repr=False)
    """The password's bcrypt hash."""
    tempToken: str | None = Field(default=None, sa_type=sa.Text, repr=False)
    tokenExpiry: str | None = Field(default=None, sa_type=UtcDate)
    status: str = Field(default="unverified", max_length=20)
    """`active`, `invited`, `unverified` or `deleted`."""
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    createdBy: str = Field(sa_type=Id)
    updatedBy: str = Field(sa_type=Id)


TABLE = table_of(User)


async def get_user(database: Database, user_id: str) -> Row | None:
    """The whole row, the password's hash included."""
    return await get_row(database, TABLE, user_id)


async def user_by_email(database: Database, email: str) -> Row | None:
    """The whole row of an address, whatever its case."""
    found = sa.select(TABLE).where(sa.func.lower(TABLE.c.email) == email.lower()).order_by(TABLE.c.createdDate).limit(1)
    rows = await database.fetch(found)
    return rows[0] if rows else None


async def list_users(database: Database) -> list[Row]:
    """Every account without its secrets, the oldest first."""
    columns = [column for column in TABLE.columns if column.name not in ("credential", "tempToken", "tokenExpiry")]
    return await database.fetch(sa.select(*columns).order_by(TABLE.c.createdDate, TABLE.c.id))


async def update_user(database: Database, user_id: str, changes: Mapping[str, Any]) -> Row | None:
    return await update_row(database, TABLE, user_id, changes)
