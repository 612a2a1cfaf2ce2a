"""Text models that Together AI serves."""

from __future__ import annotations

from flowisectl.clients.text_generation import OpenAIText
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key, words_of
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached

URL = "https://api.together.xyz/v1"


class TogetherAI(Node):
    definition = NodeDefinition(
        name="togetherAI",
        label="TogetherAI",
        category="LLMs",
        version=1.0,
        base_classes=("TogetherAI", "LLM", "BaseLLM", "BaseLanguageModel", "Runnable"),
        description="Text models that Together AI serves",
        credential=CredentialParam(("togetherAIApi",)),
        inputs=(
            NodeParam("cache", "Cache", "BaseCache", optional=True),
            NodeParam("modelName", "Model Name", "string", placeholder="mistralai/Mixtral-8x7B-Instruct-v0.1"),
            NodeParam("topK", "Top K", "number", default=50, step=1),
            NodeParam("topP", "Top P", "number", default=0.7, step=0.1),
            NodeParam("temperature", "Temperature", "number", default=0.7, step=0.1),
            NodeParam("repeatPenalty", "Repeat Penalty", "number", default=1, step=0.1),
            NodeParam("streaming", "Streaming", "boolean", default=False),
            NodeParam("maxTokens", "Max Tokens", "number", optional=True, step=1, additional=True),
            NodeParam("stop", "Stop Sequence", "string", optional=True, rows=4, additional=True, description="Several between commas"),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        stop = words_of(inputs, "stop")
        wire = OpenAIText(
            context.http,
            provider="togetherAI",
            api_key=require_key(inputs, "togetherAIApiKey"),
            base_url=URL,
            model=str(inputs.require("modelName")),
            params={
                "temperature": inputs.number("temperature"),
                "top_k": inputs.integer("topK") or None,
                "top_p": inputs.number("topP") or None,
                "repetition_penalty": inputs.number("repeatPenalty") or None,
                "max_tokens": inputs.integer("maxTokens") or None,
                "stop": stop or None,
            },
            on_retry=context.trace.note,
        )
        wire.streaming = inputs.flag("streaming")
        return cached(wire, inputs.get("cache"))
