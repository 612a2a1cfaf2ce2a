"""Vectors of texts by the models of Jina AI."""

from __future__ import annotations

from flowisectl.clients.openai_embeddings import OpenAICompatibleEmbeddings
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.embeddings import Embeddings

URL = "https://api.jina.ai/v1"
DEFAULT_MODEL = "jina-embeddings-v3"


class JinaEmbeddings(Node):
    definition = NodeDefinition(
        name="jinaEmbeddings",
        label="Jina Embedding",
        category="Embeddings",
        version=3.0,
        base_classes=("JinaEmbeddings", "Embeddings"),
        description="Vectors of texts by the models of Jina AI",
        credential=CredentialParam(("jinaAIApi",)),
        inputs=(
            NodeParam("modelName", "Model Name", "string", default=DEFAULT_MODEL),
            NodeParam("modelDimensions", "Dimensions", "number", default=1024),
            NodeParam(
                "allowLateChunking",
                "Allow Late Chunking",
                "boolean",
                default=False,
                optional=True,
                description="Each text's vector knows of the texts beside it",
            ),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Embeddings:
        return OpenAICompatibleEmbeddings(
            context.http,
            provider="jinaEmbeddings",
            base_url=URL,
            api_key=require_key(inputs, "jinaAIAPIKey"),
            model=inputs.text("modelName", DEFAULT_MODEL),
            params={
                "encoding_format": None,
                "dimensions": inputs.integer("modelDimensions") or None,
                "late_chunking": inputs.flag("allowLateChunking") or None,
                "task": "retrieval.passage",
                "normalized": True,
            },
            question_params={"task": "retrieval.query"},
            strip_new_lines=True,
            on_retry=context.trace.note,
        )
