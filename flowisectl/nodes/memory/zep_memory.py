"""The session's messages in a Zep server, which sums up the older ones."""

from __future__ import annotations

from flowisectl.clients.zep_memory import ZepMemory as ZepServerMemory
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.nodes.memory._session import SESSION_ID, memory_key, session_of
from flowisectl.nodes.memory._zep import NAMES

LOCAL_URL = "http://127.0.0.1:8000"


class ZepMemory(Node):
    definition = NodeDefinition(
        name="ZepMemory",
        label="Zep Memory - Open Source",
        category="Memory",
        version=2.0,
        base_classes=("ZepMemory", "BaseChatMemory", "BaseMemory"),
        description="The session's messages in a Zep server, which sums up the older ones",
        credential=CredentialParam(("zepMemoryApi",), optional=True),
        inputs=(
            NodeParam("baseURL", "Base URL", "string", default=LOCAL_URL),
            SESSION_ID,
            NodeParam("k", "Size", "number", default="10", additional=True, description="How many messages are read"),
            *NAMES,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatMemory:
        return ZepServerMemory(
            context.http,
            url=inputs.text("baseURL", LOCAL_URL),
            api_key=inputs.secret("apiKey"),
            session_id=session_of(inputs, context),
            count=max(inputs.integer("k") or 10, 1),
            human=inputs.text("humanPrefix", "human"),
            ai=inputs.text("aiPrefix", "ai"),
            memory_key=memory_key(inputs),
        )
