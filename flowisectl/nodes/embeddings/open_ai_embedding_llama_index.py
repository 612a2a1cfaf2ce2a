"""Vectors of texts by OpenAI, for engines."""

from __future__ import annotations

from flowisectl.clients.openai_embeddings import OpenAICompatibleEmbeddings
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key, timeout_seconds
from flowisectl.interfaces.embeddings import Embeddings

URL = "https://api.openai.com/v1"


class OpenAIEmbeddingLlamaIndex(Node):
    definition = NodeDefinition(
        name="openAIEmbedding_LlamaIndex",
        label="OpenAI Embedding",
        category="Embeddings",
        version=2.0,
        base_classes=("OpenAIEmbedding", "BaseEmbedding_LlamaIndex", "BaseEmbedding"),
        description="Vectors of texts by OpenAI, for engines",
        tags=("LlamaIndex",),
        credential=CredentialParam(("openAIApi",)),
        inputs=(
            NodeParam("modelName", "Model Name", "asyncOptions", default="text-embedding-ada-002", load_method="listModels"),
            NodeParam("timeout", "Timeout", "number", optional=True, additional=True),
            NodeParam("basepath", "BasePath", "string", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Embeddings:
        return OpenAICompatibleEmbeddings(
            context.http,
            provider="openAIEmbedding_LlamaIndex",
            base_url=inputs.text("basepath", URL),
            api_key=require_key(inputs, "openAIApiKey"),
            model=inputs.text("modelName", "text-embedding-ada-002"),
            timeout_seconds=timeout_seconds(inputs),
            on_retry=context.trace.note,
        )
