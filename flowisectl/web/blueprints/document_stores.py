"""Document stores of a workspace: the stores, their loaders, their chunks, and which components there are for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quart import Blueprint, Response, request

from flowisectl.documents.configurable import configurable
from flowisectl.documents.store import DocumentStores, LoaderNotFound
from flowisectl.documents.store_view import loader_in, store_view
from flowisectl.errors import InvalidRequest
from flowisectl.storage.blob_store import BlobStore
from flowisectl.web.access.callers import needs, workspace_id
from flowisectl.web.answers import json_answer
from flowisectl.web.errors import service
from flowisectl.web.json_text import from_json
from flowisectl.web.requests.body import body_object, typed_members
from flowisectl.web.requests.pagination import page_of
from flowisectl.web.services import current_services
from flowisectl.web.workspace.organizations import organization_of

blueprint = Blueprint("document_stores", __name__)

READS_STORE = "documentStoreServices.getDocumentStoreById"

_MEMBERS: Mapping[str, type | tuple[type, ...]] = {
    "name": str,
    "description": str,
    "loaders": (str, list),
    "whereUsed": (str, list),
    "vectorStoreConfig": (str, dict),
    "embeddingConfig": (str, dict),
    "recordManagerConfig": (str, dict),
}
_TEXTS = ("name", "description")
"""The others are JSON, as values or as their text."""
_COMPONENTS = {
    "loaders": ("Document Loaders", {"documentStore", "vectorStoreToDocument", "unstructuredFolderLoader", "folderFiles"}),
    "embeddings": ("Embeddings", set[str]()),
    # Contents of a store in memory do not outlive the run that wrote them.
    "vectorstore": ("Vector Stores", {"documentStoreVS", "memoryVectorStore"}),
    "recordmanager": ("Record Manager", set[str]()),
}
"""Path → category, and what of it makes no sense inside a document store."""


def _given(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says of a store. Raises InvalidRequest."""
    values = typed_members(body, _MEMBERS)
    for name, value in values.items():
        if name not in _TEXTS and isinstance(value, str) and value:
            try:
                from_json(value.encode("utf-8", "surrogatepass"))
            except InvalidRequest as error:
                raise InvalidRequest(f"{name}: {error.message}") from error
    return values


def own_stores() -> DocumentStores:
    """The stores of the caller's workspace."""
    return DocumentStores(current_services().database, workspace_id())


async def own_blobs() -> BlobStore:
    """The stored files of the caller's organization."""
    services = current_services()
    return services.blobs.of_organization(await organization_of(services.database, workspace_id()))


@blueprint.post("/document-store/store")
@needs("documentStores:create")
async def create() -> Response:
    values = _given(await body_object())
    if not values.get("name"):
        raise InvalidRequest("A document store needs a name (a text)")
    with service("documentStoreServices.createDocumentStore"):
        return json_answer(await own_stores().create(values))


@blueprint.get("/document-store/store")
@needs("documentStores:view")
async def listing() -> Response:
    page = page_of(request.args)
    views, total = await own_stores().page(page.page, page.limit)
    return json_answer(page.shaped(views, total))


@blueprint.get("/document-store/store/<store_id>")
@needs("documentStores:view")
async def read(store_id: str) -> Response:
    with service(READS_STORE, READS_STORE):
        return json_answer(await own_stores().view(store_id))


@blueprint.put("/document-store/store/<store_id>")
@needs("documentStores:create", "documentStores:update")
async def update(store_id: str) -> Response:
    given = _given(await body_object())
    changes = {name: value for name, value in given.items() if value is not None or name in ("description", "recordManagerConfig")}
    with service("documentStoreServices.updateDocumentStore"):
        return json_answer(store_view(await own_stores().update(store_id, changes)))


@blueprint.delete("/document-store/store/<store_id>")
@needs("documentStores:delete")
async def delete(store_id: str) -> Response:
    with service("documentStoreServices.deleteDocumentStore"):
        return json_answer({"deleted": await own_stores().delete(store_id, await own_blobs())})


@blueprint.get("/document-store/store-configs/<store_id>/<loader_id>")
@needs("documentStores:view")
async def configs(store_id: str, loader_id: str) -> Response:
    with service("documentStoreServices.findDocStoreAvailableConfigs"):
        row = await own_stores().row(store_id)
        loader = loader_in(row, loader_id)
        if loader is None:
            raise LoaderNotFound(loader_id, store_id)
        return json_answer(configurable(row, loader, current_services().catalogue))


@blueprint.get("/document-store/components/<kind>")
@needs("documentStores:add-loader", "documentStores:upsert-config", "documentStores:view")
async def components(kind: str) -> Response:
    if kind not in _COMPONENTS:
        raise InvalidRequest(f"{kind!r} is no kind of component: {', '.join(_COMPONENTS)}")
    category, left_out = _COMPONENTS[kind]
    nodes = (node.definition for node in current_services().catalogue)
    return json_answer([node.to_json() for node in nodes if node.category == category and node.name not in left_out])


@blueprint.post("/document-store/loader/save")
@needs("documentStores:preview-process")
async def save_loader() -> Response:
    body = await body_object()
    with service("documentStoreServices.saveProcessingLoader"):
        return json_answer(await own_stores().save_loader(store_id_of(body), body))


@blueprint.delete("/document-store/loader/<store_id>/<loader_id>")
@needs("documentStores:delete-loader")
async def delete_loader(store_id: str, loader_id: str) -> Response:
    with service("documentStoreServices.deleteLoaderFromDocumentStore"):
        return json_answer(await own_stores().delete_loader(store_id, loader_id, await own_blobs()))


@blueprint.get("/document-store/chunks/<store_id>/<loader_id>/<page>")
@needs("documentStores:view")
async def chunks(store_id: str, loader_id: str, page: str) -> Response:
    """One page of a loader's chunks (`all` for every loader); pages count from 1."""
    if not (page.isascii() and page.isdigit() and len(page) < 10):
        raise InvalidRequest(f"page must be a whole number, not {page[:50]!r}")
    with service("documentStoreServices.getDocumentStoreFileChunks", READS_STORE):
        return json_answer(await own_stores().chunk_page(store_id, loader_id, int(page)))


@blueprint.put("/document-store/chunks/<store_id>/<loader_id>/<chunk_id>")
@needs("documentStores:preview-process")
async def edit_chunk(store_id: str, loader_id: str, chunk_id: str) -> Response:
    body = await body_object()
    content = body.get("pageContent")
    if not isinstance(content, str):
        raise InvalidRequest("pageContent must be a text")
    with service("documentStoreServices.editDocumentStoreFileChunk"):
        metadata = body.get("metadata")
        return json_answer(await own_stores().edit_chunk(store_id, loader_id, chunk_id, content, {} if metadata is None else metadata))


@blueprint.delete("/document-store/chunks/<store_id>/<loader_id>/<chunk_id>")
@needs("documentStores:preview-process")
async def delete_chunk(store_id: str, loader_id: str, chunk_id: str) -> Response:
    with service("documentStoreServices.deleteDocumentStoreFileChunk"):
        return json_answer(await own_stores().remove_chunk(store_id, loader_id, chunk_id))


def store_id_of(body: Mapping[str, Any]) -> str:
    """The store that a body names. Raises InvalidRequest."""
    found = body.get("storeId")
    if not isinstance(found, str) or not found:
        raise InvalidRequest("storeId not provided! It must be a text")
    return found
