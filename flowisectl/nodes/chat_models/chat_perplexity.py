"""Chat completion by the searching models of Perplexity."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import (
    CACHE,
    FREQUENCY_PENALTY,
    MAX_TOKENS,
    PRESENCE_PENALTY,
    STREAMING,
    TIMEOUT,
    compatible_model,
)

PERPLEXITY_URL = "https://api.perplexity.ai"


class ChatPerplexity(Node):
    definition = NodeDefinition(
        name="chatPerplexity",
        label="Perplexity",
        category="Chat Models",
        version=0.1,
        base_classes=("ChatPerplexity", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by the searching models of Perplexity",
        credential=CredentialParam(("perplexityApi",)),
        inputs=(
            CACHE,
            NodeParam("model", "Model Name", "asyncOptions", default="sonar", load_method="listModels"),
            NodeParam("temperature", "Temperature", "number", default=1, optional=True, step=0.1),
            MAX_TOKENS,
            NodeParam("topP", "Top P", "number", optional=True, step=0.1, additional=True),
            NodeParam("topK", "Top K", "number", optional=True, step=1, additional=True),
            PRESENCE_PENALTY,
            FREQUENCY_PENALTY,
            STREAMING,
            TIMEOUT,
            NodeParam("proxyUrl", "Proxy Url", "string", optional=True, additional=True, description="Kept, and not used"),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        return compatible_model(
            inputs,
            context,
            provider="chatPerplexity",
            base_url=PERPLEXITY_URL,
            api_key=require_key(inputs, "perplexityApiKey"),
            model=inputs.text("model", "sonar"),
            params={"top_k": inputs.integer("topK") or None},
            has_stream_usage=False,  # the usage comes unasked
        )
