"""Documents in a folder of the server."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeOutput, NodeParam
from flowisectl.nodes.vector_stores._params import DOCUMENT, EMBEDDINGS, TOP_K
from flowisectl.nodes.vector_stores._stores import opened
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.faiss_file import FaissFile
from flowisectl.retrieval.store_retriever import StoreRetriever


class Faiss(Node):
    definition = NodeDefinition(
        name="faiss",
        label="Faiss",
        category="Vector Stores",
        version=1.0,
        base_classes=("Faiss", "VectorStoreRetriever", "BaseRetriever"),
        description="Documents in a folder of the server, in the format of faiss",
        inputs=(
            DOCUMENT,
            EMBEDDINGS,
            NodeParam("basePath", "Base Path to load", "string"),
            TOP_K,
        ),
        outputs=(
            NodeOutput("retriever", "Faiss Retriever", ("Faiss", "VectorStoreRetriever", "BaseRetriever")),
            NodeOutput("vectorStore", "Faiss Vector Store", ("Faiss", "SaveableVectorStore", "VectorStore")),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EmbeddedStore | StoreRetriever:
        folder = context.paths.vector_folder(str(inputs.require("basePath")))
        return opened(FaissFile(str(folder)), inputs, context)
