"""Documents in a folder of the server."""

from __future__ import annotations

from pathlib import PurePath

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeOutput, NodeParam
from flowisectl.errors import InvalidFlow
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
            NodeParam("document", "Document", "Document", optional=True, list=True),
            NodeParam("embeddings", "Embeddings", "Embeddings"),
            NodeParam("basePath", "Base Path to load", "string"),
            NodeParam("topK", "Top K", "number", optional=True, additional=True),
        ),
        outputs=(
            NodeOutput("retriever", "Faiss Retriever", ("Faiss", "VectorStoreRetriever", "BaseRetriever")),
            NodeOutput("vectorStore", "Faiss Vector Store", ("Faiss", "SaveableVectorStore", "VectorStore")),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EmbeddedStore | StoreRetriever:
        folder = str(inputs.require("basePath"))
        if ".." in PurePath(folder).parts or "\0" in folder:
            raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}): a folder path with '..' is not allowed")
        return opened(FaissFile(folder), inputs, context)
