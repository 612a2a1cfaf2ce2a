"""Chat completion by Anthropic, for engines."""

from __future__ import annotations

from flowisectl.clients.anthropic import AnthropicChat, answer_tokens
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import TEMPERATURE

DEFAULT_MODEL = "claude-3-haiku"


class ChatAnthropicLlamaIndex(Node):
    definition = NodeDefinition(
        name="chatAnthropic_LlamaIndex",
        label="ChatAnthropic",
        category="Chat Models",
        version=3.0,
        base_classes=("ChatAnthropic", "BaseChatModel_LlamaIndex", "ToolCallLLM", "BaseLLM"),
        description="Chat completion by Anthropic, for engines",
        tags=("LlamaIndex",),
        credential=CredentialParam(("anthropicApi",)),
        inputs=(
            NodeParam("modelName", "Model Name", "asyncOptions", default=DEFAULT_MODEL, load_method="listModels"),
            TEMPERATURE,
            NodeParam("maxTokensToSample", "Max Tokens", "number", optional=True, step=1, additional=True),
            NodeParam("topP", "Top P", "number", optional=True, step=0.1, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        name = inputs.text("modelName", DEFAULT_MODEL)
        return AnthropicChat(
            context.http,
            provider="chatAnthropic_LlamaIndex",
            api_key=require_key(inputs, "anthropicApiKey"),
            model=name,
            params={
                "temperature": inputs.number("temperature"),
                "top_p": inputs.number("topP") or None,
                "max_tokens": inputs.integer("maxTokensToSample") or answer_tokens(name),
            },
            streaming=inputs.flag("streaming", True),
            on_retry=context.trace.note,
        )
