"""Chat completion by the models of Mistral AI."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import (
    CACHE,
    STREAMING,
    TEMPERATURE,
    TOP_P,
    compatible_model,
    model_name,
)

MISTRAL_HOST = "https://api.mistral.ai"


class ChatMistralAI(Node):
    definition = NodeDefinition(
        name="chatMistralAI",
        label="MistralAI",
        category="Chat Models",
        version=4,
        base_classes=("ChatMistralAI", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by the models of Mistral AI",
        credential=CredentialParam(("mistralAIApi",)),
        inputs=(
            CACHE,
            model_name(default="mistral-tiny", is_listed=True),
            TEMPERATURE,
            STREAMING,
            NodeParam("maxOutputTokens", "Max Output Tokens", "number", optional=True, step=1, additional=True),
            TOP_P,
            NodeParam("randomSeed", "Random Seed", "number", optional=True, step=1, additional=True),
            NodeParam("safeMode", "Safe Mode", "boolean", optional=True, additional=True),
            NodeParam("overrideEndpoint", "Override Endpoint", "string", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        return compatible_model(
            inputs,
            context,
            provider="chatMistralAI",
            base_url=inputs.text("overrideEndpoint", MISTRAL_HOST).rstrip("/").removesuffix("/v1") + "/v1",
            api_key=require_key(inputs, "mistralAIAPIKey"),
            model=inputs.text("modelName", "mistral-tiny"),
            params={
                "max_tokens": inputs.integer("maxOutputTokens") or None,
                "random_seed": inputs.integer("randomSeed") or None,
                "safe_prompt": inputs.flag("safeMode") or None,
            },
            has_stream_usage=False,  # refused as an unknown member; the usage comes all the same
        )
