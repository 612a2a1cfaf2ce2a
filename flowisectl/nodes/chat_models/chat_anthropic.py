"""Chat completion by the Claude models of Anthropic."""

from __future__ import annotations

import re
from typing import Any

from flowisectl.clients.anthropic import AnthropicChat, answer_tokens
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached
from flowisectl.nodes.chat_models._compatible import CACHE, IMAGES, STREAMING, TEMPERATURE

DEFAULT_MODEL = "claude-haiku-4-5"
_ADAPTIVE = ("claude-opus-4-7", "claude-opus-4-6", "claude-sonnet-4-6")
_EFFORTS = (Option("Low", "low"), Option("Medium", "medium"), Option("High", "high"), Option("Max", "max"))


class ChatAnthropic(Node):
    definition = NodeDefinition(
        name="chatAnthropic",
        label="Anthropic Claude",
        category="Chat Models",
        version=8,
        base_classes=("ChatAnthropic", "ChatAnthropicMessages", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by the Claude models of Anthropic",
        credential=CredentialParam(("anthropicApi",)),
        inputs=(
            CACHE,
            NodeParam("modelName", "Model Name", "asyncOptions", default=DEFAULT_MODEL, load_method="listModels"),
            TEMPERATURE,
            STREAMING,
            IMAGES,
            NodeParam("extendedThinking", "Extended Thinking", "boolean", optional=True, additional=True, hide={"modelName": [*_ADAPTIVE]}),
            NodeParam(
                "budgetTokens",
                "Budget Tokens",
                "number",
                default="1024",
                optional=True,
                step=1,
                additional=True,
                description="How many tokens the model may think",
                show={"extendedThinking": True},
                hide={"modelName": [*_ADAPTIVE]},
            ),
            NodeParam(
                "adaptiveThinking",
                "Adaptive Thinking",
                "boolean",
                default=False,
                optional=True,
                additional=True,
                show={"modelName": [*_ADAPTIVE]},
            ),
            NodeParam(
                "thinkingEffort",
                "Thinking Effort",
                "options",
                optional=True,
                additional=True,
                options=_EFFORTS,
                show={"adaptiveThinking": True, "modelName": [*_ADAPTIVE]},
            ),
            NodeParam("maxTokensToSample", "Max Tokens", "number", optional=True, step=1, additional=True),
            NodeParam("topP", "Top P", "number", optional=True, step=0.1, additional=True),
            NodeParam("topK", "Top K", "number", optional=True, step=0.1, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        name = inputs.text("modelName", DEFAULT_MODEL)
        model = AnthropicChat(
            context.http,
            provider="chatAnthropic",
            api_key=require_key(inputs, "anthropicApiKey"),
            model=name,
            streaming=inputs.flag("streaming", True),
            allows_images=inputs.flag("allowImageUploads"),
            params=_params(inputs, name),
            on_retry=context.trace.note,
        )
        return cached(model, inputs.get("cache"))


def _params(inputs: NodeInputs, name: str) -> dict[str, Any]:
    """Members of the request; https://docs.anthropic.com/en/api/messages."""
    most = inputs.integer("maxTokensToSample") or answer_tokens(name)
    params: dict[str, Any] = {}
    if inputs.flag("adaptiveThinking"):
        params["thinking"] = {"type": "adaptive"}
        if effort := inputs.get("thinkingEffort"):
            params["output_config"] = {"effort": effort}
    elif inputs.flag("extendedThinking"):
        budget = inputs.integer("budgetTokens") or 1024
        params["thinking"] = {"type": "enabled", "budget_tokens": budget}
        most = max(most, budget + 1024)  # the bound covers thoughts and answer
    if takes_sampling(name):
        if "thinking" not in params:
            params["temperature"] = inputs.number("temperature")
        params |= {"top_p": inputs.number("topP") or None, "top_k": inputs.integer("topK") or None}
    return {**params, "max_tokens": most}


def takes_sampling(name: str) -> bool:
    """Whether a model takes temperature, top_p and top_k; Claude Opus from 4.7 on refuses them."""
    found = re.search(r"claude-opus-(\d{1,2})(?:-(\d{1,2}))?(?!\d)", name)
    return not found or (int(found[1]), int(found[2] or 0)) < (4, 7)
