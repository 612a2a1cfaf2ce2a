"""Chat completion by models that Hugging Face serves."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key, words_of
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.nodes.chat_models._compatible import CACHE, FREQUENCY_PENALTY, MAX_TOKENS, TOP_P, compatible_model

ROUTER_URL = "https://router.huggingface.co/v1"
"""Chooses among the inference providers: https://huggingface.co/docs/inference-providers/tasks/chat-completion."""


class ChatHuggingFace(Node):
    definition = NodeDefinition(
        name="chatHuggingFace",
        label="HuggingFace",
        category="Chat Models",
        version=3.0,
        base_classes=("ChatHuggingFace", "BaseChatModel", "LLM", "BaseLLM", "BaseLanguageModel", "Runnable"),
        description="Chat completion by models of Hugging Face, or at an endpoint of your own",
        credential=CredentialParam(("huggingFaceApi",)),
        inputs=(
            CACHE,
            NodeParam("model", "Model", "string", placeholder="openai/gpt-oss-20b"),
            NodeParam("endpoint", "Endpoint", "string", optional=True, description="The address of an inference endpoint of your own"),
            NodeParam("temperature", "Temperature", "number", optional=True, step=0.1, additional=True),
            MAX_TOKENS,
            TOP_P,
            NodeParam("hfTopK", "Top K", "number", optional=True, step=0.1, additional=True),
            FREQUENCY_PENALTY,
            NodeParam("stop", "Stop Sequence", "string", optional=True, rows=4, additional=True, description="Several between commas"),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        endpoint = inputs.text("endpoint").rstrip("/")
        stop = words_of(inputs, "stop")
        return compatible_model(
            inputs,
            context,
            provider="chatHuggingFace",
            base_url=endpoint.removesuffix("/chat/completions").removesuffix("/v1") + "/v1" if endpoint else ROUTER_URL,
            api_key=require_key(inputs, "huggingFaceApiKey"),
            # An endpoint serves one model and takes any name.
            model=inputs.text("model") or ("tgi" if endpoint else ""),
            params={"top_k": inputs.integer("hfTopK") or None, "stop": stop or None},
        )
