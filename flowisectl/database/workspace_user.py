"""Table `workspace_user`: who belongs to a workspace, and in which role."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from flowisectl.database.column_types import Id, UtcDate, utc_now


class WorkspaceUser(SQLModel, table=True):
    __tablename__ = "workspace_user"

    workspaceId: str = Field(sa_type=Id, primary_key=True)
    userId: str = Field(sa_type=Id, primary_key=True)
    roleId: str = Field(sa_type=Id)
    status: str = Field(default="invited", max_length=20)
    """`active`, `invited` or `disable`."""
    lastLogin: str | None = Field(default=None, sa_type=UtcDate)
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    createdBy: str = Field(sa_type=Id)
    updatedBy: str = Field(sa_type=Id)
