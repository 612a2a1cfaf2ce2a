"""The session's messages in an Upstash Redis."""

from __future__ import annotations

from flowisectl.clients.upstash_memory import UpstashMemory
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.nodes.memory._session import MEMORY_KEY, SESSION_ID, memory_key, session_of


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
            SESSION_ID,
            NodeParam(
                "sessionTTL",
                "Session Timeouts",
                "number",
                optional=True,
                additional=True,
                description="Seconds after which a session is gone",
            ),
            MEMORY_KEY,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatMemory:
        return UpstashMemory(
            context.http,
            url=str(inputs.require("baseURL")),
            token=require_key(inputs, "upstashRestToken"),
            session_id=session_of(inputs, context),
            memory_key=memory_key(inputs),
            ttl_seconds=inputs.integer("sessionTTL") or 0,
        )
