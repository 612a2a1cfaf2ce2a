"""Text models on the hardware of SambaNova."""

from __future__ import annotations

from flowisectl.clients.text_generation import OpenAIText
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached

URL = "https://api.sambanova.ai/v1"
DEFAULT_MODEL = "Meta-Llama-3.3-70B-Instruct"


class Sambanova(Node):
    definition = NodeDefinition(
        name="sambanova",
        label="Sambanova",
        category="LLMs",
        version=1.0,
        base_classes=("Sambanova", "BaseLLM", "BaseLanguageModel", "Runnable"),
        description="Text models on the hardware of SambaNova",
        credential=CredentialParam(("sambanovaApi",)),
        inputs=(
            NodeParam("cache", "Cache", "BaseCache", optional=True),
            NodeParam("modelName", "Model Name", "string", default=DEFAULT_MODEL, optional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        key, name = require_key(inputs, "sambanovaApiKey"), inputs.text("modelName", DEFAULT_MODEL)
        wire = OpenAIText(context.http, provider="sambanova", api_key=key, base_url=URL, model=name, on_retry=context.trace.note)
        return cached(wire, inputs.get("cache"))
