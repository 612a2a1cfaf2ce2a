"""Which session a run belongs to, and the memory that a chatflow keeps it in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.agentflow.js_values import text_of
from flowisectl.engine.flow import Flow, FlowNode
from flowisectl.errors import InvalidRequest


def session_id_of(flow: Flow, body: Mapping[str, Any], is_internal: bool, chat_id: str) -> str:
    """The session of a request. Raises InvalidRequest when the client named one that is no text.

    Agentflows: `overrideConfig.sessionId`, else the chat. Other flows: what the client named (external calls only), then
    the memory node's own session id, then the chat.
    """
    override = body.get("overrideConfig")
    chosen = override.get("sessionId") if isinstance(override, Mapping) else None
    if flow.kind == "AGENTFLOW":
        return id_text(chosen, "sessionId") or chat_id
    if not is_internal:
        named = id_text(chosen, "sessionId") or id_text(body.get("chatId"), "chatId")
        if named:
            return named
    memory = memory_node(flow)
    own = memory.inputs.get("sessionId") if memory else None
    return own if isinstance(own, str) and own else chat_id


def memory_node(flow: Flow) -> FlowNode | None:
    """The first memory that is connected to anything."""
    if "_memory_node" not in vars(flow):
        sources = (flow.node(edge.source) for edge in flow.edges)
        vars(flow)["_memory_node"] = next((node for node in sources if node.category == "Memory"), None)
    node: FlowNode | None = vars(flow)["_memory_node"]
    return node


def memory_type_of(flow: Flow) -> str:
    """The label of the flow's memory, or an empty text."""
    node = memory_node(flow)
    return node.label if node else ""


def id_text(value: Any, name: str) -> str:
    """An id of a request as text, empty when there is none; clients send numbers too. Raises InvalidRequest for anything else."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidRequest(f"Invalid {name}: must be a string")
    return text_of(value)
