"""Chat completion by a NIM microservice of NVIDIA, hosted or your own."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
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


class ChatNvidiaNIM(Node):
    definition = NodeDefinition(
        name="chatNvidiaNIM",
        label="Nvidia NIM",
        category="Chat Models",
        version=1.1,
        base_classes=("ChatNvidiaNIM", "BaseChatOpenAI", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by a NIM microservice of NVIDIA, hosted or your own",
        credential=CredentialParam(("nvidiaNIMApi",), optional=True),
        inputs=(
            CACHE,
            model_name(placeholder="microsoft/phi-3-mini-4k-instruct"),
            NodeParam("basePath", "Base Path", "string", placeholder="https://integrate.api.nvidia.com/v1"),
            TEMPERATURE,
            STREAMING,
            *SAMPLING,
            TIMEOUT,
            BASE_OPTIONS,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        base_url, key = inputs.text("basePath"), inputs.secret("nvidiaNIMApiKey")
        return compatible_model(inputs, context, provider="chatNvidiaNIM", base_url=base_url, api_key=key)
