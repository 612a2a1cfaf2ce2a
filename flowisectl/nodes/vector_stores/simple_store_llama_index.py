"""Documents in a folder of the server, for engines."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeOutput, NodeParam
from flowisectl.llm.query_engine import EngineRetriever
from flowisectl.nodes.vector_stores._params import DOCUMENT
from flowisectl.nodes.vector_stores._stores import opened
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.simple_store_file import SimpleStoreFile
from flowisectl.retrieval.store_retriever import StoreRetriever

DEFAULT_FOLDER = "~/.flowise/llamaindex"


class SimpleStoreLlamaIndex(Node):
    definition = NodeDefinition(
        name="simpleStoreLlamaIndex",
        label="SimpleStore",
        category="Vector Stores",
        version=1.0,
        base_classes=("SimpleVectorStore", "VectorIndexRetriever"),
        description="Documents in a folder of the server, for engines",
        tags=("LlamaIndex",),
        inputs=(
            DOCUMENT,
            NodeParam("model", "Chat Model", "BaseChatModel_LlamaIndex"),
            NodeParam("embeddings", "Embeddings", "BaseEmbedding_LlamaIndex"),
            NodeParam("basePath", "Base Path to store", "string", optional=True, placeholder=DEFAULT_FOLDER),
            NodeParam("topK", "Top K", "number", optional=True),
        ),
        outputs=(
            NodeOutput("retriever", "SimpleStore Retriever", ("SimpleVectorStore", "VectorIndexRetriever")),
            NodeOutput("vectorStore", "SimpleStore Vector Store Index", ("SimpleVectorStore", "VectorStoreIndex")),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EngineRetriever | EmbeddedStore | StoreRetriever:
        own = str(context.paths.home / "llamaindex") if context.paths.home else DEFAULT_FOLDER
        found = opened(SimpleStoreFile(context.paths.vector_folder(inputs.text("basePath", own))), inputs, context)
        return EngineRetriever(retriever=found, model=inputs.get("model")) if isinstance(found, StoreRetriever) else found
