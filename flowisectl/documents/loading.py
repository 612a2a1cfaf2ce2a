"""A loader of a document store → its documents, cut into chunks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flowisectl.documents.component_trace import traced_component
from flowisectl.documents.store import FOLDER
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.context import Blobs, RunContext
from flowisectl.errors import InvalidRequest
from flowisectl.interfaces.document import Document

MAX_CHUNKS = 200_000
"""Of one loader: they are held in memory while they are stored."""


class StoreBlobs:
    """`engine.context.Blobs` of one document store: whatever flow and chat a loader names, its files are those of the store."""

    def __init__(self, blobs: Blobs, store_id: str) -> None:
        self._blobs = blobs
        self._store_id = store_id

    async def read(self, flow_id: str, chat_id: str, name: str) -> bytes:
        return await self._blobs.read(FOLDER, self._store_id, name)

    async def write(self, flow_id: str, chat_id: str, name: str, data: bytes, media_type: str) -> str:
        return await self._blobs.write(FOLDER, self._store_id, name, data, media_type)


class DraftBlobs:
    """`engine.context.Blobs` that keeps what is written in memory: for a look at files that are not stored yet."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._drafts: dict[tuple[str, str, str], bytes] = {}

    async def read(self, flow_id: str, chat_id: str, name: str) -> bytes:
        draft = self._drafts.get((flow_id, chat_id, name))
        return draft if draft is not None else await self._blobs.read(flow_id, chat_id, name)

    async def write(self, flow_id: str, chat_id: str, name: str, data: bytes, media_type: str) -> str:
        self._drafts[flow_id, chat_id, name] = data
        return name


async def load_chunks(loader: Mapping[str, Any], store_id: str, context: RunContext, catalogue: NodeCatalogue) -> list[Document]:
    """Read and split what a loader names. Raises UnknownNode, InvalidRequest, FlowError and what a node raises."""
    context = replace(context, blobs=StoreBlobs(context.blobs, store_id))
    config = _config(loader, "loaderConfig")
    if splitter := loader.get("splitterId"):
        with traced_component(str(splitter), context):
            settings = _config(loader, "splitterConfig")
            config["textSplitter"] = await catalogue.build(str(splitter), settings, context, node_id=f"{splitter}_0")
    name = str(loader["loaderId"])
    with traced_component(name, context):
        documents = await catalogue.build(name, config, context, node_id=f"{name}_0", credential_id=credential_of(config, loader))
    if not isinstance(documents, list):
        raise InvalidRequest(f"{name!r} is no document loader: it gives no list of documents")
    if len(documents) > MAX_CHUNKS:
        raise InvalidRequest(f"{name!r} gives {len(documents)} chunks; at most {MAX_CHUNKS} are kept of one loader: split it into several")
    return [document for document in documents if isinstance(document, Document)]


def credential_of(config: Mapping[str, Any], owner: Mapping[str, Any] | None = None) -> str:
    """The id of a component's credential: beside its settings, or in them."""
    found = (owner or {}).get("credential") or config.get("credential") or config.get("FLOWISE_CREDENTIAL_ID")
    return found if isinstance(found, str) else ""


def _config(loader: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = loader.get(name)
    return dict(value) if isinstance(value, Mapping) else {}
