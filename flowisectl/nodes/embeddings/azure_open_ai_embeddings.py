"""Vectors of texts by a deployment of Azure OpenAI."""

from __future__ import annotations

from flowisectl.clients.azure import deployment_url
from flowisectl.clients.openai_compatible import OpenAICompatibleEmbeddings
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import headers_of, require_key, timeout_seconds
from flowisectl.interfaces.embeddings import Embeddings


class AzureOpenAIEmbeddings(Node):
    definition = NodeDefinition(
        name="azureOpenAIEmbeddings",
        label="Azure OpenAI Embedding",
        category="Embeddings",
        version=2,
        base_classes=("AzureOpenAIEmbeddings", "OpenAIEmbeddings", "Embeddings"),
        description="Vectors of texts by a deployment of Azure OpenAI",
        credential=CredentialParam(("azureOpenAIApi",)),
        inputs=(
            NodeParam("batchSize", "Batch Size", "number", default="100", optional=True, additional=True),
            NodeParam("timeout", "Timeout", "number", optional=True, additional=True),
            NodeParam("basepath", "Base Path", "string", optional=True, additional=True),
            NodeParam("baseOptions", "Base Options", "json", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Embeddings:
        return OpenAICompatibleEmbeddings(
            context.http,
            provider="azureOpenAIEmbeddings",
            base_url=deployment_url(inputs.secret, inputs.text("basepath"), f"node {inputs.node_id!r} ({inputs.label})"),
            api_key=require_key(inputs, "azureOpenAIApiKey"),
            model=inputs.secret("azureOpenAIApiDeploymentName"),
            headers=headers_of(inputs),
            batch_size=inputs.integer("batchSize") or 100,
            strip_new_lines=True,
            timeout_seconds=timeout_seconds(inputs),
            key_header="api-key",
            on_retry=context.trace.note,
        )
