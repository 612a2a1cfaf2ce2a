"""Chat completion by a server of your own: LocalAI, LM Studio, llama.cpp and others."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import (
    CACHE,
    MAX_TOKENS,
    STREAMING,
    TEMPERATURE,
    TIMEOUT,
    TOP_P,
    compatible_model,
    model_name,
)


class ChatLocalAI(Node):
    definition = NodeDefinition(
        name="chatLocalAI",
        label="LocalAI",
        category="Chat Models",
        version=3,
        base_classes=("ChatLocalAI", "BaseChatModel", "BaseChatOpenAI", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by a server of your own: LocalAI, LM Studio, llama.cpp and others",
        credential=CredentialParam(("localAIApi",), optional=True),
        inputs=(
            CACHE,
            NodeParam("basePath", "Base Path", "string", placeholder="http://localhost:8080/v1"),
            model_name(placeholder="gpt4all-lora-quantized.bin"),
            TEMPERATURE,
            STREAMING,
            MAX_TOKENS,
            TOP_P,
            TIMEOUT,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        base_url, key = inputs.text("basePath"), inputs.secret("localAIApiKey", "sk-")
        return compatible_model(inputs, context, provider="chatLocalAI", base_url=base_url, api_key=key)
