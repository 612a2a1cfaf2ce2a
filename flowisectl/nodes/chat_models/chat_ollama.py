"""Chat completion by a model that Ollama serves."""

from __future__ import annotations

from flowisectl.clients.ollama import OllamaChat
from flowisectl.clients.ollama_options import OLLAMA_URL, ollama_options
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached
from flowisectl.nodes.chat_models._compatible import CACHE, IMAGES, STREAMING, TEMPERATURE, model_name
from flowisectl.nodes.chat_models._ollama import OPTION_PARAMS


class ChatOllama(Node):
    definition = NodeDefinition(
        name="chatOllama",
        label="Ollama",
        category="Chat Models",
        version=5,
        base_classes=("ChatOllama", "ChatOllama", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by a model that Ollama serves",
        credential=CredentialParam(("ollamaApi",), optional=True),
        inputs=(
            CACHE,
            NodeParam("baseUrl", "Base URL", "string", default=OLLAMA_URL),
            model_name(placeholder="llama2"),
            TEMPERATURE,
            STREAMING,
            IMAGES,
            NodeParam("think", "Think", "boolean", default=False, optional=True),
            NodeParam("jsonMode", "JSON Mode", "boolean", optional=True, additional=True, description="Every answer is JSON"),
            NodeParam(
                "keepAlive",
                "Keep Alive",
                "string",
                default="5m",
                optional=True,
                additional=True,
                description="How long the model stays in memory, such as 10m; -1 keeps it",
            ),
            *OPTION_PARAMS,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        model = OllamaChat(
            context.http,
            provider="chatOllama",
            base_url=inputs.text("baseUrl", OLLAMA_URL),
            api_key=inputs.secret("ollamaApiKey"),
            model=inputs.require("modelName"),
            streaming=inputs.flag("streaming", True),
            allows_images=inputs.flag("allowImageUploads"),
            options=ollama_options(inputs),
            params={
                "keep_alive": inputs.text("keepAlive") or None,
                "format": "json" if inputs.flag("jsonMode") else None,
                "think": inputs.flag("think"),
            },
            on_retry=context.trace.note,
        )
        return cached(model, inputs.get("cache"))
