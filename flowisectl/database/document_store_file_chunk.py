"""Table `document_store_file_chunk`: the pieces that a store's documents were split into."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.column_types import Id, new_id


class DocumentStoreFileChunk(SQLModel, table=True):
    __tablename__ = "document_store_file_chunk"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    docId: str = Field(sa_type=Id)
    """The loader's id."""
    storeId: str = Field(sa_type=Id)
    chunkNo: int
    pageContent: str | None = Field(default=None, sa_type=sa.Text)
    # SQLModel itself has an attribute `metadata`, so this one has another name than its column.
    metadata_: str | None = Field(default=None, sa_type=sa.Text, sa_column_kwargs={"name": "metadata"})
    """JSON text."""
