"""Chat completion by the models of Google's Vertex AI: Gemini, and Claude."""

from __future__ import annotations

from functools import partial
from typing import Any

from flowisectl.clients.anthropic import answer_tokens
from flowisectl.clients.google_account import google_login
from flowisectl.clients.vertex import VertexClaude, region_of, vertex_gemini
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import MissingInput
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached
from flowisectl.nodes.chat_models._compatible import CACHE, IMAGES, STREAMING, TEMPERATURE
from flowisectl.nodes.chat_models._gemini import LIMITS, THINKING_BUDGET, THINKING_LEVEL, generation_config


class ChatGoogleVertexAI(Node):
    definition = NodeDefinition(
        name="chatGoogleVertexAI",
        label="Google VertexAI",
        category="Chat Models",
        version=5.3,
        base_classes=(
            "ChatGoogleVertexAI",
            "ChatVertexAI",
            "ChatGoogle",
            "ChatGoogleBase",
            "BaseChatModel",
            "BaseLanguageModel",
            "Runnable",
        ),
        description="Chat completion by the models of Google's Vertex AI",
        credential=CredentialParam(("googleVertexAuth",), optional=True),
        inputs=(
            CACHE,
            NodeParam("region", "Region", "asyncOptions", optional=True, load_method="listRegions"),
            NodeParam("modelName", "Model Name", "asyncOptions", load_method="listModels"),
            NodeParam(
                "customModelName",
                "Custom Model Name",
                "string",
                optional=True,
                placeholder="gemini-2.5-flash",
                additional=True,
                description="Used instead of the model that is chosen above",
            ),
            TEMPERATURE,
            STREAMING,
            IMAGES,
            THINKING_BUDGET,
            THINKING_LEVEL,
            *LIMITS,
            # Exported flows have this input a second time, without a condition.
            NodeParam("thinkingBudget", "Thinking Budget", "number", optional=True, step=1, placeholder="1024", additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        owner = f"node {inputs.node_id!r} ({inputs.label})"
        name = inputs.text("customModelName") or inputs.text("modelName")
        if not name:
            raise MissingInput(f"{owner} has no model: choose its model name")
        login = await google_login(
            context.http, inputs.secret, owner=owner, folder_of=partial(context.paths.source_folder, is_anywhere=True)
        )
        options: dict[str, Any] = {
            "region": region_of(inputs.text("region").strip(), name),
            "model": name,
            "provider": "chatGoogleVertexAI",
            "streaming": inputs.flag("streaming", True),
            "allows_images": inputs.flag("allowImageUploads"),
            "on_retry": context.trace.note,
        }
        if name.startswith("claude"):
            return cached(VertexClaude(context.http, login, params=_claude_params(inputs, name), **options), inputs.get("cache"))
        return cached(vertex_gemini(context.http, login, generation=generation_config(inputs), **options), inputs.get("cache"))


def _claude_params(inputs: NodeInputs, name: str) -> dict[str, Any]:
    return {
        "max_tokens": inputs.integer("maxOutputTokens") or answer_tokens(name),
        "temperature": inputs.number("temperature"),
        "top_p": inputs.number("topP") or None,
        "top_k": inputs.integer("topK") or None,
    }
