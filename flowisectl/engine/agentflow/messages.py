"""The messages of a session and of a run, as agentflow nodes see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.engine.agentflow.js_values import text_of
from flowisectl.engine.agentflow.step import Message
from flowisectl.engine.context import RunContext, StoredMessage
from flowisectl.errors import InvalidRequest

_ROLES = {"userMessage": "user", "apiMessage": "assistant"}
_NAMES = {"user": "Human: ", "assistant": "Assistant: "}


class PastMessages:
    """The session's stored messages, read once for a run, when somebody first asks; only as many as somebody needs."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._messages: tuple[Message, ...] | None = None
        self._limit: int | None = None
        """How many were asked for when they were read; None: all there are."""

    async def read(self, newest: int | None = None) -> Sequence[Message]:
        """Oldest first: all messages, or the newest so many."""
        has_enough = self._limit is None or (newest is not None and newest <= self._limit)
        if self._messages is None or not has_enough:
            rows = await self._context.history.messages(self._context.flow_id, self._context.session_id, newest)
            self._messages, self._limit = tuple(stored_message(row) for row in rows), newest
        return self._messages if newest is None else self._messages[max(0, len(self._messages) - newest) :]


async def nothing_past(newest: int | None = None) -> Sequence[Message]:
    """For runs that forget what was said before."""
    return ()


def stored_message(row: StoredMessage) -> Message:
    """`{content, role, additional_kwargs?}`, with the row's attachments among the latter."""
    extra = {
        name: value
        for name, value in (
            ("fileUploads", list(row.file_uploads)),
            ("artifacts", row.artifacts),
            ("fileAnnotations", row.file_annotations),
            ("usedTools", row.used_tools),
        )
        if value
    }
    message = {"content": row.content, "role": _ROLES.get(row.role, row.role)}
    return {**message, "additional_kwargs": extra} if extra else message


def history_text(messages: Sequence[Message]) -> str:
    """The text of `{{ chat_history }}`: a line for each message that says something."""
    lines = ((str(message.get("role")), message_text(message)) for message in messages)
    return "\n".join(_NAMES.get(role, "") + text for role, text in lines if text.strip())


def message_text(message: Message) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping) and part.get("type") == "text")
    return "" if content is None else text_of(content)


def prepended_messages(history: Sequence[Mapping[str, Any]]) -> list[Message]:
    """The messages that a request sent itself. Raises InvalidRequest for entries of another shape."""
    found: list[Message] = []
    for item in history:
        role = _ROLES.get(str(item.get("role"))) if isinstance(item, Mapping) else None
        if role is None or not isinstance(item.get("content"), str):
            raise InvalidRequest(
                'Invalid history format. Each history item must have: { role: "apiMessage" | "userMessage", content: string }'
            )
        found.append({"role": role, "content": item["content"]})
    return found


def form_lines(form: Mapping[str, Any]) -> str:
    """A form as lines of `key: value`."""
    return "\n".join(f"{key}: {text_of(value)}" for key, value in form.items())


def parse_form_lines(text: str) -> dict[str, str]:
    """The form in lines of `key: value`. What follows a second `: ` of a line is lost, as clients know it."""
    form: dict[str, str] = {}
    for line in text.split("\n"):
        key, mark, rest = line.partition(": ")
        if mark:
            form[key] = rest.split(": ", 1)[0]
    return form
