"""Chat completion by OpenAI, for engines."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import compatible_model

URL = "https://api.openai.com/v1"


class ChatOpenAILlamaIndex(Node):
    definition = NodeDefinition(
        name="chatOpenAI_LlamaIndex",
        label="ChatOpenAI",
        category="Chat Models",
        version=2.0,
        base_classes=("ChatOpenAI", "BaseChatModel_LlamaIndex", "ToolCallLLM", "BaseLLM"),
        description="Chat completion by OpenAI, for engines",
        tags=("LlamaIndex",),
        credential=CredentialParam(("openAIApi",)),
        inputs=(
            NodeParam("modelName", "Model Name", "asyncOptions", default="gpt-3.5-turbo", load_method="listModels"),
            NodeParam("temperature", "Temperature", "number", default=0.9, optional=True, step=0.1),
            NodeParam("maxTokens", "Max Tokens", "number", optional=True, step=1, additional=True),
            NodeParam("topP", "Top Probability", "number", optional=True, step=0.1, additional=True),
            NodeParam("timeout", "Timeout", "number", optional=True, step=1, additional=True),
            NodeParam("basepath", "BasePath", "string", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        return compatible_model(
            inputs,
            context,
            provider="chatOpenAI_LlamaIndex",
            base_url=inputs.text("basepath", URL),
            api_key=require_key(inputs, "openAIApiKey"),
            model=inputs.text("modelName", "gpt-3.5-turbo"),
        )
