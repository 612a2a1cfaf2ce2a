"""Chat completion by the models of Mistral AI, for engines."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import TEMPERATURE, compatible_model, model_name

URL = "https://api.mistral.ai/v1"
DEFAULT_MODEL = "mistral-tiny"


class ChatMistralLlamaIndex(Node):
    definition = NodeDefinition(
        name="chatMistral_LlamaIndex",
        label="ChatMistral",
        category="Chat Models",
        version=1.0,
        base_classes=("ChatMistral", "BaseChatModel_LlamaIndex", "BaseLLM"),
        description="Chat completion by the models of Mistral AI, for engines",
        tags=("LlamaIndex",),
        credential=CredentialParam(("mistralAIApi",)),
        inputs=(
            model_name(default=DEFAULT_MODEL, is_listed=True),
            TEMPERATURE,
            NodeParam("maxTokensToSample", "Max Tokens", "number", optional=True, step=1, additional=True),
            NodeParam("topP", "Top P", "number", optional=True, step=0.1, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        return compatible_model(
            inputs,
            context,
            provider="chatMistral_LlamaIndex",
            base_url=URL,
            api_key=require_key(inputs, "mistralAIAPIKey"),
            model=inputs.text("modelName", DEFAULT_MODEL),
            params={"max_tokens": inputs.integer("maxTokensToSample") or None},
            has_stream_usage=False,  # refused as an unknown member; the usage comes all the same
        )
