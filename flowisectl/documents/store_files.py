"""Files inside a loader's settings: data URIs are stored and replaced by references, as `FILE-STORAGE::["name"]`."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from flowisectl.database.column_types import utc_now
from flowisectl.documents.store import FOLDER
from flowisectl.documents.store_view import FILE_MARK, Loader
from flowisectl.engine.context import Blobs
from flowisectl.engine.node import NodeDefinition
from flowisectl.errors import InvalidRequest
from flowisectl.storage.file_types import check_file_type, input_of

MAX_FILES = 100


async def stored_config(config: Mapping[str, Any], blobs: Blobs, store_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The settings with every data URI stored, and an entry for each stored file.

    Raises InvalidRequest for a file that cannot be read, or whose name does not fit its type.
    """
    changed, files = dict(config), []
    for name, value in config.items():
        uris = data_uris(value)
        if not uris:
            continue
        if len(uris) > MAX_FILES:
            raise InvalidRequest(f"{name} has {len(uris)} files; at most {MAX_FILES} are allowed")
        names = []
        for uri in uris:
            file_name, media_type, data = read_named_uri(uri)
            stored = await blobs.write(FOLDER, store_id, file_name, data, media_type)
            names.append(stored)
            files.append(_entry({"name": stored, "mimePrefix": media_type, "size": len(data)}))
        changed[name] = FILE_MARK + orjson.dumps(names).decode()
    return changed, files


def with_files(loader: Loader, files: Sequence[Mapping[str, Any]], definition: NodeDefinition) -> Loader:
    """A loader that reads these stored files (`{name, mimePrefix, size}`): each goes to the input for its kind that the component has."""
    inputs = [param.name for param in definition.inputs if param.type == "file"]
    names: dict[str, list[str]] = {}
    for file in files:
        wanted = input_of(str(file["name"]))
        names.setdefault(wanted if wanted in inputs or not inputs else inputs[0], []).append(str(file["name"]))
    references = {name: FILE_MARK + orjson.dumps(listed).decode() for name, listed in names.items()}
    return {**loader, "loaderConfig": {**loader["loaderConfig"], **references}, "files": [_entry(file) for file in files]}


def _entry(file: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), **file, "status": "NEW", "uploaded": utc_now()}


def data_uris(value: Any) -> list[str]:
    """The data URIs of an input: one, or a JSON list of them. Anything else has none."""
    if not isinstance(value, str):
        return []
    if value.startswith("data:"):
        return [value] if ",filename:" in value else []
    if not value.startswith('["data:'):
        return []
    try:
        entries = orjson.loads(value)
    except ValueError:
        return []
    return [entry for entry in entries if isinstance(entry, str) and entry.startswith("data:")]


def read_named_uri(uri: str) -> tuple[str, str, bytes]:
    """`data:<media type>;base64,<data>,filename:<name>` → name, media type, bytes. Raises InvalidRequest."""
    head, _, rest = uri.partition(",")
    payload, _, tail = rest.partition(",")
    name = tail.removeprefix("filename:")
    media_type = head.removeprefix("data:").split(";")[0]
    if not name or name == tail:
        raise InvalidRequest("Invalid filename: a data URI of a file ends in ,filename:<name>")
    check_file_type(name, media_type)
    try:
        return name, media_type, base64.b64decode(payload, validate=False)
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest(f"file {name!r} is not valid base64: {error}") from error
