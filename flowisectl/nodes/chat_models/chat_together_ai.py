"""Chat completion by open models that Together AI serves."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import (
    CACHE,
    SHOWN_STREAMING,
    TEMPERATURE,
    compatible_model,
    model_name,
)

TOGETHER_URL = "https://api.together.xyz/v1"


class ChatTogetherAI(Node):
    definition = NodeDefinition(
        name="chatTogetherAI",
        label="TogetherAI",
        category="Chat Models",
        version=2,
        base_classes=("ChatTogetherAI", "ChatOpenAICompletions", "BaseChatOpenAI", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by open models that Together AI serves",
        credential=CredentialParam(("togetherAIApi",)),
        inputs=(
            CACHE,
            model_name(placeholder="mixtral-8x7b-32768"),
            TEMPERATURE,
            SHOWN_STREAMING,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        key = require_key(inputs, "togetherAIApiKey")
        return compatible_model(inputs, context, provider="chatTogetherAI", base_url=TOGETHER_URL, api_key=key)
