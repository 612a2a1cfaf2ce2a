"""Documents in an index of Pinecone, for engines."""

from __future__ import annotations

from flowisectl.clients.pinecone import PineconeIndex
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeOutput, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.llm.query_engine import EngineRetriever
from flowisectl.nodes.vector_stores._stores import conditions_of, opened
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.store_retriever import StoreRetriever


class PineconeLlamaIndex(Node):
    definition = NodeDefinition(
        name="pineconeLlamaIndex",
        label="Pinecone",
        category="Vector Stores",
        version=1.0,
        base_classes=("Pinecone", "VectorIndexRetriever"),
        description="Documents in an index of Pinecone, for engines",
        tags=("LlamaIndex",),
        credential=CredentialParam(("pineconeApi",)),
        inputs=(
            NodeParam("document", "Document", "Document", optional=True, list=True),
            NodeParam("model", "Chat Model", "BaseChatModel_LlamaIndex"),
            NodeParam("embeddings", "Embeddings", "BaseEmbedding_LlamaIndex"),
            NodeParam("pineconeIndex", "Pinecone Index", "string"),
            NodeParam("pineconeNamespace", "Pinecone Namespace", "string", optional=True, additional=True),
            NodeParam("pineconeMetadataFilter", "Pinecone Metadata Filter", "json", optional=True, additional=True),
            NodeParam("topK", "Top K", "number", optional=True, additional=True),
        ),
        outputs=(
            NodeOutput("retriever", "Pinecone Retriever", ("Pinecone", "VectorIndexRetriever")),
            NodeOutput("vectorStore", "Pinecone Vector Store Index", ("Pinecone", "VectorStoreIndex")),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EngineRetriever | EmbeddedStore | StoreRetriever:
        index = PineconeIndex(
            context.http,
            api_key=require_key(inputs, "pineconeApiKey"),
            name=str(inputs.require("pineconeIndex")),
            namespace=inputs.text("pineconeNamespace"),
            conditions=conditions_of("pineconeMetadataFilter", inputs),
        )
        found = opened(index, inputs, context)
        return EngineRetriever(retriever=found, model=inputs.get("model")) if isinstance(found, StoreRetriever) else found
