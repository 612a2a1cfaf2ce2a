"""The files of a node's file input: stored ones, or those that the flow itself carries."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_to_bytes

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidFlow, NotFound
from flowisectl.interfaces.file import MAX_FILE_BYTES, NamedFile

STORED = "FILE-STORAGE::"
MAX_FILES = 1000


async def files_of(name: str, inputs: NodeInputs, context: RunContext) -> list[NamedFile]:
    """The files of a file input: stored ones (`FILE-STORAGE::name`, or a JSON list of names) or data URIs that end in
    `,filename:<name>` (one, or a JSON list of them). An input without a value has no files, which the trace tells: a flow may be
    asked before anybody gave it a file. Raises NotFound, InvalidFlow.
    """
    if not inputs.get(name):
        context.trace.note(f"node {inputs.node_id!r} ({inputs.label}) has no file: choose one for its input {name!r}")
        return []
    text = inputs.text(name)
    stored = text.startswith(STORED)
    entries = _listed(text.removeprefix(STORED))
    if len(entries) > MAX_FILES:
        raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}) has {len(entries)} files; at most {MAX_FILES} are read")
    files = [NamedFile(name=entry, data=await _stored(entry, context)) if stored else _inline(entry, inputs) for entry in entries]
    if sum(len(file.data) for file in files) > MAX_FILE_BYTES:
        raise InvalidFlow(f"the files of node {inputs.node_id!r} ({inputs.label}) have more than {MAX_FILE_BYTES} bytes together")
    return files


async def certificates_of(name: str, inputs: NodeInputs, context: RunContext) -> bytes:
    """The certificates (PEM) in a file input, empty where it has none. Raises NotFound, InvalidFlow."""
    if not inputs.get(name):
        return b""
    return b"\n".join([file.data for file in await files_of(name, inputs, context)])


async def _stored(name: str, context: RunContext) -> bytes:
    """A file of the flow, or one that was uploaded in this chat."""
    try:
        return await context.blobs.read(context.flow_id, "", name)
    except NotFound:
        if not context.chat_id:
            raise
        return await context.blobs.read(context.flow_id, context.chat_id, name)


def _inline(uri: str, inputs: NodeInputs) -> NamedFile:
    head, *pieces = uri.split(",")
    if not head.startswith("data:") or not pieces:
        raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}) has a file that is neither stored nor a data URI: choose it again")
    name = pieces.pop().partition(":")[2] if len(pieces) > 1 and pieces[-1].startswith("filename:") else "file"
    media_type, *parameters = head.removeprefix("data:").split(";")
    payload = ",".join(pieces)
    if "base64" not in parameters:
        return NamedFile(name=name, data=unquote_to_bytes(payload), media_type=media_type)
    try:
        return NamedFile(name=name, data=base64.b64decode(payload), media_type=media_type)
    except (binascii.Error, ValueError) as error:
        raise InvalidFlow(f"file {name!r} of node {inputs.node_id!r} ({inputs.label}) is no base64: {error}") from error


def _listed(text: str) -> list[str]:
    if not text.startswith("["):
        return [text]
    try:
        return [str(entry) for entry in orjson.loads(text)]
    except ValueError:
        return [text]
