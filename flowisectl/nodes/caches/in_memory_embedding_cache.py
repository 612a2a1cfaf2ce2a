"""Keeps vectors of texts in the memory of the process."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.embeddings import Embeddings
from flowisectl.retrieval.vector_cache import CachedEmbeddings


class InMemoryEmbeddingCache(Node):
    definition = NodeDefinition(
        name="inMemoryEmbeddingCache",
        label="InMemory Embedding Cache",
        category="Cache",
        version=1.0,
        base_classes=("InMemoryEmbeddingCache", "Embeddings"),
        description="Keeps vectors of texts in the memory of the process",
        inputs=(
            NodeParam("embeddings", "Embeddings", "Embeddings"),
            NodeParam("namespace", "Namespace", "string", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Embeddings:
        # Another flow may use another model for the same texts.
        space = f"{context.flow_id}:{inputs.node_id}:{inputs.text('namespace')}"
        return CachedEmbeddings(inputs.require("embeddings"), space=space)
