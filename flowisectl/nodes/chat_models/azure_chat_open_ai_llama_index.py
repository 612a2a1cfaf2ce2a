"""Chat completion by a deployment of Azure OpenAI, for engines."""

from __future__ import annotations

from flowisectl.clients.azure import deployment_url
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import compatible_model


class AzureChatOpenAILlamaIndex(Node):
    definition = NodeDefinition(
        name="azureChatOpenAI_LlamaIndex",
        label="AzureChatOpenAI",
        category="Chat Models",
        version=2.0,
        base_classes=("AzureChatOpenAI", "BaseChatModel_LlamaIndex", "ToolCallLLM", "BaseLLM"),
        description="Chat completion by a deployment of Azure OpenAI, for engines",
        tags=("LlamaIndex",),
        credential=CredentialParam(("azureOpenAIApi",)),
        inputs=(
            NodeParam("modelName", "Model Name", "asyncOptions", default="gpt-3.5-turbo-16k", load_method="listModels"),
            NodeParam("temperature", "Temperature", "number", default=0.9, optional=True, step=0.1),
            NodeParam("maxTokens", "Max Tokens", "number", optional=True, step=1, additional=True),
            NodeParam("topP", "Top Probability", "number", optional=True, step=0.1, additional=True),
            NodeParam("timeout", "Timeout", "number", optional=True, step=1, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        return compatible_model(
            inputs,
            context,
            provider="azureChatOpenAI_LlamaIndex",
            base_url=deployment_url(inputs.secret, inputs.text("basepath"), f"node {inputs.node_id!r} ({inputs.label})"),
            api_key=require_key(inputs, "azureOpenAIApiKey"),
            key_header="api-key",
        )
