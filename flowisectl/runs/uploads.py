"""A request's uploads → stored files and the texts that go in front of the question.

Kinds, as clients of Flowise send them: `file`, `file:rag` and `audio` (a data URI, stored in the chat's folder),
`file:full` (text that was extracted before), `url` (an address that the model may read itself).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowisectl.engine.context import Blobs
from flowisectl.errors import InvalidRequest
from flowisectl.storage.file_types import check_file_type

STORED_KINDS = ("file", "file:rag", "audio")
MAX_UPLOADS = 100


@dataclass(frozen=True, kw_only=True)
class ProcessedUploads:
    uploads: tuple[Mapping[str, Any], ...] = ()
    """What is kept with the user's message: `stored-file`, `stored-file:full` or `url` entries."""
    files_text: str = ""


async def process_uploads(uploads: Any, blobs: Blobs, *, flow_id: str, chat_id: str) -> ProcessedUploads:
    """Store what must be stored. Raises InvalidRequest for an upload that cannot be used."""
    if not isinstance(uploads, Sequence) or isinstance(uploads, (str, bytes)) or not uploads:
        return ProcessedUploads()
    if len(uploads) > MAX_UPLOADS:
        raise InvalidRequest(f"{len(uploads)} uploads in one request; at most {MAX_UPLOADS} are allowed")
    entries: list[Mapping[str, Any]] = []
    texts: list[str] = []
    for upload in uploads:
        if not isinstance(upload, Mapping):
            raise InvalidRequest("an entry of uploads is not an object with type, name, mime and data")
        kind, name, data = str(upload.get("type") or ""), str(upload.get("name") or ""), upload.get("data")
        if kind in STORED_KINDS and isinstance(data, str) and data:
            media_type, content = read_data_uri(data, name)
            check_file_type(name, media_type)
            stored = await blobs.write(flow_id, chat_id, name, content, media_type)
            entries.append({**_without_data(upload), "type": "stored-file", "name": stored})
        elif kind == "file:full" and isinstance(data, str) and data:
            texts.append(f"<doc name='{name}'>{data}</doc>\n\n")
            entries.append({**_without_data(upload), "type": "stored-file:full"})
        elif kind == "url" and data:
            entries.append({"data": data, "name": name, "type": "url", "mime": upload.get("mime") or "image/png"})
        else:
            entries.append(dict(upload))
    return ProcessedUploads(uploads=tuple(entries), files_text="".join(texts))


async def store_early(uploads: Sequence[Any], blobs: Blobs, *, flow_id: str, chat_id: str) -> list[Any]:
    """The same uploads, with those that become files stored already: what travels to a worker is then small.

    `process_uploads` takes what this gives. An upload that cannot be used is left for it to refuse.
    """
    if len(uploads) > MAX_UPLOADS:
        return list(uploads)
    kept: list[Any] = []
    for upload in uploads:
        is_file = isinstance(upload, Mapping) and upload.get("type") in STORED_KINDS and isinstance(upload.get("data"), str)
        try:
            done = await process_uploads([upload], blobs, flow_id=flow_id, chat_id=chat_id) if is_file else None
        except InvalidRequest:
            done = None
        kept.append(dict(done.uploads[0]) if done is not None and done.uploads else upload)
    return kept


def read_data_uri(uri: str, name: str) -> tuple[str, bytes]:
    """`data:<media type>[;parameters];base64,<data>` → media type and bytes. Raises InvalidRequest."""
    head, comma, payload = uri.partition(",")
    if not head.startswith("data:") or not comma:
        raise InvalidRequest(f"upload {name!r} is no data URI: expected data:<media type>;base64,<data>")
    try:
        content = base64.b64decode(payload.split(",")[0], validate=False)
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest(f"upload {name!r} is not valid base64: {error}") from error
    return head[len("data:") :].split(";")[0], content


def _without_data(upload: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in upload.items() if key != "data"}
