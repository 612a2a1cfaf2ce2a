"""Text models in a deployment of Azure OpenAI."""

from __future__ import annotations

from flowisectl.clients.azure import deployment_url
from flowisectl.clients.text_generation import OpenAIText
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached

DEFAULT_MODEL = "text-davinci-003"


class AzureOpenAI(Node):
    definition = NodeDefinition(
        name="azureOpenAI",
        label="Azure OpenAI",
        category="LLMs",
        version=4.0,
        base_classes=("AzureOpenAI", "OpenAI", "BaseLLM", "BaseLanguageModel", "Runnable"),
        description="Text models in a deployment of Azure OpenAI",
        credential=CredentialParam(("azureOpenAIApi",)),
        inputs=(
            NodeParam("cache", "Cache", "BaseCache", optional=True),
            NodeParam("modelName", "Model Name", "asyncOptions", default=DEFAULT_MODEL, load_method="listModels"),
            NodeParam("temperature", "Temperature", "number", default=0.9, optional=True, step=0.1),
            NodeParam("maxTokens", "Max Tokens", "number", optional=True, step=1, additional=True),
            NodeParam("topP", "Top Probability", "number", optional=True, step=0.1, additional=True),
            NodeParam("bestOf", "Best Of", "number", optional=True, step=1, additional=True),
            NodeParam("frequencyPenalty", "Frequency Penalty", "number", optional=True, step=0.1, additional=True),
            NodeParam("presencePenalty", "Presence Penalty", "number", optional=True, step=0.1, additional=True),
            NodeParam("timeout", "Timeout", "number", optional=True, step=1, additional=True),
            NodeParam("basepath", "Base Path", "string", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        timeout = inputs.number("timeout")
        wire = OpenAIText(
            context.http,
            provider="azureOpenAI",
            api_key=require_key(inputs, "azureOpenAIApiKey"),
            base_url=deployment_url(inputs.secret, inputs.text("basepath"), f"node {inputs.node_id!r} ({inputs.label})"),
            model=inputs.text("modelName", DEFAULT_MODEL),
            params={
                "temperature": inputs.number("temperature"),
                "max_tokens": inputs.integer("maxTokens") or 256,
                "top_p": inputs.number("topP") or None,
                "best_of": inputs.integer("bestOf") or None,
                "frequency_penalty": inputs.number("frequencyPenalty") or None,
                "presence_penalty": inputs.number("presencePenalty") or None,
            },
            timeout_seconds=timeout / 1000 if timeout else None,
            key_header="api-key",
            on_retry=context.trace.note,
        )
        return cached(wire, inputs.get("cache"))
