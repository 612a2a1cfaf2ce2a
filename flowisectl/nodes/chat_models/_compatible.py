"""What the nodes of OpenAI-compatible providers share: their usual inputs, and the model these make."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flowisectl.clients.openai_compatible import OpenAICompatibleChat
from flowisectl.clients.openai_responses import OpenAIResponsesChat
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs, NodeParam
from flowisectl.engine.service_inputs import headers_of, timeout_seconds
from flowisectl.errors import MissingInput
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached

CACHE = NodeParam("cache", "Cache", "BaseCache", optional=True)
TEMPERATURE = NodeParam("temperature", "Temperature", "number", default=0.9, optional=True, step=0.1)
STREAMING = NodeParam("streaming", "Streaming", "boolean", default=True, optional=True, additional=True)
SHOWN_STREAMING = NodeParam("streaming", "Streaming", "boolean", default=True, optional=True)
IMAGES = NodeParam("allowImageUploads", "Allow Image Uploads", "boolean", default=False, optional=True)
MAX_TOKENS = NodeParam("maxTokens", "Max Tokens", "number", optional=True, step=1, additional=True)
TOP_P = NodeParam("topP", "Top Probability", "number", optional=True, step=0.1, additional=True)
FREQUENCY_PENALTY = NodeParam("frequencyPenalty", "Frequency Penalty", "number", optional=True, step=0.1, additional=True)
PRESENCE_PENALTY = NodeParam("presencePenalty", "Presence Penalty", "number", optional=True, step=0.1, additional=True)
TIMEOUT = NodeParam("timeout", "Timeout", "number", optional=True, step=1, additional=True, description="Milliseconds")
BASE_OPTIONS = NodeParam("baseOptions", "Base Options", "json", optional=True, additional=True, description="Extra headers")
SAMPLING = (MAX_TOKENS, TOP_P, FREQUENCY_PENALTY, PRESENCE_PENALTY)

_KNOWS_COMPLETION_TOKENS = re.compile(r"o\d|gpt-5(?!-chat)")


def model_name(*, default: str | None = None, placeholder: str = "", is_listed: bool = False, is_free: bool = False) -> NodeParam:
    """The input `modelName`: free text, or chosen from a list that the server gives; `is_free` takes other names as well."""
    kind, method = ("asyncOptions", "listModels") if is_listed else ("string", "")
    return NodeParam("modelName", "Model Name", kind, default=default, placeholder=placeholder, load_method=method, free_solo=is_free)


def is_reasoning_model(name: str) -> bool:
    """Whether a model of OpenAI thinks before it answers, told by its name. Such models take neither temperature nor stop words."""
    return name.startswith(("o1", "o3", "o4")) or name == "codex-mini" or ("gpt-5" in name and "-chat" not in name)


def answer_limit(inputs: NodeInputs, name: str) -> dict[str, Any]:
    """`maxTokens` under the name that a model of OpenAI knows it by. Servers that only look like OpenAI's know `max_tokens` alone."""
    limit = inputs.integer("maxTokens") or None
    if _KNOWS_COMPLETION_TOKENS.match(name):
        return {"max_completion_tokens": limit, "max_tokens": None}
    return {"max_tokens": limit}


def sampling_params(inputs: NodeInputs) -> dict[str, Any]:
    """The usual members of a request. Zero counts as unset, but for the temperature."""
    return {
        "temperature": inputs.number("temperature"),
        "max_tokens": inputs.integer("maxTokens") or None,
        "top_p": inputs.number("topP") or None,
        "frequency_penalty": inputs.number("frequencyPenalty") or None,
        "presence_penalty": inputs.number("presencePenalty") or None,
    }


def compatible_model(
    inputs: NodeInputs,
    context: RunContext,
    *,
    provider: str,
    base_url: str,
    api_key: str,
    model: str = "",
    params: Mapping[str, Any] | None = None,
    **more: Any,
) -> ChatModel:
    """The model that the usual inputs describe, behind the node's cache; see `compatible_wire`."""
    wire = compatible_wire(inputs, context, provider=provider, base_url=base_url, api_key=api_key, model=model, params=params, **more)
    return cached(wire, inputs.get("cache"))


def compatible_wire(
    inputs: NodeInputs,
    context: RunContext,
    *,
    provider: str,
    base_url: str,
    api_key: str,
    model: str = "",
    params: Mapping[str, Any] | None = None,
    **more: Any,
) -> OpenAICompatibleChat:
    """The model that the usual inputs describe; `params` come on top of them, `more` goes to OpenAICompatibleChat.

    Raises MissingInput for a node without a model or an address.
    """
    name = model or inputs.text("modelName")
    if not name:
        raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no model: fill in its model name")
    if not base_url:
        raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no address: fill in its base path")
    return OpenAICompatibleChat(
        context.http,
        provider=provider,
        base_url=base_url,
        api_key=api_key,
        model=name,
        streaming=inputs.flag("streaming", True),
        allows_images=inputs.flag("allowImageUploads"),
        params={**sampling_params(inputs), **(params or {})},
        headers=headers_of(inputs),
        timeout_seconds=timeout_seconds(inputs),
        on_retry=context.trace.note,
        **more,
    )


def responses_wire(
    inputs: NodeInputs, context: RunContext, *, provider: str, base_url: str, api_key: str, model: str, thinks: bool, **more: Any
) -> OpenAIResponsesChat:
    """A model of OpenAI behind the Responses API: only that gives summaries of thoughts, and has tools that OpenAI runs itself.

    `more` goes to OpenAIResponsesChat. Members of a request: https://platform.openai.com/docs/api-reference/responses/create.
    """
    reasoning = {"effort": inputs.get("reasoningEffort"), "summary": inputs.get("reasoningSummary")}
    params = {
        "max_output_tokens": inputs.integer("maxTokens") or None,
        "temperature": None if thinks else inputs.number("temperature"),
        "top_p": inputs.number("topP") or None,
        "reasoning": {name: value for name, value in reasoning.items() if value is not None} if thinks else None,
    }
    return OpenAIResponsesChat(
        context.http,
        provider=provider,
        base_url=base_url,
        api_key=api_key,
        model=model,
        streaming=inputs.flag("streaming", True),
        allows_images=inputs.flag("allowImageUploads"),
        params=params,
        headers=headers_of(inputs),
        timeout_seconds=timeout_seconds(inputs),
        strict_tools=inputs.flag("strictToolCalling"),
        on_retry=context.trace.note,
        **more,
    )
