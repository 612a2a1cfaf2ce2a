"""A session's messages as the server keeps them, as chat messages for models and as text for prompts."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.engine.context import RunContext, StoredMessage
from flowisectl.interfaces.message import ChatMessage

_ASSISTANT = frozenset({"apiMessage", "assistant", "ai"})
_USER = frozenset({"userMessage", "user", "human"})
_NO_TEXT = (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How files begin whose bytes are no text: PDF, and documents of office programs."""


class StoredMemory:
    """A memory over the server's own messages. The server keeps every exchange itself, so `add` and `clear` do nothing."""

    def __init__(self, context: RunContext, *, memory_key: str = "chat_history", limit: int | None = None) -> None:
        self.memory_key = memory_key
        self._context = context
        self._limit = limit

    async def messages(self, prepended: Sequence[ChatMessage] = ()) -> list[ChatMessage]:
        """The session, oldest first, after `prepended`, which the limit does not count."""
        if (self._limit is not None and self._limit <= 0) or not self._context.session_id:
            return list(prepended)
        rows = await self._context.history.messages(self._context.flow_id, self._context.session_id, self._limit)
        return [*prepended, *[await chat_message(self._context, row) for row in rows]]

    async def add(self, question: str, answer: str) -> None:
        return None

    async def clear(self) -> None:
        return None


async def chat_message(context: RunContext, row: StoredMessage) -> ChatMessage:
    """One stored row as a message; a question with attachments as parts, or as plain text when one cannot be read."""
    if row.role == "apiMessage":
        return ChatMessage(role="assistant", content=row.content)
    if not row.file_uploads:
        return ChatMessage(role="user", content=row.content)
    try:
        return ChatMessage(role="user", content=await _parts(context, row))
    except Exception as error:
        context.trace.note(f"an attachment of an earlier message is left out: {error}")
        return ChatMessage(role="user", content=row.content)


async def _parts(context: RunContext, row: StoredMessage) -> list[Mapping[str, Any]]:
    documents = ""
    for upload in row.file_uploads:
        if upload.get("type") == "stored-file:full":
            data = await context.blobs.read(context.flow_id, context.chat_id, str(upload["name"]))
            if data.startswith(_NO_TEXT):
                raise ValueError(f"{upload['name']} is no text")
            documents += f"<doc name='{upload['name']}'>{data.decode('utf-8', 'replace')}\n</doc>\n\n"
    images = [part for upload in row.file_uploads if (part := await image_part(context, upload))]
    text = f"{documents}\n\n{row.content}" if documents else row.content
    return [{"type": "text", "text": text}, *images]


async def image_part(context: RunContext, upload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """An uploaded image as the part of a message, or None for other uploads. Raises NotFound for a file that is gone."""
    mime = str(upload.get("mime") or "")
    if not mime.startswith("image/"):
        return None
    if upload.get("type") == "stored-file":
        data = await context.blobs.read(context.flow_id, context.chat_id, str(upload["name"]))
        url = f"data:{mime};base64,{base64.b64encode(data).decode()}"
    elif upload.get("type") == "url" and upload.get("data"):
        url = str(upload["data"])
    else:
        return None
    return {"type": "image_url", "image_url": {"url": url}}


def prepended_messages(context: RunContext) -> list[ChatMessage]:
    """The messages that the request sent itself (`history`); entries of other shapes are left out."""
    found: list[ChatMessage] = []
    for item in context.request.history:
        role = item.get("role") or item.get("type")
        text = item.get("content") or item.get("message")
        if not isinstance(text, str) or not text:
            continue
        if role in _ASSISTANT:
            found.append(ChatMessage(role="assistant", content=text))
        elif role in _USER:
            found.append(ChatMessage(role="user", content=text))
    return found


def history_lines(messages: Sequence[ChatMessage]) -> str:
    """The text of `{{chat_history}}`: a line for each message that is not blank."""
    names = {"assistant": "Assistant: ", "user": "Human: "}
    return "\n".join(names.get(message.role, "") + message.text for message in messages if message.text.strip())


def shown_history(rows: Sequence[StoredMessage]) -> list[dict[str, str]]:
    """Stored messages as user code sees them."""
    return [{"message": row.content, "type": row.role} for row in rows]
