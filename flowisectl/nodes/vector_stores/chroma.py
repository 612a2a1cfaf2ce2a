"""Documents in a collection of Chroma."""

from __future__ import annotations

from flowisectl.clients.chroma import ChromaIndex
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.nodes.vector_stores._params import DOCUMENT, EMBEDDINGS, RECORD_MANAGER, TOP_K, outputs
from flowisectl.nodes.vector_stores._stores import conditions_of, opened
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.store_retriever import StoreRetriever


class Chroma(Node):
    definition = NodeDefinition(
        name="chroma",
        label="Chroma",
        category="Vector Stores",
        version=2.0,
        base_classes=("Chroma", "VectorStoreRetriever", "BaseRetriever"),
        description="Documents in a collection of Chroma",
        credential=CredentialParam(("chromaApi",), optional=True),
        inputs=(
            DOCUMENT,
            EMBEDDINGS,
            RECORD_MANAGER,
            NodeParam("collectionName", "Collection Name", "string"),
            NodeParam("chromaURL", "Chroma URL", "string", optional=True),
            NodeParam("chromaMetadataFilter", "Chroma Metadata Filter", "json", optional=True, accept_variable=True, additional=True),
            TOP_K,
        ),
        outputs=outputs("Chroma"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EmbeddedStore | StoreRetriever:
        index = ChromaIndex(
            context.http,
            url=inputs.text("chromaURL"),
            api_key=inputs.secret("chromaApiKey"),
            tenant=inputs.secret("chromaTenant"),
            database=inputs.secret("chromaDatabase"),
            collection=str(inputs.require("collectionName")),
            conditions=conditions_of("chromaMetadataFilter", inputs),
        )
        return opened(index, inputs, context, records_name=inputs.text("collectionName"))
