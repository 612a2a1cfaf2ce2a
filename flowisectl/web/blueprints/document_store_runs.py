"""What runs components of a document store: loading, writing into its vector store, searching there. All of it goes to the lane."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from quart import Blueprint, Response, request

from flowisectl.database.document_store import component_of
from flowisectl.documents import task_names
from flowisectl.documents.overlay import flag, named
from flowisectl.documents.request import UpsertRequest
from flowisectl.documents.store import FOLDER
from flowisectl.documents.store_view import loader_in
from flowisectl.errors import InvalidRequest
from flowisectl.storage.file_types import check_file_type
from flowisectl.web.access.callers import needs, workspace_id
from flowisectl.web.answers import empty_answer, json_answer
from flowisectl.web.blueprints.document_stores import own_blobs, own_stores, store_id_of
from flowisectl.web.errors import service
from flowisectl.web.predictions.multipart import MAX_FILES, form_parts, is_multipart
from flowisectl.web.predictions.stored_files import names_files, require_shared_files
from flowisectl.web.predictions.upsert_answer import answer_upsert
from flowisectl.web.requests.body import body_object
from flowisectl.web.services import current_services
from flowisectl.web.source import base_url, header, traceparent
from flowisectl.web.workspace.organizations import organization_of

blueprint = Blueprint("document_store_runs", __name__)

_LOADING = (task_names.PROCESS, task_names.UPSERT, task_names.REFRESH)
"""Tasks that read or keep the files of loaders."""

_COMPONENT_COLUMNS = ("vectorStoreConfig", "embeddingConfig", "recordManagerConfig")


@blueprint.post("/document-store/loader/preview")
@needs("documentStores:preview-process")
async def preview() -> Response:
    body = await body_object()
    with service("documentStoreServices.previewChunks"):
        return await answer_upsert(await _job(task_names.PREVIEW, store_id_of(body), body))


@blueprint.post("/document-store/loader/process/<loader_id>")
@needs("documentStores:preview-process")
async def process(loader_id: str) -> Response:
    """The user interface gets the job's id at once in queue mode, and looks after the store itself."""
    body = await body_object()
    with service("documentStoreServices.processLoader"):
        services, job = current_services(), await _job(task_names.PROCESS, store_id_of(body), body, loader_id=loader_id)
        if services.mode == "queue" and header(b"x-request-from") == "internal":
            await own_stores().change_loader(job.target_id, loader_id, {"status": "SYNCING"}, status="SYNCING")
            return json_answer({"jobId": (await services.upserts.submit(job)).job_id})
        return await answer_upsert(job)


@blueprint.post("/document-store/vectorstore/save")
@needs("documentStores:upsert-config")
async def save_components() -> Response:
    body = await body_object()
    with service("documentStoreServices.saveVectorStoreConfig"):
        row = await own_stores().save_components(store_id_of(body), body, is_strict=body.get("isStrictSave") is not False)
        return json_answer(row)


@blueprint.post("/document-store/vectorstore/update")
@needs("documentStores:upsert-config")
async def update_components() -> Response:
    """Changes what is given and leaves the rest."""
    body = await body_object()
    with service("documentStoreServices.updateVectorStoreConfigOnly"):
        return json_answer(await own_stores().save_components(store_id_of(body), body, is_strict=False))


@blueprint.post("/document-store/vectorstore/insert")
@needs("documentStores:upsert-config")
async def insert() -> Response:
    body = await body_object()
    with service("documentStoreServices.insertIntoVectorStore"):
        return await answer_upsert(await _job(task_names.INSERT, store_id_of(body), body))


@blueprint.post("/document-store/vectorstore/query")
@needs("documentStores:view")
async def query() -> Response:
    body = await body_object()
    with service("documentStoreServices.queryVectorStore"):
        return await answer_upsert(await _job(task_names.QUERY, store_id_of(body), body))


@blueprint.delete("/document-store/vectorstore/<store_id>")
@needs("documentStores:upsert-config")
async def erase(store_id: str) -> Response:
    with service("documentStoreServices.deleteVectorStoreFromStore"):
        await answer_upsert(await _job(task_names.ERASE, store_id, {}, loader_id=request.args.get("docId") or None))
        return empty_answer(200)


@blueprint.post("/document-store/upsert/<store_id>")
async def upsert(store_id: str) -> Response:
    """Load and write in one call; JSON, or a form with files."""
    body = {} if is_multipart() else await body_object()
    with service("documentStoreServices.upsertDocStoreMiddleware"):
        await own_stores().row(store_id)  # before anything is stored
        if is_multipart():
            return await _upsert_form(store_id)
        target, options = await _target(store_id, body)
        return await answer_upsert(await _job(task_names.UPSERT, target, body, **options))


@blueprint.post("/document-store/refresh/<store_id>")
async def refresh(store_id: str) -> Response:
    body = await body_object()
    with service("documentStoreServices.refreshDocStoreMiddleware"):
        return await answer_upsert(await _job(task_names.REFRESH, store_id, body))


@blueprint.post("/document-store/generate-tool-desc/<store_id>")
@needs("documentStores:view")
async def describe(store_id: str) -> Response:
    body = await body_object()
    with service("documentStoreServices.generateDocStoreToolDesc"):
        return await answer_upsert(await _job(task_names.DESCRIBE, store_id, body))


async def _job(task: str, store_id: str, body: Mapping[str, Any], **options: Any) -> UpsertRequest:
    """A job on a store of the caller's workspace. Raises StoreNotFound, StorageUnavailable when its files would be missing."""
    workspace = workspace_id()
    row = await own_stores().row(store_id)
    loader_id = options.get("loader_id")
    if task in _LOADING and names_files(loader_in(row, loader_id) if loader_id else row["loaders"], body):
        await require_shared_files(current_services())
    return UpsertRequest(
        task=task,
        target_id=store_id,
        upsert_id=str(uuid.uuid4()),
        body=body,
        workspace_id=workspace,
        organization_id=await organization_of(current_services().database, workspace),
        base_url=base_url(),
        traceparent=traceparent(),
        options={name: value for name, value in options.items() if value is not None},
    )


async def _target(store_id: str, body: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The store to write to: this one, or a new one with the same components (`createNewDocStore`, described by `docStore`)."""
    if not flag(body, "createNewDocStore"):
        return store_id, {}
    given = named({"docStore": {"config": body.get("docStore")}}, "docStore")
    described = given[1] if given else {}
    if not isinstance(described.get("name"), str) or not described["name"]:
        raise InvalidRequest("docStore.name not provided! A new document store needs one")
    source = await own_stores().row(store_id)
    components = {column: source[column] for column in _COMPONENT_COLUMNS if component_of(source, column)}
    description = described.get("description")
    created = await own_stores().create(
        {**components, "name": described["name"], "description": description if isinstance(description, str) else None}
    )
    return created["id"], {"source_id": store_id}


async def _upsert_form(store_id: str) -> Response:
    fields, files = await form_parts()
    if len(files) > MAX_FILES:
        raise InvalidRequest(f"{len(files)} files in one request; at most {MAX_FILES} are allowed")
    for file in files:
        check_file_type(file.filename or "", file.mimetype)
    if files:
        await require_shared_files(current_services())
    target, options = await _target(store_id, fields)
    blobs, stored = await own_blobs(), []
    for file in files:
        data = file.read()
        name = await blobs.write(FOLDER, target, file.filename or "", data, file.mimetype)
        stored.append({"name": name, "mimePrefix": file.mimetype, "size": len(data)})
    return await answer_upsert(await _job(task_names.UPSERT, target, fields, files=stored or None, **options))
