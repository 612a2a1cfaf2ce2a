"""Chat completion by open models that Fireworks AI serves."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import (
    CACHE,
    SHOWN_STREAMING,
    TEMPERATURE,
    compatible_model,
)

FIREWORKS_URL = "https://api.fireworks.ai/inference/v1"
DEFAULT_MODEL = "accounts/fireworks/models/llama-v3p1-8b-instruct"


class ChatFireworks(Node):
    definition = NodeDefinition(
        name="chatFireworks",
        label="Fireworks AI",
        category="Chat Models",
        version=2,
        base_classes=("ChatFireworks", "ChatOpenAICompletions", "BaseChatOpenAI", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by open models that Fireworks AI serves",
        credential=CredentialParam(("fireworksApi",)),
        inputs=(
            CACHE,
            NodeParam("modelName", "Model", "string", default=DEFAULT_MODEL, placeholder=DEFAULT_MODEL),
            TEMPERATURE,
            SHOWN_STREAMING,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        key, model = require_key(inputs, "fireworksApiKey"), inputs.text("modelName", DEFAULT_MODEL)
        return compatible_model(inputs, context, provider="chatFireworks", base_url=FIREWORKS_URL, api_key=key, model=model)
