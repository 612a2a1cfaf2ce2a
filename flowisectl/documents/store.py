"""Document stores: their rows, their loaders and their chunks, for callers of one workspace."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from flowisectl.database.attempt import Fence, Overtaken
from flowisectl.database.chat_flow import get_flow_row
from flowisectl.database.connection import Database
from flowisectl.database.document_store import Also, change_store, delete_store, get_store, insert_store, list_stores
from flowisectl.database.document_store_file_chunk import (
    count_chunks,
    delete_chunk,
    delete_loader_chunks,
    get_chunk,
    list_chunks,
    write_chunk,
)
from flowisectl.database.lookup import Row
from flowisectl.documents.store_view import Loader, loader_in, loaders_of, source_of, store_view, with_loader
from flowisectl.errors import InvalidRequest, NotFound
from flowisectl.runs.attempt import AttemptLost
from flowisectl.storage.blob_store import BlobStore
from flowisectl.storage.left_behind import left_behind

FOLDER = "docustore"
"""Files of a store lie under `<organization>/docustore/<store>`."""
CHUNKS_PER_PAGE = 50
_NEW_LOADER: Loader = {
    "loaderConfig": {},
    "splitterId": "",
    "splitterName": "",
    "splitterConfig": {},
    "totalChunks": 0,
    "totalChars": 0,
}
LOADER_MEMBERS = ("loaderId", "loaderName", "loaderConfig", "splitterId", "splitterName", "splitterConfig", "credential")


class StoreNotFound(NotFound):
    def __init__(self, store_id: str) -> None:
        super().__init__(f"Document store {store_id} not found")


class LoaderNotFound(NotFound):
    def __init__(self, loader_id: str, store_id: str) -> None:
        super().__init__(f"Document loader {loader_id} not found in document store {store_id}")


class Storage(Protocol):
    def of_organization(self, organization_id: str) -> BlobStore: ...


class DocumentStores:
    """The stores of one workspace. Rows of others are not found. For a job, `fence` says which run of it writes: every change raises
    AttemptLost, and changes nothing, once a newer one has begun."""

    def __init__(self, database: Database, workspace_id: str, fence: Fence | None = None) -> None:
        self._database = database
        self._workspace_id = workspace_id
        self._fence = fence

    async def row(self, store_id: str) -> Row:
        """Raises StoreNotFound."""
        row = await get_store(self._database, store_id)
        if row is None or (row["workspaceId"] or "") != self._workspace_id:
            raise StoreNotFound(store_id)
        return row

    async def create(self, values: Mapping[str, Any]) -> Row:
        """A new, empty store; gives its row as it is stored."""
        lists = {name: values.get(name) or [] for name in ("loaders", "whereUsed")}
        return await insert_store(self._database, {**values, **lists, "status": "EMPTY", "workspaceId": self._workspace_id})

    async def page(self, page: int | None, limit: int | None) -> tuple[list[dict[str, Any]], int]:
        rows, total = await list_stores(self._database, self._workspace_id, page, limit)
        return [store_view(row) for row in rows], total

    async def view(self, store_id: str) -> dict[str, Any]:
        """The store with the names of the flows that use it. Raises StoreNotFound."""
        view = store_view(await self.row(store_id))
        ids = [str(item.get("id")) if isinstance(item, Mapping) else str(item) for item in view["whereUsed"]]
        flows = [await get_flow_row(self._database, flow_id) for flow_id in ids]
        own = [flow for flow in flows if flow is not None and (flow["workspaceId"] or "") == self._workspace_id]
        return {**view, "whereUsed": [{"id": flow["id"], "name": flow["name"]} for flow in own]}

    async def update(self, store_id: str, changes: Mapping[str, Any]) -> Row:
        """Raises StoreNotFound."""
        return await self.change(store_id, lambda row: changes)

    async def delete(self, store_id: str, blobs: BlobStore) -> int:
        """Delete a store with its chunks, its history and its files. Raises StoreNotFound."""
        await self.row(store_id)
        deleted = await delete_store(self._database, store_id, self._workspace_id)
        with left_behind(f"document store {store_id}"):
            await blobs.delete_chat(FOLDER, store_id)
        return deleted

    # ---- loaders

    async def save_loader(self, store_id: str, given: Mapping[str, Any]) -> Loader:
        """Keep a loader's settings, to be processed; a new one when it has no id that is known. Raises StoreNotFound, InvalidRequest."""
        if not isinstance(given.get("loaderId"), str) or not given["loaderId"]:
            raise InvalidRequest("loaderId not provided! It is the name of a document loader component")
        loader_id = _uuid_or_new(given.get("id"))

        def change(row: Row) -> Mapping[str, Any]:
            settings = {name: given[name] for name in LOADER_MEMBERS if given.get(name) is not None}
            loader = {**_NEW_LOADER, **(loader_in(row, loader_id) or {}), **settings, "id": loader_id}
            # The store's own status changes when the loader is processed; until then it is seen to be STALE.
            return {"loaders": with_loader(row, {**loader, "status": "SYNCING"})}

        row = await self.change(store_id, change)
        loader = loader_in(row, loader_id) or {}
        return {**loader, "source": source_of(loader)}

    async def change_loader(self, store_id: str, loader_id: str, changes: Mapping[str, Any], *, status: str = "") -> Row:
        """Raises StoreNotFound, LoaderNotFound."""

        def change(row: Row) -> Mapping[str, Any]:
            loader = _known_loader(row, loader_id)
            return {"loaders": with_loader(row, {**loader, **changes}), **({"status": status} if status else {})}

        return await self.change(store_id, change)

    async def delete_loader(self, store_id: str, loader_id: str, blobs: BlobStore) -> dict[str, Any]:
        """Delete a loader with its chunks and files. Raises StoreNotFound, LoaderNotFound."""
        files: list[str] = []

        def change(row: Row) -> Mapping[str, Any]:
            files.extend(str(file["name"]) for file in _known_loader(row, loader_id).get("files") or () if file.get("name"))
            loaders = [loader for loader in loaders_of(row) if loader.get("id") != loader_id]
            return {"loaders": loaders}

        row = await self.change(store_id, change, partial(delete_loader_chunks, store_id=store_id, loader_id=loader_id))
        still_used = {str(file.get("name")) for loader in loaders_of(row) for file in loader.get("files") or ()}
        for name in files:
            if name not in still_used:
                with left_behind(f"loader {loader_id} of document store {store_id}"):
                    await blobs.delete(FOLDER, store_id, name)
        return store_view(row)

    # ---- chunks

    async def chunk_page(self, store_id: str, loader_id: str, page: int) -> dict[str, Any]:
        """One page of chunks (the first is 1) of a loader, or of `all`. Raises StoreNotFound, LoaderNotFound."""
        row = await self.row(store_id)
        one = None if loader_id == "all" else _known_loader(row, loader_id)
        chosen = loader_id if one else None
        offset = (max(page, 1) - 1) * CHUNKS_PER_PAGE
        chunks = await list_chunks(self._database, store_id, chosen, offset=offset, limit=CHUNKS_PER_PAGE)
        return {
            "chunks": chunks,
            "count": await count_chunks(self._database, store_id, chosen),
            **({"file": one} if one else {}),
            "currentPage": max(page, 1),
            "storeName": row["name"],
            "description": row["description"],
            "workspaceId": row["workspaceId"],
            "docId": loader_id,
            "characters": sum(len(chunk["pageContent"] or "") for chunk in chunks),
        }

    async def edit_chunk(self, store_id: str, loader_id: str, chunk_id: str, page_content: str, metadata: Any) -> dict[str, Any]:
        """Change a chunk and give the first page. Raises StoreNotFound, LoaderNotFound, NotFound."""
        found = await self._chunk(store_id, loader_id, chunk_id)
        write = partial(write_chunk, chunk_id=chunk_id, page_content=page_content, metadata=metadata)
        await self._recount(store_id, loader_id, 0, len(page_content) - len(found["pageContent"] or ""), write)
        return await self.chunk_page(store_id, loader_id, 1)

    async def remove_chunk(self, store_id: str, loader_id: str, chunk_id: str) -> dict[str, Any]:
        """Delete a chunk and give the first page. Raises StoreNotFound, LoaderNotFound, NotFound."""
        found = await self._chunk(store_id, loader_id, chunk_id)
        await self._recount(store_id, loader_id, -1, -len(found["pageContent"] or ""), partial(delete_chunk, chunk_id=chunk_id))
        return await self.chunk_page(store_id, loader_id, 1)

    async def _chunk(self, store_id: str, loader_id: str, chunk_id: str) -> Row:
        _known_loader(await self.row(store_id), loader_id)
        found = await get_chunk(self._database, store_id, loader_id, chunk_id)
        if found is None:
            raise NotFound(f"Document chunk {chunk_id} not found in document loader {loader_id}")
        return found

    async def _recount(self, store_id: str, loader_id: str, chunks: int, characters: int, write: Any) -> None:
        def change(row: Row) -> Mapping[str, Any]:
            loader = _known_loader(row, loader_id)
            totals = {"totalChunks": loader.get("totalChunks", 0) + chunks, "totalChars": loader.get("totalChars", 0) + characters}
            return {"loaders": with_loader(row, {**loader, **totals})}

        await self.change(store_id, change, write)

    # ---- the vector side

    async def save_components(self, store_id: str, given: Mapping[str, Any], *, is_strict: bool) -> Row:
        """Keep which vector store, embeddings and record manager are used; a strict save forgets those that are not given.

        Raises StoreNotFound.
        """
        changes: dict[str, Any] = {}
        for prefix in ("vectorStore", "embedding", "recordManager"):
            name, config = given.get(f"{prefix}Name"), given.get(f"{prefix}Config")
            if name:
                changes[f"{prefix}Config"] = {"config": config if isinstance(config, Mapping) else {}, "name": str(name)}
            elif is_strict:
                changes[f"{prefix}Config"] = None
        return await self.update(store_id, changes)

    async def change(self, store_id: str, change: Callable[[Row], Mapping[str, Any]], also: Also | None = None) -> Row:
        """Change a row by what it holds now, with whatever is `also` written. Raises StoreNotFound, AttemptLost."""
        await self.row(store_id)
        try:
            row = await change_store(self._database, store_id, change, also=also, fence=self._fence)
        except Overtaken as error:
            raise AttemptLost(str(error)) from error
        if row is None:
            raise StoreNotFound(store_id)
        return row


def _known_loader(row: Mapping[str, Any], loader_id: str) -> Loader:
    loader = loader_in(row, loader_id)
    if loader is None:
        raise LoaderNotFound(loader_id, row["id"])
    return loader


def _uuid_or_new(value: Any) -> str:
    """A loader's id: PostgreSQL keeps it as `uuid`."""
    try:
        return str(uuid.UUID(value))
    except (ValueError, TypeError, AttributeError):
        return str(uuid.uuid4())
