"""Text models of IBM's watsonx.ai."""

from __future__ import annotations

from typing import Any

from flowisectl.clients.watsonx import WatsonxText
from flowisectl.clients.watsonx_account import watsonx_login
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import words_of
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached

DEFAULT_MODEL = "ibm/granite-13b-instruct-v2"


class IBMWatsonx(Node):
    definition = NodeDefinition(
        name="ibmWatsonx",
        label="IBMWatsonx",
        category="LLMs",
        version=1.0,
        base_classes=("IBMWatsonx", "BaseLLM", "BaseLanguageModel", "Runnable"),
        description="Text models of IBM's watsonx.ai",
        credential=CredentialParam(("ibmWatsonx",)),
        inputs=(
            NodeParam("cache", "Cache", "BaseCache", optional=True),
            NodeParam("modelId", "Model", "string", default=DEFAULT_MODEL),
            NodeParam(
                "decodingMethod",
                "Decoding Method",
                "options",
                default="greedy",
                optional=True,
                additional=True,
                options=(Option("sample", "sample"), Option("greedy", "greedy")),
                description="Greedy takes the likeliest word, sample one of the likely ones",
            ),
            NodeParam("topK", "Top K", "number", default=50, optional=True, step=1, additional=True),
            NodeParam("topP", "Top P", "number", default=0.7, optional=True, step=0.1, additional=True),
            NodeParam("temperature", "Temperature", "number", default=0.7, optional=True, step=0.1, additional=True),
            NodeParam("repetitionPenalty", "Repeat Penalty", "number", default=1, optional=True, step=0.1, additional=True),
            NodeParam("streaming", "Streaming", "boolean", default=False),
            NodeParam("maxNewTokens", "Max New Tokens", "number", default=100, optional=True, step=1, additional=True),
            NodeParam("minNewTokens", "Min New Tokens", "number", default=1, optional=True, step=1, additional=True),
            NodeParam("stopSequence", "Stop Sequence", "string", optional=True, rows=4, placeholder="AI assistant:", additional=True),
            NodeParam("includeStopSequence", "Include Stop Sequence", "boolean", default=False, optional=True, additional=True),
            NodeParam("randomSeed", "Random Seed", "number", optional=True, placeholder="62345", additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        model = WatsonxText(
            context.http,
            await watsonx_login(context.http, inputs.secret, owner=f"node {inputs.node_id!r} ({inputs.label})"),
            provider="ibmWatsonx",
            model=inputs.text("modelId", DEFAULT_MODEL),
            streaming=inputs.flag("streaming"),
            params=_parameters(inputs),
            on_retry=context.trace.note,
        )
        return cached(model, inputs.get("cache"))


def _parameters(inputs: NodeInputs) -> dict[str, Any]:
    stop = words_of(inputs, "stopSequence")
    return {
        "decoding_method": inputs.text("decodingMethod") or None,
        "top_k": inputs.integer("topK") or None,
        "top_p": inputs.number("topP") or None,
        "temperature": inputs.number("temperature"),
        "repetition_penalty": inputs.number("repetitionPenalty") or None,
        "max_new_tokens": inputs.integer("maxNewTokens") or None,
        "min_new_tokens": inputs.integer("minNewTokens"),
        "stop_sequences": stop or None,
        "include_stop_sequence": inputs.flag("includeStopSequence") if stop else None,
        "random_seed": inputs.integer("randomSeed") or None,
    }
