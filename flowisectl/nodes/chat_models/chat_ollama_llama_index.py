"""Chat completion by a model that Ollama serves, for engines."""

from __future__ import annotations

from flowisectl.clients.ollama import OllamaChat
from flowisectl.clients.ollama_options import OLLAMA_URL, ollama_options
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import TEMPERATURE, model_name
from flowisectl.nodes.chat_models._ollama import OPTION_PARAMS


class ChatOllamaLlamaIndex(Node):
    definition = NodeDefinition(
        name="chatOllama_LlamaIndex",
        label="ChatOllama",
        category="Chat Models",
        version=1.0,
        base_classes=("ChatOllama", "BaseChatModel_LlamaIndex", "BaseEmbedding"),
        description="Chat completion by a model that Ollama serves, for engines",
        tags=("LlamaIndex",),
        inputs=(
            NodeParam("baseUrl", "Base URL", "string", default=OLLAMA_URL),
            model_name(placeholder="llama3"),
            TEMPERATURE,
            *OPTION_PARAMS,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        return OllamaChat(
            context.http,
            provider="chatOllama_LlamaIndex",
            base_url=inputs.text("baseUrl", OLLAMA_URL),
            model=inputs.require("modelName"),
            options=ollama_options(inputs),
            streaming=inputs.flag("streaming", True),
            on_retry=context.trace.note,
        )
