"""Vectors of texts by a deployment of Azure OpenAI, for engines."""

from __future__ import annotations

from flowisectl.clients.azure import deployment_url
from flowisectl.clients.openai_embeddings import OpenAICompatibleEmbeddings
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key, timeout_seconds
from flowisectl.interfaces.embeddings import Embeddings


class AzureOpenAIEmbeddingsLlamaIndex(Node):
    definition = NodeDefinition(
        name="azureOpenAIEmbeddingsLlamaIndex",
        label="Azure OpenAI Embeddings",
        category="Embeddings",
        version=1.0,
        base_classes=("AzureOpenAIEmbeddings", "BaseEmbedding_LlamaIndex", "BaseEmbedding"),
        description="Vectors of texts by a deployment of Azure OpenAI, for engines",
        tags=("LlamaIndex",),
        credential=CredentialParam(("azureOpenAIApi",)),
        inputs=(NodeParam("timeout", "Timeout", "number", optional=True, additional=True),),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Embeddings:
        return OpenAICompatibleEmbeddings(
            context.http,
            provider="azureOpenAIEmbeddingsLlamaIndex",
            base_url=deployment_url(inputs.secret, inputs.text("basepath"), f"node {inputs.node_id!r} ({inputs.label})"),
            api_key=require_key(inputs, "azureOpenAIApiKey"),
            model=inputs.secret("azureOpenAIApiDeploymentName"),
            timeout_seconds=timeout_seconds(inputs),
            key_header="api-key",
            on_retry=context.trace.note,
        )
