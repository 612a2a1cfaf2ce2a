"""Chat completion by OpenAI, or by any server that speaks its protocol."""

from __future__ import annotations

from functools import partial
from typing import Any

from flowisectl.clients.openai_chat import OpenAIChat
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key, words_of
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached
from flowisectl.nodes.chat_models._compatible import answer_limit, compatible_wire, is_reasoning_model, responses_wire

OPENAI_URL = "https://api.openai.com/v1"


class ChatOpenAI(Node):
    definition = NodeDefinition(
        name="chatOpenAI",
        label="OpenAI",
        category="Chat Models",
        version=8.3,
        base_classes=("ChatOpenAI", "BaseChatOpenAI", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by OpenAI, or by any server that speaks its protocol",
        credential=CredentialParam(("openAIApi",)),
        inputs=(
            NodeParam("cache", "Cache", "BaseCache", optional=True),
            NodeParam("modelName", "Model Name", "asyncOptions", default="gpt-4o-mini", load_method="listModels"),
            NodeParam("temperature", "Temperature", "number", default=0.9, optional=True, step=0.1),
            NodeParam("streaming", "Streaming", "boolean", default=True, optional=True, additional=True),
            NodeParam("allowImageUploads", "Allow Image Uploads", "boolean", default=False, optional=True),
            NodeParam("reasoning", "Reasoning", "boolean", default=False, optional=True, additional=True),
            NodeParam(
                "reasoningEffort",
                "Reasoning Effort",
                "options",
                additional=True,
                options=(Option("Low", "low"), Option("Medium", "medium"), Option("High", "high"), Option("X-High", "xhigh")),
                show={"reasoning": True},
            ),
            NodeParam(
                "reasoningSummary",
                "Reasoning Summary",
                "options",
                additional=True,
                options=(Option("Auto", "auto"), Option("Concise", "concise"), Option("Detailed", "detailed")),
                show={"reasoning": True},
            ),
            NodeParam("maxTokens", "Max Tokens", "number", optional=True, step=1, additional=True),
            NodeParam("topP", "Top Probability", "number", optional=True, step=0.1, additional=True),
            NodeParam("frequencyPenalty", "Frequency Penalty", "number", optional=True, step=0.1, additional=True),
            NodeParam("presencePenalty", "Presence Penalty", "number", optional=True, step=0.1, additional=True),
            NodeParam("timeout", "Timeout", "number", optional=True, step=1, additional=True),
            NodeParam("strictToolCalling", "Strict Tool Calling", "boolean", optional=True, additional=True),
            NodeParam("stopSequence", "Stop Sequence", "string", optional=True, rows=4, additional=True),
            NodeParam("basepath", "Base Path", "string", optional=True, additional=True),
            NodeParam("baseOptions", "Base Options", "json", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        api_key, name = require_key(inputs, "openAIApiKey"), inputs.text("modelName", "gpt-4o-mini")
        thinks = is_reasoning_model(name)
        place: dict[str, Any] = {
            "provider": "chatOpenAI",
            "base_url": inputs.text("basepath", OPENAI_URL),
            "api_key": api_key,
            "model": name,
        }
        responses = partial(responses_wire, inputs, context, thinks=thinks, **place)
        if thinks and inputs.get("reasoningSummary"):
            return cached(responses(), inputs.get("cache"))
        completions = compatible_wire(
            inputs,
            context,
            **place,
            params=_params(inputs, name, thinks),
            strict_tools=None if inputs.get("strictToolCalling") is None else inputs.flag("strictToolCalling"),
            has_developer_role=thinks,
            has_names=True,
        )
        return cached(OpenAIChat(completions, responses), inputs.get("cache"))


def _params(inputs: NodeInputs, name: str, thinks: bool) -> dict[str, Any]:
    """What differs from other providers; https://platform.openai.com/docs/api-reference/chat/create."""
    params = answer_limit(inputs, name)
    if thinks:
        return {**params, "temperature": None, "reasoning_effort": inputs.get("reasoningEffort")}
    return {**params, "stop": words_of(inputs, "stopSequence") or None}
