"""Text models of Google's Vertex AI."""

from __future__ import annotations

from functools import partial

from flowisectl.clients.google_account import google_login
from flowisectl.clients.vertex import region_of, vertex_gemini
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached

DEFAULT_MODEL = "text-bison"


class GoogleVertexAI(Node):
    definition = NodeDefinition(
        name="googlevertexai",
        label="GoogleVertexAI",
        category="LLMs",
        version=3.0,
        base_classes=("GoogleVertexAI", "GoogleLLM", "GoogleBaseLLM", "LLM", "BaseLLM", "BaseLanguageModel", "Runnable"),
        description="Text models of Google's Vertex AI",
        credential=CredentialParam(("googleVertexAuth",), optional=True),
        inputs=(
            NodeParam("cache", "Cache", "BaseCache", optional=True),
            NodeParam("modelName", "Model Name", "asyncOptions", default=DEFAULT_MODEL, load_method="listModels"),
            NodeParam("temperature", "Temperature", "number", default=0.7, optional=True, step=0.1),
            NodeParam("maxOutputTokens", "max Output Tokens", "number", optional=True, step=1, additional=True),
            NodeParam("topP", "Top Probability", "number", optional=True, step=0.1, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        # Google has switched off its models that went on with a text; a prompt goes to Gemini's API as one message.
        name = inputs.text("modelName", DEFAULT_MODEL)
        model = vertex_gemini(
            context.http,
            await google_login(
                context.http,
                inputs.secret,
                owner=f"node {inputs.node_id!r} ({inputs.label})",
                folder_of=partial(context.paths.source_folder, is_anywhere=True),
            ),
            provider="googlevertexai",
            region=region_of("", name),
            model=name,
            streaming=inputs.flag("streaming", True),
            generation={
                "temperature": inputs.number("temperature"),
                "maxOutputTokens": inputs.integer("maxOutputTokens") or None,
                "topP": inputs.number("topP") or None,
            },
            on_retry=context.trace.note,
        )
        return cached(model, inputs.get("cache"))
