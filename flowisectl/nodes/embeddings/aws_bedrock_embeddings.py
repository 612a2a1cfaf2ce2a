"""Vectors of texts by the embedding models of Amazon Bedrock."""

from __future__ import annotations

from flowisectl.clients.aws_keys import credential_keys
from flowisectl.clients.bedrock_embeddings import BedrockEmbeddings
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.errors import MissingInput
from flowisectl.interfaces.embeddings import Embeddings

DEFAULT_MODEL = "amazon.titan-embed-text-v1"


class AWSBedrockEmbeddings(Node):
    definition = NodeDefinition(
        name="AWSBedrockEmbeddings",
        label="AWS Bedrock Embedding",
        category="Embeddings",
        version=5.1,
        base_classes=("AWSBedrockEmbeddings", "Embeddings"),
        description="Vectors of texts by the models of Amazon (Titan) and Cohere in Bedrock",
        credential=CredentialParam(("awsApi",), optional=True),
        inputs=(
            NodeParam("region", "Region", "asyncOptions", default="us-east-1", load_method="listRegions"),
            NodeParam("model", "Model Name", "asyncOptions", default=DEFAULT_MODEL, load_method="listModels"),
            NodeParam("customModel", "Custom Model Name", "string", optional=True, description="Used instead of the model above"),
            NodeParam(
                "endpointHost",
                "Custom Endpoint Host",
                "string",
                optional=True,
                description="The host of an endpoint of your own, such as a VPC's",
            ),
            NodeParam(
                "inputType",
                "Cohere Input Type",
                "options",
                optional=True,
                description="What the vectors are for; models of Cohere demand it",
                options=tuple(Option(name, name) for name in ("search_document", "search_query", "classification", "clustering")),
            ),
            NodeParam("batchSize", "Batch Size", "number", default=50, optional=True, additional=True),
            NodeParam("maxRetries", "Max AWS API retries", "number", default=5, optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Embeddings:
        owner = f"node {inputs.node_id!r} ({inputs.label})"
        region = inputs.text("region", "us-east-1")
        model = inputs.text("customModel").strip() or inputs.text("model", DEFAULT_MODEL)
        kind = inputs.text("inputType")
        if "cohere." in model and not kind:
            raise MissingInput(f"{owner} needs its input 'inputType': models of Cohere want to know what the vectors are for")
        host = inputs.text("endpointHost").strip().rstrip("/")
        retries = inputs.integer("maxRetries")
        return BedrockEmbeddings(
            context.http,
            await credential_keys(context.http, inputs.secret, region=region, owner=owner),
            provider="AWSBedrockEmbeddings",
            region=region,
            base_url=host if "://" in host or not host else f"https://{host}",
            model=model,
            input_type=kind if "cohere." in model else "",
            batch_size=inputs.integer("batchSize") or 50,
            max_retries=2 if retries is None else retries,
            on_retry=context.trace.note,
        )
