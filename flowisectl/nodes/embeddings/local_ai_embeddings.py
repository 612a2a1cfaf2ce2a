"""Vectors of texts by a server of your own: LocalAI, LM Studio, llama.cpp and others."""

from __future__ import annotations

from flowisectl.clients.openai_compatible import OpenAICompatibleEmbeddings
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.embeddings import Embeddings


class LocalAIEmbeddings(Node):
    definition = NodeDefinition(
        name="localAIEmbeddings",
        label="LocalAI Embedding",
        category="Embeddings",
        version=1,
        base_classes=("LocalAI Embeddings", "Embeddings"),
        description="Vectors of texts by a server of your own: LocalAI, LM Studio, llama.cpp and others",
        credential=CredentialParam(("localAIApi",), optional=True),
        inputs=(
            NodeParam("basePath", "Base Path", "string", placeholder="http://localhost:8080/v1"),
            NodeParam("modelName", "Model Name", "string", placeholder="text-embedding-ada-002"),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Embeddings:
        return OpenAICompatibleEmbeddings(
            context.http,
            provider="localAIEmbeddings",
            base_url=inputs.require("basePath"),
            api_key=inputs.secret("localAIApiKey", "sk-"),
            model=inputs.require("modelName"),
            strip_new_lines=True,
            on_retry=context.trace.note,
        )
