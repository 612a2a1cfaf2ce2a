"""The session's messages in a Redis server."""

from __future__ import annotations

from flowisectl.clients.redis_memory import RedisMemory
from flowisectl.clients.redis_service import redis_of
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.memory import ChatMemory


class RedisBackedChatMemory(Node):
    definition = NodeDefinition(
        name="RedisBackedChatMemory",
        label="Redis-Backed Chat Memory",
        category="Memory",
        version=2.0,
        base_classes=("RedisBackedChatMemory", "BaseChatMemory", "BaseMemory"),
        description="The session's messages in a Redis server",
        credential=CredentialParam(("redisCacheApi", "redisCacheUrlApi"), optional=True),
        inputs=(
            NodeParam("sessionId", "Session Id", "string", default="", optional=True, additional=True),
            NodeParam("sessionTTL", "Session Timeouts", "number", optional=True, additional=True),
            NodeParam("memoryKey", "Memory Key", "string", default="chat_history", additional=True),
            NodeParam("windowSize", "Window Size", "number", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatMemory:
        return RedisMemory(
            redis_of(inputs.credential, who=f"node {inputs.node_id!r} ({inputs.label})"),
            # The run's session is the client's where it named one, and else that of the flow's memory: this node's own `sessionId`.
            session_id=context.session_id or inputs.text("sessionId"),
            memory_key=inputs.text("memoryKey", "chat_history"),
            limit=inputs.integer("windowSize"),
            ttl_seconds=inputs.integer("sessionTTL") or 0,
        )
