"""Chat completion by open models that Together AI serves, for engines."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import TEMPERATURE, compatible_model, model_name

URL = "https://api.together.xyz/v1"


class ChatTogetherAILlamaIndex(Node):
    definition = NodeDefinition(
        name="chatTogetherAI_LlamaIndex",
        label="ChatTogetherAI",
        category="Chat Models",
        version=1.0,
        base_classes=("ChatTogetherAI", "BaseChatModel_LlamaIndex", "OpenAI", "ToolCallLLM", "BaseLLM"),
        description="Chat completion by open models that Together AI serves, for engines",
        tags=("LlamaIndex",),
        credential=CredentialParam(("togetherAIApi",)),
        inputs=(model_name(placeholder="mixtral-8x7b-32768"), TEMPERATURE),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        key = require_key(inputs, "togetherAIApiKey")
        return compatible_model(inputs, context, provider="chatTogetherAI_LlamaIndex", base_url=URL, api_key=key)
