"""Chat completion by open models on the hardware of Groq, for engines."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import MAX_TOKENS, TEMPERATURE, compatible_model, model_name

URL = "https://api.groq.com/openai/v1"


class ChatGroqLlamaIndex(Node):
    definition = NodeDefinition(
        name="chatGroq_LlamaIndex",
        label="ChatGroq",
        category="Chat Models",
        version=1.0,
        base_classes=("ChatGroq", "BaseChatModel_LlamaIndex", "OpenAI", "ToolCallLLM", "BaseLLM"),
        description="Chat completion by open models on the hardware of Groq, for engines",
        tags=("LlamaIndex",),
        credential=CredentialParam(("groqApi",), optional=True),
        inputs=(model_name(placeholder="llama3-70b-8192", is_listed=True), TEMPERATURE, MAX_TOKENS),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        key = require_key(inputs, "groqApiKey")
        return compatible_model(inputs, context, provider="chatGroq_LlamaIndex", base_url=URL, api_key=key)
