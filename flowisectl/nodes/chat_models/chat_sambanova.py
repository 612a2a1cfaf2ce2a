"""Chat completion by open models on the hardware of SambaNova."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import (
    BASE_OPTIONS,
    CACHE,
    SHOWN_STREAMING,
    TEMPERATURE,
    compatible_model,
)

SAMBANOVA_URL = "https://api.sambanova.ai/v1"
DEFAULT_MODEL = "Meta-Llama-3.3-70B-Instruct"


class ChatSambanova(Node):
    definition = NodeDefinition(
        name="chatSambanova",
        label="SambaNova",
        category="Chat Models",
        version=1,
        base_classes=("ChatSambanova", "BaseChatOpenAI", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by open models on the hardware of SambaNova",
        credential=CredentialParam(("sambanovaApi",)),
        inputs=(
            CACHE,
            NodeParam("modelName", "Model", "string", default=DEFAULT_MODEL, placeholder=DEFAULT_MODEL),
            TEMPERATURE,
            SHOWN_STREAMING,
            NodeParam("basepath", "Base Path", "string", default=SAMBANOVA_URL, optional=True, additional=True),
            BASE_OPTIONS,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        base_url = inputs.text("basepath", SAMBANOVA_URL)
        if base_url.startswith("htps://"):  # the default that older exports carry
            base_url = "https://" + base_url.removeprefix("htps://")
        key, model = require_key(inputs, "sambanovaApiKey"), inputs.text("modelName", DEFAULT_MODEL)
        return compatible_model(inputs, context, provider="chatSambanova", base_url=base_url, api_key=key, model=model)
