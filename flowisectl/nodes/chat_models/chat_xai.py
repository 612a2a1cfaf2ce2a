"""Chat completion by the Grok models of xAI."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import (
    CACHE,
    IMAGES,
    MAX_TOKENS,
    STREAMING,
    TEMPERATURE,
    compatible_model,
)

XAI_URL = "https://api.x.ai/v1"


class ChatXAI(Node):
    definition = NodeDefinition(
        name="chatXAI",
        label="xAI Grok",
        category="Chat Models",
        version=2,
        base_classes=("ChatXAI", "ChatXAI", "ChatOpenAICompletions", "BaseChatOpenAI", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by the Grok models of xAI",
        credential=CredentialParam(("xaiApi",)),
        inputs=(
            CACHE,
            NodeParam("modelName", "Model", "string", placeholder="grok-beta"),
            TEMPERATURE,
            STREAMING,
            IMAGES,
            MAX_TOKENS,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        key = require_key(inputs, "xaiApiKey")
        return compatible_model(inputs, context, provider="chatXAI", base_url=XAI_URL, api_key=key)
