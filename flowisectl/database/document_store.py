"""Table `document_store`: documents that were loaded, split and written into vector stores."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now


class DocumentStore(SQLModel, table=True):
    __tablename__ = "document_store"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    name: str
    description: str | None = None
    loaders: str | None = Field(default=None, sa_type=sa.Text)
    """JSON text: the store's loaders."""
    whereUsed: str | None = Field(default=None, sa_type=sa.Text)
    """JSON text: ids of the flows that use the store."""
    status: str
    """EMPTY, SYNC, SYNCING, STALE, NEW, UPSERTING or UPSERTED."""
    vectorStoreConfig: str | None = Field(default=None, sa_type=sa.Text)
    embeddingConfig: str | None = Field(default=None, sa_type=sa.Text)
    recordManagerConfig: str | None = Field(default=None, sa_type=sa.Text)
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    workspaceId: str | None = Field(default=None, sa_type=Id)
