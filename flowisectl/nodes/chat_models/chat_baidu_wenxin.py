"""Chat completion by the models of Baidu's Qianfan, such as Ernie."""

from __future__ import annotations

from flowisectl.clients.qianfan import BASE_URL, qianfan_token
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import CACHE, SHOWN_STREAMING, TEMPERATURE, TOP_P, compatible_model, model_name

DEFAULT_MODEL = "ernie-4.5-8k-preview"


class ChatBaiduWenxin(Node):
    definition = NodeDefinition(
        name="chatBaiduWenxin",
        label="Baidu Wenxin",
        category="Chat Models",
        version=3.0,
        base_classes=("ChatBaiduWenxin", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by the models of Baidu's Qianfan, such as Ernie",
        credential=CredentialParam(("baiduQianfanApi",)),
        inputs=(
            CACHE,
            model_name(default=DEFAULT_MODEL, is_listed=True),
            NodeParam(
                "customModelName",
                "Custom Model Name",
                "string",
                optional=True,
                placeholder="ernie-speed-128k",
                additional=True,
                description="Used instead of the model that is chosen above",
            ),
            TEMPERATURE,
            SHOWN_STREAMING,
            TOP_P,
            NodeParam("penaltyScore", "Penalty Score", "number", optional=True, step=0.1, additional=True, description="From 1.0 to 2.0"),
            NodeParam("userId", "User ID", "string", optional=True, additional=True, description="Who asks, for the service's own records"),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        keys = (require_key(inputs, name).strip() for name in ("qianfanAccessKey", "qianfanSecretKey"))
        return compatible_model(
            inputs,
            context,
            provider="chatBaiduWenxin",
            base_url=BASE_URL,
            api_key=await qianfan_token(context.http, *keys),
            model=inputs.text("customModelName") or inputs.text("modelName", DEFAULT_MODEL),
            params={"penalty_score": inputs.number("penaltyScore") or None, "user": inputs.text("userId") or None},
        )
