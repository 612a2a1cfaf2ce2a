"""Chat completion by the Qwen models of Alibaba Cloud."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import CACHE, SHOWN_STREAMING, TEMPERATURE, compatible_model

DASHSCOPE_URL = "https://dashscope.aliyuncs.com/compatible-mode/v1"
"""https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-dashscope."""


class ChatAlibabaTongyi(Node):
    definition = NodeDefinition(
        name="chatAlibabaTongyi",
        label="Alibaba Tongyi",
        category="Chat Models",
        version=2.0,
        base_classes=("ChatAlibabaTongyi", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by the Qwen models of Alibaba Cloud",
        credential=CredentialParam(("AlibabaApi",)),
        inputs=(CACHE, NodeParam("modelName", "Model", "string", placeholder="qwen-plus"), TEMPERATURE, SHOWN_STREAMING),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        key = require_key(inputs, "alibabaApiKey")
        return compatible_model(inputs, context, provider="chatAlibabaTongyi", base_url=DASHSCOPE_URL, api_key=key)
