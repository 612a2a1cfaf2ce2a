"""Chat completion by the models of many providers, through OpenRouter."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import (
    BASE_OPTIONS,
    CACHE,
    IMAGES,
    SAMPLING,
    STREAMING,
    TEMPERATURE,
    TIMEOUT,
    compatible_model,
    model_name,
)

OPENROUTER_URL = "https://openrouter.ai/api/v1"


class ChatOpenRouter(Node):
    definition = NodeDefinition(
        name="chatOpenRouter",
        label="OpenRouter",
        category="Chat Models",
        version=1,
        base_classes=("ChatOpenRouter", "BaseChatOpenAI", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by the models of many providers, through OpenRouter",
        credential=CredentialParam(("openRouterApi",), optional=True),
        inputs=(
            CACHE,
            model_name(placeholder="openai/gpt-3.5-turbo"),
            TEMPERATURE,
            STREAMING,
            IMAGES,
            *SAMPLING,
            TIMEOUT,
            NodeParam("basepath", "Base Path", "string", default=OPENROUTER_URL, optional=True, additional=True),
            BASE_OPTIONS,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        base_url, key = inputs.text("basepath", OPENROUTER_URL), require_key(inputs, "openRouterApiKey")
        return compatible_model(inputs, context, provider="chatOpenRouter", base_url=base_url, api_key=key)
