"""Text models that Ollama serves."""

from __future__ import annotations

from flowisectl.clients.ollama import OllamaChat
from flowisectl.clients.ollama_options import OLLAMA_URL, ollama_options
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached
from flowisectl.nodes.llms._ollama import OPTION_PARAMS


class Ollama(Node):
    definition = NodeDefinition(
        name="ollama",
        label="Ollama",
        category="LLMs",
        version=2.1,
        base_classes=("Ollama", "LLM", "BaseLLM", "BaseLanguageModel", "Runnable"),
        description="Text models that Ollama serves",
        inputs=(
            NodeParam("cache", "Cache", "BaseCache", optional=True),
            NodeParam("baseUrl", "Base URL", "string", default=OLLAMA_URL),
            NodeParam("modelName", "Model Name", "string", placeholder="llama3"),
            NodeParam("temperature", "Temperature", "number", default=0.9, optional=True, step=0.1),
            *OPTION_PARAMS,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        # Ollama puts one message into the model's own template, exactly as it does with a bare prompt.
        model = OllamaChat(
            context.http,
            provider="ollama",
            base_url=inputs.text("baseUrl", OLLAMA_URL),
            model=inputs.require("modelName"),
            options=ollama_options(inputs),
            streaming=inputs.flag("streaming", True),
            on_retry=context.trace.note,
        )
        return cached(model, inputs.get("cache"))
