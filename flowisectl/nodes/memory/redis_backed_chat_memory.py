"""The session's messages in a Redis server."""

from __future__ import annotations

from flowisectl.clients.redis_memory import RedisMemory
from flowisectl.clients.redis_service import redis_of
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.nodes.memory._session import MEMORY_KEY, SESSION_ID, memory_key, session_of


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
            SESSION_ID,
            NodeParam("sessionTTL", "Session Timeouts", "number", optional=True, additional=True),
            MEMORY_KEY,
            NodeParam("windowSize", "Window Size", "number", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatMemory:
        return RedisMemory(
            redis_of(inputs.credential, who=f"node {inputs.node_id!r} ({inputs.label})"),
            session_id=session_of(inputs, context),
            memory_key=memory_key(inputs),
            limit=inputs.integer("windowSize"),
            ttl_seconds=inputs.integer("sessionTTL") or 0,
        )
