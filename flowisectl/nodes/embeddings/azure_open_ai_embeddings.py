"""Vectors of texts by a deployment of Azure OpenAI."""

from __future__ import annotations

from flowisectl.clients.openai_compatible import OpenAICompatibleEmbeddings
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import MissingInput
from flowisectl.interfaces.embeddings import Embeddings
from flowisectl.nodes.embeddings._keys import extra_headers, require_key, timeout_seconds


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
        instance, deployment = inputs.secret("azureOpenAIApiInstanceName"), inputs.secret("azureOpenAIApiDeploymentName")
        version = inputs.secret("azureOpenAIApiVersion")
        base = inputs.text("basepath") or (f"https://{instance}.openai.azure.com/openai/deployments" if instance else "")
        if not base or not deployment or not version:
            raise MissingInput(
                f"node {inputs.node_id!r} ({inputs.label}) needs a credential with instance name, deployment name and API version"
            )
        return OpenAICompatibleEmbeddings(
            context.http,
            provider="azureOpenAIEmbeddings",
            base_url=f"{base.rstrip('/')}/{deployment}?api-version={version}",
            api_key=require_key(inputs, "azureOpenAIApiKey"),
            model=deployment,
            headers=extra_headers(inputs),
            batch_size=inputs.integer("batchSize") or 100,
            timeout_seconds=timeout_seconds(inputs),
            key_header="api-key",
            on_retry=context.trace.note,
        )
