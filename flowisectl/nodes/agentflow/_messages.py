"""Messages on their way from a session to a model: uploaded and generated images become parts, stored files are read."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.engine.agentflow.messages import message_text
from flowisectl.engine.agentflow.step import Message
from flowisectl.engine.context import RunContext
from flowisectl.errors import NotFound
from flowisectl.interfaces.message import ChatMessage, Role
from flowisectl.llm.tool_loop import calls_of

_STORED = "FILE-STORAGE::"
_IMAGE_TYPES = frozenset(("png", "jpg", "jpeg", "gif", "webp"))
_ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "developer",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}


def image_message(uploads: Sequence[Mapping[str, Any]]) -> Message | None:
    """Uploaded images as one user message, or None when there are none."""
    parts = [_upload_part(upload) for upload in uploads if _is_image(upload)]
    return {"role": "user", "content": parts} if parts else None


def _is_image(upload: Mapping[str, Any]) -> bool:
    kind = upload.get("type")
    return str(upload.get("mime") or "").startswith("image/") and (kind == "stored-file" or (kind == "url" and bool(upload.get("data"))))


def _upload_part(upload: Mapping[str, Any]) -> dict[str, Any]:
    if upload.get("type") == "url":
        return {"type": "image_url", "image_url": {"url": str(upload["data"])}}
    return {name: upload[name] for name in ("type", "name", "mime", "data") if upload.get(name)}


def with_images(past: Sequence[Message], *, allows_images: bool) -> tuple[list[Message], list[Message]]:
    """A session's messages with the images that came with them before them, and those image messages alone."""
    messages: list[Message] = []
    images: list[Message] = []
    for message in past:
        extra = message.get("additional_kwargs") or {}
        uploads = extra.get("fileUploads") if isinstance(extra, Mapping) else None
        if not uploads:
            messages.append(message)
            continue
        found = image_message([upload for upload in uploads if isinstance(upload, Mapping)]) if allows_images else None
        if found:
            images.append(found)
            messages.append(found)
        messages.append({name: value for name, value in message.items() if name != "additional_kwargs"})
    return messages, images


async def chat_messages(context: RunContext, messages: Sequence[Message], *, allows_images: bool) -> list[ChatMessage]:
    """Messages as a model takes them. Images that an assistant made follow its message as the user's.

    A stored file that is gone is left out with a note; a message without any content left is not sent.
    """
    found: list[ChatMessage] = []
    for message in messages:
        content = message.get("content")
        parts = await _parts(context, content) if isinstance(content, list) else message_text(message)
        if parts == [] and not message.get("tool_calls"):
            continue
        role = _ROLES.get(str(message.get("role")), "user")
        name = message.get("name")
        call_id = message.get("tool_call_id")
        found.append(
            ChatMessage(
                role=role,
                content=parts,
                name=str(name) if name else None,
                tool_calls=calls_of(message) if role == "assistant" else (),
                tool_call_id=str(call_id) if call_id else None,
            )
        )
        if role == "assistant" and allows_images and (made := await _parts(context, _generated_images(message))):
            found.append(ChatMessage(role="user", content=made))
    return found


def _generated_images(message: Message) -> list[Any]:
    extra = message.get("additional_kwargs")
    artifacts = extra.get("artifacts") if isinstance(extra, Mapping) else None
    return [
        {"type": "stored-file", "name": str(artifact["data"]).removeprefix(_STORED), "mime": f"image/{artifact['type']}"}
        for artifact in (artifacts if isinstance(artifacts, list) else ())
        if isinstance(artifact, Mapping) and artifact.get("type") in _IMAGE_TYPES and str(artifact.get("data")).startswith(_STORED)
    ]


async def _parts(context: RunContext, content: Sequence[Any]) -> list[Mapping[str, Any]]:
    parts: list[Mapping[str, Any]] = []
    for part in content:
        if not isinstance(part, Mapping):
            continue
        kind = part.get("type")
        if kind == "stored-file":
            try:
                data = await context.blobs.read(context.flow_id, context.chat_id, str(part.get("name")))
            except NotFound as error:
                context.trace.note(f"an image is left out: {error}")
                continue
            encoded = await _base64(data)
            parts.append({"type": "image_url", "image_url": {"url": f"data:{part.get('mime')};base64,{encoded}"}})
        elif kind == "url":  # as earlier versions kept it in a run that waits
            parts.append({"type": "image_url", "image_url": {"url": str(part.get("data"))}})
        else:
            parts.append(part)
    return parts


async def _base64(data: bytes) -> str:
    if len(data) < 1_000_000:
        return base64.b64encode(data).decode()
    return (await asyncio.to_thread(base64.b64encode, data)).decode()
