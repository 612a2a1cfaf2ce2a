"""Chat completion by the models of DeepSeek."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key, words_of
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import (
    BASE_OPTIONS,
    CACHE,
    SAMPLING,
    STREAMING,
    TIMEOUT,
    compatible_model,
    model_name,
)

DEEPSEEK_URL = "https://api.deepseek.com"


class ChatDeepseek(Node):
    definition = NodeDefinition(
        name="chatDeepseek",
        label="Deepseek",
        category="Chat Models",
        version=1,
        base_classes=("chatDeepseek", "ChatOpenAICompletions", "BaseChatOpenAI", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by the models of DeepSeek",
        credential=CredentialParam(("deepseekApi",)),
        inputs=(
            CACHE,
            model_name(default="deepseek-chat", is_listed=True),
            NodeParam("temperature", "Temperature", "number", default=0.7, optional=True, step=0.1),
            STREAMING,
            *SAMPLING,
            TIMEOUT,
            NodeParam(
                "stopSequence", "Stop Sequence", "string", optional=True, rows=4, additional=True, description="Words, separated by commas"
            ),
            NodeParam("thinking", "Thinking", "boolean", default=False, optional=True, additional=True),
            BASE_OPTIONS,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        return compatible_model(
            inputs,
            context,
            provider="chatDeepseek",
            base_url=DEEPSEEK_URL,
            api_key=require_key(inputs, "deepseekApiKey"),
            model=inputs.text("modelName", "deepseek-chat"),
            params={"stop": words_of(inputs, "stopSequence") or None, "thinking": {"type": "enabled"} if inputs.flag("thinking") else None},
        )
