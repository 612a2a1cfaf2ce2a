"""Chat completion by a fine-tuned or unlisted model of OpenAI."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
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

OPENAI_URL = "https://api.openai.com/v1"


class ChatOpenAICustom(Node):
    definition = NodeDefinition(
        name="chatOpenAICustom",
        label="OpenAI Custom Model",
        category="Chat Models",
        version=4,
        base_classes=("ChatOpenAI-Custom", "BaseChatOpenAI", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by a fine-tuned or unlisted model of OpenAI",
        credential=CredentialParam(("openAIApi",), optional=True),
        inputs=(
            CACHE,
            model_name(placeholder="ft:gpt-3.5-turbo:my-org:custom_suffix:id"),
            TEMPERATURE,
            STREAMING,
            *SAMPLING,
            TIMEOUT,
            NodeParam("basepath", "Base Path", "string", optional=True, additional=True),
            BASE_OPTIONS,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        base_url, key = inputs.text("basepath", OPENAI_URL), require_key(inputs, "openAIApiKey")
        return compatible_model(inputs, context, provider="chatOpenAICustom", base_url=base_url, api_key=key, has_names=True)
