"""Chat completion by a deployment of Azure OpenAI."""

from __future__ import annotations

from typing import Any

from flowisectl.clients.azure import deployment_url, responses_url
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached
from flowisectl.nodes.chat_models._compatible import (
    BASE_OPTIONS,
    CACHE,
    FREQUENCY_PENALTY,
    IMAGES,
    MAX_TOKENS,
    PRESENCE_PENALTY,
    STREAMING,
    TEMPERATURE,
    TIMEOUT,
    TOP_P,
    answer_limit,
    compatible_model,
    is_reasoning_model,
    model_name,
    responses_wire,
)


class AzureChatOpenAI(Node):
    definition = NodeDefinition(
        name="azureChatOpenAI",
        label="Azure OpenAI",
        category="Chat Models",
        version=7.1,
        base_classes=("AzureChatOpenAI", "ChatOpenAI", "BaseChatOpenAI", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by a deployment of Azure OpenAI",
        credential=CredentialParam(("azureOpenAIApi",)),
        inputs=(
            CACHE,
            model_name(is_listed=True, is_free=True),
            TEMPERATURE,
            MAX_TOKENS,
            STREAMING,
            IMAGES,
            NodeParam("reasoning", "Reasoning", "boolean", default=False, optional=True, additional=True),
            NodeParam(
                "reasoningEffort",
                "Reasoning Effort",
                "options",
                additional=True,
                options=(Option("Low", "low"), Option("Medium", "medium"), Option("High", "high")),
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
            TOP_P,
            FREQUENCY_PENALTY,
            PRESENCE_PENALTY,
            TIMEOUT,
            NodeParam("basepath", "Base Path", "string", optional=True, additional=True),
            BASE_OPTIONS,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        owner, base = f"node {inputs.node_id!r} ({inputs.label})", inputs.text("basepath")
        deployment = inputs.secret("azureOpenAIApiDeploymentName")
        name = inputs.text("modelName", deployment)
        thinks = is_reasoning_model(name)
        key: dict[str, Any] = {"provider": "azureChatOpenAI", "api_key": require_key(inputs, "azureOpenAIApiKey"), "key_header": "api-key"}
        if thinks and inputs.get("reasoningSummary"):
            url = responses_url(inputs.secret, base, owner)
            return cached(responses_wire(inputs, context, base_url=url, model=deployment, thinks=True, **key), inputs.get("cache"))
        params = answer_limit(inputs, name)
        if thinks:
            params |= {"temperature": None, "reasoning_effort": inputs.get("reasoningEffort")}
        return compatible_model(
            inputs,
            context,
            base_url=deployment_url(inputs.secret, base, owner),
            model=name,
            params=params,
            has_developer_role=thinks,
            has_names=True,
            **key,
        )
