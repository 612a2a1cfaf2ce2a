"""What a function or another flow gave, as a message or as values of the state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.agentflow.js_values import text_of
from flowisectl.engine.legacy.parts import Update, name_of
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.user_function import lenient_json
from flowisectl.errors import FlowError
from flowisectl.interfaces.message import ChatMessage


def returned(inputs: NodeInputs, label: str, value: Any) -> Update:
    """The update that `returnValueAs` asks for. Raises FlowError when the state wants an object and gets none."""
    kind = inputs.text("returnValueAs", "aiMessage")
    if kind == "stateObj":
        data = lenient_json(value) if isinstance(value, str) else value
        if not isinstance(data, Mapping):
            raise FlowError(f"node {inputs.node_id!r} ({label}) changes the state, so it must give an object, not {text_of(value)[:200]!r}")
        return Update(values=dict(data))
    message = ChatMessage(
        role="user" if kind == "humanMessage" else "assistant",
        content="" if value is None else text_of(value),
        name=name_of(label),
        extra={"nodeId": inputs.node_id},
    )
    return Update(messages=(message,))
