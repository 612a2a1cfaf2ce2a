"""Chat completion by the Command models of Cohere."""

from __future__ import annotations

from flowisectl.clients.cohere import CohereChat
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached
from flowisectl.nodes.chat_models._compatible import CACHE, SHOWN_STREAMING, model_name

DEFAULT_MODEL = "command-r7b-12-2024"


class ChatCohere(Node):
    definition = NodeDefinition(
        name="chatCohere",
        label="Cohere",
        category="Chat Models",
        version=3,
        base_classes=("ChatCohere", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by the Command models of Cohere",
        credential=CredentialParam(("cohereApi",)),
        inputs=(
            CACHE,
            model_name(default=DEFAULT_MODEL, is_listed=True),
            NodeParam("temperature", "Temperature", "number", default=0.7, optional=True, step=0.1),
            SHOWN_STREAMING,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        model = CohereChat(
            context.http,
            provider="chatCohere",
            api_key=require_key(inputs, "cohereApiKey"),
            model=inputs.text("modelName", DEFAULT_MODEL),
            streaming=inputs.flag("streaming", True),
            params={"temperature": inputs.number("temperature")},
            on_retry=context.trace.note,
        )
        return cached(model, inputs.get("cache"))
