"""Vectors of texts by the models of Voyage AI."""

from __future__ import annotations

from flowisectl.clients.openai_embeddings import OpenAICompatibleEmbeddings
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.embeddings import Embeddings

URL = "https://api.voyageai.com/v1/embeddings"
DEFAULT_MODEL = "voyage-2"
_MOST_TEXTS = 128
"""The most texts that one request may have."""


class VoyageAIEmbeddings(Node):
    definition = NodeDefinition(
        name="voyageAIEmbeddings",
        label="VoyageAI Embedding",
        category="Embeddings",
        version=2.0,
        base_classes=("VoyageAIEmbeddings", "Embeddings"),
        description="Vectors of texts by the models of Voyage AI",
        credential=CredentialParam(("voyageAIApi",)),
        inputs=(NodeParam("modelName", "Model Name", "asyncOptions", default=DEFAULT_MODEL, load_method="listModels"),),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Embeddings:
        return OpenAICompatibleEmbeddings(
            context.http,
            provider="voyageAIEmbeddings",
            base_url=inputs.secret("endpoint", URL).rstrip("/").removesuffix("/embeddings"),
            api_key=require_key(inputs, "apiKey"),
            model=inputs.text("modelName", DEFAULT_MODEL),
            params={"encoding_format": None},
            batch_size=_MOST_TEXTS,
            on_retry=context.trace.note,
        )
