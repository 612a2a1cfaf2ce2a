"""What Mem0 remembers about the user, and the session's newest messages."""

from __future__ import annotations

from flowisectl.clients.mem0_memory import Mem0Memory
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.engine.stored_memory import StoredMemory
from flowisectl.interfaces.memory import ChatMemory

DEFAULT_USER = "flowise-default-user"
_NEWEST = 10
"""Messages of the session that stand behind what is remembered."""
_UNUSED = "Not used: question and answer are kept as they are"


class Mem0(Node):
    definition = NodeDefinition(
        name="mem0",
        label="Mem0",
        category="Memory",
        version=1.1,
        base_classes=("Mem0", "BaseChatMemory", "BaseMemory"),
        description="What Mem0 remembers about the user, and the session's newest messages",
        credential=CredentialParam(("mem0MemoryApi",)),
        inputs=(
            NodeParam("user_id", "User ID", "string", default=DEFAULT_USER, optional=True),
            NodeParam(
                "useFlowiseChatId",
                "Use Flowise Chat ID",
                "boolean",
                default=False,
                optional=True,
                description="Every session has memories of its own",
            ),
            NodeParam(
                "searchOnly",
                "Search Only",
                "boolean",
                default=False,
                optional=True,
                additional=True,
                description="Memories are read, and none are made",
            ),
            NodeParam("run_id", "Run ID", "string", default="", optional=True, additional=True),
            NodeParam("agent_id", "Agent ID", "string", default="", optional=True, additional=True),
            NodeParam("app_id", "App ID", "string", default="", optional=True, additional=True),
            NodeParam("project_id", "Project ID", "string", default="", optional=True, additional=True),
            NodeParam("org_id", "Organization ID", "string", default="", optional=True, additional=True),
            NodeParam("memoryKey", "Memory Key", "string", default="history", optional=True, additional=True),
            NodeParam("inputKey", "Input Key", "string", default="input", optional=True, additional=True, description=_UNUSED),
            NodeParam("outputKey", "Output Key", "string", default="text", optional=True, additional=True, description=_UNUSED),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatMemory:
        session = context.session_id or context.chat_id
        user = session if inputs.flag("useFlowiseChatId") and session else inputs.text("user_id", DEFAULT_USER)
        more = {name: inputs.text(name) for name in ("run_id", "agent_id", "app_id", "project_id", "org_id")}
        return Mem0Memory(
            context.http,
            api_key=require_key(inputs, "apiKey"),
            owner={"user_id": user, **more},
            conversation=StoredMemory(context, limit=_NEWEST),
            question=context.request.question,
            learns=not inputs.flag("searchOnly"),
            memory_key=inputs.text("memoryKey", "history"),
        )
