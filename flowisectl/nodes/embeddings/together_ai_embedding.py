"""Vectors of texts by open models that Together AI serves."""

from __future__ import annotations

from flowisectl.clients.openai_compatible import OpenAICompatibleEmbeddings
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.embeddings import Embeddings

TOGETHER_URL = "https://api.together.xyz/v1"


class TogetherAIEmbedding(Node):
    definition = NodeDefinition(
        name="togetherAIEmbedding",
        label="TogetherAI Embedding",
        category="Embeddings",
        version=1,
        base_classes=("TogetherAIEmbedding", "Embeddings"),
        description="Vectors of texts by open models that Together AI serves",
        credential=CredentialParam(("togetherAIApi",)),
        inputs=(
            NodeParam("cache", "Cache", "BaseCache", optional=True, description="Not used: vectors are no answers of a chat model"),
            NodeParam("modelName", "Model Name", "string", placeholder="sentence-transformers/msmarco-bert-base-dot-v5"),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Embeddings:
        return OpenAICompatibleEmbeddings(
            context.http,
            provider="togetherAIEmbedding",
            base_url=TOGETHER_URL,
            api_key=require_key(inputs, "togetherAIApiKey"),
            model=inputs.require("modelName"),
            params={"encoding_format": None},
            on_retry=context.trace.note,
        )
