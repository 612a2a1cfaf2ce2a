"""The document stores of a workspace, as runs ask for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flowisectl.database.connection import Database
from flowisectl.database.document_store import component_of, get_store
from flowisectl.database.document_store_file_chunk import list_chunks
from flowisectl.database.lookup import Row
from flowisectl.database.rows import json_value
from flowisectl.engine.context import StoreComponents
from flowisectl.errors import NotFound
from flowisectl.interfaces.document import Document


class WorkspaceStores:
    """`engine.context.DocumentStores` over `document_store`. Stores of other workspaces are not found."""

    def __init__(self, database: Database, workspace_id: str) -> None:
        self._database = database
        self._workspace_id = workspace_id

    async def components(self, store_id: str) -> StoreComponents:
        row = await self._row(store_id)
        return StoreComponents(
            vector_store=component_of(row, "vectorStoreConfig"),
            embeddings=component_of(row, "embeddingConfig"),
            record_manager=component_of(row, "recordManagerConfig"),
        )

    async def documents(self, store_id: str) -> Sequence[Document]:
        await self._row(store_id)
        return [_to_document(chunk) for chunk in await list_chunks(self._database, store_id)]

    async def _row(self, store_id: str) -> Row:
        row = await get_store(self._database, store_id)
        if row is None or (row["workspaceId"] or "") != self._workspace_id:
            raise NotFound(f"Document store {store_id} not found: choose a store of this workspace in the node")
        return row


def _to_document(chunk: Row) -> Document:
    metadata = json_value(chunk["metadata"])
    return Document(page_content=chunk["pageContent"] or "", metadata=metadata if isinstance(metadata, Mapping) else {}, id=chunk["id"])
