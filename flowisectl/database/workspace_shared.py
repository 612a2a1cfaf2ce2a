"""Table `workspace_shared`: credentials and templates that one workspace lends to another."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now


class WorkspaceShared(SQLModel, table=True):
    __tablename__ = "workspace_shared"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    workspaceId: str = Field(sa_type=Id)
    sharedItemId: str
    itemType: str
    """`credential` or `custom_template`."""
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
