"""Text models of Hugging Face."""

from __future__ import annotations

from flowisectl.clients.text_generation import HuggingFaceText
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.errors import MissingInput
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached


class HuggingFaceInference(Node):
    definition = NodeDefinition(
        name="huggingFaceInference_LLMs",
        label="HuggingFace Inference",
        category="LLMs",
        version=2.0,
        base_classes=("HuggingFaceInference", "LLM", "BaseLLM", "BaseLanguageModel", "Runnable"),
        description="Text models of Hugging Face, or at an endpoint of your own",
        credential=CredentialParam(("huggingFaceApi",)),
        inputs=(
            NodeParam("cache", "Cache", "BaseCache", optional=True),
            NodeParam("model", "Model", "string", optional=True),
            NodeParam("endpoint", "Endpoint", "string", optional=True),
            NodeParam("temperature", "Temperature", "number", optional=True, step=0.1, additional=True),
            NodeParam("maxTokens", "Max Tokens", "number", optional=True, step=1, additional=True),
            NodeParam("topP", "Top Probability", "number", optional=True, step=0.1, additional=True),
            NodeParam("hfTopK", "Top K", "number", optional=True, step=0.1, additional=True),
            NodeParam("frequencyPenalty", "Frequency Penalty", "number", optional=True, step=0.1, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        model, endpoint = inputs.text("model"), inputs.text("endpoint")
        if not model and not endpoint:
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no model: fill in a model or an endpoint")
        params = {
            "temperature": inputs.number("temperature") or None,
            "max_new_tokens": inputs.integer("maxTokens") or None,
            "top_p": inputs.number("topP") or None,
            "top_k": inputs.integer("hfTopK") or None,
            "frequency_penalty": inputs.number("frequencyPenalty") or None,
        }
        wire = HuggingFaceText(
            context.http,
            api_key=require_key(inputs, "huggingFaceApiKey"),
            model=model,
            endpoint=endpoint,
            params=params,
            on_retry=context.trace.note,
        )
        return cached(wire, inputs.get("cache"))
