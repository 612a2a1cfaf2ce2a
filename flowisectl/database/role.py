"""Table `role`, and the roles that every database has."""

from __future__ import annotations

import orjson
import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now
from flowisectl.database.lookup import Row
from flowisectl.database.rows import table_of


class Role(SQLModel, table=True):
    __tablename__ = "role"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    organizationId: str | None = Field(default=None, sa_type=Id)
    """None for the roles that every organization has."""
    name: str = Field(max_length=100)
    description: str | None = Field(default=None, sa_type=sa.Text)
    permissions: str = Field(sa_type=sa.Text)
    """JSON text: a list of permissions, `<group>:<verb>`."""
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    createdBy: str | None = Field(default=None, sa_type=Id)
    updatedBy: str | None = Field(default=None, sa_type=Id)


TABLE = table_of(Role)
OWNER = "owner"


async def general_role(database: Database, name: str) -> Row | None:
    """A role that every organization has: `owner`, `member` or `personal workspace`."""
    rows = await database.fetch(database.selection(TABLE).where(TABLE.c.name == name, TABLE.c.organizationId.is_(None)).limit(1))
    return rows[0] if rows else None


def permissions_of(role: Row) -> list[str]:
    """The role's permissions; text that is no list allows nothing."""
    try:
        found = orjson.loads(role["permissions"])
    except ValueError:
        return []
    return [str(item) for item in found] if isinstance(found, list) else []
