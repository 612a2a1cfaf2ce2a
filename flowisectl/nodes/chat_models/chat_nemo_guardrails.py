"""Chat completion by models behind a server of NeMo Guardrails."""

from __future__ import annotations

from flowisectl.clients.nemo_guardrails import GuardedChat
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.chat_model import ChatModel


class ChatNemoGuardrails(Node):
    definition = NodeDefinition(
        name="chatNemoGuardrails",
        label="Nemo Guardrails",
        category="Chat Models",
        version=1.0,
        base_classes=("ChatNemoGuardrails", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by models behind a server of NeMo Guardrails",
        inputs=(NodeParam("configurationId", "Configuration ID", "string"), NodeParam("baseUrl", "Base URL", "string")),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        return GuardedChat(
            context.http,
            provider="chatNemoGuardrails",
            base_url=str(inputs.require("baseUrl")),
            configuration=str(inputs.require("configurationId")),
            on_retry=context.trace.note,
        )
