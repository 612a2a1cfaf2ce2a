"""A query → which messages of a flow."""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.datastructures import MultiDict

from flowisectl.database.message_listing import MessageFilter
from flowisectl.web.json_text import from_json
from flowisectl.web.requests.dates import date_of


def message_filter(query: MultiDict[str, str], chat_types: Sequence[str] | None = None) -> MessageFilter:
    """`chat_types` stands for what the query says of them. Raises InvalidRequest for dates that are none."""
    return MessageFilter(
        chat_types=several(query, "chatType") if chat_types is None else chat_types,
        chat_id=query.get("chatId"),
        memory_type=query.get("memoryType"),
        session_id=query.get("sessionId"),
        message_id=query.get("messageId"),
        start_date=date_of(query.get("startDate")),
        end_date=date_of(query.get("endDate")),
        feedback_types=several(query, "feedbackType"),
    )


def several(query: MultiDict[str, str], name: str) -> list[str]:
    """A value that comes once, repeatedly, or as the JSON text of a list."""
    values: list[str] = []
    for text in query.getlist(name):
        if text.startswith("["):
            listed = from_json(text.encode("utf-8", "surrogatepass"))
            values += [item for item in listed if isinstance(item, str)] if isinstance(listed, list) else []
        elif text:
            values.append(text)
    return values
