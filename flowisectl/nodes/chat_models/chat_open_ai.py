"""Chat completion by OpenAI, or by any server that speaks its protocol."""

from __future__ import annotations

from typing import Any

from flowisectl.clients.openai_compatible import OpenAICompatibleChat
from flowisectl.clients.openai_responses import OpenAIResponsesChat
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.errors import MissingInput
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import CachedChatModel

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
        api_key = inputs.secret("openAIApiKey")
        if not api_key:
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no API key: choose an OpenAI credential for it")
        name = inputs.text("modelName", "gpt-4o-mini")
        timeout = inputs.number("timeout")
        strict = inputs.get("strictToolCalling")
        if is_reasoning_model(name) and inputs.get("reasoningSummary"):
            # Only the Responses API gives summaries of thoughts.
            responses = OpenAIResponsesChat(
                context.http,
                provider="chatOpenAI",
                base_url=inputs.text("basepath", OPENAI_URL),
                api_key=api_key,
                model=name,
                streaming=inputs.flag("streaming", True),
                allows_images=inputs.flag("allowImageUploads"),
                params=_response_params(inputs),
                headers=_headers(inputs),
                timeout_seconds=timeout / 1000 if timeout else None,
                strict_tools=inputs.flag("strictToolCalling"),
                on_retry=context.trace.note,
            )
            return _cached(responses, inputs)
        model = OpenAICompatibleChat(
            context.http,
            provider="chatOpenAI",
            base_url=inputs.text("basepath", OPENAI_URL),
            api_key=api_key,
            model=name,
            streaming=inputs.flag("streaming", True),
            allows_images=inputs.flag("allowImageUploads"),
            params=_params(inputs, is_reasoning_model(name)),
            headers=_headers(inputs),
            timeout_seconds=timeout / 1000 if timeout else None,
            strict_tools=None if strict is None else inputs.flag("strictToolCalling"),
            has_developer_role=is_reasoning_model(name),
            on_retry=context.trace.note,
        )
        return _cached(model, inputs)


def _cached(model: ChatModel, inputs: NodeInputs) -> ChatModel:
    cache = inputs.get("cache")
    return model if cache is None else CachedChatModel(model, cache)


def is_reasoning_model(name: str) -> bool:
    """Whether a model thinks before it answers, told by its name. Such models take neither temperature nor stop words."""
    if name.startswith(("o1", "o3", "o4")) or name == "codex-mini":
        return True
    return "gpt-5" in name and "-chat" not in name


def _params(inputs: NodeInputs, thinks: bool) -> dict[str, Any]:
    """Members of the request; https://platform.openai.com/docs/api-reference/chat/create. Zero counts as unset, but for the temperature."""
    params: dict[str, Any] = {
        "temperature": None if thinks else inputs.number("temperature"),
        "max_completion_tokens": inputs.integer("maxTokens") or None,
        "top_p": inputs.number("topP") or None,
        "frequency_penalty": inputs.number("frequencyPenalty") or None,
        "presence_penalty": inputs.number("presencePenalty") or None,
    }
    if thinks:
        params["reasoning_effort"] = inputs.get("reasoningEffort")
    elif inputs.get("stopSequence"):
        params["stop"] = [word.strip() for word in inputs.text("stopSequence").split(",") if word.strip()]
    return {name: value for name, value in params.items() if value is not None}


def _response_params(inputs: NodeInputs) -> dict[str, Any]:
    """Members of a request to the Responses API; https://platform.openai.com/docs/api-reference/responses/create."""
    reasoning = {"effort": inputs.get("reasoningEffort"), "summary": inputs.get("reasoningSummary")}
    return {
        "max_output_tokens": inputs.integer("maxTokens") or None,
        "top_p": inputs.number("topP") or None,
        "reasoning": {name: value for name, value in reasoning.items() if value is not None},
    }


def _headers(inputs: NodeInputs) -> dict[str, str]:
    """`baseOptions` are extra headers."""
    value = inputs.json("baseOptions")
    return {str(name): str(text) for name, text in value.items()} if isinstance(value, dict) else {}
