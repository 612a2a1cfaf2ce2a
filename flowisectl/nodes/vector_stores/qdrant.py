"""Documents in a collection of Qdrant."""

from __future__ import annotations

from flowisectl.clients.qdrant import QdrantIndex
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.nodes.vector_stores._params import DOCUMENT, EMBEDDINGS, FILE_UPLOAD, RECORD_MANAGER, TOP_K, outputs
from flowisectl.nodes.vector_stores._stores import conditions_of, opened
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.store_retriever import StoreRetriever


class Qdrant(Node):
    definition = NodeDefinition(
        name="qdrant",
        label="Qdrant",
        category="Vector Stores",
        version=5.0,
        base_classes=("Qdrant", "VectorStoreRetriever", "BaseRetriever"),
        description="Documents in a collection of Qdrant",
        credential=CredentialParam(("qdrantApi",), optional=True),
        inputs=(
            DOCUMENT,
            EMBEDDINGS,
            RECORD_MANAGER,
            NodeParam("qdrantServerUrl", "Qdrant Server URL", "string"),
            NodeParam("qdrantCollection", "Qdrant Collection Name", "string", accept_variable=True),
            FILE_UPLOAD,
            NodeParam("qdrantVectorDimension", "Vector Dimension", "number", default=1536, additional=True),
            NodeParam("contentPayloadKey", "Content Key", "string", default="content", optional=True, additional=True),
            NodeParam("metadataPayloadKey", "Metadata Key", "string", default="metadata", optional=True, additional=True),
            NodeParam("batchSize", "Upsert Batch Size", "number", optional=True, step=1, additional=True),
            NodeParam(
                "qdrantSimilarity",
                "Similarity",
                "options",
                default="Cosine",
                options=(Option("Cosine", "Cosine"), Option("Euclid", "Euclid"), Option("Dot", "Dot")),
                additional=True,
            ),
            NodeParam("qdrantCollectionConfiguration", "Additional Collection Cofiguration", "json", optional=True, additional=True),
            TOP_K,
            NodeParam("qdrantFilter", "Qdrant Search Filter", "json", optional=True, accept_variable=True, additional=True),
        ),
        outputs=outputs("Qdrant"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EmbeddedStore | StoreRetriever:
        index = QdrantIndex(
            context.http,
            url=str(inputs.require("qdrantServerUrl")),
            api_key=inputs.secret("qdrantApiKey"),
            collection=str(inputs.require("qdrantCollection")),
            dimension=inputs.integer("qdrantVectorDimension") or 1536,
            distance=inputs.text("qdrantSimilarity", "Cosine"),
            content_key=inputs.text("contentPayloadKey", "content"),
            metadata_key=inputs.text("metadataPayloadKey", "metadata"),
            configuration=conditions_of("qdrantCollectionConfiguration", inputs),
            conditions=conditions_of("qdrantFilter", inputs),
            batch_size=inputs.integer("batchSize") or 0,
        )
        return opened(index, inputs, context, records_name=inputs.text("qdrantCollection"))
