"""The session's messages in an Upstash Redis."""

from __future__ import annotations

from flowisectl.clients.upstash_memory import UpstashMemory
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.memory import ChatMemory


class UpstashRedisBackedChatMemory(Node):
    definition = NodeDefinition(
        name="upstashRedisBackedChatMemory",
        label="Upstash Redis-Backed Chat Memory",
        category="Memory",
        version=2.0,
        base_classes=("UpstashRedisBackedChatMemory", "BaseChatMemory", "BaseMemory"),
        description="The session's messages in an Upstash Redis",
        credential=CredentialParam(("upstashRedisMemoryApi",)),
        inputs=(
            NodeParam("baseURL", "Upstash Redis REST URL", "string", placeholder="https://my-database.upstash.io"),
            NodeParam("sessionId", "Session Id", "string", default="", optional=True, additional=True),
            NodeParam(
                "sessionTTL",
                "Session Timeouts",
                "number",
                optional=True,
                additional=True,
                description="Seconds after which a session is gone",
            ),
            NodeParam("memoryKey", "Memory Key", "string", default="chat_history", additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatMemory:
        return UpstashMemory(
            context.http,
            url=str(inputs.require("baseURL")),
            token=require_key(inputs, "upstashRestToken"),
            session_id=context.session_id or inputs.text("sessionId"),
            memory_key=inputs.text("memoryKey", "chat_history"),
            ttl_seconds=inputs.integer("sessionTTL") or 0,
        )
