"""Chat completion by a model that Ollama serves."""

from __future__ import annotations

from typing import Any

from flowisectl.clients.ollama import OllamaChat
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import CACHE, IMAGES, STREAMING, TEMPERATURE, cached, model_name

OLLAMA_URL = "http://localhost:11434"
_NUMBERS = (
    ("topP", "Top P", 0.1, "top_p"),
    ("topK", "Top K", 1, "top_k"),
    ("mirostat", "Mirostat", 1, "mirostat"),
    ("mirostatEta", "Mirostat ETA", 0.1, "mirostat_eta"),
    ("mirostatTau", "Mirostat TAU", 0.1, "mirostat_tau"),
    ("numCtx", "Context Window Size", 1, "num_ctx"),
    ("numGpu", "Number of GPU", 1, "num_gpu"),
    ("numThread", "Number of Thread", 1, "num_thread"),
    ("repeatLastN", "Repeat Last N", 1, "repeat_last_n"),
    ("repeatPenalty", "Repeat Penalty", 0.1, "repeat_penalty"),
    ("tfsZ", "Tail Free Sampling", 0.1, "tfs_z"),
)
"""(input, label, step, name of Ollama's option)"""


def _number(name: str) -> NodeParam:
    label, step = next((label, step) for item, label, step, _ in _NUMBERS if item == name)
    return NodeParam(name, label, "number", optional=True, step=step, additional=True)


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
            *(_number(name) for name, *_ in _NUMBERS[:-1]),
            NodeParam("stop", "Stop Sequence", "string", optional=True, rows=4, placeholder="AI assistant:", additional=True),
            _number("tfsZ"),
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
            options=_options(inputs),
            params={
                "keep_alive": inputs.text("keepAlive") or None,
                "format": "json" if inputs.flag("jsonMode") else None,
                "think": inputs.flag("think"),
            },
            on_retry=context.trace.note,
        )
        return cached(model, inputs)


def _options(inputs: NodeInputs) -> dict[str, Any]:
    """The model's options; whole numbers must not come with a decimal point."""
    options: dict[str, Any] = {"temperature": inputs.number("temperature")}
    for name, _, step, option in _NUMBERS:
        options[option] = (inputs.integer(name) if step == 1 else inputs.number(name)) or None
    stop = [word.strip() for word in inputs.text("stop").split(",") if word.strip()]
    return {**options, "stop": stop or None}
