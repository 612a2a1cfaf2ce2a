"""The session's messages in Zep Cloud, and what Zep learnt from them."""

from __future__ import annotations

from flowisectl.clients.zep_memory import ZepCloudMemory
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.nodes.memory._session import SESSION_ID, memory_key, session_of
from flowisectl.nodes.memory._zep import NAMES


class ZepMemoryCloud(Node):
    definition = NodeDefinition(
        name="ZepMemoryCloud",
        label="Zep Memory - Cloud",
        category="Memory",
        version=2.0,
        base_classes=("ZepMemory", "BaseChatMemory", "BaseMemory"),
        description="The session's messages in Zep Cloud, and what Zep learnt from them",
        credential=CredentialParam(("zepMemoryApi",), optional=True),
        inputs=(
            SESSION_ID,
            NodeParam(
                "memoryType",
                "Memory Type",
                "string",
                default="perpetual",
                additional=True,
                description="How much is read: perpetual, summary_retriever or message_window",
            ),
            *NAMES,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatMemory:
        return ZepCloudMemory(
            context.http,
            api_key=require_key(inputs, "apiKey"),
            session_id=session_of(inputs, context),
            kind=inputs.text("memoryType", "perpetual"),
            human=inputs.text("humanPrefix", "human"),
            ai=inputs.text("aiPrefix", "ai"),
            memory_key=memory_key(inputs),
        )
