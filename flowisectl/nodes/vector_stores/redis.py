"""Documents in a Redis server with its search module."""

from __future__ import annotations

from flowisectl.clients.redis_search import RedisSearchIndex
from flowisectl.clients.redis_service import redis_of
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.nodes.vector_stores._params import DOCUMENT, EMBEDDINGS, TOP_K, outputs
from flowisectl.nodes.vector_stores._stores import opened
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.store_retriever import StoreRetriever


class Redis(Node):
    definition = NodeDefinition(
        name="redis",
        label="Redis",
        category="Vector Stores",
        version=1.0,
        base_classes=("Redis", "VectorStoreRetriever", "BaseRetriever"),
        description="Documents in a Redis server with its search module",
        credential=CredentialParam(("redisCacheUrlApi", "redisCacheApi")),
        inputs=(
            DOCUMENT,
            EMBEDDINGS,
            NodeParam("indexName", "Index Name", "string"),
            NodeParam("replaceIndex", "Replace Index on Upsert", "boolean", default=False),
            NodeParam("contentKey", "Content Field", "string", default="content", optional=True, additional=True),
            NodeParam("metadataKey", "Metadata Field", "string", default="metadata", optional=True, additional=True),
            NodeParam("vectorKey", "Vector Field", "string", default="content_vector", optional=True, additional=True),
            TOP_K,
        ),
        outputs=outputs("Redis"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EmbeddedStore | StoreRetriever:
        index = RedisSearchIndex(
            redis_of(inputs.credential, who=f"node {inputs.node_id!r} ({inputs.label})"),
            name=str(inputs.require("indexName")),
            content_key=inputs.text("contentKey", "content"),
            metadata_key=inputs.text("metadataKey", "metadata"),
            vector_key=inputs.text("vectorKey", "content_vector"),
            replaces=inputs.flag("replaceIndex"),
        )
        return opened(index, inputs, context)
