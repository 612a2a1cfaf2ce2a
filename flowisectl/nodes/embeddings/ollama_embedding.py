"""Vectors of texts by a model that Ollama serves."""

from __future__ import annotations

from flowisectl.clients.ollama import OllamaEmbeddings
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.embeddings import Embeddings

OLLAMA_URL = "http://localhost:11434"


class OllamaEmbedding(Node):
    definition = NodeDefinition(
        name="ollamaEmbedding",
        label="Ollama Embedding",
        category="Embeddings",
        version=2,
        base_classes=("OllamaEmbeddings", "Embeddings"),
        description="Vectors of texts by a model that Ollama serves",
        inputs=(
            NodeParam("baseUrl", "Base URL", "string", default=OLLAMA_URL),
            NodeParam("modelName", "Model Name", "string", placeholder="llama2"),
            NodeParam("numGpu", "Number of GPU", "number", optional=True, step=1, additional=True),
            NodeParam("numThread", "Number of Thread", "number", optional=True, step=1, additional=True),
            NodeParam("useMMap", "Use MMap", "boolean", default=True, optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Embeddings:
        return OllamaEmbeddings(
            context.http,
            provider="ollamaEmbedding",
            base_url=inputs.text("baseUrl", OLLAMA_URL),
            model=inputs.require("modelName"),
            options={
                "num_gpu": inputs.integer("numGpu") or None,
                "num_thread": inputs.integer("numThread") or None,
                "use_mmap": inputs.flag("useMMap", True),
            },
            on_retry=context.trace.note,
        )
