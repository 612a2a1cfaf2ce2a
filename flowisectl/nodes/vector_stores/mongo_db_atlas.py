"""Documents in a collection of MongoDB Atlas."""

from __future__ import annotations

from flowisectl.clients.mongodb import EXTRA, MongoCollection
from flowisectl.clients.mongodb_index import MongoIndex
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeOutput, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.nodes.vector_stores._params import DIVERSITY, DOCUMENT, EMBEDDINGS, TOP_K, base_classes
from flowisectl.nodes.vector_stores._stores import conditions_of, opened
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.store_retriever import StoreRetriever


class MongoDBAtlas(Node):
    definition = NodeDefinition(
        name="mongoDBAtlas",
        label="MongoDB Atlas",
        category="Vector Stores",
        version=1.0,
        base_classes=base_classes("MongoDB Atlas"),
        description="Documents in a collection of MongoDB Atlas, which has a search index for their vectors",
        extra=EXTRA,
        credential=CredentialParam(("mongoDBUrlApi",)),
        inputs=(
            DOCUMENT,
            EMBEDDINGS,
            NodeParam("databaseName", "Database", "string"),
            NodeParam("collectionName", "Collection Name", "string"),
            NodeParam("indexName", "Index Name", "string"),
            NodeParam("textKey", "Content Field", "string", default="text", optional=True, additional=True),
            NodeParam("embeddingKey", "Embedded Field", "string", default="embedding", optional=True, additional=True),
            NodeParam("mongoMetadataFilter", "Mongodb Metadata Filter", "json", optional=True, accept_variable=True, additional=True),
            TOP_K,
            *DIVERSITY,
        ),
        outputs=(
            NodeOutput("retriever", "MongoDB Retriever", base_classes("MongoDB Atlas")),
            NodeOutput("vectorStore", "MongoDB Vector Store", ("MongoDB Atlas", "VectorStore")),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EmbeddedStore | StoreRetriever:
        collection = MongoCollection(
            require_key(inputs, "mongoDBConnectUrl"),
            database=str(inputs.require("databaseName")),
            name=str(inputs.require("collectionName")),
            node_name=self.definition.name,
        )
        index = MongoIndex(
            collection,
            index=str(inputs.require("indexName")),
            text_key=inputs.text("textKey", "text"),
            vector_key=inputs.text("embeddingKey", "embedding"),
            conditions=conditions_of("mongoMetadataFilter", inputs),
        )
        return opened(index, inputs, context)
