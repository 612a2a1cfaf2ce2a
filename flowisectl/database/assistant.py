"""Table `assistant`."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now


class Assistant(SQLModel, table=True):
    __tablename__ = "assistant"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    details: str = Field(sa_type=sa.Text)
    """JSON text."""
    credential: str = Field(sa_type=Id)
    iconSrc: str | None = None
    type: str | None = Field(default=None, sa_type=sa.Text)
    """`CUSTOM`, `OPENAI` or `AZURE`."""
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    workspaceId: str | None = Field(default=None, sa_type=Id)
