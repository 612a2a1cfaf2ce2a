"""Chat completion by open models on the hardware of Cerebras."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import (
    BASE_OPTIONS,
    CACHE,
    SAMPLING,
    STREAMING,
    TEMPERATURE,
    TIMEOUT,
    compatible_model,
    model_name,
)

CEREBRAS_URL = "https://api.cerebras.ai/v1"


class ChatCerebras(Node):
    definition = NodeDefinition(
        name="chatCerebras",
        label="Cerebras",
        category="Chat Models",
        version=3,
        base_classes=("ChatCerebras", "BaseChatOpenAI", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by open models on the hardware of Cerebras",
        credential=CredentialParam(("cerebrasAIApi",), optional=True),
        inputs=(
            CACHE,
            model_name(default="llama3.1-8b", is_listed=True),
            TEMPERATURE,
            STREAMING,
            *SAMPLING,
            TIMEOUT,
            NodeParam("basepath", "Base Path", "string", default=CEREBRAS_URL, optional=True, additional=True),
            BASE_OPTIONS,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        return compatible_model(
            inputs,
            context,
            provider="chatCerebras",
            base_url=inputs.text("basepath", CEREBRAS_URL),
            api_key=require_key(inputs, "cerebrasApiKey"),
            model=inputs.text("modelName", "llama3.1-8b"),
        )
