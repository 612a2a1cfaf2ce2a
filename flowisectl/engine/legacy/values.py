"""The state of a graph as user code and the tables of the editor see it, and what `$flow…` and `$vars…` name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.engine.agentflow.js_values import MISSING, path_steps
from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import GraphState
from flowisectl.interfaces.message import ChatMessage


def shown_message(message: ChatMessage) -> dict[str, Any]:
    """A message as user code sees it."""
    data: dict[str, Any] = {
        "content": message.content if isinstance(message.content, str) else [dict(part) for part in message.content],
        "name": message.name or "",
        "role": message.role,
        "additional_kwargs": dict(message.extra),
        "response_metadata": {},
        "tool_calls": [
            {"name": call.name, "args": dict(call.arguments), "id": call.id, "type": "tool_call"} for call in message.tool_calls
        ],
        "invalid_tool_calls": [],
        "usage_metadata": {},
    }
    return data if message.tool_call_id is None else {**data, "tool_call_id": message.tool_call_id}


def flow_of(context: RunContext, state: GraphState, output: Any = MISSING) -> dict[str, Any]:
    """`$flow` of user code, with `output` when there is one."""
    flow: dict[str, Any] = {
        "chatflowId": context.flow_id,
        "sessionId": context.session_id,
        "chatId": context.chat_id,
        "input": context.request.final_question,
        "state": {**state.values, "messages": [shown_message(message) for message in state.messages]},
    }
    return flow if output is MISSING else {**flow, "output": output}


def resolved(value: Any, flow: Mapping[str, Any], variables: Mapping[str, Any], state: GraphState) -> Any:
    """What a cell of a table stands for: `$flow.…`, `$vars.…` or `$<node id>`, the latest words of a node; any other value is itself.

    MISSING when the reference leads nowhere.
    """
    text = value.strip() if isinstance(value, str) else ""
    if not text.startswith("$"):
        return value
    if text == "$flow" or text.startswith(("$flow.", "$flow[")):
        return value_at(flow, text[len("$flow") :])
    if text.startswith("$vars."):
        return value_at(variables, text[len("$vars") :])
    message = state.last_of(text[1:])
    return value if message is None else message.text


def value_at(data: Any, path: str) -> Any:
    """What a path such as `.state.messages[-1].content` leads to, or MISSING. Negative places count from the end."""
    for step in path_steps(path):
        if isinstance(data, Mapping):
            data = data.get(step, MISSING)
        elif step == "length" and isinstance(data, (str, Sequence)):
            data = len(data)
        elif isinstance(data, Sequence) and not isinstance(data, (str, bytes)) and step.lstrip("-").isdigit():
            place = int(step)
            data = data[place] if -len(data) <= place < len(data) else MISSING
        else:
            return MISSING
    return data
