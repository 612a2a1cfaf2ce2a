"""Files that were uploaded into a chat, for those who show it."""

from __future__ import annotations

from urllib.parse import quote

from quart import Blueprint, Response, request

from flowisectl.errors import FlowNotFound, InvalidRequest, NotFound
from flowisectl.web.answers import text_answer
from flowisectl.web.errors import HttpError, to_answer
from flowisectl.web.requests.body import body_object
from flowisectl.web.requests.ids import is_uuid4
from flowisectl.web.services import current_services
from flowisectl.web.workspace.organizations import organization_of

blueprint = Blueprint("upload_files", __name__)

LONGEST_DOWNLOAD_SECONDS = 3600


@blueprint.get("/get-upload-file")
async def read() -> Response:
    """The file's bytes, to be saved. `chatflowId`, `chatId` and `fileName` say which."""
    return await _file(*(request.args.get(key, "") for key in ("chatflowId", "chatId", "fileName")))


@blueprint.post("/openai-assistants-file/download")
async def download() -> Response:
    """The same for a file that an assistant made: `{chatflowId, chatId, fileName}`."""
    body = await body_object()
    values = (body.get(key) for key in ("chatflowId", "chatId", "fileName"))
    response = await _file(*(value if isinstance(value, str) else "" for value in values))
    if response.status_code == 200:
        response.headers["Content-Type"] = "application/octet-stream"
    return response


async def _file(flow_id: str, chat_id: str, name: str) -> Response:
    services = current_services()
    if not flow_id or not chat_id or not name:
        return text_answer("Invalid file path", 500)
    if not is_uuid4(flow_id):
        return text_answer("Invalid chatflowId format", 400)
    if is_unsafe(name) or is_unsafe(chat_id):
        return text_answer("Invalid path characters detected in filename", 400)
    try:
        stored = await services.flows.get(flow_id)
    except FlowNotFound as error:
        raise HttpError(404, f"Chatflow {flow_id} not found") from error
    blobs = services.blobs.of_organization(await organization_of(services.database, stored.workspace_id))
    try:
        opened = await blobs.open(stored.flow.id, chat_id, name)
    except (NotFound, InvalidRequest):
        missing = to_answer(HttpError(500, f"File {name} not found")).to_response()
        missing.headers["Content-Disposition"] = disposition(name)
        return missing
    response = Response(opened.chunks, 200)
    response.timeout = LONGEST_DOWNLOAD_SECONDS
    response.content_length = opened.size
    del response.headers["Content-Type"]
    response.headers["Content-Disposition"] = disposition(name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def is_unsafe(name: str) -> bool:
    """Whether a name could lead out of its folder."""
    lowered = name.lower()
    return any(part in lowered for part in ("..", "/", "\\", "%2e", "%2f", "%5c", "\x00")) or any(ord(char) < 32 for char in name)


def disposition(name: str) -> str:
    """`attachment`, with the name in ASCII and, where that says less, in UTF-8 as well."""
    plain = name.encode("ascii", "replace").decode().replace('"', "'")
    return f'attachment; filename="{plain}"' + ("" if plain == name else f"; filename*=UTF-8''{quote(name)}")
