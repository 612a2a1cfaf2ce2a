"""Documents in an index of Pinecone."""

from __future__ import annotations

from flowisectl.clients.pinecone import PineconeIndex
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.nodes.vector_stores._params import DIVERSITY, DOCUMENT, EMBEDDINGS, FILE_UPLOAD, RECORD_MANAGER, TOP_K, outputs
from flowisectl.nodes.vector_stores._stores import conditions_of, opened
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.store_retriever import StoreRetriever


class Pinecone(Node):
    definition = NodeDefinition(
        name="pinecone",
        label="Pinecone",
        category="Vector Stores",
        version=5.0,
        base_classes=("Pinecone", "VectorStoreRetriever", "BaseRetriever"),
        description="Documents in an index of Pinecone",
        credential=CredentialParam(("pineconeApi",)),
        inputs=(
            DOCUMENT,
            EMBEDDINGS,
            RECORD_MANAGER,
            NodeParam("pineconeIndex", "Pinecone Index", "string"),
            NodeParam("pineconeNamespace", "Pinecone Namespace", "string", optional=True, additional=True),
            FILE_UPLOAD,
            NodeParam("pineconeTextKey", "Pinecone Text Key", "string", optional=True, additional=True),
            NodeParam("pineconeMetadataFilter", "Pinecone Metadata Filter", "json", optional=True, accept_variable=True, additional=True),
            TOP_K,
            *DIVERSITY,
        ),
        outputs=outputs("Pinecone"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EmbeddedStore | StoreRetriever:
        index = PineconeIndex(
            context.http,
            api_key=require_key(inputs, "pineconeApiKey"),
            name=str(inputs.require("pineconeIndex")),
            namespace=inputs.text("pineconeNamespace"),
            text_key=inputs.text("pineconeTextKey", "text"),
            conditions=conditions_of("pineconeMetadataFilter", inputs),
        )
        return opened(index, inputs, context, records_name=inputs.text("pineconeNamespace"))
