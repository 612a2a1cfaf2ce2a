"""Chat completion through a LiteLLM proxy."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import (
    CACHE,
    IMAGES,
    MAX_TOKENS,
    STREAMING,
    TEMPERATURE,
    TIMEOUT,
    compatible_model,
    model_name,
)


class ChatLitellm(Node):
    definition = NodeDefinition(
        name="chatLitellm",
        label="LiteLLM",
        category="Chat Models",
        version=2,
        base_classes=("ChatLitellm", "BaseChatModel", "BaseChatOpenAI", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion through a LiteLLM proxy",
        credential=CredentialParam(("litellmApi",), optional=True),
        inputs=(
            CACHE,
            NodeParam("basePath", "Base URL", "string", placeholder="http://localhost:8000"),
            model_name(placeholder="model_name"),
            TEMPERATURE,
            STREAMING,
            IMAGES,
            MAX_TOKENS,
            NodeParam("topP", "Top P", "number", optional=True, step=0.1, additional=True),
            TIMEOUT,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        base_url, key = inputs.text("basePath"), inputs.secret("litellmApiKey", "sk-")
        return compatible_model(inputs, context, provider="chatLitellm", base_url=base_url, api_key=key)
