"""What memories share: whose messages they keep, and the name that prompts have for them."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs, NodeParam

SESSION_ID = NodeParam(
    "sessionId",
    "Session Id",
    "string",
    default="",
    optional=True,
    additional=True,
    description="The session of all who name none; the run reads it before any node is built",
)
MEMORY_KEY = NodeParam("memoryKey", "Memory Key", "string", default="chat_history", additional=True)


def session_of(inputs: NodeInputs, context: RunContext) -> str:
    """The run's session, which is the client's where it named one; without any, what the node itself says."""
    return context.session_id or inputs.text("sessionId")


def memory_key(inputs: NodeInputs) -> str:
    return inputs.text("memoryKey", "chat_history")
