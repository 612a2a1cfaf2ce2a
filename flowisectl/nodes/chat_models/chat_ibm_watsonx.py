"""Chat completion by the models of IBM's watsonx.ai."""

from __future__ import annotations

from flowisectl.clients.watsonx import WatsonxChat
from flowisectl.clients.watsonx_account import watsonx_login
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import MissingInput
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached
from flowisectl.nodes.chat_models._compatible import CACHE, MAX_TOKENS, STREAMING, TEMPERATURE, sampling_params


class ChatIBMWatsonx(Node):
    definition = NodeDefinition(
        name="chatIBMWatsonx",
        label="IBM Watsonx",
        category="Chat Models",
        version=2.0,
        base_classes=("ChatIBMWatsonx", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by the models of IBM's watsonx.ai",
        credential=CredentialParam(("ibmWatsonx",)),
        inputs=(
            CACHE,
            NodeParam("modelName", "Model", "string", placeholder="mistralai/mistral-large"),
            TEMPERATURE,
            STREAMING,
            MAX_TOKENS,
            NodeParam("frequencyPenalty", "Frequency Penalty", "number", optional=True, step=1, additional=True),
            NodeParam("logprobs", "Log Probs", "boolean", default=False, optional=True, additional=True),
            NodeParam("n", "N", "number", default=1, optional=True, step=1, additional=True),
            NodeParam("presencePenalty", "Presence Penalty", "number", default=1, optional=True, step=1, additional=True),
            NodeParam("topP", "Top P", "number", default=0.1, optional=True, step=0.1, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        owner = f"node {inputs.node_id!r} ({inputs.label})"
        name = inputs.text("modelName").strip()
        if not name:
            raise MissingInput(f"{owner} has no model: fill in its model name")
        model = WatsonxChat(
            context.http,
            await watsonx_login(context.http, inputs.secret, owner=owner),
            provider="chatIBMWatsonx",
            model=name,
            streaming=inputs.flag("streaming", True),
            params={**sampling_params(inputs), "logprobs": inputs.flag("logprobs") or None, "n": inputs.integer("n") or None},
            on_retry=context.trace.note,
        )
        return cached(model, inputs.get("cache"))
