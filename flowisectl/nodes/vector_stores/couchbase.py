"""Documents in a collection of Couchbase."""

from __future__ import annotations

from flowisectl.clients.couchbase import CouchbaseIndex
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.errors import MissingInput
from flowisectl.nodes.vector_stores._params import DOCUMENT, EMBEDDINGS, TOP_K, base_classes, outputs
from flowisectl.nodes.vector_stores._stores import conditions_of, opened
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.store_retriever import StoreRetriever


class Couchbase(Node):
    definition = NodeDefinition(
        name="couchbase",
        label="Couchbase",
        category="Vector Stores",
        version=1.0,
        base_classes=base_classes("Couchbase"),
        description="Documents in a collection of Couchbase, which has a search index for their vectors",
        credential=CredentialParam(("couchbaseApi",)),
        inputs=(
            DOCUMENT,
            EMBEDDINGS,
            NodeParam("bucketName", "Bucket Name", "string"),
            NodeParam("scopeName", "Scope Name", "string"),
            NodeParam("collectionName", "Collection Name", "string"),
            NodeParam("indexName", "Index Name", "string"),
            NodeParam("textKey", "Content Field", "string", default="text", optional=True, additional=True),
            NodeParam("embeddingKey", "Embedded Field", "string", default="embedding", optional=True, additional=True),
            NodeParam("couchbaseMetadataFilter", "Couchbase Metadata Filter", "json", optional=True, accept_variable=True, additional=True),
            TOP_K,
        ),
        outputs=outputs("Couchbase"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EmbeddedStore | StoreRetriever:
        bucket, scope, collection = (str(inputs.require(name)) for name in ("bucketName", "scopeName", "collectionName"))
        try:
            index = CouchbaseIndex(
                context.http,
                connection=require_key(inputs, "connectionString"),
                user=inputs.secret("username"),
                password=inputs.secret("password"),
                place=(bucket, scope, collection),
                index=str(inputs.require("indexName")),
                text_key=inputs.text("textKey", "text"),
                vector_key=inputs.text("embeddingKey", "embedding"),
                conditions=conditions_of("couchbaseMetadataFilter", inputs),
            )
        except ValueError as error:
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}): its credential has {error}") from error
        return opened(index, inputs, context)
