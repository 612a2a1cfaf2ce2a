"""Files inside the document loaders of a flow that is saved: data URIs are stored with the flow, and references take their place."""

from __future__ import annotations

from typing import Any

from flowisectl.documents.store_files import MAX_FILES, data_uris, read_named_uri
from flowisectl.documents.store_view import FILE_MARK
from flowisectl.engine.context import Blobs
from flowisectl.errors import InvalidRequest
from flowisectl.web.json_text import from_json, to_json

LOADERS = "Document Loaders"


async def with_stored_files(flow_data: str, blobs: Blobs, flow_id: str) -> str:
    """The flow's JSON text with `FILE-STORAGE::["name"]` where a loader had a file as data; unchanged text when none had.

    Raises InvalidRequest for a file that cannot be read, or whose name does not fit its type.
    """
    if ",filename:" not in flow_data:
        return flow_data
    try:
        flow = from_json(flow_data.encode("utf-8", "surrogatepass"))
    except InvalidRequest:
        return flow_data  # kept as it is: reading the flow tells what is wrong with it
    is_changed = False
    for inputs in _loader_inputs(flow):
        for name, value in inputs.items():
            if uris := data_uris(value):
                inputs[name] = FILE_MARK + to_json(await _stored(name, uris, blobs, flow_id)).decode()
                is_changed = True
    return to_json(flow).decode() if is_changed else flow_data


async def _stored(name: str, uris: list[str], blobs: Blobs, flow_id: str) -> list[str]:
    if len(uris) > MAX_FILES:
        raise InvalidRequest(f"{name} has {len(uris)} files; at most {MAX_FILES} are allowed")
    files = [read_named_uri(uri) for uri in uris]
    return [await blobs.write(flow_id, "", file_name, data, media_type) for file_name, media_type, data in files]


def _loader_inputs(flow: Any) -> list[dict[str, Any]]:
    """The inputs of the flow's document loaders."""
    nodes = flow.get("nodes") if isinstance(flow, dict) else None
    found = []
    for node in nodes if isinstance(nodes, list) else ():
        data = node.get("data") if isinstance(node, dict) else None
        if isinstance(data, dict) and data.get("category") == LOADERS and isinstance(inputs := data.get("inputs"), dict):
            found.append(inputs)
    return found
