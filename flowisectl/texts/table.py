"""Every built-in text by its name."""

from __future__ import annotations

from flowisectl.texts import agents, conversations, databases, documents, server, tools
from flowisectl.texts.text import BuiltInRows, BuiltInText

_ALL: tuple[BuiltInText | BuiltInRows, ...] = (
    *conversations.TEXTS,
    *agents.TEXTS,
    *documents.TEXTS,
    *databases.TEXTS,
    *tools.TEXTS,
    *server.TEXTS,
)

TABLE = {text.name: text for text in _ALL}
