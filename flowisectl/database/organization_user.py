"""Table `organization_user`: who belongs to an organization, and in which role."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from flowisectl.database.column_types import Id, UtcDate, utc_now


class OrganizationUser(SQLModel, table=True):
    __tablename__ = "organization_user"

    organizationId: str = Field(sa_type=Id, primary_key=True)
    userId: str = Field(sa_type=Id, primary_key=True)
    roleId: str = Field(sa_type=Id)
    status: str = Field(default="active", max_length=20)
    """`active`, `invited` or `disable`."""
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    createdBy: str = Field(sa_type=Id)
    updatedBy: str = Field(sa_type=Id)
