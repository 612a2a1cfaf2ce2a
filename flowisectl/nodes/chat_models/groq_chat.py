"""Chat completion by open models on the hardware of Groq."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import (
    CACHE,
    MAX_TOKENS,
    SHOWN_STREAMING,
    TEMPERATURE,
    compatible_model,
    model_name,
)

GROQ_URL = "https://api.groq.com/openai/v1"


class GroqChat(Node):
    definition = NodeDefinition(
        name="groqChat",
        label="Groq",
        category="Chat Models",
        version=4,
        base_classes=("GroqChat", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by open models on the hardware of Groq",
        credential=CredentialParam(("groqApi",), optional=True),
        inputs=(
            CACHE,
            model_name(placeholder="llama3-70b-8192", is_listed=True),
            TEMPERATURE,
            MAX_TOKENS,
            SHOWN_STREAMING,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        key = require_key(inputs, "groqApiKey")
        return compatible_model(inputs, context, provider="groqChat", base_url=GROQ_URL, api_key=key)
