"""Chat completion by the models of many providers, through CometAPI."""

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
    compatible_model,
    model_name,
)

COMET_URL = "https://api.cometapi.com/v1"


class ChatCometAPI(Node):
    definition = NodeDefinition(
        name="chatCometAPI",
        label="Comet",
        category="Chat Models",
        version=1,
        base_classes=("ChatCometAPI", "BaseChatOpenAI", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by the models of many providers, through CometAPI",
        credential=CredentialParam(("cometApi",)),
        inputs=(
            CACHE,
            model_name(default="gpt-5-mini"),
            NodeParam("temperature", "Temperature", "number", default=0.7, optional=True, step=0.1),
            STREAMING,
            *SAMPLING,
            BASE_OPTIONS,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        key, model = require_key(inputs, "cometApiKey"), inputs.text("modelName", "gpt-5-mini")
        return compatible_model(inputs, context, provider="chatCometAPI", base_url=COMET_URL, api_key=key, model=model)
