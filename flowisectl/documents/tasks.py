"""The jobs of document stores that need components: load, write, search, erase. They run where flows run."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from flowisectl.database.connection import Database
from flowisectl.database.document_store import component_of
from flowisectl.database.document_store_file_chunk import list_chunks, replace_chunks
from flowisectl.database.lookup import Row
from flowisectl.database.upsert_history import insert_upsert_history
from flowisectl.documents.component_trace import traced_component
from flowisectl.documents.indexing import open_records, open_vector_store, shown_components, to_documents
from flowisectl.documents.loading import DraftBlobs, credential_of, load_chunks
from flowisectl.documents.overlay import overlaid_loader, overlaid_store
from flowisectl.documents.store import DocumentStores, LoaderNotFound
from flowisectl.documents.store_files import stored_config, with_files
from flowisectl.documents.store_view import Loader, loader_in, loaders_of, with_loader
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.context import RunContext
from flowisectl.engine.indexing import name_records
from flowisectl.engine.upsert import UpsertOutcome, fill_store
from flowisectl.errors import InvalidFlow, InvalidRequest
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.vector_store import ErasableStore
from flowisectl.runs.attempt import Attempt
from flowisectl.texts.server import STORE_DESCRIPTION
from flowisectl.texts.text import filled

DESCRIBED_CHUNKS = 4
DEFAULT_COUNT = 4
"""How many documents a query gives when nothing says so."""


@dataclass(frozen=True, kw_only=True)
class StoreTasks:
    """The tasks on one document store, for one job. `write_id` names the job: what it makes follows from it."""

    database: Database
    catalogue: NodeCatalogue
    context: RunContext
    store_id: str
    write_id: str
    stores: DocumentStores
    attempt: Attempt

    async def run(self, task: str, body: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
        """One task's answer as data. Raises StoreNotFound, LoaderNotFound, InvalidRequest, FlowError, Unavailable."""
        match task:
            case "preview":
                return await self.preview(body)
            case "process":
                return await self.process(str(options["loader_id"]), body)
            case "insert":
                return await self.insert(body)
            case "query":
                return await self.query(body)
            case "erase":
                return await self.erase(options.get("loader_id"))
            case "upsert":
                return await self.upsert(body, source_id=options.get("source_id"), files=options.get("files") or ())
            case "refresh":
                return await self.refresh(body)
            case "describe":
                return await self.describe(body)
        raise InvalidRequest(f"job {self.write_id} asks for the task {task!r}: main and workers must have one version")

    async def preview(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The first chunks that a loader would give; nothing is kept."""
        await self.stores.row(self.store_id)
        draft = DraftBlobs(self.context.blobs)
        config, _ = await stored_config(_mapping(body, "loaderConfig"), draft, self.store_id)
        context = replace(self.context, blobs=draft)
        chunks = await load_chunks({**body, "loaderConfig": config}, self.store_id, context, self.catalogue)
        asked = body.get("previewChunkCount")
        count = asked if isinstance(asked, int) and not isinstance(asked, bool) and 0 <= asked < len(chunks) else len(chunks)
        return {"chunks": [chunk.to_json() for chunk in chunks[:count]], "totalChunks": len(chunks), "previewChunkCount": count}

    async def process(self, loader_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Load a saved loader anew and replace its chunks; gives their first page."""
        row = await self.stores.row(self.store_id)
        loader = loader_in(row, loader_id)
        if loader is None:
            raise LoaderNotFound(loader_id, self.store_id)
        await self._process({**loader, **_given(body)})
        return await self.stores.chunk_page(self.store_id, loader_id, 1)

    async def _process(self, loader: Loader) -> None:
        """Load, then replace chunks and entry in one step; a loader that fails is marked STALE."""
        try:
            config, files = await stored_config(_mapping(loader, "loaderConfig"), self.context.blobs, self.store_id)
            kept = files or [dict(file) for file in loader.get("files") or ()]
            loader = {**loader, "loaderConfig": config, **({"files": [{**file, "status": "SYNC"} for file in kept]} if kept else {})}
            documents = await load_chunks(loader, self.store_id, self.context, self.catalogue)
        except BaseException:
            await self._keep_loader({**loader, "status": "STALE"})
            raise
        totals = {"totalChunks": len(documents), "totalChars": sum(len(document.page_content) for document in documents)}
        chunks = [document.to_json() for document in documents]
        await self._keep_loader({**loader, **totals, "status": "SYNC"}, chunks)

    async def _keep_loader(self, loader: Loader, chunks: Sequence[Mapping[str, Any]] | None = None) -> None:
        def change(row: Row) -> Mapping[str, Any]:
            loaders = with_loader(row, loader)
            is_synced = all(other.get("status") == "SYNC" for other in loaders)
            return {"loaders": loaders, "status": "SYNC" if is_synced else row["status"]}

        await self.attempt.confirm()
        also = partial(replace_chunks, store_id=self.store_id, loader_id=loader["id"], chunks=chunks) if chunks is not None else None
        await self.stores.change(self.store_id, change, also)

    async def insert(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Keep the components that the body names, then write the chunks of one loader (`docId`) or of all."""
        await self.stores.save_components(self.store_id, body, is_strict=body.get("isStrictSave") is True)
        doc_id = body.get("docId")
        return (await self._insert(doc_id if isinstance(doc_id, str) and doc_id else None, self.write_id)).to_json()

    async def _insert(self, loader_id: str | None, history_id: str) -> UpsertOutcome:
        row = await self.stores.row(self.store_id)
        if loader_id and loader_in(row, loader_id) is None:
            raise LoaderNotFound(loader_id, self.store_id)
        await self.attempt.confirm()
        await self.stores.update(self.store_id, {"status": "UPSERTING"})
        try:
            store = await open_vector_store(row, self.context, self.catalogue)
            documents = to_documents(await list_chunks(self.database, self.store_id, loader_id))
            records = await open_records(row, self.context, self.catalogue)
            with traced_component(_store_name(row), self.context):
                outcome = await fill_store(store, documents, records)
        except BaseException:
            await self.attempt.confirm()
            await self.stores.update(self.store_id, {"status": "SYNC" if row["status"] == "UPSERTING" else row["status"]})
            raise
        await self.attempt.confirm()
        await self.stores.update(self.store_id, {"status": "UPSERTED"})
        outcome = replace(outcome, visited=shown_components(row, self.catalogue))
        values = {"id": history_id, "chatflowid": self.store_id, "result": outcome.counts, "flowData": list(outcome.visited)}
        await insert_upsert_history(self.database, values, self.attempt.fence)
        return outcome

    async def describe(self, body: Mapping[str, Any]) -> dict[str, str]:
        """`{content}`: a tool's description by a chat model (`selectedChatModel: {name, inputs}`) that reads the store's first chunks."""
        await self.stores.row(self.store_id)
        chosen = _mapping(body, "selectedChatModel")
        if not chosen.get("name"):
            raise InvalidRequest("selectedChatModel not provided! It must be an object with name and inputs")
        chunks = await list_chunks(self.database, self.store_id, limit=DESCRIBED_CHUNKS)
        if not chunks:
            raise InvalidRequest(f"document store {self.store_id} has no chunks to describe: process a loader first")
        name, inputs = str(chosen["name"]), _mapping(chosen, "inputs")
        text = "\n".join(chunk["pageContent"] or "" for chunk in chunks)
        with traced_component(name, self.context):
            credential_id = credential_of(inputs, chosen)
            model: ChatModel = await self.catalogue.build(name, inputs, self.context, node_id=f"{name}_0", credential_id=credential_id)
            prompt = filled(self.context.texts.of(STORE_DESCRIPTION), context=text)
            reply = await model.invoke([ChatMessage(role="user", content=prompt)])
        return {"content": reply.text}

    async def query(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """`{timeTaken (ms), docs: [{pageContent, metadata, id, chunkNo}]}`; a chunk that is not known any more has the number -1."""
        question = body.get("query")
        if not isinstance(question, str) or not question:
            raise InvalidRequest("query not provided! It must be a text")
        row = await self.stores.row(self.store_id)
        changes = _mapping(body, "inputs")
        began = time.monotonic()
        store = await open_vector_store(row, self.context, self.catalogue, changes=changes)
        with traced_component(_store_name(row), self.context):
            found = await store.search(question, _count(row, changes))
        took = round((time.monotonic() - began) * 1000)
        numbers = {(chunk["docId"], chunk["pageContent"]): chunk for chunk in await list_chunks(self.database, self.store_id)}
        return {"timeTaken": took, "docs": [_shown(document, numbers) for document, _ in found]}

    async def erase(self, loader_id: Any) -> None:
        """Forget the vectors of one loader's chunks, or of all. Raises InvalidRequest for a store that cannot forget."""
        row = await self.stores.row(self.store_id)
        store = await open_vector_store(row, self.context, self.catalogue)
        if not isinstance(store, ErasableStore):
            raise InvalidRequest(f"{_store_name(row)!r} cannot delete single documents: empty it with its own tools")
        await self._forget(row, store, loader_id if isinstance(loader_id, str) and loader_id else None)

    async def _forget(self, row: Row, store: ErasableStore, loader_id: str | None) -> None:
        """Delete what was written of a loader, or of all: what the record manager knows, else the chunks that there are now."""
        records = await open_records(row, self.context, self.catalogue)
        if records is None:
            ids = [chunk["id"] for chunk in await list_chunks(self.database, self.store_id, loader_id)]
        else:
            name_records(records, store)
            await records.prepare()
            ids = await records.keys(doc_id=loader_id)
        with traced_component(_store_name(row), self.context):
            await store.delete(ids)
        if records is not None:
            await records.forget(ids)

    async def upsert(
        self, body: Mapping[str, Any], *, write_id: str = "", source_id: str | None = None, files: Sequence[Mapping[str, Any]] = ()
    ) -> dict[str, Any]:
        """Load and write in one step: a loader of the store with changes (`docId`), or a new one. The answer names its `docId`.

        `source_id` is the store that has the loader, when its copy goes into another one. `files` are stored files of the store.
        """
        write_id = write_id or self.write_id
        row = await self.stores.row(self.store_id)
        source = await self.stores.row(source_id) if source_id else row
        new_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"loader/{write_id}"))
        loader = overlaid_loader(source, body, new_id=new_id, label_of=self.catalogue.label_of)
        if files:
            loader = with_files(loader, files, self.catalogue.get(str(loader["loaderId"])).definition)
        if changes := overlaid_store(row, body):
            row = await self.stores.update(self.store_id, changes)
        is_known = loader_in(row, loader["id"]) is not None
        if is_known and (component_of(row, "vectorStoreConfig") is not None):
            await self._erase_quietly(row, loader["id"])
        await self._process({"totalChunks": 0, "totalChars": 0, **loader})
        outcome = await self._insert(loader["id"], write_id)
        return {**outcome.to_json(), "docId": loader["id"]}

    async def _erase_quietly(self, row: Row, loader_id: str) -> None:
        """Forget what the loader wrote before, where the store can."""
        store = await open_vector_store(row, self.context, self.catalogue)
        if not isinstance(store, ErasableStore):
            self.context.trace.note(f"{_store_name(row)} cannot delete documents: what loader {loader_id} wrote before stays")
            return
        try:
            await self._forget(row, store, loader_id)
        except InvalidFlow as error:
            # As when nothing was ever written there.
            self.context.trace.note(f"what loader {loader_id} wrote before was not deleted: {error.message}")

    async def refresh(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Load and write again the loaders that `items` names by `docId`, or all; one answer for each."""
        row = await self.stores.row(self.store_id)
        given = body.get("items")
        items = [item for item in given if isinstance(item, Mapping)] if isinstance(given, list) else []
        items = items or [{"docId": loader["id"]} for loader in loaders_of(row) if loader.get("id")]
        answers = []
        for place, item in enumerate(items):
            write_id = str(uuid.UUID(bytes=uuid.uuid5(uuid.UUID(self.write_id), str(place)).bytes, version=4))
            answers.append(await self.upsert({**item, "replaceExisting": True}, write_id=write_id))
        return answers


def _given(body: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a loader that a body changes."""
    names = ("loaderName", "loaderConfig", "splitterId", "splitterName", "splitterConfig", "credential")
    return {name: body[name] for name in names if body.get(name) is not None}


def _mapping(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


def _store_name(row: Mapping[str, Any]) -> str:
    configured = component_of(row, "vectorStoreConfig")
    return configured[0] if configured else ""


def _count(row: Mapping[str, Any], changes: Mapping[str, Any]) -> int:
    configured = component_of(row, "vectorStoreConfig")
    asked = changes.get("topK") or (configured[1].get("topK") if configured else None)
    try:
        return max(1, min(int(float(asked or DEFAULT_COUNT)), 1000))
    except (TypeError, ValueError, OverflowError):
        return DEFAULT_COUNT


def _shown(document: Document, chunks: Mapping[tuple[Any, str], Row]) -> dict[str, Any]:
    chunk = chunks.get((document.metadata.get("docId"), document.page_content))
    known_id = document.id or (chunk["id"] if chunk else None)
    return {**document.to_json(), "id": known_id, "chunkNo": chunk["chunkNo"] if chunk else -1}
