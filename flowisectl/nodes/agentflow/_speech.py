"""What nodes tell the user while they run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flowisectl.engine.agentflow.js_values import text_of
from flowisectl.engine.agentflow.step import Step
from flowisectl.engine.context import RunContext
from flowisectl.engine.events import EventKind, FlowEvent


def say(context: RunContext, step: Step, content: Any) -> None:
    """The whole of what a last node has to say, as one token."""
    if step.speaks:
        context.events.emit(FlowEvent(EventKind.TOKEN, text_of(content)))


def tell(context: RunContext, step: Step, kind: EventKind, data: Sequence[Any]) -> None:
    """Something that comes with a last node's answer; nothing when it is empty."""
    if step.speaks and data:
        context.events.emit(FlowEvent(kind, list(data)))
