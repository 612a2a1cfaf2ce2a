"""The events by which a client follows an answer while it comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.events import EventKind, EventSink, FlowEvent
from flowisectl.engine.node import NodeInputs
from flowisectl.interfaces.document import Document


class AnswerEvents:
    """Sends `start` and `token` events."""

    def __init__(self, events: EventSink) -> None:
        self._emit = events.emit

    def start(self, text: str) -> None:
        self._emit(FlowEvent(EventKind.START, text))

    def token(self, text: str) -> None:
        self._emit(FlowEvent(EventKind.TOKEN, text))


def answer_events(context: RunContext) -> AnswerEvents | None:
    """Where the answer's pieces go, or None when nobody listens."""
    return AnswerEvents(context.events) if context.is_streaming else None


def tell_agent_step(context: RunContext, step: Mapping[str, Any]) -> None:
    """One step of an agent's work, see `llm.agent_steps`."""
    context.events.emit(FlowEvent(EventKind.AGENT_TRACE, dict(step)))


def answer_from(documents: Sequence[Document], text: str, inputs: NodeInputs, context: RunContext) -> dict[str, Any]:
    """An answer that was made from documents; with the input `returnSourceDocuments` they are part of it, and told to who listens."""
    if not inputs.flag("returnSourceDocuments"):
        return {"text": text}
    answer = {"text": text, "sourceDocuments": [document.to_json() for document in documents]}
    if context.is_streaming:
        tell_extras(context, answer)
    return answer


def tell_extras(context: RunContext, answer: Mapping[str, Any]) -> None:
    """What comes after the tokens of an answer: documents, tools and artifacts that it was made with."""
    for kind in (EventKind.SOURCE_DOCUMENTS, EventKind.USED_TOOLS, EventKind.ARTIFACTS):
        if answer.get(kind.value) is not None:
            context.events.emit(FlowEvent(kind, answer[kind.value]))
