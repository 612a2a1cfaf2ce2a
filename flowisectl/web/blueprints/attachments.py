"""POST /attachments/:flow/:chat — keep files of a chat and give their texts, for a client that sends them with its question."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from quart import Blueprint, Response, request
from quart.datastructures import FileStorage

from flowisectl.errors import FlowError, FlowisectlError, FlowNotFound, InvalidRequest
from flowisectl.interfaces.file import NamedFile
from flowisectl.retrieval.file_formats import FormatOptions, load_file
from flowisectl.runs.flows import StoredFlow
from flowisectl.storage.blob_store import BlobStore
from flowisectl.storage.file_types import check_file_type
from flowisectl.web.answers import json_answer
from flowisectl.web.errors import HttpError, service_text
from flowisectl.web.predictions.multipart import is_multipart
from flowisectl.web.predictions.request import MAX_CHAT_ID
from flowisectl.web.requests.ids import is_uuid4
from flowisectl.web.services import current_services
from flowisectl.web.workspace.organizations import organization_of

blueprint = Blueprint("attachments", __name__)

CREATES = "attachmentService.createAttachment"
MAX_FILES = 100


@blueprint.post("/attachments/<flow_id>/<chat_id>")
async def create(flow_id: str, chat_id: str) -> Response:
    """Keep the files of the form field `files`; with a form field `base64` their bytes are given instead of their texts."""
    try:
        return json_answer(await _attached(flow_id, chat_id))
    except FlowNotFound as error:
        raise HttpError(500, service_text(CREATES, f"Chatflow {flow_id} not found")) from error
    except (InvalidRequest, FlowError) as error:
        raise HttpError(500, service_text(CREATES, error.message)) from error


@blueprint.post("/attachments/")
@blueprint.post("/attachments/<_flow_id>")
async def missing_id(_flow_id: str = "") -> Response:
    raise HttpError(412, "Error: attachmentsController.createAttachment - chatflowId or chatId not provided!")


async def _attached(flow_id: str, chat_id: str) -> list[dict[str, Any]]:
    services = current_services()
    if not is_uuid4(flow_id):
        raise InvalidRequest("Invalid chatflowId format - must be a valid UUID")
    if len(chat_id) > MAX_CHAT_ID:
        raise InvalidRequest(f"Invalid chatId: at most {MAX_CHAT_ID} characters")
    stored = await services.flows.get(flow_id.lower())
    await services.authentication.require_key_or_member(stored)
    offer = stored.flow.chatbot.get("fullFileUpload")
    if not isinstance(offer, Mapping) or offer.get("status") is not True:
        raise InvalidRequest("File upload is not enabled for this chatflow")
    files, as_base64 = await _files()
    allowed = [part.strip() for part in str(offer.get("allowedUploadFileTypes") or "").split(",") if part.strip()]
    for file in files:
        _check(file, allowed)
    blobs = services.blobs.of_organization(await organization_of(services.database, stored.workspace_id))
    return [await _keep(file, stored, chat_id, blobs, _options(offer), as_base64=as_base64) for file in files]


async def _files() -> tuple[list[FileStorage], bool]:
    if not is_multipart():
        return [], False
    try:
        form, files = await request.form, await request.files
    except ValueError as error:
        raise InvalidRequest(f"The form cannot be read: {error}") from error
    found = files.getlist("files")
    if len(found) > MAX_FILES:
        raise InvalidRequest(f"{len(found)} files in one request; at most {MAX_FILES} are allowed")
    return found, form.get("base64", "") not in ("", "false", "0")


def _check(file: FileStorage, allowed: list[str]) -> None:
    media_type = file.mimetype
    if media_type not in allowed:
        raise InvalidRequest(f"File type '{media_type}' is not allowed. Allowed types: {', '.join(allowed)}")
    check_file_type(file.filename or "", media_type)


def _options(offer: Mapping[str, Any]) -> FormatOptions:
    pdf = offer.get("pdfFile")
    return FormatOptions(pdf_per_page=not (isinstance(pdf, Mapping) and pdf.get("usage") == "perFile"))


async def _keep(
    file: FileStorage, stored: StoredFlow, chat_id: str, blobs: BlobStore, options: FormatOptions, *, as_base64: bool
) -> dict[str, Any]:
    data, media_type = file.read(), file.mimetype
    name = await blobs.write(stored.flow.id, chat_id, file.filename or "", data, media_type)
    if as_base64:
        content = base64.b64encode(data).decode()
    else:
        try:
            documents = await load_file(NamedFile(name=name, data=data, media_type=media_type), options)
        except FlowisectlError:
            await blobs.delete(stored.flow.id, chat_id, name)
            raise
        content = "\n".join(document.page_content for document in documents)
    return {"name": name, "mimeType": media_type, "size": len(data), "content": content}
