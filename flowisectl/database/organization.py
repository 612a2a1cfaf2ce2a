"""Table `organization`."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now
from flowisectl.database.lookup import Row
from flowisectl.database.rows import get_row, table_of


class Organization(SQLModel, table=True):
    __tablename__ = "organization"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    name: str = Field(default="Default Organization", max_length=100)
    customerId: str | None = Field(default=None, max_length=100)
    subscriptionId: str | None = Field(default=None, max_length=100)
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    createdBy: str = Field(sa_type=Id)
    updatedBy: str = Field(sa_type=Id)


TABLE = table_of(Organization)


async def get_organization(database: Database, organization_id: str) -> Row | None:
    return await get_row(database, TABLE, organization_id)


async def has_organization(database: Database) -> bool:
    """Whether the first account was registered."""
    return bool(await database.fetch(sa.select(TABLE.c.id).limit(1)))
