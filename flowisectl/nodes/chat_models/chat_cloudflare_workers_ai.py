"""Chat completion by open models on Cloudflare's network."""

from __future__ import annotations

from urllib.parse import quote

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import compatible_model

API_URL = "https://api.cloudflare.com/client/v4/accounts"
DEFAULT_MODEL = "@cf/meta/llama-3.1-8b-instruct-fast"


class ChatCloudflareWorkersAI(Node):
    definition = NodeDefinition(
        name="chatCloudflareWorkersAI",
        label="Cloudflare Workers AI",
        category="Chat Models",
        version=1.0,
        base_classes=("ChatCloudflareWorkersAI", "SimpleChatModel", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by open models on Cloudflare's network",
        credential=CredentialParam(("cloudflareApi",)),
        inputs=(
            NodeParam("model", "Model", "string", default=DEFAULT_MODEL),
            NodeParam("baseUrl", "Base URL", "string", optional=True, additional=True, description="The folder of accounts, or a gateway"),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        account, token = require_key(inputs, "cloudflareAccountId"), require_key(inputs, "cloudflareApiToken")
        # https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/
        own = inputs.text("baseUrl").rstrip("/")
        base_url = own if own.endswith("/v1") else f"{own or API_URL}/{quote(account, safe='')}/ai/v1"
        name = inputs.text("model", DEFAULT_MODEL)
        return compatible_model(inputs, context, provider="chatCloudflareWorkersAI", base_url=base_url, api_key=token, model=name)
