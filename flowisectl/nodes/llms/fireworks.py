"""Text models that Fireworks AI serves."""

from __future__ import annotations

from flowisectl.clients.text_generation import OpenAIText
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached

URL = "https://api.fireworks.ai/inference/v1"
DEFAULT_MODEL = "accounts/fireworks/models/llama-v3-70b-instruct-hf"


class Fireworks(Node):
    definition = NodeDefinition(
        name="fireworks",
        label="Fireworks",
        category="LLMs",
        version=1.0,
        base_classes=("Fireworks", "OpenAI", "BaseLLM", "BaseLanguageModel", "Runnable"),
        description="Text models that Fireworks AI serves",
        credential=CredentialParam(("fireworksApi",)),
        inputs=(
            NodeParam("cache", "Cache", "BaseCache", optional=True),
            NodeParam("modelName", "Model Name", "string", default=DEFAULT_MODEL, optional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        key, name = require_key(inputs, "fireworksApiKey"), inputs.text("modelName", DEFAULT_MODEL)
        wire = OpenAIText(context.http, provider="fireworks", api_key=key, base_url=URL, model=name, on_retry=context.trace.note)
        return cached(wire, inputs.get("cache"))
