"""The rules of a prediction's body: what counts as absent, who the chat is, whether the answer is streamed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flowisectl.engine.session import id_text
from flowisectl.errors import InvalidRequest

MAX_CHAT_ID = 1024
_SHAPES: Mapping[str, type] = {
    "overrideConfig": dict,
    "uploads": list,
    "form": dict,
    "humanInput": dict,
    "action": dict,
}


def checked_body(body: dict[str, Any]) -> dict[str, Any]:
    """The body without members that say nothing: null or of another shape where an object or a list is documented."""
    wrong = [name for name, shape in _SHAPES.items() if name in body and not isinstance(body[name], shape)]
    return {name: value for name, value in body.items() if name not in wrong} if wrong else body


def longest_chat_id(dialect: str) -> int:
    """How many characters a chat's id may have in this database: Flowise's column for it is `varchar(255)` in MySQL."""
    return 255 if dialect == "mysql" else MAX_CHAT_ID


def chat_id_of(body: Mapping[str, Any], longest: int = MAX_CHAT_ID) -> str:
    """The chat that a (checked) body belongs to: its `chatId`, else `overrideConfig.sessionId`, else a new UUID.

    Null and an empty text count as absent, a number is taken as its text. Raises InvalidRequest for an id that is neither, or that
    no row can hold.
    """
    session_id = id_text((body.get("overrideConfig") or {}).get("sessionId"), "sessionId")
    chat_id = id_text(body.get("chatId"), "chatId")
    for name, given in (("chatId", chat_id), ("sessionId", session_id)):
        if given and (len(given) > longest or "\x00" in given):
            raise InvalidRequest(f"Invalid {name}: at most {longest} characters, without NUL")
    return chat_id or session_id or str(uuid.uuid4())


def asks_for_stream(body: Mapping[str, Any]) -> bool:
    value = body.get("streaming")
    return value is True or value == "true"


def asks_for_internal_stream(body: Mapping[str, Any]) -> bool:
    """The user interface streams for any value that says something, except the text `false`."""
    value = body.get("streaming")
    return bool(value) and value != "false"
