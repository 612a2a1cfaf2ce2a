"""Documents in a vector index of Upstash."""

from __future__ import annotations

from flowisectl.clients.upstash_vector import UpstashIndex
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.nodes.vector_stores._params import DOCUMENT, EMBEDDINGS, FILE_UPLOAD, RECORD_MANAGER, TOP_K, base_classes, outputs
from flowisectl.nodes.vector_stores._stores import opened
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.store_retriever import StoreRetriever


class Upstash(Node):
    definition = NodeDefinition(
        name="upstash",
        label="Upstash Vector",
        category="Vector Stores",
        version=2.0,
        base_classes=base_classes("Upstash"),
        description="Documents in a vector index of Upstash",
        credential=CredentialParam(("upstashVectorApi",)),
        inputs=(
            DOCUMENT,
            EMBEDDINGS,
            RECORD_MANAGER,
            FILE_UPLOAD,
            NodeParam(
                "upstashMetadataFilter",
                "Upstash Metadata Filter",
                "string",
                optional=True,
                accept_variable=True,
                additional=True,
                placeholder="source = 'handbook'",
                description="An expression that every document must meet",
            ),
            TOP_K,
        ),
        outputs=outputs("Upstash"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EmbeddedStore | StoreRetriever:
        index = UpstashIndex(
            context.http,
            url=require_key(inputs, "UPSTASH_VECTOR_REST_URL"),
            token=require_key(inputs, "UPSTASH_VECTOR_REST_TOKEN"),
            expression=inputs.text("upstashMetadataFilter"),
        )
        return opened(index, inputs, context)
