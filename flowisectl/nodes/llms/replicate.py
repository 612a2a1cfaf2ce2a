"""Text models of Replicate."""

from __future__ import annotations

from flowisectl.clients.text_generation import ReplicateText
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.errors import MissingInput
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached


class Replicate(Node):
    definition = NodeDefinition(
        name="replicate",
        label="Replicate",
        category="LLMs",
        version=2.0,
        base_classes=("Replicate", "BaseChatModel", "LLM", "BaseLLM", "BaseLanguageModel", "Runnable"),
        description="Text models of Replicate",
        credential=CredentialParam(("replicateApi",)),
        inputs=(
            NodeParam("cache", "Cache", "BaseCache", optional=True),
            NodeParam("model", "Model", "string", optional=True),
            NodeParam("temperature", "Temperature", "number", default=0.7, optional=True, step=0.1),
            NodeParam("maxTokens", "Max Tokens", "number", optional=True, step=1, additional=True),
            NodeParam("topP", "Top Probability", "number", optional=True, step=0.1, additional=True),
            NodeParam("repetitionPenalty", "Repetition Penalty", "number", optional=True, step=0.1, additional=True),
            NodeParam("additionalInputs", "Additional Inputs", "json", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        model = inputs.text("model")
        if not model:
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no model: fill in owner/name or owner/name:version")
        more = inputs.json("additionalInputs")
        params = {
            "temperature": inputs.number("temperature") or None,
            "max_length": inputs.integer("maxTokens") or None,
            "top_p": inputs.number("topP") or None,
            "repetition_penalty": inputs.number("repetitionPenalty") or None,
            **(more if isinstance(more, dict) else {}),
        }
        wire = ReplicateText(context.http, api_key=require_key(inputs, "replicateApiKey"), model=model, params=params)
        return cached(wire, inputs.get("cache"))
