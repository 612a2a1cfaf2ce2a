"""Vectors of texts by the embedding models of IBM's watsonx.ai."""

from __future__ import annotations

from flowisectl.clients.watsonx import WatsonxEmbeddings
from flowisectl.clients.watsonx_account import watsonx_login
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.embeddings import Embeddings

_UNUSED = "Not used: lots of texts go one after the other"
DEFAULT_MODEL = "ibm/slate-30m-english-rtrvr"


class IBMEmbedding(Node):
    definition = NodeDefinition(
        name="ibmEmbedding",
        label="IBM Watsonx Embedding",
        category="Embeddings",
        version=1.0,
        base_classes=("WatsonxEmbeddings", "Embeddings"),
        description="Vectors of texts by the embedding models of IBM's watsonx.ai",
        credential=CredentialParam(("ibmWatsonx",)),
        inputs=(
            NodeParam("modelName", "Model Name", "string", default=DEFAULT_MODEL),
            NodeParam(
                "truncateInputTokens",
                "Truncate Input Tokens",
                "number",
                optional=True,
                step=1,
                additional=True,
                description="How many tokens of a text count; what is longer is cut",
            ),
            NodeParam("maxRetries", "Max Retries", "number", optional=True, step=1, additional=True),
            NodeParam("maxConcurrency", "Max Concurrency", "number", optional=True, step=1, additional=True, description=_UNUSED),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Embeddings:
        retries = inputs.integer("maxRetries")
        return WatsonxEmbeddings(
            context.http,
            await watsonx_login(context.http, inputs.secret, owner=f"node {inputs.node_id!r} ({inputs.label})"),
            provider="ibmEmbedding",
            model=inputs.text("modelName", DEFAULT_MODEL),
            most_tokens=inputs.integer("truncateInputTokens"),
            max_retries=2 if retries is None else retries,
            on_retry=context.trace.note,
        )
