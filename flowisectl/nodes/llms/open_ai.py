"""Text models of OpenAI."""

from __future__ import annotations

from flowisectl.clients.text_generation import OpenAIText
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import headers_of, require_key, timeout_seconds
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached

URL = "https://api.openai.com/v1"


class OpenAI(Node):
    definition = NodeDefinition(
        name="openAI",
        label="OpenAI",
        category="LLMs",
        version=4.0,
        base_classes=("OpenAI", "BaseLLM", "BaseLanguageModel", "Runnable"),
        description="Text models of OpenAI, and of servers with its completions API",
        credential=CredentialParam(("openAIApi",)),
        inputs=(
            NodeParam("cache", "Cache", "BaseCache", optional=True),
            NodeParam("modelName", "Model Name", "asyncOptions", default="gpt-3.5-turbo-instruct", load_method="listModels"),
            NodeParam("temperature", "Temperature", "number", default=0.7, optional=True, step=0.1),
            NodeParam("maxTokens", "Max Tokens", "number", optional=True, step=1, additional=True),
            NodeParam("topP", "Top Probability", "number", optional=True, step=0.1, additional=True),
            NodeParam("bestOf", "Best Of", "number", optional=True, step=1, additional=True),
            NodeParam("frequencyPenalty", "Frequency Penalty", "number", optional=True, step=0.1, additional=True),
            NodeParam("presencePenalty", "Presence Penalty", "number", optional=True, step=0.1, additional=True),
            NodeParam(
                "batchSize", "Batch Size", "number", optional=True, step=1, additional=True, description="Not used: prompts go one by one"
            ),
            NodeParam("timeout", "Timeout", "number", optional=True, step=1, additional=True),
            NodeParam("basepath", "Base Path", "string", optional=True, additional=True),
            NodeParam("baseOptions", "Base Options", "json", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        wire = OpenAIText(
            context.http,
            api_key=require_key(inputs, "openAIApiKey"),
            base_url=inputs.text("basepath", URL),
            model=inputs.text("modelName", "gpt-3.5-turbo-instruct"),
            params={
                "temperature": inputs.number("temperature"),
                "max_tokens": inputs.integer("maxTokens") or 256,
                "top_p": inputs.number("topP") or None,
                "best_of": inputs.integer("bestOf") or None,
                "frequency_penalty": inputs.number("frequencyPenalty") or None,
                "presence_penalty": inputs.number("presencePenalty") or None,
            },
            headers=headers_of(inputs),
            timeout_seconds=timeout_seconds(inputs),
            on_retry=context.trace.note,
        )
        return cached(wire, inputs.get("cache"))
