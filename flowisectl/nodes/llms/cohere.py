"""Text models of Cohere."""

from __future__ import annotations

from flowisectl.clients.cohere import CohereChat
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached

DEFAULT_MODEL = "command"


class Cohere(Node):
    definition = NodeDefinition(
        name="cohere",
        label="Cohere",
        category="LLMs",
        version=3.0,
        base_classes=("Cohere", "LLM", "BaseLLM", "BaseLanguageModel", "Runnable"),
        description="Text models of Cohere",
        credential=CredentialParam(("cohereApi",)),
        inputs=(
            NodeParam("cache", "Cache", "BaseCache", optional=True),
            NodeParam("modelName", "Model Name", "asyncOptions", default=DEFAULT_MODEL, load_method="listModels"),
            NodeParam("temperature", "Temperature", "number", default=0.7, optional=True, step=0.1),
            NodeParam("maxTokens", "Max Tokens", "number", optional=True, step=1),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        # Cohere has switched off its generate API; a prompt goes to the chat API as one message.
        model = CohereChat(
            context.http,
            provider="cohere",
            api_key=require_key(inputs, "cohereApiKey"),
            model=inputs.text("modelName", DEFAULT_MODEL),
            params={"temperature": inputs.number("temperature"), "max_tokens": inputs.integer("maxTokens") or None},
            streaming=inputs.flag("streaming", True),
            on_retry=context.trace.note,
        )
        return cached(model, inputs.get("cache"))
